#include "format/tests/test.h"

#include "capture/rec/callset.h"
#include "capture/rec/governor.h"

static bool has(const struct driver_set *set, const char *name)
{
	const struct syscall_desc *call = schema_syscall_by_name(sv_of(name));

	assert_non_null(call);
	return driver_set_has(set, call->code);
}

static struct driver_set parse(const char *text)
{
	struct driver_set set;
	struct err err = { 0 };

	if (callset_parse(text, &set, &err) < 0)
		fail_msg("%s", err.msg);
	return set;
}

static void names_and_classes_add_and_take_away(void **state)
{
	struct driver_set set = parse("getppid,%wait");

	(void)state;
	assert_true(has(&set, "getppid"));
	assert_true(has(&set, "epoll_wait"));
	assert_false(has(&set, "read"));
	set = parse("-read,-%wait");
	assert_true(has(&set, "getppid"));
	assert_false(has(&set, "read"));
	assert_false(has(&set, "epoll_wait"));
	set = parse("all,pagefaults,-signals");
	assert_true(set.page_faults);
	assert_false(set.signals);
	assert_false(set.switches);
}

static void what_keeps_the_state_right_always_stays(void **state)
{
	struct driver_set set = parse("getppid,-execve");

	(void)state;
	assert_true(has(&set, "execve"));
	assert_true(has(&set, "clone"));
	assert_true(has(&set, "close"));
	assert_true(set.process_exits);
}

static void a_word_that_nobody_knows_is_named(void **state)
{
	struct driver_set set;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(callset_parse("read,raed", &set, &err), -1);
	assert_int_equal(err.code, ERR_USAGE);
	assert_non_null(strstr(err.msg, "'raed'"));
	err = (struct err){ 0 };
	assert_int_equal(callset_parse("", &set, &err), -1);
	err = (struct err){ 0 };
	assert_int_equal(callset_parse("%nothing", &set, &err), -1);
}

static void the_missing_calls_are_listed(void **state)
{
	struct driver_set all = driver_set_all(), set = parse("-getppid,-getpid");
	struct buf b = { 0 };

	(void)state;
	callset_missing(&all, &b);
	assert_int_equal(b.n, 0);
	callset_missing(&set, &b);
	assert_non_null(strstr(buf_cstr(&b), "getppid"));
	buf_deinit(&b);
}

static void every_step_gives_up_more_but_never_the_state(void **state)
{
	struct driver_set all = parse("all,pagefaults"), less;
	size_t before = 0;

	(void)state;
	for (unsigned step = 0; step <= CALLSET_STEPS; step++) {
		size_t missing = 0;

		less = callset_shed(&all, step);
		for (uint32_t code = 0; code < SYSCALL_CODES; code++)
			missing += driver_set_has(&all, code) && !driver_set_has(&less, code);
		assert_true(step <= 1 ? missing == 0 : missing > before);
		assert_int_equal(less.page_faults, step == 0);
		assert_true(has(&less, "execve"));
		assert_true(has(&less, "connect"));
		before = missing;
	}
	assert_false(has(&less, "read"));
	assert_false(has(&less, "getppid"));
}

static void the_governor_steps_up_at_once_and_down_slowly(void **state)
{
	struct governor g = { .limit = 50, .steps = 2 };

	(void)state;
	assert_int_equal(governor_look(&g, 49), 0);
	assert_int_equal(governor_look(&g, 51), 1);
	assert_int_equal(governor_look(&g, 51), 2);
	assert_int_equal(governor_look(&g, 51), 2);
	for (int i = 1; i < GOVERNOR_CALM; i++)
		assert_int_equal(governor_look(&g, 10), 2);
	assert_int_equal(governor_look(&g, 10), 1);
	for (int i = 0; i < 2 * GOVERNOR_CALM; i++)
		assert_int_equal(governor_look(&g, 40), 1);
	g = (struct governor){ .steps = 2 };
	assert_int_equal(governor_look(&g, 400), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_classes_add_and_take_away),
		cmocka_unit_test(what_keeps_the_state_right_always_stays),
		cmocka_unit_test(a_word_that_nobody_knows_is_named),
		cmocka_unit_test(the_missing_calls_are_listed),
		cmocka_unit_test(every_step_gives_up_more_but_never_the_state),
		cmocka_unit_test(the_governor_steps_up_at_once_and_down_slowly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
