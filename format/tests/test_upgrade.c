#include "format/tests/test.h"

#include "format/scap/upgrade.h"

/* --- helpers --- */

struct fixture {
	struct source_stats stats;
	struct upgrader *u;
	struct err err;
	struct event ev;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	if (!f || !(f->u = upgrader_new(&f->stats)))
		return -1;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	upgrader_free(f->u);
	free(f);
	return 0;
}

static const char zero8[8], u32_80[4] = { 80 }, fd_3[8] = { 3 };
#define FD3   ((struct sv){ fd_3, 8 })
#define N80   ((struct sv){ u32_80, 4 })
#define ZERO8 ((struct sv){ zero8, 8 })

static enum upgrade_result apply(struct fixture *f, uint16_t type, int64_t tid, uint32_t n,
				 const struct sv *params)
{
	f->ev = (struct event){
		.type = type, .tid = tid, .ts_ns = 5, .nparams = n, .desc = schema_event(type)
	};
	for (uint32_t i = 0; i < n; i++)
		f->ev.params[i] = params[i];
	return upgrader_apply(f->u, &f->ev, &f->err);
}

#define APPLY(f, type, tid, ...)                                                                   \
	apply(f, type, tid, sizeof((struct sv[]){ __VA_ARGS__ }) / sizeof(struct sv),              \
	      (struct sv[]){ __VA_ARGS__ })

/* --- the table --- */

/* upgrade.c relies on these; a row that broke them would be our own mistake. */
static void rows_take_only_what_is_there(void **state)
{
	(void)state;
	for (uint32_t id = 0; id < EV_COUNT; id++) {
		for (uint32_t n = 0; n <= EVENT_MAX_PARAMS; n++) {
			const struct conversion *c = schema_conversion(id, n);

			for (uint32_t i = 0; c && i < c->n; i++) {
				uint32_t from = c->params[i].index;

				if (c->params[i].source == CONV_OLD)
					assert_true(from < n);
				if (c->params[i].source != CONV_ENTER_E &&
				    c->params[i].source != CONV_ENTER_D)
					continue;
				assert_true(event_is_exit(id));
				for (uint32_t m = 0; m <= EVENT_MAX_PARAMS; m++) {
					const struct conversion *enter =
						schema_conversion(id - 1, m);

					if (enter && (enter->action == CONV_STORE ||
						      enter->action == CONV_STORE_AND_PASS))
						assert_true(from < m);
				}
			}
		}
	}
}

static void stored_events_have_at_most_eight_parameters(void **state)
{
	(void)state;
	for (uint32_t id = 0; id < EV_COUNT; id++) {
		for (uint32_t n = 9; n <= EVENT_MAX_PARAMS; n++) {
			const struct conversion *c = schema_conversion(id, n);

			assert_true(!c ||
				    (c->action != CONV_STORE && c->action != CONV_STORE_AND_PASS));
		}
	}
}

static void every_row_leads_to_a_current_event(void **state)
{
	struct fixture *f = *state;
	struct sv params[EVENT_MAX_PARAMS];

	for (uint32_t i = 0; i < EVENT_MAX_PARAMS; i++)
		params[i] = SV("x");
	for (uint32_t id = 0; id < EV_COUNT; id++) {
		for (uint32_t n = 0; n <= EVENT_MAX_PARAMS; n++) {
			if (!schema_conversion(id, n))
				continue;
			/* A thread of its own: nothing is stored for it. */
			enum upgrade_result r = apply(f, (uint16_t)id, 1000 * id + n, n, params);

			assert_int_not_equal(r, UPGRADE_ERROR);
			if (r == UPGRADE_KEEP && event_is_exit(f->ev.type))
				assert_int_equal(f->ev.nparams, f->ev.desc->nparams);
			if (r == UPGRADE_KEEP && event_is_exit(f->ev.type))
				assert_false(f->ev.desc->flags & EF_OLD_VERSION);
		}
	}
}

static void old_exit_events_are_all_managed(void **state)
{
	(void)state;
	for (uint32_t id = 1; id < EV_COUNT; id += 2) {
		uint32_t flags = schema_event(id)->flags;

		if (flags & EF_OLD_VERSION && !(flags & EF_UNUSED))
			assert_true(flags & EF_CONVERTER_MANAGED);
	}
}

/* --- pairs --- */

