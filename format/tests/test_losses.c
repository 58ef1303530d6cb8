#include "format/tests/test.h"

#include "format/losses.h"

#include <stdlib.h>

static struct record loss(uint32_t cpu, const char *what, uint64_t count, uint64_t from,
			  uint64_t to)
{
	return (struct record){ .kind = RECORD_LOSS,
				.loss = { .cpu = cpu,
					  .what = sv_of(what),
					  .count = count,
					  .from_ns = from,
					  .to_ns = to } };
}

static struct record drop(uint16_t type, uint64_t ts_ns)
{
	return (struct record){ .kind = RECORD_EVENT, .event = { .type = type, .ts_ns = ts_ns } };
}

static void enter(struct losses *l, const struct record *records, size_t n, uint64_t last_ns)
{
	struct err err = { 0 };

	for (size_t i = 0; i < n; i++) {
		if (losses_concern(&records[i]))
			assert_int_equal(losses_record(l, &records[i], last_ns, &err), 0);
	}
}

static void gaps_are_disjoint_and_in_order(void **state)
{
	const struct record records[] = { loss(1, "open", 5, 100, 200), loss(2, "open", 1, 50, 120),
					  loss(0, "net", 0, 300, 300), loss(0, "net", 2, 20, 10),
					  loss(LOSS_ALL_CPUS, "", 9, 400, UINT64_MAX) };
	struct losses l = { 0 };
	struct loss_gap *gaps;
	struct err err = { 0 };
	bool at_least;
	size_t n;

	(void)state;
	enter(&l, records, 5, 0);
	assert_int_equal(losses_count(&l, &at_least), 17);
	assert_true(at_least);
	assert_int_equal(losses_gaps(&l, &gaps, &n, &err), 0);
	assert_int_equal(n, 3);
	assert_int_equal(gaps[0].from_ns, 50);
	assert_int_equal(gaps[0].to_ns, 200);
	assert_int_equal(gaps[1].from_ns, 300);
	static const struct {
		uint64_t ts_ns;
		bool in;
	} points[] = { { 49, false }, { 50, true },   { 200, true },  { 201, false },
		       { 300, true }, { 301, false }, { 399, false }, { UINT64_MAX, true } };
	for (size_t i = 0; i < sizeof points / sizeof points[0]; i++)
		assert_int_equal(loss_gaps_hold(gaps, n, points[i].ts_ns), points[i].in);
	free(gaps);
	losses_deinit(&l);
}

static void without_losses_there_is_no_gap(void **state)
{
	struct losses l = { 0 };
	struct loss_gap *gaps;
	struct err err = { 0 };
	size_t n;

	(void)state;
	assert_int_equal(losses_gaps(&l, &gaps, &n, &err), 0);
	assert_int_equal(n, 0);
	assert_false(loss_gaps_hold(gaps, n, 5));
	losses_deinit(&l);
}

