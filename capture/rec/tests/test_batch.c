#include "format/tests/test.h"

#include "capture/rec/batch.h"

enum { CAP = 4096 };

static int set_up(void **state)
{
	struct batch *p = calloc(1, sizeof *p);

	*state = p;
	return p ? batch_init(p, CAP, NULL) : -1;
}

static int tear_down(void **state)
{
	batch_deinit(*state);
	free(*state);
	return 0;
}

static struct record an_event(const char *path)
{
	static const char fd[8] = { 3 };

	return (struct record){ .kind = RECORD_EVENT,
				.event = { .ts_ns = 77,
					   .tid = -1,
					   .type = EV_SYSCALL_OPENAT_2_X,
					   .cpu = 5,
					   .flags = 0,
					   .nparams = 3,
					   .params = { { fd, sizeof fd },
						       { NULL, 0 },
						       { path, strlen(path) + 1 } } } };
}

static void an_event_comes_back_as_it_was_put(void **state)
{
	struct batch *p = *state;
	struct record in = an_event("/etc/passwd"), out;
	struct batch_cursor c = { 0 };

	assert_true(batch_put(p, &in));
	assert_int_equal(p->n, batch_need(&in));
	assert_int_equal(p->events, 1);
	assert_true(batch_next(p, &c, &out));
	assert_int_equal(out.event.ts_ns, 77);
	assert_int_equal(out.event.tid, -1);
	assert_int_equal(out.event.cpu, 5);
	assert_ptr_equal(out.event.desc, schema_event(EV_SYSCALL_OPENAT_2_X));
	assert_int_equal(out.event.nparams, 3);
	assert_int_equal(out.event.params[0].n, 8);
	assert_int_equal(out.event.params[1].n, 0);
	assert_string_equal(out.event.params[2].p, "/etc/passwd");
	assert_false(batch_next(p, &c, &out));
}

static void views_of_other_records_are_copied(void **state)
{
	struct batch *p = *state;
	char comm[] = "bash", args[] = "a\0b";
	struct record in = { .kind = RECORD_PROC,
			     .proc = { .tid = 12,
				       .comm = { comm, 4 },
				       .args = { args, sizeof args } } },
		      loss = { .kind = RECORD_LOSS, .loss = { .what = SV("io"), .count = 9 } }, out;
	struct batch_cursor c = { 0 };

	assert_true(batch_put(p, &in));
	assert_true(batch_put(p, &loss));
	memset(comm, 'x', sizeof comm);
	memset(args, 'x', sizeof args);
	assert_true(batch_next(p, &c, &out));
	assert_int_equal(out.kind, RECORD_PROC);
	assert_int_equal(out.proc.tid, 12);
	assert_sv(out.proc.comm, "bash");
	assert_int_equal(out.proc.exe.n, 0);
	assert_sv(out.proc.args, "a\0b\0");
	assert_true(batch_next(p, &c, &out));
	assert_sv(out.loss.what, "io");
	assert_int_equal(out.loss.count, 9);
}

static void a_full_batch_refuses_and_stays_as_it_is(void **state)
{
	struct batch *p = *state;
	struct record in = an_event("/some/path"), out;
	struct batch_cursor c = { 0 };
	uint32_t put = 0, got = 0;

	while (batch_put(p, &in))
		put++;
	assert_true(p->cap - p->n < batch_need(&in));
	while (batch_next(p, &c, &out))
		got++;
	assert_int_equal(got, put);
	assert_int_equal(p->events, put);
}

static void what_is_dropped_is_passed_over_and_what_is_hidden_is_marked(void **state)
{
	struct batch *p = *state;
	struct record a = an_event("/a"), b = an_event("/b"), out;
	struct batch_cursor c = { 0 };

	assert_true(batch_put(p, &a));
	assert_true(batch_put(p, &b));
	assert_true(batch_next(p, &c, &out));
	c.item->flags |= ITEM_DROPPED;
	assert_true(batch_next(p, &c, &out));
	batch_hide(&c);
	c = (struct batch_cursor){ 0 };
	assert_true(batch_next(p, &c, &out));
	assert_string_equal(out.event.params[2].p, "/b");
	assert_int_equal(out.event.flags, EVENT_STATE_ONLY);
	assert_false(batch_next(p, &c, &out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_event_comes_back_as_it_was_put, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(views_of_other_records_are_copied, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_full_batch_refuses_and_stays_as_it_is, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(
			what_is_dropped_is_passed_over_and_what_is_hidden_is_marked, set_up,
			tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
