#include "format/tests/test.h"

#include "replay/shard.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILES = 9 };

static char folder[64];

static void name_of(int i, char path[static 96])
{
	snprintf(path, 96, "%s/%d.scap", folder, i);
}

/* Sizes 100, 7, 3, 60, 0, 60, 20, 0, 1. */
static int make_files(void **state)
{
	static const int sizes[FILES] = { 100, 7, 3, 60, 0, 60, 20, 0, 1 };
	char path[96];

	(void)state;
	snprintf(folder, sizeof folder, "/tmp/saker-shard-%d", (int)getpid());
	assert_int_equal(mkdir(folder, 0700), 0);
	for (int i = 0; i < FILES; i++) {
		name_of(i, path);
		FILE *file = fopen(path, "wbe");

		assert_non_null(file);
		for (int k = 0; k < sizes[i]; k++)
			fputc('x', file);
		assert_int_equal(fclose(file), 0);
	}
	return 0;
}

static int remove_files(void **state)
{
	char path[96];

	(void)state;
	for (int i = 0; i < FILES; i++) {
		name_of(i, path);
		unlink(path);
	}
	return rmdir(folder);
}

/* The digits of the files that a shard keeps, in order. */
static void kept(unsigned number, unsigned of, char out[static FILES + 1])
{
	const struct shard shard = { number, of };
	struct inputs in = { 0 };
	struct err err = { 0 };
	size_t n = 0;

	assert_int_equal(inputs_add(&in, folder, &inputs_traces, &err), 0);
	assert_int_equal(shard_keep(&shard, &in, &err), 0);
	for (size_t i = 0; i < in.n; i++)
		out[n++] = in.paths[i][strlen(folder) + 1];
	out[n] = '\0';
	inputs_deinit(&in);
}

static void the_largest_go_first_to_who_has_least(void **state)
{
	char out[FILES + 1];

	(void)state;
	kept(1, 2, out);
	assert_string_equal(out, "016");
	kept(2, 2, out);
	assert_string_equal(out, "234578");
}

static void every_trace_is_in_one_shard(void **state)
{
	(void)state;
	for (unsigned of = 1; of <= 12; of++) {
		char out[FILES + 1];
		unsigned seen = 0, n = 0;

		for (unsigned k = 1; k <= of; k++) {
			kept(k, of, out);
			for (const char *c = out; *c; c++, n++)
				seen |= 1u << (*c - '0');
		}
		assert_int_equal(n, FILES);
		assert_int_equal(seen, (1u << FILES) - 1);
	}
}

static void without_a_shard_nothing_is_left_out(void **state)
{
	char out[FILES + 1];

	(void)state;
	kept(0, 0, out);
	assert_string_equal(out, "012345678");
}

static void what_is_no_shard_is_told(void **state)
{
	static const char *const wrong[] = {
		"",      "1",    "/",    "1/",  "/2",   "0/2",  "3/2",        "1/0",  "-1/2",
		"1/2/3", "1/2 ", " 1/2", "a/b", "1/01", "01/1", "1/99999999", "+1/2", "1/1025"
	};
	struct shard s;

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct err err = { 0 };

		assert_int_equal(shard_parse(wrong[i], &s, &err), -1);
		assert_int_equal(err.code, ERR_USAGE);
	}
	struct err err = { 0 };

	assert_int_equal(shard_parse("1024/1024", &s, &err), 0);
	assert_int_equal(s.number, 1024);
	assert_int_equal(s.of, 1024);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_largest_go_first_to_who_has_least),
		cmocka_unit_test(every_trace_is_in_one_shard),
		cmocka_unit_test(without_a_shard_nothing_is_left_out),
		cmocka_unit_test(what_is_no_shard_is_told),
	};

	return cmocka_run_group_tests(tests, make_files, remove_files);
}