static void an_exit_takes_what_its_enter_said(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(APPLY(f, EV_SYSCALL_READ_E, 7, FD3, N80), UPGRADE_DROP);
	assert_int_equal(f->stats.enter_dropped, 1);
	assert_int_equal(APPLY(f, EV_SYSCALL_READ_X, 7, ZERO8, SV("data")), UPGRADE_KEEP);
	assert_int_equal(f->ev.nparams, 4);
	assert_sv(f->ev.params[1], "data");
	assert_int_equal(get_le64(f->ev.params[2].p), 3);
	assert_int_equal(get_le32(f->ev.params[3].p), 80);
	assert_int_equal(f->stats.enter_dropped, 0);
	assert_int_equal(f->stats.enter_merged, 1);
	assert_int_equal(f->stats.upgraded, 1);
}

static void an_enter_is_used_once(void **state)
{
	struct fixture *f = *state;

	APPLY(f, EV_SYSCALL_READ_E, 7, FD3, N80);
	APPLY(f, EV_SYSCALL_READ_X, 7, ZERO8, SV("data"));
	assert_int_equal(APPLY(f, EV_SYSCALL_READ_X, 7, ZERO8, SV("more")), UPGRADE_KEEP);
	assert_int_equal(get_le64(f->ev.params[2].p), 0);
	assert_int_equal(get_le32(f->ev.params[3].p), 0);
}

static void threads_do_not_share_enters(void **state)
{
	struct fixture *f = *state;

	APPLY(f, EV_SYSCALL_READ_E, 7, FD3, N80);
	assert_int_equal(APPLY(f, EV_SYSCALL_READ_X, 8, ZERO8, SV("data")), UPGRADE_KEEP);
	assert_int_equal(get_le64(f->ev.params[2].p), 0);
}

static void a_new_section_forgets_enters(void **state)
{
	struct fixture *f = *state;

	APPLY(f, EV_SYSCALL_READ_E, 7, FD3, N80);
	upgrader_reset(f->u);
	assert_int_equal(APPLY(f, EV_SYSCALL_READ_X, 7, ZERO8, SV("data")), UPGRADE_KEEP);
	assert_int_equal(get_le64(f->ev.params[2].p), 0);
}

static void the_enter_of_another_call_is_an_error(void **state)
{
	struct fixture *f = *state;

	APPLY(f, EV_SYSCALL_READ_E, 7, FD3, N80);
	assert_int_equal(APPLY(f, EV_SYSCALL_CLOSE_X, 7, ZERO8), UPGRADE_ERROR);
	assert_int_equal(f->err.code, ERR_FORMAT);
	assert_string_equal(f->err.msg,
			    "close exit event 5 of thread 7 follows the enter event of read (6)");
}

static void a_passed_enter_is_shown_and_stored(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(APPLY(f, EV_SOCKET_CONNECT_E, 7, FD3, SV("\2")), UPGRADE_KEEP);
	assert_int_equal(f->ev.type, EV_SOCKET_CONNECT_E);
	assert_int_equal(APPLY(f, EV_SOCKET_CONNECT_X, 7, ZERO8, SV("\1"), FD3), UPGRADE_KEEP);
	assert_sv(f->ev.params[3], "\2");
	assert_int_equal(f->stats.enter_dropped, 0);
	assert_int_equal(f->stats.enter_merged, 0);
}

static void long_enter_parameters_are_kept(void **state)
{
	struct fixture *f = *state;
	static char tuple[30000];

	for (int64_t tid = 1; tid < 600; tid++) {
		memset(tuple, (int)tid, sizeof tuple);
		assert_int_equal(
			APPLY(f, EV_SOCKET_SENDTO_E, tid, FD3, N80, { tuple, sizeof tuple }),
			UPGRADE_DROP);
	}
	for (int64_t tid = 1; tid < 600; tid++) {
		memset(tuple, (int)tid, sizeof tuple);
		assert_int_equal(APPLY(f, EV_SOCKET_SENDTO_X, tid, ZERO8, SV("data")),
				 UPGRADE_KEEP);
		assert_int_equal(f->ev.params[4].n, sizeof tuple);
		assert_memory_equal(f->ev.params[4].p, tuple, sizeof tuple);
	}
	assert_int_equal(f->stats.enter_merged, 599);
}

