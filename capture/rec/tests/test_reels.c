#include "format/tests/test.h"

#include "capture/rec/reels.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

struct place {
	char dir[64], path[96];
};

static int set_up(void **state)
{
	struct place *p = calloc(1, sizeof *p);

	if (!p)
		return -1;
	strcpy(p->dir, "/tmp/saker-reels-XXXXXX");
	*state = p;
	if (!mkdtemp(p->dir))
		return -1;
	snprintf(p->path, sizeof p->path, "%s/trace.scap", p->dir);
	return 0;
}

static int tear_down(void **state)
{
	struct place *p = *state;
	char command[128];

	snprintf(command, sizeof command, "rm -rf %s", p->dir);
	int rc = system(command);
	free(p);
	return rc;
}

static void make(const struct place *p, const char *name, size_t bytes)
{
	char path[160];

	snprintf(path, sizeof path, "%s/%s", p->dir, name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	for (size_t i = 0; i < bytes; i++)
		fputc('x', file);
	fclose(file);
}

static bool is_there(const struct place *p, const char *name)
{
	char path[160];

	snprintf(path, sizeof path, "%s/%s", p->dir, name);
	return access(path, F_OK) == 0;
}

static void numbers_go_on_after_those_that_are_there(void **state)
{
	struct place *p = *state;
	struct reels r;
	struct buf name = { 0 };

	make(p, "trace.000007.scap", 10);
	make(p, "trace.000003.scap", 20);
	make(p, "trace.scap", 1);
	make(p, "trace.x.scap", 1);
	make(p, "other.000009.scap", 1);
	assert_int_equal(reels_open(p->path, &r, NULL), 0);
	assert_int_equal(r.n, 2);
	assert_int_equal(r.all[0].number, 3);
	assert_int_equal(r.all[0].bytes, 20);
	assert_int_equal(reels_add(&r, NULL), 0);
	assert_int_equal(reels_newest(&r)->number, 8);
	assert_non_null(strstr(reels_name(&r, 8, &name), "/trace.000008.scap"));
	buf_deinit(&name);
	reels_deinit(&r);
}

static void the_oldest_go_until_number_and_size_fit(void **state)
{
	struct place *p = *state;
	struct reels r;

	make(p, "trace.000001.scap", 100);
	make(p, "trace.000002.scap", 100);
	make(p, "trace.000003.scap", 100);
	make(p, "trace.000004.scap", 100);
	assert_int_equal(reels_open(p->path, &r, NULL), 0);
	assert_int_equal(reels_trim(&r, 0, 0), 0);
	assert_int_equal(reels_trim(&r, 3, 0), 1);
	assert_false(is_there(p, "trace.000001.scap"));
	assert_int_equal(reels_trim(&r, 0, 250), 1);
	assert_false(is_there(p, "trace.000002.scap"));
	assert_true(is_there(p, "trace.000003.scap"));
	/* The newest one stays, however large it is. */
	assert_int_equal(reels_trim(&r, 0, 1), 1);
	assert_true(is_there(p, "trace.000004.scap"));
	assert_int_equal(r.n, 1);
	reels_deinit(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(numbers_go_on_after_those_that_are_there, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(the_oldest_go_until_number_and_size_fit, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
