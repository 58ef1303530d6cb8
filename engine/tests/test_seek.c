/*
 * A native trace holds the records of the one it was made from, whatever its blocks and segments;
 * every segment can be read alone; and reading from any moment on finds the state that a full
 * replay has then.  SAKER_SEED=N seeks at other moments, SAKER_LONG=1 takes long traces and public
 * ones and seeks more often.
 */
#include "engine/tracker.h"
#include "format/sink.h"
#include "format/source.h"
#include "format/tests/same_event.h"
#include "format/tests/test.h"
#include "format/trace/trace_map.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SEEKS = 50, FEW_SEEKS = 6, SMALL_FILE = 30000, LARGE_FILE = 1000000, MANY_EVENTS = 50000 };

struct sizes {
	uint32_t block, segment;
};

static char native_path[64], stock_paths[2][64];
static uint64_t random_state = 1;

static uint64_t chance(uint64_t below)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (random_state >> 33) % below;
}

static struct source *open_trace(const char *path, const struct source_options *opt)
{
	struct source *source;
	struct err err = { 0 };

	if (source_open(path, opt, &source, &err) < 0)
		fail_msg("%s: %s", path, err.msg);
	return source;
}

static struct source *open_raw(const char *path)
{
	return open_trace(path, &(struct source_options){ 0 });
}

/* Everything that can be read of a trace, in another file; false when it cannot be written so. */
static bool copy(const char *from, const char *kind, const char *to, struct sizes sizes)
{
	struct tracker *tracker = tracker_new();
	const struct sink_options opt = { .manifest = SV("{}"),
					  .snapshot = tracker_snapshot,
					  .snapshot_arg = tracker,
					  .block_events = sizes.block,
					  .segment_events = sizes.segment };
	struct source *source = open_raw(from);
	struct sink *sink;
	struct record rec;
	struct err err = { 0 };
	bool ok = true;

	assert_int_equal(sink_open(sink_kind_by_name(sv_of(kind)),
				   open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600), to, &opt, &sink,
				   &err),
			 0);
	while (ok && source_next(source, &rec, &err) == NEXT_ITEM)
		ok = sink_put(sink, &rec, &err) == 0 && tracker_record(tracker, &rec, &err) == 0;
	err = (struct err){ 0 };
	ok = sink_close(sink, &err) == 0 && ok;
	source_close(source);
	tracker_free(tracker);
	return ok;
}

static struct sv load_bytes(const char *path)
{
	FILE *f = fopen(path, "rb");
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	char *p = malloc((size_t)st.st_size + 1);
	assert_int_equal(fread(p, 1, (size_t)st.st_size + 1, f), st.st_size);
	fclose(f);
	return (struct sv){ p, (size_t)st.st_size };
}

/* --- there and back --- */

static void check_round_trip(const char *path)
{
	struct source *a = open_raw(path), *b = open_raw(native_path);
	struct record ra, rb;
	struct err err = { 0 };

	while (source_next(a, &ra, &err) == NEXT_ITEM) {
		if (source_next(b, &rb, &err) != NEXT_ITEM)
			fail_msg("%s: %s", path, err.msg);
		assert_int_equal(ra.kind, rb.kind);
		if (ra.kind != RECORD_EVENT)
			continue;
		assert_int_equal(ra.event.num, rb.event.num);
		assert_same_event(&ra.event, &rb.event);
	}
	err = (struct err){ 0 };
	assert_int_equal(source_next(b, &rb, &err), NEXT_END);
	source_close(a);
	source_close(b);

	/* The lists, too: they come to the same bytes in a stock trace. */
	bool fits = copy(path, "stock", stock_paths[0], (struct sizes){ 0 });
	assert_int_equal(copy(native_path, "stock", stock_paths[1], (struct sizes){ 0 }), fits);
	struct sv x = load_bytes(stock_paths[0]), y = load_bytes(stock_paths[1]);
	assert_true(sv_eq(x, y));
	free((char *)x.p);
	free((char *)y.p);
}

/* --- segments alone --- */