/* Many more threads than the table's first size, with and without a call under way. */
static void the_table_of_enters_grows_and_forgets_the_used(void **state)
{
	struct fixture *f = *state;

	for (int64_t tid = 0; tid < 20000; tid++) {
		APPLY(f, EV_SYSCALL_READ_E, tid, FD3, N80);
		if (tid % 4) {
			APPLY(f, EV_SYSCALL_READ_X, tid, ZERO8, SV("data"));
			assert_int_equal(get_le64(f->ev.params[2].p), 3);
		}
	}
	for (int64_t tid = 0; tid < 20000; tid += 4) {
		APPLY(f, EV_SYSCALL_READ_X, tid, ZERO8, SV("data"));
		assert_int_equal(get_le64(f->ev.params[2].p), 3);
	}
	assert_int_equal(f->stats.enter_merged, 20000);
	assert_int_equal(f->stats.enter_dropped, 0);
}

/* --- other decisions --- */

static void current_events_pass_untouched(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(APPLY(f, EV_SYSCALL_CLOSE_X, 7, ZERO8, FD3), UPGRADE_KEEP);
	assert_int_equal(f->ev.nparams, 2);
	assert_int_equal(f->stats.upgraded, 0);
}

static void retired_events_are_dropped(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(apply(f, EV_PROCEXIT_X, 7, 0, NULL), UPGRADE_DROP);
	assert_int_equal(f->stats.unused_dropped, 1);
}

static void old_enters_without_a_conversion_are_dropped(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(apply(f, EV_SYSCALL_CLONE_11_E, 7, 0, NULL), UPGRADE_DROP);
	assert_int_equal(f->stats.enter_dropped, 1);
}

static void the_oldest_execve_becomes_the_newest(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(APPLY(f, EV_SYSCALL_EXECVE_8_X, 7, ZERO8, SV("exe"), SV("args"), ZERO8,
			       ZERO8, ZERO8, SV("/cwd"), ZERO8),
			 UPGRADE_KEEP);
	assert_int_equal(f->ev.type, EV_SYSCALL_EXECVE_19_X);
	assert_int_equal(f->ev.nparams, schema_event(EV_SYSCALL_EXECVE_19_X)->nparams);
	assert_sv(f->ev.params[1], "exe");
}

static void a_container_event_becomes_json(void **state)
{
	struct fixture *f = *state;
	struct sv id = { "c\"1", 4 }, name = { "web", 4 }, image = { "nginx", 6 };

	assert_int_equal(APPLY(f, EV_CONTAINER_E, 7, id, N80, name, image), UPGRADE_KEEP);
	assert_int_equal(f->ev.type, EV_CONTAINER_JSON_2_E);
	assert_int_equal(f->ev.nparams, 1);
	assert_sv(f->ev.params[0],
		  "{\"id\":\"c\"1\",\"type\":80,\"name\":\"web\",\"image\":\"nginx\"}\0");
}

static void a_container_event_without_a_name_has_no_json(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(APPLY(f, EV_CONTAINER_E, 7, SV("x"), N80, SV(""), SV("x")), UPGRADE_KEEP);
	assert_int_equal(f->ev.params[0].n, 0);
}

static void a_value_is_cut_to_its_new_type(void **state)
{
	struct fixture *f = *state;
	struct sv too_long = SV("123456789012");

	APPLY(f, EV_SYSCALL_READ_E, 7, too_long, too_long);
	assert_int_equal(APPLY(f, EV_SYSCALL_READ_X, 7, ZERO8, SV("data")), UPGRADE_KEEP);
	assert_sv(f->ev.params[2], "12345678");
	assert_sv(f->ev.params[3], "1234");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_take_only_what_is_there),
		cmocka_unit_test(stored_events_have_at_most_eight_parameters),
		TEST(every_row_leads_to_a_current_event),
		cmocka_unit_test(old_exit_events_are_all_managed),
		TEST(an_exit_takes_what_its_enter_said),
		TEST(an_enter_is_used_once),
		TEST(threads_do_not_share_enters),
		TEST(a_new_section_forgets_enters),
		TEST(the_enter_of_another_call_is_an_error),
		TEST(a_passed_enter_is_shown_and_stored),
		TEST(long_enter_parameters_are_kept),
		TEST(the_table_of_enters_grows_and_forgets_the_used),
		TEST(current_events_pass_untouched),
		TEST(retired_events_are_dropped),
		TEST(old_enters_without_a_conversion_are_dropped),
		TEST(the_oldest_execve_becomes_the_newest),
		TEST(a_container_event_becomes_json),
		TEST(a_container_event_without_a_name_has_no_json),
		TEST(a_value_is_cut_to_its_new_type),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
