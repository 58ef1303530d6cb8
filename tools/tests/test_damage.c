/*
 * What becomes of a native trace when bits flip in it, or when it is cut anywhere.  SAKER_FLIPS=N
 * flips N bits; with 10,000 and more it is also cut at every place and not only at some.
 */
#define _GNU_SOURCE /* memfd_create */
#include "format/tests/test.h"

#include "engine/tracker.h"
#include "format/sink.h"
#include "format/source.h"
#include "format/trace/meta_rows.h"
#include "format/trace/recover.h"
#include "format/trace/trace_map.h"
#include "format/trace/verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	FLIPS_ALL = 10000,
	FLIPS_SOME = 200,
	CUT_STEP = 61,
	MAX_EVENTS = 64,
	BLOCK_EVENTS = 5,
	SEGMENT_EVENTS = 15
};

/* A small trace with several segments, and what is in it. */
struct original {
	int fd; /* the bytes, changed and put right again by the tests */
	char path[32];
	struct buf bytes;
	uint64_t hashes[MAX_EVENTS]; /* of events, by number - 1 */
	size_t nevents;
	struct buf final; /* what all of it comes to, saved */
	struct salvage frames;
	uint64_t *before; /* per frame: events in front of it */
	int out;          /* what recovery writes */
	char out_path[32];
	struct buf last; /* what it wrote before, and was looked at */
};

static uint64_t mix(uint64_t h, const void *p, size_t n)
{
	const uint8_t *bytes = p;

	for (size_t i = 0; i < n; i++)
		h = (h ^ bytes[i]) * 0x100000001b3u;
	return h;
}

static uint64_t hash_event(const struct event *ev)
{
	uint64_t h = 0xcbf29ce484222325u;

	h = mix(h, &ev->ts_ns, sizeof ev->ts_ns);
	h = mix(h, &ev->tid, sizeof ev->tid);
	h = mix(h, &ev->type, sizeof ev->type);
	h = mix(h, &ev->cpu, sizeof ev->cpu);
	for (uint32_t i = 0; i < ev->nparams; i++) {
		h = mix(h, &ev->params[i].n, sizeof ev->params[i].n);
		h = mix(h, ev->params[i].p, ev->params[i].n);
	}
	return h;
}

static void save(struct tracker *t, struct buf *out)
{
	struct snapshot s = { 0 };
	struct err err = { 0 };

	assert_int_equal(tracker_snapshot(t, &s, &err), 0);
	struct snapshot_view v = snapshot_view(&s);
	buf_clear(out);
	for (int i = 0; i < SNAPSHOT_COLUMNS; i++)
		buf_putsv(out, v.columns[i]);
	snapshot_deinit(&s);
}

/* --- making the original --- */

static int memory_file(const char *name, char path[static 32])
{
	int fd = memfd_create(name, MFD_CLOEXEC);

	assert_true(fd >= 0);
	snprintf(path, 32, "/proc/self/fd/%d", fd);
	return fd;
}

static void write_original(struct original *o)
{
	struct tracker *t = tracker_new();
	const struct source_options in_opt = { .upgrade = false };
	const struct sink_options opt = { .manifest = SV("{\"writer\":\"test\"}"),
					  .snapshot = tracker_snapshot,
					  .snapshot_arg = t,
					  .block_events = BLOCK_EVENTS,
					  .segment_events = SEGMENT_EVENTS };
	struct source *src;
	struct sink *to;
	struct record rec;
	struct err err = { 0 };

	assert_int_equal(source_open("testdata/traces/host-small.scap", &in_opt, &src, &err), 0);
	assert_int_equal(
		sink_open(sink_kind_by_name(SV("native")), dup(o->fd), "out", &opt, &to, &err), 0);
	while (o->nevents < MAX_EVENTS && source_next(src, &rec, &err) == NEXT_ITEM) {
		assert_int_equal(sink_put(to, &rec, &err), 0);
		assert_int_equal(tracker_record(t, &rec, &err), 0);
		if (rec.kind == RECORD_EVENT)
			o->hashes[o->nevents++] = hash_event(&rec.event);
	}
	assert_int_equal(sink_close(to, &err), 0);
	source_close(src);
	save(t, &o->final);
	tracker_free(t);
}

static void load(int fd, struct buf *out)
{
	off_t n = lseek(fd, 0, SEEK_END);

	assert_true(n >= 0);
	buf_clear(out);
	assert_true(buf_reserve(out, (size_t)n + 1));
	assert_int_equal(pread(fd, out->p, (size_t)n, 0), n);
	out->n = (size_t)n;
}

