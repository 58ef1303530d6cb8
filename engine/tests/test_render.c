#include "engine/fields/render.h"
#include "format/tests/test.h"

static void text_is(const struct value *v, enum print_format format, const char *want)
{
	struct buf b = { 0 };

	render_value(&b, v, format);
	assert_string_equal(buf_cstr(&b), want);
	buf_deinit(&b);
}

static void json_is(const struct value *v, enum print_format format, const char *want)
{
	struct buf b = { 0 };

	render_value_json(&b, v, format);
	assert_string_equal(buf_cstr(&b), want);
	buf_deinit(&b);
}

static struct value text(const char *s)
{
	return (struct value){ .type = PT_CHARBUF, .s = sv_of(s) };
}

static void numbers_follow_their_format(void **state)
{
	(void)state;
	struct value i64 = { .type = PT_INT64, .i = -5 };
	struct value u64 = { .type = PT_UINT64, .u = UINT64_MAX };
	struct value dev = { .type = PT_INT32, .i = (int32_t)0xfe00 };
	struct value minus = { .type = PT_INT32, .i = -2 };
	struct value ns = { .type = PT_RELTIME, .u = 42 };

	text_is(&i64, PF_DEC, "-5");
	text_is(&u64, PF_ID, "18446744073709551615");
	text_is(&dev, PF_HEX, "FE00");
	text_is(&minus, PF_HEX, "FFFFFFFE");
	text_is(&minus, PF_OCT, "37777777776");
	text_is(&ns, PF_PADDED_DEC, "000000042");
}

static void a_format_that_a_type_lacks_shows_nothing(void **state)
{
	(void)state;
	struct value u64 = { .type = PT_UINT64, .u = 7 };
	struct value i64 = { .type = PT_INT64, .i = 7 };
	struct value u32 = { .type = PT_UINT32, .u = 7 };

	text_is(&u64, PF_NA, "<NA>");
	text_is(&i64, PF_NA, "7");
	text_is(&u32, PF_PADDED_DEC, "<NA>");
	json_is(&u64, PF_NA, "null");
	json_is(&i64, PF_NA, "\"7\"");
}

static void the_value_may_bring_its_own_format(void **state)
{
	(void)state;
	struct value v = { .type = PT_UINT32, .u = 255, .format = PF_HEX };

	text_is(&v, PF_NA, "FF");
}

static void json_numbers_are_numbers_in_decimal_only(void **state)
{
	(void)state;
	struct value v = { .type = PT_UINT64, .u = 255 };

	json_is(&v, PF_DEC, "255");
	json_is(&v, PF_ID, "255");
	json_is(&v, PF_HEX, "\"FF\"");
	json_is(&v, PF_PADDED_DEC, "\"000000255\"");
}

static void other_scalars_have_one_form(void **state)
{
	(void)state;
	struct value yes = { .type = PT_BOOL, .u = 1 };
	struct value share = { .type = PT_DOUBLE, .d = 0.005 };
	struct value whole = { .type = PT_DOUBLE, .d = 100 };
	struct value ip = { .type = PT_IPADDR, .ip = ip_from("\x7f\0\0\1", 4) };
	struct value net = { .type = PT_IPNET, .ip = ip.ip };

	text_is(&yes, PF_NA, "true");
	json_is(&yes, PF_NA, "true");
	text_is(&share, PF_NA, "0.0");
	json_is(&share, PF_NA, "0.005");
	json_is(&whole, PF_NA, "100.0");
	json_is(&(struct value){ .type = PT_DOUBLE }, PF_NA, "0.0");
	json_is(&(struct value){ .type = PT_DOUBLE, .d = 12.5 }, PF_NA, "12.5");
	json_is(&(struct value){ .type = PT_DOUBLE, .d = 0.25 }, PF_NA, "0.25");
	json_is(&(struct value){ .type = PT_DOUBLE, .d = 100.0 / 1048576 }, PF_NA,
		"9.5367431640625e-05");
	json_is(&(struct value){ .type = PT_DOUBLE, .d = 100.0 / 3 }, PF_NA, "33.333333333333336");
	text_is(&ip, PF_NA, "127.0.0.1");
	json_is(&ip, PF_NA, "\"127.0.0.1\"");
	text_is(&net, PF_NA, "<IPNET>");
}