static void assert_same_views(const struct snapshot_view *a, const struct snapshot_view *b,
			      const char *path, size_t segment)
{
	for (int i = 0; i < SNAPSHOT_COLUMNS; i++) {
		if (!sv_eq(a->columns[i], b->columns[i]))
			fail_msg("%s: segment %zu: column %d of the state behind it", path, segment,
				 i);
	}
}

/* What is tracked through one segment is what the next one begins with. */
static size_t check_segments(const char *path)
{
	struct tracker *before = NULL;
	struct trace_map *map;
	struct err err = { 0 };
	struct record rec;
	uint64_t events = 0;

	assert_int_equal(trace_map_open(native_path, &map, &err), 0);
	assert_false(trace_map_walked(map));
	size_t n = trace_map_segments(map);
	for (size_t i = 0; i < n; i++) {
		struct source_options opt = { .segments = { i, i + 1 } };
		struct source *source = open_trace(native_path, &opt);
		struct tracker *tracker = tracker_new();

		for (size_t k = 0; source_next(source, &rec, &err) == NEXT_ITEM; k++) {
			assert_int_equal(rec.kind == RECORD_STATE, i > 0 && k == 0);
			if (rec.kind == RECORD_STATE && before) {
				struct snapshot saved = { 0 };

				assert_int_equal(tracker_snapshot(before, &saved, &err), 0);
				struct snapshot_view v = snapshot_view(&saved);
				assert_same_views(&v, &rec.snapshot, path, i);
				snapshot_deinit(&saved);
			}
			events += rec.kind == RECORD_EVENT;
			assert_int_equal(tracker_record(tracker, &rec, &err), 0);
		}
		if (err.code != ERR_NONE)
			fail_msg("%s: segment %zu: %s", path, i, err.msg);
		source_close(source);
		tracker_free(before);
		before = tracker;
	}
	assert_int_equal(events, trace_map_index(map)->events);
	tracker_free(before);
	trace_map_close(map);
	return n;
}

/* --- seeking --- */

struct target {
	uint64_t num;
	struct event event; /* without its parameters */
	struct snapshot state;
};

static int by_num(const void *a, const void *b)
{
	const struct target *x = a, *y = b;

	return x->num < y->num ? -1 : x->num > y->num;
}

/*
 * Replay until the event of that number and time (0: any); false when it does not come.  *late: not
 * from the start.
 */
static bool replay_to(struct source *source, struct state *state, uint64_t num, uint64_t ts_ns,
		      struct snapshot *out, struct event *event, bool *late)
{
	struct record rec;
	struct err err = { 0 };

	*late = false;
	while (source_next(source, &rec, &err) == NEXT_ITEM) {
		*late = *late || rec.kind == RECORD_STATE;
		if (rec.kind != RECORD_EVENT) {
			assert_int_equal(state_meta(state, &rec, &err), 0);
			continue;
		}
		assert_int_equal(state_event(state, &rec.event, &err), 0);
		if (rec.event.num != num || (ts_ns && rec.event.ts_ns != ts_ns))
			continue;
		*event = rec.event;
		state_save(state, out);
		return true;
	}
	return false;
}

static void check_seek(const struct target *t, bool by_time, const char *path, size_t *late_starts)
{
	struct source_options opt = { .upgrade = true, .span.from = { SPAN_EVENT, t->num } };
	struct state *state = state_new();
	struct snapshot got = { 0 };
	struct event event;
	bool late;

	if (by_time)
		opt.span.from = (struct span_bound){ SPAN_TIME, t->event.ts_ns };
	struct source *source = open_trace(native_path, &opt);
	if (!replay_to(source, state, t->num, t->event.ts_ns, &got, &event, &late))
		fail_msg("%s: no event %ju", path, (uintmax_t)t->num);
	assert_true(span_has(&source->span, &event));
	assert_int_equal(event.ts_ns, t->event.ts_ns);
	assert_int_equal(event.type, t->event.type);
	struct snapshot_view a = snapshot_view(&got), b = snapshot_view(&t->state);
	for (int i = 0; i < SNAPSHOT_COLUMNS; i++) {
		if (!sv_eq(a.columns[i], b.columns[i]))
			fail_msg("%s: event %ju: column %d of the state", path, (uintmax_t)t->num,
				 i);
	}
	*late_starts += late;
	snapshot_deinit(&got);
	state_free(state);
	source_close(source);
}