/* What "drop" events say, and the gaps that makes; last_ns of all sections is 1000. */
static const struct {
	struct record records[6];
	size_t n;
	struct loss_gap want[3];
	size_t nwant;
} drops[] = {
	{ { { .kind = RECORD_SECTION }, { .kind = RECORD_SECTION } }, 2, { { 0 } }, 0 },
#define E(ts)                                                                                      \
	{                                                                                          \
		.kind = RECORD_EVENT, .event = {.type = EV_DROP_E, .ts_ns = ts }                   \
	}
#define X(ts)                                                                                      \
	{                                                                                          \
		.kind = RECORD_EVENT, .event = {.type = EV_DROP_X, .ts_ns = ts }                   \
	}
#define S                                                                                          \
	{                                                                                          \
		.kind = RECORD_SECTION                                                             \
	}
#define L(f, t)                                                                                    \
	{                                                                                          \
		.kind = RECORD_LOSS, .loss = {.what = { "net", 3 }, .from_ns = f, .to_ns = t }     \
	}
	{ { S, E(5), X(7), E(9), X(11) }, 5, { { 5, 7 }, { 9, 11 } }, 2 },
	{ { S, E(5), E(6), X(7) }, 4, { { 5, 7 } }, 1 },
	{ { S, X(7), X(9) }, 3, { { 0, 7 }, { 0, 9 } }, 2 },
	{ { S, E(5), L(1, 2), X(7) }, 4, { { 5, 7 }, { 1, 2 } }, 2 },
	{ { S, E(5), S, E(2000) }, 4, { { 5, 1000 }, { 2000, UINT64_MAX } }, 2 },
	{ { S, E(5), S, X(2000), E(3000) },
	  5,
	  { { 5, 1000 }, { 0, 2000 }, { 3000, UINT64_MAX } },
	  3 },
	{ { S, E(5), L(6, 6), E(7), L(8, 8) }, 5, { { 5, UINT64_MAX }, { 6, 6 }, { 8, 8 } }, 3 },
#undef E
#undef X
#undef S
#undef L
};

static void assert_entries(const struct losses *l, const struct loss_gap *want, size_t n)
{
	assert_int_equal(l->n, n);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(l->items[i].from_ns, want[i].from_ns);
		assert_int_equal(l->items[i].to_ns, want[i].to_ns);
	}
}

static void drop_events_come_in_pairs(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof drops / sizeof drops[0]; i++) {
		struct losses l = { 0 };

		enter(&l, drops[i].records, drops[i].n, 1000);
		assert_entries(&l, drops[i].want, drops[i].nwant);
		losses_deinit(&l);
	}
}

static void a_trace_read_in_parts_has_the_same_losses(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof drops / sizeof drops[0]; i++) {
		for (size_t cut = 0; cut <= drops[i].n; cut++) {
			struct losses a = { 0 }, b = { 0 }, all = { 0 };
			struct err err = { 0 };

			enter(&a, drops[i].records, cut, 1000);
			enter(&b, drops[i].records + cut, drops[i].n - cut, 1000);
			assert_int_equal(losses_join(&all, &a, 0, &err), 0);
			assert_int_equal(losses_join(&all, &b, 1000, &err), 0);
			assert_entries(&all, drops[i].want, drops[i].nwant);
			losses_deinit(&a);
			losses_deinit(&b);
			losses_deinit(&all);
		}
	}
}

static void too_many_losses_are_added_up(void **state)
{
	struct losses l = { 0 };

	(void)state;
	for (uint64_t i = 0; i < LOSSES_MAX + 9; i++) {
		const struct record r = loss(i % 2, "x", 1, i, i);

		enter(&l, &r, 1, 0);
	}
	assert_int_equal(l.n, LOSSES_MAX);
	assert_int_equal(l.items[l.n - 1].count, 10);
	assert_int_equal(l.items[l.n - 1].cpu, LOSS_ALL_CPUS);
	assert_int_equal(l.items[l.n - 1].to_ns, LOSSES_MAX + 8);
	assert_true(sv_eq(l.items[l.n - 1].what, SV("x")));
	losses_deinit(&l);
}

static void only_losses_concern_the_ledger(void **state)
{
	const struct record records[] = { drop(EV_DROP_E, 1),
					  drop(EV_SYSCALL_CLOSE_X, 1),
					  { .kind = RECORD_PROC } };

	(void)state;
	assert_true(losses_concern(&records[0]));
	assert_false(losses_concern(&records[1]));
	assert_false(losses_concern(&records[2]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gaps_are_disjoint_and_in_order),
		cmocka_unit_test(without_losses_there_is_no_gap),
		cmocka_unit_test(drop_events_come_in_pairs),
		cmocka_unit_test(a_trace_read_in_parts_has_the_same_losses),
		cmocka_unit_test(too_many_losses_are_added_up),
		cmocka_unit_test(only_losses_concern_the_ledger),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