static void lists_are_joined_and_an_empty_one_is_null(void **state)
{
	(void)state;
	struct value items[] = { text("file"), text("pipe") };
	struct value list = { .type = PT_CHARBUF, .is_list = true, .list = { items, 2 } };

	text_is(&list, PF_DEC, "(file,pipe)");
	json_is(&list, PF_DEC, "[\"file\",\"pipe\"]");
	list.list.n = 0;
	text_is(&list, PF_DEC, "()");
	json_is(&list, PF_DEC, "null");
	json_is(NULL, PF_DEC, "null");
}

static void bytes_show_as_dots_up_to_the_limit(void **state)
{
	(void)state;
	struct value v = { .type = PT_BYTEBUF, .s = SV("a\0b\n\xff~") };
	char big[2000];
	struct buf b = { 0 };

	text_is(&v, PF_NA, "a.b..~");
	memset(big, 'x', sizeof big);
	v.s = (struct sv){ big, 1022 };
	render_value(&b, &v, PF_NA);
	assert_int_equal(b.n, 1022);
	buf_clear(&b);
	v.s.n = 1023;
	render_value(&b, &v, PF_NA);
	assert_int_equal(b.n, 1021);
	buf_deinit(&b);
}

static void text_shows_only_what_is_printable(void **state)
{
	(void)state;
	struct value v = text("a\x1b[31m\n\x7f");

	text_is(&v, PF_NA, "a\xef\xbf\xbd[31m\xef\xbf\xbd\xef\xbf\xbd");
	json_is(&v, PF_NA, "\"a\xef\xbf\xbd[31m\xef\xbf\xbd\xef\xbf\xbd\"");
	v = text("caf\xc3\xa9 \xf0\x9f\x90\xa7");
	text_is(&v, PF_NA, "caf\xc3\xa9 \xf0\x9f\x90\xa7");
	/* U+0085, U+FDD0, U+FFFF, U+1FFFE: valid, but nothing to see */
	v = text("\xc2\x85|\xef\xb7\x90|\xef\xbf\xbf|\xf0\x9f\xbf\xbe|\xef\xb7\x8f");
	text_is(&v, PF_NA, "\xef\xbf\xbd|\xef\xbf\xbd|\xef\xbf\xbd|\xef\xbf\xbd|\xef\xb7\x8f");
	/* Every maximal part of a broken sequence counts once. */
	v = text("\xc3"
		 "A\xe2\x82\xff");
	text_is(&v, PF_NA,
		"\xef\xbf\xbd"
		"A\xef\xbf\xbd\xef\xbf\xbd");
}

static void json_text_escapes_quotes_and_backslashes(void **state)
{
	(void)state;
	struct value v = text("\"a\\b\"/");
	struct value bytes = { .type = PT_BYTEBUF, .s = SV("\\\0\"") };

	json_is(&v, PF_NA, "\"\\\"a\\\\b\\\"/\"");
	json_is(&bytes, PF_NA, "\"\\\\.\\\"\"");
}

static void a_json_string_escapes_what_it_must(void **state)
{
	(void)state;
	struct buf b = { 0 };

	render_json_string(&b, SV("a\"b\\c/\n\t\x01\x7f"));
	assert_string_equal(buf_cstr(&b), "\"a\\\"b\\\\c/\\n\\t\\u0001\x7f\"");
	buf_deinit(&b);
}

static void a_json_string_replaces_each_broken_part(void **state)
{
	(void)state;
	struct buf b = { 0 };

	render_json_string(&b, SV("a\xc3"
				  "A\xe2\x82\xff\xf0\x9f\x90\xa7\xed\xa0\x80"));
	assert_string_equal(buf_cstr(&b), "\"a\xef\xbf\xbd"
					  "A\xef\xbf\xbd\xef\xbf\xbd\xf0\x9f\x90\xa7"
					  "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
	buf_deinit(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_follow_their_format),
		cmocka_unit_test(a_format_that_a_type_lacks_shows_nothing),
		cmocka_unit_test(the_value_may_bring_its_own_format),
		cmocka_unit_test(json_numbers_are_numbers_in_decimal_only),
		cmocka_unit_test(other_scalars_have_one_form),
		cmocka_unit_test(lists_are_joined_and_an_empty_one_is_null),
		cmocka_unit_test(bytes_show_as_dots_up_to_the_limit),
		cmocka_unit_test(text_shows_only_what_is_printable),
		cmocka_unit_test(json_text_escapes_quotes_and_backslashes),
		cmocka_unit_test(a_json_string_escapes_what_it_must),
		cmocka_unit_test(a_json_string_replaces_each_broken_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
