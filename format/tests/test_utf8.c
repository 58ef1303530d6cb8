#include "format/tests/test.h"

#include "format/base/utf8.h"

static void cleaned(const char *in, size_t n, const char *want)
{
	struct buf out = { 0 };

	utf8_put_clean(&out, (struct sv){ in, n });
	assert_string_equal(buf_cstr(&out), want);
	assert_int_equal(utf8_valid((struct sv){ in, n }),
			 strlen(want) == n && memcmp(in, want, n) == 0);
	buf_deinit(&out);
}

#define CLEANED(in, want) cleaned(in, sizeof(in) - 1, want)

static void valid_text_is_kept(void **state)
{
	(void)state;
	CLEANED("", "");
	CLEANED("plain text of more than eight bytes", "plain text of more than eight bytes");
	CLEANED("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\xa6",
		"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\xa6");
	CLEANED("\xef\xbf\xbf\xf4\x8f\xbf\xbf", "\xef\xbf\xbf\xf4\x8f\xbf\xbf");
}

static void one_replacement_stands_for_the_longest_start_of_a_character(void **state)
{
	(void)state;
	/* the example of Unicode 3.9, table 3-11 */
	CLEANED("a\xf1\x80\x80\xe1\x80\xc2"
		"b\x80"
		"c\x80\xbf"
		"d",
		"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
		"b\xef\xbf\xbd"
		"c\xef\xbf\xbd\xef\xbf\xbd"
		"d");
}

static void overlong_forms_surrogates_and_large_numbers_are_wrong(void **state)
{
	(void)state;
	CLEANED("\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd");
	CLEANED("\xe0\x9f\xbf", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	CLEANED("\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	CLEANED("\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	CLEANED("\xff", "\xef\xbf\xbd");
}

static void a_character_cut_off_by_the_end_is_wrong(void **state)
{
	(void)state;
	CLEANED("12345678\xe2\x82", "12345678\xef\xbf\xbd");
	CLEANED("\xf0", "\xef\xbf\xbd");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(valid_text_is_kept),
		cmocka_unit_test(one_replacement_stands_for_the_longest_start_of_a_character),
		cmocka_unit_test(overlong_forms_surrogates_and_large_numbers_are_wrong),
		cmocka_unit_test(a_character_cut_off_by_the_end_is_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