static int set_up(void **state)
{
	struct original *o = calloc(1, sizeof *o);
	struct block_summary block;
	struct buf payload = { 0 };
	struct err err = { 0 };
	uint64_t events = 0;

	assert_non_null(o);
	o->fd = memory_file("original", o->path);
	o->out = memory_file("recovered", o->out_path);
	write_original(o);
	load(o->fd, &o->bytes);
	assert_int_equal(salvage_find(o->fd, "original", &o->frames, &err), 0);
	assert_int_equal(o->frames.nholes, 0);
	assert_true(o->frames.ended && o->frames.has_index);
	assert_true(o->frames.index.nsegments >= 4);
	o->before = calloc(o->frames.n, sizeof *o->before);
	for (size_t i = 0; i < o->frames.n; i++) {
		o->before[i] = events;
		if (o->frames.frames[i].kind != FRAME_EVENTS)
			continue;
		assert_int_equal(salvage_payload(o->fd, "original", &o->frames.frames[i], SIZE_MAX,
						 &payload, &err),
				 0);
		assert_int_equal(block_read_summary(buf_sv(&payload), &block, &err), 0);
		events += block.events;
	}
	assert_int_equal(events, MAX_EVENTS);
	buf_deinit(&payload);
	*state = o;
	return 0;
}

static int tear_down(void **state)
{
	struct original *o = *state;

	close(o->fd);
	close(o->out);
	buf_deinit(&o->bytes);
	buf_deinit(&o->final);
	buf_deinit(&o->last);
	salvage_deinit(&o->frames);
	free(o->before);
	free(o);
	return 0;
}

/* --- looking at what was recovered --- */

/* Index of the frame that byte `at` belongs to; 0 for the file header, too. */
static size_t frame_of(const struct original *o, uint64_t at)
{
	size_t i = 0;

	while (i + 1 < o->frames.n && o->frames.frames[i + 1].offset <= at)
		i++;
	return i;
}

/*
 * Read it to its end: the first `sure` events are there, every event is that of the original with
 * its number, and what is missing was told.
 */
static void check_recovered(struct original *o, const struct recovery *r, uint64_t sure)
{
	const struct source_options opt = { .upgrade = true };
	struct tracker *t = tracker_new();
	struct buf end = { 0 };
	struct source *src;
	struct record rec;
	struct err err = { 0 };
	uint64_t got = 0, num = 0, losses = 0;
	bool loss_at_end = false;
	enum next next;

	assert_int_equal(source_open(o->out_path, &opt, &src, &err), 0);
	while ((next = source_next(src, &rec, &err)) == NEXT_ITEM) {
		assert_int_equal(tracker_record(t, &rec, &err), 0);
		loss_at_end = rec.kind == RECORD_LOSS;
		losses += loss_at_end;
		if (rec.kind != RECORD_EVENT)
			continue;
		got++;
		assert_true(rec.event.num > num && rec.event.num <= o->nevents);
		assert_true(rec.event.num == got || got > sure);
		num = rec.event.num;
		assert_int_equal(hash_event(&rec.event), o->hashes[num - 1]);
	}
	assert_int_equal(next, NEXT_END);
	source_close(src);
	assert_true(got >= sure);
	assert_int_equal(got, r->events);
	assert_int_equal(losses, r->losses.n);
	if (r->counted)
		assert_int_equal(r->lost_events, o->nevents - got);
	if (losses == 0)
		assert_int_equal(got, o->nevents);
	/* What is lost in the middle changes nothing of what comes out at the end. */
	if (num == o->nevents && !loss_at_end) {
		save(t, &end);
		assert_int_equal(end.n, o->final.n);
		assert_memory_equal(end.p, o->final.p, end.n);
	}
	buf_deinit(&end);
	tracker_free(t);
}

/* Recover what stands in o->fd now; nothing: there is no frame left. */
static void recover(struct original *o, uint64_t sure)
{
	struct recovery r;
	struct err err = { 0 };
	struct buf bytes = { 0 };

	assert_int_equal(ftruncate(o->out, 0), 0);
	assert_int_equal(lseek(o->out, 0, SEEK_SET), 0);
	if (trace_recover(o->fd, "damaged", dup(o->out), "out", NULL, &r, &err) < 0) {
		assert_int_equal(err.code, ERR_FORMAT);
		assert_int_equal(sure, 0);
		recovery_deinit(&r);
		return;
	}
	load(o->out, &bytes);
	if (bytes.n != o->last.n || memcmp(bytes.p, o->last.p, bytes.n) != 0)
		check_recovered(o, &r, sure);
	assert_true(r.events >= sure);
	buf_deinit(&o->last);
	o->last = bytes;
	recovery_deinit(&r);
}

/* Verify notices; the valid prefix ends where the damaged frame begins. */
static void verify(struct original *o, uint64_t valid)
{
	struct trace_verdict v;
	struct err err = { 0 };

	assert_int_equal(lseek(o->fd, 0, SEEK_SET), 0);
	assert_int_equal(trace_verify(o->fd, "damaged", &v, &err), -1);
	assert_int_equal(v.valid_bytes, valid);
}

/* Whatever a map makes of it, it stays within the file. */
static void map(struct original *o)
{
	struct trace_map *m;
	struct err err = { 0 };

	if (trace_map_open_fd(o->fd, "damaged", &m, &err) == 0)
		trace_map_close(m);
}

/* --- the tests --- */

static int flips(void)
{
	const char *n = getenv("SAKER_FLIPS");

	return n ? atoi(n) : FLIPS_SOME;
}

