#include "format/tests/test.h"

#include "replay/match_times.h"

static void matches_are_counted_within_gaps(void **state)
{
	const struct loss_gap gaps[] = { { 10, 20 }, { 1500000000000000000u, UINT64_MAX } };
	const uint64_t times[] = { 9, 20, 10, 21, 0, 1500000000000000000u, 15, UINT64_MAX };
	struct match_times t = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
		match_times_add(&t, times[i]);
	assert_int_equal(match_times_within(&t, gaps, 2), 5);
	assert_int_equal(match_times_within(&t, gaps, 1), 3);
	assert_int_equal(match_times_within(&t, NULL, 0), 0);
	assert_false(t.incomplete);
	match_times_clear(&t);
	match_times_add(&t, 12);
	assert_int_equal(match_times_within(&t, gaps, 2), 1);
	match_times_deinit(&t);
}

static void a_flood_is_counted_in_bounded_memory(void **state)
{
	const struct loss_gap all = { 0, UINT64_MAX };
	struct match_times t = { 0 };

	(void)state;
	for (uint64_t i = 0; !t.incomplete; i++)
		match_times_add(&t, i << 60);
	assert_true(t.steps.n < MATCH_TIMES_MAX_BYTES + 16);
	assert_true(match_times_within(&t, &all, 1) > MATCH_TIMES_MAX_BYTES / 10);
	match_times_deinit(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matches_are_counted_within_gaps),
		cmocka_unit_test(a_flood_is_counted_in_bounded_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
