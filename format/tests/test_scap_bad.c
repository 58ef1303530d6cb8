/*
 * Every check of the reader has a file in testdata/bad/ that trips it.  What each of them gives is
 * in testdata/bad/EXPECTED; UPDATE_GOLDEN=1 rewrites it, to be reviewed.
 */
#include "format/tests/test.h"

#include "format/base/buf.h"
#include "format/source.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#define FOLDER   "testdata/bad"
#define EXPECTED FOLDER "/EXPECTED"

static void read_all(struct buf *out, const char *path, const struct source_options *opt)
{
	struct source *s;
	struct record rec;
	struct err err = { 0 }, again = { 0 };
	unsigned n = 0;
	enum next more;

	if (source_open(path, opt, &s, &err) < 0) {
		buf_printf(out, "not opened: %s\n", err.msg);
		return;
	}
	while ((more = source_next(s, &rec, &err)) == NEXT_ITEM)
		n++;
	buf_printf(out, "%u records, %s\n", n, more == NEXT_ERROR ? err.msg : "the end");
	/* The end is the end, and an error stays one. */
	assert_int_equal(source_next(s, &rec, &again), more);
	assert_int_equal(again.code, err.code);
	assert_string_equal(again.msg, err.msg);
	assert_int_equal(more == NEXT_ERROR, err.code != ERR_NONE);
	source_close(s);
}

static int is_trace(const struct dirent *e)
{
	return sv_ends(sv_of(e->d_name), SV(".scap"));
}

static void describe(struct buf *out, size_t buffer_bytes)
{
	struct dirent **names;
	int count = scandir(FOLDER, &names, is_trace, alphasort);

	assert_true(count > 50);
	for (int i = 0; i < count; i++) {
		struct source_options opt = { .buffer_bytes = buffer_bytes };
		struct buf raw = { 0 }, upgraded = { 0 };
		char path[512];

		snprintf(path, sizeof path, FOLDER "/%s", names[i]->d_name);
		read_all(&raw, path, &opt);
		opt.upgrade = true;
		read_all(&upgraded, path, &opt);
		if (sv_eq(buf_sv(&raw), buf_sv(&upgraded))) {
			buf_printf(out, "%s: " SV_FMT, names[i]->d_name, SV_ARG(buf_sv(&raw)));
		} else {
			buf_printf(out, "%s: raw: " SV_FMT, names[i]->d_name, SV_ARG(buf_sv(&raw)));
			buf_printf(out, "%s: upgraded: " SV_FMT, names[i]->d_name,
				   SV_ARG(buf_sv(&upgraded)));
		}
		buf_deinit(&raw);
		buf_deinit(&upgraded);
		free(names[i]);
	}
	free(names);
}

/* A difference shows as the first line that is not as expected. */
static void assert_same_lines(struct sv got, struct sv want)
{
	while (got.n && want.n) {
		const char *a = memchr(got.p, '\n', got.n), *b = memchr(want.p, '\n', want.n);
		struct sv x, y;

		assert_true(a && b);
		sv_take(&got, (size_t)(a - got.p) + 1, &x);
		sv_take(&want, (size_t)(b - want.p) + 1, &y);
		if (!sv_eq(x, y))
			fail_msg("got " SV_FMT "want " SV_FMT, SV_ARG(x), SV_ARG(y));
	}
	assert_int_equal(got.n, want.n);
}

static struct buf read_expected(void)
{
	FILE *f = fopen(EXPECTED, "r");
	struct buf b = { 0 };
	char part[4096];
	size_t n;

	assert_non_null(f);
	while ((n = fread(part, 1, sizeof part, f)) > 0)
		buf_put(&b, part, n);
	fclose(f);
	return b;
}

static void check(size_t buffer_bytes)
{
	struct buf got = { 0 }, want;

	describe(&got, buffer_bytes);
	want = read_expected();
	assert_same_lines(buf_sv(&got), buf_sv(&want));
	buf_deinit(&got);
	buf_deinit(&want);
}

static void each_damage_gives_its_sentence(void **state)
{
	(void)state;
	if (getenv("UPDATE_GOLDEN")) {
		struct buf got = { 0 };
		FILE *f = fopen(EXPECTED, "w");

		assert_non_null(f);
		describe(&got, 0);
		assert_int_equal(fwrite(got.p, 1, got.n, f), got.n);
		fclose(f);
		buf_deinit(&got);
	}
	check(0);
}

static void tiny_buffers_change_nothing(void **state)
{
	(void)state;
	check(48);
	check(300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_damage_gives_its_sentence),
		cmocka_unit_test(tiny_buffers_change_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