static void an_intact_trace_is_recovered_as_it_is(void **state)
{
	struct original *o = *state;
	struct trace_verdict v;
	struct err err = { 0 };

	assert_int_equal(lseek(o->fd, 0, SEEK_SET), 0);
	assert_int_equal(trace_verify(o->fd, "original", &v, &err), 0);
	assert_int_equal(v.valid_bytes, o->bytes.n);
	assert_int_equal(v.events, o->nevents);
	recover(o, o->nevents);
}

static void flip(struct original *o, uint64_t at, int bit)
{
	char byte = (char)(o->bytes.p[at] ^ (1 << bit));

	assert_int_equal(pwrite(o->fd, &byte, 1, (off_t)at), 1);
}

/* Magic and major version are looked at first; the rest of the header shows in the first chain. */
static uint64_t valid_before(const struct original *o, uint64_t at)
{
	if (at < FILE_HEADER_SIZE)
		return at < 10 ? 0 : FILE_HEADER_SIZE;
	return o->frames.frames[frame_of(o, at)].offset;
}

static void every_flipped_bit_is_noticed_and_the_rest_recovered(void **state)
{
	struct original *o = *state;
	uint64_t seed = 1;

	for (int i = 0, n = flips(); i < n; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		uint64_t at = (seed >> 20) % o->bytes.n;
		int bit = (int)(seed >> 61);

		flip(o, at, bit);
		verify(o, valid_before(o, at));
		recover(o, o->before[frame_of(o, at)]);
		if (i % 8 == 0)
			map(o);
		assert_int_equal(pwrite(o->fd, &o->bytes.p[at], 1, (off_t)at), 1);
	}
}

static void a_trace_cut_anywhere_is_recovered_up_to_there(void **state)
{
	struct original *o = *state;

	size_t step = flips() >= FLIPS_ALL ? 1 : CUT_STEP;

	for (size_t n = o->bytes.n - 1; n > 0; n -= n < step ? n : step) {
		size_t cut = frame_of(o, n);

		assert_int_equal(ftruncate(o->fd, (off_t)n), 0);
		verify(o, n < FILE_HEADER_SIZE ? 0 : o->frames.frames[cut].offset);
		recover(o, n < FILE_HEADER_SIZE ? 0 : o->before[cut]);
		if (n % 8 == 0)
			map(o);
	}
	assert_int_equal(pwrite(o->fd, o->bytes.p, o->bytes.n, 0), o->bytes.n);
}

/* Bytes a .. b are gone, and everything behind them moved to the front. */
static void cut_out(struct original *o, uint64_t a, uint64_t b)
{
	assert_int_equal(pwrite(o->fd, o->bytes.p + b, o->bytes.n - b, (off_t)a), o->bytes.n - b);
	assert_int_equal(ftruncate(o->fd, (off_t)(o->bytes.n - (b - a))), 0);
}

static void what_stands_behind_a_missing_piece_is_recovered(void **state)
{
	struct original *o = *state;

	for (size_t i = 1; i + 3 < o->frames.n; i++) {
		const struct salvaged_frame *f = &o->frames.frames[i];

		/* a whole frame, from inside one into the next, and some bytes more */
		const uint64_t cuts[][2] = { { f->offset, f->offset + f->size },
					     { f->offset + 40, f->offset + f->size + 7 },
					     { f->offset + f->size - 1, f->offset + f->size } };
		for (size_t c = 0; c < 3; c++) {
			cut_out(o, cuts[c][0], cuts[c][1]);
			verify(o, f->offset);
			recover(o, o->before[i]);
			assert_int_equal(pwrite(o->fd, o->bytes.p, o->bytes.n, 0), o->bytes.n);
		}
	}
}

/* The data of a damaged frame hold a whole trace: it is not taken for a part of this one. */
static void a_trace_within_a_trace_is_not_taken_for_it(void **state)
{
	struct original *o = *state;
	const struct salvaged_frame *f = &o->frames.frames[4];
	size_t inner = (size_t)o->frames.frames[3].offset;
	struct buf forged = { 0 };
	char zeros[100] = { 0 };

	/* frame 4 loses its header, and behind it the first frames of the trace stand once more */
	buf_put(&forged, o->bytes.p, (size_t)f->offset);
	buf_put(&forged, zeros, sizeof zeros);
	buf_put(&forged, o->bytes.p + FILE_HEADER_SIZE, inner - FILE_HEADER_SIZE);
	buf_put(&forged, o->bytes.p + f->offset + f->size, o->bytes.n - f->offset - f->size);
	assert_int_equal(pwrite(o->fd, forged.p, forged.n, 0), forged.n);
	verify(o, f->offset);
	recover(o, o->before[4]);
	assert_int_equal(ftruncate(o->fd, 0), 0);
	assert_int_equal(pwrite(o->fd, o->bytes.p, o->bytes.n, 0), o->bytes.n);
	buf_deinit(&forged);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(an_intact_trace_is_recovered_as_it_is),
		T(every_flipped_bit_is_noticed_and_the_rest_recovered),
		T(a_trace_cut_anywhere_is_recovered_up_to_there),
		T(what_stands_behind_a_missing_piece_is_recovered),
		T(a_trace_within_a_trace_is_not_taken_for_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
