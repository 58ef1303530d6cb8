/* Events that arrived while the scan ran: single cases. */
#include "capture/reconcile.h"
#include "engine/tests/play.h"

enum { P = 100, C = 200, SCAN_P = 1000, SCAN_C = 3000, SCAN_END = 5000 };

struct start {
	struct reconcile *r;
	struct event ev;
	char bytes[256];
};

static int set_up(void **state)
{
	struct start *s = calloc(1, sizeof *s);
	struct err err = { 0 };

	s->r = reconcile_new();
	assert_int_equal(reconcile_seen(s->r, P, SCAN_P, &err), 0);
	assert_int_equal(reconcile_seen(s->r, C, SCAN_C, &err), 0);
	reconcile_scanned(s->r, SCAN_END);
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct start *s = *state;

	reconcile_free(s->r);
	free(s);
	return 0;
}

static bool keeps(struct start *s, uint16_t type, int64_t tid, uint64_t ts_ns)
{
	s->ev = (struct event){ .type = type, .tid = tid, .ts_ns = ts_ns };
	return reconcile_keeps(s->r, &s->ev);
}

/* clone() = res, told by tid whose parent is ptid; vtid: tid in its own pid namespace. */
static bool keeps_clone(struct start *s, int64_t tid, uint64_t ts_ns, int64_t res, int64_t ptid,
			int64_t vtid)
{
	int64_t values[19] = { res };

	values[4] = tid;
	values[5] = ptid;
	values[18] = vtid;
	memcpy(s->bytes, values, sizeof values);
	s->ev = (struct event){ .type = EV_SYSCALL_CLONE_20_X, .tid = tid, .ts_ns = ts_ns };
	s->ev.nparams = 19;
	for (uint32_t i = 0; i < 19; i++)
		s->ev.params[i] = (struct sv){ s->bytes + 8 * i, 8 };
	return reconcile_keeps(s->r, &s->ev);
}

static void what_is_older_than_the_scan_of_its_thread_is_dropped(void **state)
{
	struct start *s = *state;

	assert_false(keeps(s, EV_SYSCALL_CLOSE_X, P, SCAN_P - 1));
	assert_true(keeps(s, EV_SYSCALL_CLOSE_X, P, SCAN_P));
	assert_false(keeps(s, EV_SYSCALL_CLOSE_X, C, SCAN_C - 1));
	assert_true(keeps(s, EV_SYSCALL_CLOSE_X, C, SCAN_C));
	assert_int_equal(reconcile_stats(s->r).before_scan, 2);
	assert_int_equal(reconcile_stats(s->r).kept, 2);
}

static void a_clone_of_a_child_that_the_scan_tells_is_dropped(void **state)
{
	struct start *s = *state;

	assert_false(keeps_clone(s, C, 2000, 0, P, C));
	assert_false(keeps_clone(s, P, 2001, C, 1, P));
	assert_int_equal(reconcile_stats(s->r).known_child, 1);
}

static void a_child_scanned_before_its_first_turn_is_known_all_the_same(void **state)
{
	struct start *s = *state;

	assert_false(keeps_clone(s, P, SCAN_C + 1, C, 1, P));
	assert_false(keeps_clone(s, C, SCAN_C + 2, 0, P, C));
	assert_true(keeps(s, EV_SYSCALL_CLOSE_X, C, SCAN_C + 3));
	/* Even when the scan is over by then. */
	assert_false(keeps_clone(s, C, SCAN_END + 1000000, 0, P, C));
	assert_true(keeps(s, EV_SYSCALL_CLOSE_X, C, SCAN_END + 1000001));
}

static void a_number_given_anew_after_the_scan_is_a_new_child(void **state)
{
	struct start *s = *state;

	assert_true(keeps(s, EV_PROCEXIT_1_E, C, 4000));
	assert_true(keeps_clone(s, C, 4500, 0, P, C));
	assert_true(keeps_clone(s, P, 4501, C, 1, P));
}

static void a_child_of_another_pid_namespace_is_not_taken_for_ours(void **state)
{
	struct start *s = *state;

	/* P is number 3 in its namespace; what it calls 200 is not our C. */
	assert_true(keeps_clone(s, P, 2000, C, 1, 3));
}

static void a_process_born_behind_the_walk_is_kept_from_its_birth(void **state)
{
	struct start *s = *state;

	assert_true(keeps_clone(s, 300, 2000, 0, P, 300));
	assert_true(keeps_clone(s, P, 2001, 300, 1, P));
	assert_true(keeps(s, EV_SYSCALL_OPENAT_2_X, 300, 2002));
	assert_true(keeps_clone(s, 301, 2003, 0, 300, 301));
	assert_true(keeps(s, EV_PROCEXIT_1_E, 300, 2004));
}

static void the_exit_of_a_process_that_was_never_told_is_dropped(void **state)
{
	struct start *s = *state;

	assert_false(keeps(s, EV_SYSCALL_CLOSE_X, 400, 2000));
	assert_false(keeps(s, EV_PROCEXIT_1_E, 400, 2001));
	assert_false(keeps_clone(s, 401, 1500, 0, 400, 401)); /* nor its child */
	assert_int_equal(reconcile_stats(s->r).gone, 3);
}

static void all_is_kept_from_the_end_of_the_scan_on(void **state)
{
	struct start *s = *state;

	assert_true(keeps(s, EV_SYSCALL_CLOSE_X, 400, SCAN_END));
	/* Late events of another CPU are still judged ... */
	assert_false(keeps(s, EV_SYSCALL_CLOSE_X, 400, SCAN_END - 1));
	/* ... until the scan lies so far behind that there is none. */
	assert_true(keeps(s, EV_SYSCALL_CLOSE_X, P, SCAN_END + UINT64_C(3000000000)));
	assert_int_equal(reconcile_stats(s->r).kept, 0);
}

static void events_without_a_thread_are_kept(void **state)
{
	struct start *s = *state;

	assert_true(keeps(s, EV_CONTAINER_JSON_2_E, -1, 1));
}

#define ON_A_START(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_A_START(what_is_older_than_the_scan_of_its_thread_is_dropped),
		ON_A_START(a_clone_of_a_child_that_the_scan_tells_is_dropped),
		ON_A_START(a_child_scanned_before_its_first_turn_is_known_all_the_same),
		ON_A_START(a_number_given_anew_after_the_scan_is_a_new_child),
		ON_A_START(a_child_of_another_pid_namespace_is_not_taken_for_ours),
		ON_A_START(a_process_born_behind_the_walk_is_kept_from_its_birth),
		ON_A_START(the_exit_of_a_process_that_was_never_told_is_dropped),
		ON_A_START(all_is_kept_from_the_end_of_the_scan_on),
		ON_A_START(events_without_a_thread_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
