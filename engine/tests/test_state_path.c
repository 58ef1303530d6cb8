#include "engine/state/state.h"
#include "format/tests/test.h"

static void path_join_normalises(void **state)
{
	static const struct {
		const char *dir, *path, *want;
	} rows[] = {
		{ "/home/", "a", "/home/a" },
		{ "/home/", "/etc/passwd", "/etc/passwd" },
		{ "/home/", "./a/./b/.", "/home/a/b" },
		{ "/home/", "../etc//x/", "/etc/x" },
		{ "/home/", "..", "/" },
		{ "/home/", "../../../..", "/" },
		{ "/", "..", "/" },
		{ "", "/", "/" },
		{ "", "", "" },
		{ "", "foo/../a", "a" },
		{ "", "/foo/../a", "/a" },
		{ "./", "a", "./a" },
		{ "<UNKNOWN>", "a/../b", "b" },
		{ "/a/", "...", "/a/..." },
		{ "/a/", "..b/.c", "/a/..b/.c" },
		{ "/a/", "b//c///", "/a/b/c" },
	};
	char out[1024];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct sv got = path_join(sv_of(rows[i].dir), sv_of(rows[i].path), out);

		assert_string_equal(out, rows[i].want);
		assert_int_equal(got.n, strlen(rows[i].want));
	}
}

static void path_join_says_when_it_is_too_long(void **state)
{
	char dir[1024], out[1024];

	(void)state;
	memset(dir, 'd', sizeof dir);
	dir[0] = dir[1019] = '/';
	struct sv fits = path_join((struct sv){ dir, 1020 }, SV("abc"), out);
	assert_int_equal(fits.n, 1023);
	assert_sv(path_join((struct sv){ dir, 1020 }, SV("abcd"), out),
		  "/DIR_TOO_LONG/FILENAME_TOO_LONG");
}

static void path_join_ends_at_a_nul(void **state)
{
	char out[1024];

	(void)state;
	assert_sv(path_join(SV("/a/"), (struct sv){ "b\0c", 3 }, out), "/a/b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(path_join_normalises),
		cmocka_unit_test(path_join_says_when_it_is_too_long),
		cmocka_unit_test(path_join_ends_at_a_nul),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