static void check_seeks(const char *path, size_t segments, size_t seeks)
{
	static struct target targets[SEEKS];
	const struct source_options opt = { .upgrade = true };
	struct source *source = open_trace(path, &opt);
	struct state *state = state_new();
	struct record rec;
	struct err err = { 0 };
	uint64_t shown = 0;
	size_t late_starts = 0;
	bool late;

	while (source_next(source, &rec, &err) == NEXT_ITEM)
		shown = rec.kind == RECORD_EVENT ? rec.event.num : shown;
	source_close(source);
	if (shown == 0) {
		state_free(state);
		return;
	}
	for (size_t i = 0; i < seeks; i++)
		targets[i] = (struct target){ .num = 1 + chance(shown) };
	qsort(targets, seeks, sizeof targets[0], by_num);

	source = open_trace(path, &opt);
	for (size_t i = 0; i < seeks; i++) {
		struct target *t = &targets[i];

		/* A loss has a number, too. */
		if ((i > 0 && t->num <= targets[i - 1].num) ||
		    !replay_to(source, state, t->num, 0, &t->state, &t->event, &late))
			continue;
		check_seek(t, i % 2, path, &late_starts);
		snapshot_deinit(&t->state);
	}
	if (segments > 4 && shown > SEEKS && late_starts == 0)
		fail_msg("%s: none of %zu seeks began behind the first segment", path, seeks);
	source_close(source);
	state_free(state);
}

/* --- every trace there is --- */

static uint32_t count_events(const char *path)
{
	struct source *source = open_raw(path);
	struct record rec;
	struct err err = { 0 };
	uint32_t n = 0;

	while (source_next(source, &rec, &err) == NEXT_ITEM)
		n += rec.kind == RECORD_EVENT;
	source_close(source);
	return n;
}

static void check_trace(const char *path)
{
	uint32_t n = count_events(path);
	const struct sizes sizes[] = {
		{ 1, n / 7 + 1 },          { 3, n / 30 + 1 }, { 0, n / 13 + 1 },
		{ n / 50 + 2, n / 9 + 2 }, { 0, 0 },
	};

	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		assert_true(copy(path, "native", native_path, sizes[i]));
		check_round_trip(path);
		size_t segments = check_segments(path);
		check_seeks(path, segments, i == 1 && getenv("SAKER_LONG") ? SEEKS : FEW_SEEKS);
		if (n > MANY_EVENTS && i == 1)
			break;
	}
}

static size_t check_folder(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	size_t n = 0;

	while (dir && (entry = readdir(dir)) != NULL) {
		struct sv name = sv_of(entry->d_name);
		char path[1024];
		struct stat st;

		snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
		if ((!sv_ends(name, SV(".scap")) && !sv_ends(name, SV(".gz"))) ||
		    stat(path, &st) < 0 ||
		    st.st_size > (getenv("SAKER_LONG") ? LARGE_FILE : SMALL_FILE))
			continue;
		check_trace(path);
		n++;
	}
	if (dir)
		closedir(dir);
	return n;
}

static void traces_of_ours_can_be_entered_anywhere(void **state)
{
	(void)state;
	assert_true(check_folder("testdata/traces") > 5);
}

static void public_traces_too(void **state)
{
	static const char *const folders[] = { "stock", "captured" };
	char path[512];

	(void)state;
	if (!getenv("SAKER_LONG") || !test_corpus() || !*test_corpus())
		skip();
	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof path, "%s/traces/%s", test_corpus(), folders[i]);
		check_folder(path);
	}
}

static int setup(void **state)
{
	const char *seed = getenv("SAKER_SEED");

	(void)state;
	if (seed)
		random_state = strtoull(seed, NULL, 10);
	snprintf(native_path, sizeof native_path, "/tmp/saker-seek-%d.skr", (int)getpid());
	for (int i = 0; i < 2; i++)
		snprintf(stock_paths[i], sizeof stock_paths[i], "/tmp/saker-seek-%d-%d.scap",
			 (int)getpid(), i);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(native_path);
	unlink(stock_paths[0]);
	unlink(stock_paths[1]);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(traces_of_ours_can_be_entered_anywhere),
		cmocka_unit_test(public_traces_too),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
