#include "format/tests/test.h"

#include "tools/common/human.h"
#include "tools/common/quantity.h"
#include "tools/common/table.h"
#include "tools/common/when.h"

static void shows(struct sv text, const char *want)
{
	struct buf b = { 0 };

	human_text(&b, text);
	assert_string_equal(buf_cstr(&b), want);
	buf_deinit(&b);
}

static void text_for_people_is_safe_for_terminals(void **state)
{
	(void)state;
	shows(SV("plain caf\xc3\xa9"), "plain caf\xc3\xa9");
	shows(SV("a\nb\tc\rd"), "a\\nb\\tc\\rd");
	shows(SV("\x1b[31mred\x07\x7f"), "\\x1b[31mred\\x07\\x7f");
	shows(SV("\xc2\x9b"
		 "31m"),
	      "\\u009b31m");
	shows(SV("\xe2\x80\xae"
		 "txt.exe\xe2\x81\xa9"),
	      "\\u202etxt.exe\\u2069");
	shows(SV("\xff\xe2\x82"), "\\xff\\xe2\\x82");
	shows(((struct sv){ "a\0b", 3 }), "a\\x00b");
}

static void means(const char *text, uint64_t want)
{
	struct err err = { 0 };
	uint64_t ts = 0;

	if (when_parse(text, &ts, &err) < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(ts, want);
}

static void times_are_read_as_people_type_them(void **state)
{
	(void)state;
	means("2026-11-22T07:04:19.845942417Z", 1795331059845942417);
	means("2026-11-22 07:04:19.8", 1795331059800000000);
	means("2026-11-22 07:04:19", 1795331059000000000);
	means("2026-11-22 07:04", 1795331040000000000);
	means("2026-11-22", 1795305600000000000);
	means("2024-02-29", 1709164800000000000);
	means("1970-01-01", 0);
	means("1795331059", 1795331059000000000);
	means("1795331059845942417", 1795331059845942417);
}

static void what_is_no_time_is_refused(void **state)
{
	static const char *const wrong[] = { "",
					     "yesterday",
					     "2026-13-01",
					     "2026-11-22T",
					     "2026-11-22 7:04",
					     "2026-11-22 07:04:19.",
					     "2026-11-22 07:04:19 CET",
					     "99999999999999999999",
					     "50000000000000",
					     "-5" };

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct err err = { 0 };
		uint64_t ts;

		if (when_parse(wrong[i], &ts, &err) == 0)
			fail_msg("%s was taken for a time", wrong[i]);
		assert_int_equal(err.code, ERR_USAGE);
	}
}

static void a_table_fits_its_width(void **state)
{
	static const char *const cells[] = { "id",  "message",
					     "1",   "a rather long message \xc3\xa9\xc3\xa9",
					     "200", "short" };
	struct table t;
	struct buf out = { 0 };

	(void)state;
	table_init(&t, 2);
	t.right[0] = true;
	for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++)
		table_put(&t, sv_of(cells[i]));
	table_print(&t, 0, &out);
	assert_string_equal(buf_cstr(&out), " id  message\n"
					    "  1  a rather long message \xc3\xa9\xc3\xa9\n"
					    "200  short\n");
	buf_clear(&out);
	table_print(&t, 20, &out);
	assert_string_equal(buf_cstr(&out), " id  message\n"
					    "  1  a rather lon...\n"
					    "200  short\n");
	table_deinit(&t);
	buf_deinit(&out);
}

static void sizes_and_times_have_units(void **state)
{
	struct err err = { 0 };
	uint64_t v;

	(void)state;
	assert_int_equal(quantity_bytes("500M", "x", &v, &err), 0);
	assert_int_equal(v, UINT64_C(500) << 20);
	assert_int_equal(quantity_bytes("17", "x", &v, &err), 0);
	assert_int_equal(v, 17);
	assert_int_equal(quantity_duration("10m", "x", &v, &err), 0);
	assert_int_equal(v, UINT64_C(600000000000));
	assert_int_equal(quantity_duration("250ms", "x", &v, &err), 0);
	assert_int_equal(v, 250000000);

	assert_int_equal(quantity_duration("1.5h", "x", &v, &err), 0);
	assert_int_equal(v, UINT64_C(5400000000000));

	static const char *const wrong[] = { "", "M", "0M", "-1M", "5 M", "5X", "99999999999T" };
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		err = (struct err){ 0 };
		assert_int_equal(quantity_bytes(wrong[i], "max-size", &v, &err), -1);
		assert_int_equal(err.code, ERR_USAGE);
		assert_non_null(strstr(err.msg, "--max-size"));
		assert_int_equal(quantity_duration(wrong[i], "x", &v, NULL), -1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_for_people_is_safe_for_terminals),
		cmocka_unit_test(times_are_read_as_people_type_them),
		cmocka_unit_test(what_is_no_time_is_refused),
		cmocka_unit_test(a_table_fits_its_width),
		cmocka_unit_test(sizes_and_times_have_units),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
