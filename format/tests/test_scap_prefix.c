/*
 * A trace may have been cut anywhere: every prefix gives a part of the records and an orderly end.
 */
#include "format/tests/trace_file.h"

struct outcome {
	unsigned records;
	uint64_t last_num, last_ts;
	enum next end;
};

static struct outcome read_prefix(struct sv bytes, bool upgrade, size_t buffer_bytes)
{
	struct source *s = open_bytes(bytes, upgrade, buffer_bytes);
	struct outcome o = { 0 };
	struct record rec;
	struct err err = { 0 };

	while ((o.end = source_next(s, &rec, &err)) == NEXT_ITEM) {
		o.records++;
		if (rec.kind == RECORD_EVENT) {
			o.last_num = rec.event.num;
			o.last_ts = rec.event.ts_ns;
		}
	}
	assert_true(o.end == NEXT_END || (o.end == NEXT_ERROR && err.code != ERR_NONE));
	source_close(s);
	return o;
}

/* A cut one: exactly its bytes, so that a sanitizer sees a read past them. */
static void every_prefix(const char *path, bool upgrade)
{
	struct sv all = load_file(path);
	struct outcome whole = read_prefix(all, upgrade, 0), before = { 0 };

	assert_int_equal(whole.end, NEXT_END);
	for (size_t n = 0; n < all.n; n++) {
		char *copy = malloc(n ? n : 1);
		struct outcome o;

		assert_non_null(copy);
		memcpy(copy, all.p, n);
		o = read_prefix((struct sv){ copy, n }, upgrade, n % 8 == 0 ? 64 : 4096);
		assert_true(o.records >= before.records && o.records <= whole.records);
		assert_true(o.last_num >= before.last_num && o.last_num <= whole.last_num);
		before = o;
		free(copy);
	}
	free((char *)all.p);
}

static void a_captured_trace_may_be_cut_anywhere(void **state)
{
	(void)state;
	every_prefix("testdata/traces/host-small.scap", true);
}

static void a_gzip_trace_may_be_cut_anywhere(void **state)
{
	(void)state;
	every_prefix("testdata/traces/container-small.scap.gz", true);
	every_prefix("testdata/traces/synthetic-two-members.scap.gz", false);
}

static void a_trace_of_every_block_version_may_be_cut_anywhere(void **state)
{
	(void)state;
	every_prefix("testdata/traces/synthetic-every-block.scap", true);
	every_prefix("testdata/traces/synthetic-every-block.scap", false);
	every_prefix("testdata/traces/synthetic-upgrades.scap", true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_captured_trace_may_be_cut_anywhere),
		cmocka_unit_test(a_gzip_trace_may_be_cut_anywhere),
		cmocka_unit_test(a_trace_of_every_block_version_may_be_cut_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
