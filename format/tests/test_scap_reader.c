#include "format/tests/test.h"

#include "format/scap/scap_reader.h"

#include <string.h>

static const char empty_section[] = "\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1a\1\0\2\0"
				    "\xff\xff\xff\xff\xff\xff\xff\xff\x1c\0\0\0";

static struct source *open_bytes(const char *bytes, size_t n)
{
	struct source_options opt = { .upgrade = true };
	struct source *s = NULL;
	struct err err = { 0 };

	assert_int_equal(scap_reader_open_mem((struct sv){ bytes, n }, "mem", &opt, &s, &err), 0);
	return s;
}

static void a_section_without_events_ends_well(void **state)
{
	/* The magic is stored in the writer's order: 4d 3c 2b 1a on a little-endian host. */
	struct source *s = open_bytes(empty_section, sizeof empty_section - 1);
	struct record rec;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(source_next(s, &rec, &err), NEXT_ITEM);
	assert_int_equal(rec.kind, RECORD_SECTION);
	assert_int_equal(source_next(s, &rec, &err), NEXT_END);
	assert_int_equal(source_next(s, &rec, &err), NEXT_END);
	source_close(s);
}

static void an_empty_file_is_an_error_every_time(void **state)
{
	struct source *s = open_bytes("", 0);
	struct record rec;

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct err err = { 0 };

		assert_int_equal(source_next(s, &rec, &err), NEXT_ERROR);
		assert_int_equal(err.code, ERR_TRUNCATED);
		assert_string_equal(err.msg, "mem: byte 0: the file is empty");
	}
	source_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_section_without_events_ends_well),
		cmocka_unit_test(an_empty_file_is_an_error_every_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
