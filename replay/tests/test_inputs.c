#include "format/tests/test.h"

#include "replay/digest.h"
#include "replay/inputs.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const files[] = { "b.scap",      "a.scap.gz",   "notes.txt", "r.yaml",
				     "r.test.yaml", "deep/c.scap", "deep/r.yml" };
enum { FILES = sizeof files / sizeof files[0] };

static char dir[] = "/tmp/saker-inputs-XXXXXX";

static const char *in_dir(const char *name)
{
	static char path[128];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	return path;
}

static int make_tree(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(mkdir(in_dir("deep"), 0700), 0);
	assert_int_equal(mkdir(in_dir("empty"), 0700), 0);
	for (int i = 0; i < FILES; i++) {
		FILE *f = fopen(in_dir(files[i]), "w");

		assert_non_null(f);
		fputs("abc", f);
		fclose(f);
	}
	assert_int_equal(symlink(dir, in_dir("loop")), 0);
	return 0;
}

static int remove_tree(void **state)
{
	(void)state;
	for (int i = 0; i < FILES; i++)
		unlink(in_dir(files[i]));
	unlink(in_dir("loop"));
	rmdir(in_dir("deep"));
	rmdir(in_dir("empty"));
	return rmdir(dir);
}

static void check(const struct inputs *in, const char *const *want, size_t n)
{
	assert_int_equal(in->n, n);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(in->paths[i], in_dir(want[i]));
}

static void a_directory_gives_its_traces_in_order(void **state)
{
	static const char *const want[] = { "a.scap.gz", "b.scap", "deep/c.scap" };
	struct inputs in = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(inputs_add(&in, dir, &inputs_traces, &err), 0);
	check(&in, want, 3);
	inputs_deinit(&in);
}

static void rule_files_come_from_one_folder_only(void **state)
{
	static const char *const want[] = { "r.yaml" };
	struct inputs in = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(inputs_add(&in, dir, &inputs_rules, &err), 0);
	check(&in, want, 1);
	inputs_deinit(&in);
}

static void a_file_counts_whatever_its_name(void **state)
{
	static const char *const want[] = { "notes.txt" };
	struct inputs in = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(inputs_add(&in, in_dir("notes.txt"), &inputs_traces, &err), 0);
	check(&in, want, 1);
	assert_int_equal(inputs_add(&in, "-", &inputs_traces, &err), 0);
	assert_string_equal(in.paths[1], "-");
	inputs_deinit(&in);
}

static void nothing_to_read_is_an_error(void **state)
{
	struct inputs in = { 0 };
	struct err missing = { 0 }, empty = { 0 };

	(void)state;
	assert_int_equal(inputs_add(&in, in_dir("gone"), &inputs_traces, &missing), -1);
	assert_int_equal(missing.code, ERR_IO);
	assert_int_equal(inputs_add(&in, in_dir("empty"), &inputs_traces, &empty), -1);
	assert_non_null(strstr(empty.msg, "holds no trace"));
	assert_int_equal(in.n, 0);
	inputs_deinit(&in);
}

static void digests_are_sha256(void **state)
{
	static const char abc[] =
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
	struct digest d;
	struct err err = { 0 };
	uint64_t size;

	(void)state;
	assert_int_equal(digest_text(SV("abc"), &d, &err), 0);
	assert_string_equal(d.hex, abc);
	assert_int_equal(digest_file(in_dir("b.scap"), &d, &size, &err), 0);
	assert_string_equal(d.hex, abc);
	assert_int_equal(size, 3);
	assert_int_equal(digest_file(in_dir("gone"), &d, &size, &err), -1);
	assert_int_equal(err.code, ERR_IO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_directory_gives_its_traces_in_order),
		cmocka_unit_test(rule_files_come_from_one_folder_only),
		cmocka_unit_test(a_file_counts_whatever_its_name),
		cmocka_unit_test(nothing_to_read_is_an_error),
		cmocka_unit_test(digests_are_sha256),
	};

	return cmocka_run_group_tests(tests, make_tree, remove_tree);
}
