#include "engine/rules/version.h"
#include "format/tests/test.h"

static void versions_have_three_numbers(void **state)
{
	struct version v;

	(void)state;
	assert_true(version_parse(SV("1.22.333"), &v));
	assert_int_equal(v.major, 1);
	assert_int_equal(v.minor, 22);
	assert_int_equal(v.patch, 333);
	assert_true(version_parse(SV("0.1.2-rc1"), &v));
	assert_int_equal(v.patch, 2);
	assert_false(version_parse(SV("1.2"), &v));
	assert_false(version_parse(SV("v1.2.3"), &v));
	assert_false(version_parse(SV(""), &v));
}

static void newer_ones_serve_where_older_ones_are_wanted(void **state)
{
	const struct version have = { 1, 5, 2 };

	(void)state;
	assert_true(version_serves(have, (struct version){ 1, 5, 2 }));
	assert_true(version_serves(have, (struct version){ 1, 4, 9 }));
	assert_false(version_serves(have, (struct version){ 1, 5, 3 }));
	assert_false(version_serves(have, (struct version){ 1, 6, 0 }));
	assert_false(version_serves(have, (struct version){ 0, 1, 0 }));
	assert_false(version_serves(have, (struct version){ 2, 0, 0 }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(versions_have_three_numbers),
		cmocka_unit_test(newer_ones_serve_where_older_ones_are_wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
