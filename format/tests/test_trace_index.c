/*
 * Indexes and filters that lie.  Every frame here has the hash and the place in the chain that it
 * should have: whoever wrote the file wanted it so.
 */
#include "format/sink.h"
#include "format/source.h"
#include "format/tests/test.h"
#include "format/trace/snapshot_frame.h"
#include "format/trace/trace_map.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { EVENTS = 400, BLOCK = 20, SEGMENT = 100 };

static char path[64], forged[64];

/* --- a trace of four segments --- */

static int put_snapshot(void *arg, struct snapshot *out, struct err *err)
{
	(void)err;
	snapshot_begin(out, SNAPSHOT_INTAKE);
	snapshot_put(out, 1);                /* layout */
	snapshot_put(out, *(uint64_t *)arg); /* events so far */
	snapshot_put(out, 1);
	snapshot_put(out, 0);
	snapshot_put(out, 0);
	snapshot_put_text(out, SV("kept-in-the-snapshot"));
	snapshot_begin(out, SNAPSHOT_STATE);
	return 0;
}

static struct record event_at(uint64_t i)
{
	static char name[64];
	struct record rec = { .kind = RECORD_EVENT };
	struct event *ev = &rec.event;

	snprintf(name, sizeof name, "/srv/dir%u/File_%u.txt", (unsigned)(i / SEGMENT), (unsigned)i);
	*ev = (struct event){ .ts_ns = 1000000 * (i + 1), .tid = 1, .type = EV_SYSCALL_OPEN_X };
	ev->desc = schema_event(ev->type);
	ev->nparams = 6;
	for (int k = 0; k < 6; k++)
		ev->params[k] = (struct sv){ "\0\0\0\0\0\0\0", k == 0 || k == 5 ? 8 : 4 };
	ev->params[1] = (struct sv){ name, strlen(name) + 1 };
	return rec;
}

static void write_trace(void)
{
	uint64_t n = 0;
	const struct sink_options opt = { .manifest = SV("{}"),
					  .snapshot = put_snapshot,
					  .snapshot_arg = &n,
					  .block_events = BLOCK,
					  .segment_events = SEGMENT };
	struct record rec = { .kind = RECORD_SECTION };
	struct sink *sink;
	struct err err = { 0 };

	assert_int_equal(sink_open(sink_kind_by_name(SV("native")),
				   open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600), path, &opt,
				   &sink, &err),
			 0);
	assert_int_equal(sink_put(sink, &rec, &err), 0);
	for (; n < EVENTS; n++) {
		rec = event_at(n);
		assert_int_equal(sink_put(sink, &rec, &err), 0);
	}
	assert_int_equal(sink_close(sink, &err), 0);
}

/* --- forgery --- */

struct forgery {
	/* Change the index of the trace, or (NULL) leave it. */
	void (*index)(struct trace_index *x);
	bool drop_end; /* no INDEX, no TRAILER */
};

static void put_end(struct frame_writer *w, const struct trace_index *x, struct err *err)
{
	uint64_t trailer[3] = { frame_writer_offset(w), 0, x->events };
	struct buf payload = { 0 };

	trace_index_put(x, &payload);
	assert_int_equal(frame_writer_put(w, FRAME_INDEX, buf_sv(&payload), err), 0);
	trailer[1] = frame_writer_seq(w);
	struct sv bytes = { (char *)trailer, sizeof trailer };
	assert_int_equal(frame_writer_put(w, FRAME_TRAILER, bytes, err), 0);
	buf_deinit(&payload);
}

static void forge(const struct forgery *how)
{
	struct frame_reader *r;
	struct frame_writer *w;
	struct frame f;
	struct err err = { 0 };

	assert_int_equal(frame_reader_open(open(path, O_RDONLY), SV(""), path, true, &r, &err), 0);
	assert_int_equal(frame_writer_open(open(forged, O_WRONLY | O_CREAT | O_TRUNC, 0600), forged,
					   &w, &err),
			 0);
	while (frame_reader_next(r, &f, &err) == NEXT_ITEM && f.kind != FRAME_INDEX)
		assert_int_equal(frame_writer_put(w, f.kind, f.payload, &err), 0);
	if (!how->drop_end) {
		struct trace_index x;

		assert_int_equal(trace_index_parse(f.payload, f.offset, &x, &err), 0);
		if (how->index)
			how->index(&x);
		put_end(w, &x, &err);
		trace_index_deinit(&x);
	}
	frame_reader_close(r);
	assert_int_equal(frame_writer_close(w, &err), 0);
}

/* The frame that holds the first events of segment i. */
static struct trace_frame *first_block(struct trace_index *x, size_t i)
{
	struct trace_frame *f = &x->frames[x->segments[i].first_frame];

	while (f->kind != FRAME_EVENTS)
		f++;
	return f;
}

static void move_time(struct trace_index *x)
{
	first_block(x, 2)->min_ts_ns++;
}

static void lengthen_time(struct trace_index *x)
{
	first_block(x, 2)->max_ts_ns++;
}

static void move_events(struct trace_index *x)
{
	first_block(x, 2)[0].events++;
	first_block(x, 2)[1].events--;
}

static void move_bytes(struct trace_index *x)
{
	first_block(x, 2)[0].size++;
	first_block(x, 2)[1].size--;
}

static void change_kind(struct trace_index *x)
{
	x->frames[x->segments[3].first_frame - 1].kind = FRAME_META;
}

static void change_number(struct trace_index *x)
{
	x->frames[x->segments[2].first_frame].num_before++;
}

static void change_type(struct trace_index *x)
{
	x->types[x->segments[1].first_type].type = EV_SYSCALL_CLOSE_X;
}

/* All records of the options' part of the forged trace. */
static enum next read_part(const struct source_options *opt, uint64_t *events, struct err *err)
{
	struct record rec;
	struct source *s;
	enum next next;

	*events = 0;
	*err = (struct err){ 0 };
	if (source_open(forged, opt, &s, err) < 0)
		return NEXT_ERROR;
	while ((next = source_next(s, &rec, err)) == NEXT_ITEM)
		*events += rec.kind == RECORD_EVENT;
	source_close(s);
	return next;
}

static void an_index_that_lies_is_found_out(void **state)
{
	static void (*const lies[])(struct trace_index * x) = {
		move_time,   lengthen_time, move_events, move_bytes,
		change_kind, change_number, change_type,
	};
	const struct source_options all = { 0 }, part = { .segments = { 1, 4 } };
	struct err err;
	uint64_t events;

	(void)state;
	for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
		forge(&(struct forgery){ .index = lies[i] });
		assert_int_equal(read_part(&all, &events, &err), NEXT_ERROR);
		assert_int_equal(events, EVENTS);
		assert_non_null(strstr(err.msg, "index does not agree"));
		if (read_part(&part, &events, &err) != NEXT_ERROR)
			fail_msg("lie %zu goes unnoticed by who is led by it", i);
		assert_int_equal(err.code, ERR_FORMAT);
	}
}

static void an_honest_index_is_followed(void **state)
{
	const struct source_options part = { .segments = { 1, 3 } };
	const struct source_options span = { .span = { { SPAN_AFTER, 249000000 },
						       { SPAN_AFTER, 251000000 } } };
	struct err err;
	uint64_t events;

	(void)state;
	forge(&(struct forgery){ 0 });
	assert_int_equal(read_part(&part, &events, &err), NEXT_END);
	assert_int_equal(events, 2 * SEGMENT);
	/* From the snapshot in front of event 200 to the end of the block around event 250. */
	assert_int_equal(read_part(&span, &events, &err), NEXT_END);
	assert_int_equal(events, 60);
}

static void a_trace_without_index_is_walked(void **state)
{
	const struct source_options part = { .segments = { 2, 3 } }, end = { .segments = { 3, 4 } };
	struct trace_map *map, *walked;
	struct err err = { 0 };
	uint64_t events;

	(void)state;
	forge(&(struct forgery){ .drop_end = true });
	assert_int_equal(trace_map_open(path, &map, &err), 0);
	assert_int_equal(trace_map_open(forged, &walked, &err), 0);
	assert_true(trace_map_walked(walked));
	assert_false(trace_map_walked(map));
	struct buf a = { 0 }, b = { 0 };
	trace_index_put(trace_map_index(map), &a);
	trace_index_put(trace_map_index(walked), &b);
	assert_true(sv_eq(buf_sv(&a), buf_sv(&b)));
	buf_deinit(&a);
	buf_deinit(&b);
	trace_map_close(map);
	trace_map_close(walked);
	assert_int_equal(read_part(&part, &events, &err), NEXT_END);
	assert_int_equal(events, SEGMENT);
	/* Who reads to the end is told that it is not one. */
	assert_int_equal(read_part(&end, &events, &err), NEXT_ERROR);
	assert_int_equal(events, SEGMENT);
	assert_int_equal(err.code, ERR_TRUNCATED);
}

static void segments_that_do_not_exist_are_refused(void **state)
{
	const struct source_options none = { .segments = { 3, 5 } };
	struct err err;
	uint64_t events;

	(void)state;
	forge(&(struct forgery){ 0 });
	assert_int_equal(read_part(&none, &events, &err), NEXT_ERROR);
	assert_int_equal(err.code, ERR_USAGE);
}

/* --- filters --- */

static void a_filter_knows_what_is_in_its_segment(void **state)
{
	struct trace_map *map;
	struct err err = { 0 };
	char name[64];

	(void)state;
	assert_int_equal(trace_map_open(path, &map, &err), 0);
	for (unsigned i = 0; i < EVENTS; i++) {
		size_t segment = i / SEGMENT;

		/* Whole, in part, with one end open or both, whatever the case of its letters. */
		snprintf(name, sizeof name, "/srv/dir%u/file_%u.TXT", i / SEGMENT, i);
		assert_true(trace_map_may_have_text(map, segment, sv_of(name), false, false));
		for (size_t from = 0; from < strlen(name); from++) {
			struct sv part = { name + from, strlen(name) - from };

			assert_true(trace_map_may_have_text(map, segment, part, true, false));
			part.n -= part.n / 2;
			assert_true(trace_map_may_have_text(map, segment, part, true, true));
		}
	}
	assert_false(trace_map_may_have_text(map, 1, SV("dir3"), false, false));
	assert_false(trace_map_may_have_text(map, 3, SV("dir1"), false, false));
	assert_false(trace_map_may_have_text(map, 0, SV("shadow"), true, true));
	/* A word is not there if only a longer one is, unless its end is open. */
	assert_false(trace_map_may_have_text(map, 0, SV("/fil"), true, false));
	assert_true(trace_map_may_have_text(map, 0, SV("/fil"), true, true));
	assert_true(trace_map_may_have_text(map, 2, SV("kept-in-the-snapshot"), false, false));
	assert_false(trace_map_may_have_text(map, 0, SV("kept-in-the-snapshot"), false, false));
	assert_false(trace_map_may_have_ip(map, 0, &(struct ip){ 4, { 10, 0, 0, 1 } }));
	/* Too short to tell. */
	assert_true(trace_map_may_have_text(map, 0, SV("zq"), true, true));
	assert_true(trace_map_may_have_text(map, 0, SV(""), false, false));
	trace_map_close(map);
}

/* --- snapshots that cannot be --- */

static void snapshots_say_what_is_wrong_with_them(void **state)
{
#define EMPTY    SV_EMPTY SV_EMPTY SV_EMPTY SV_EMPTY
#define SV_EMPTY "\0\0\0\0"
	static const struct {
		struct sv bytes;
		const char *says;
	} bad[] = {
		{ SV(""), "ends early" },
		{ SV("\7"), "header ends early" },
		{ SV("\7\0\0\2\2\1\7" SV_EMPTY), "header ends early" },
		{ SV("\7\0\0\2\2\1\7" EMPTY "x"), "1 bytes behind a snapshot" },
		{ SV("\7" SV_EMPTY EMPTY), "without the number of an event" },
		{ SV("\7\0\0\1\1\1" EMPTY), "without the number of an event" },
		{ SV("\7\0\0\2\2\1\6" EMPTY), "behind event 7 tells of event 6" },
	};
#undef SV_EMPTY
#undef EMPTY
	struct packer *packer = packer_new(3);

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct snapshot_columns columns = { 0 };
		struct snapshot_view view;
		struct err err = { 0 };
		uint64_t num;

		assert_int_equal(
			snapshot_frame_take(packer, bad[i].bytes, &columns, &view, &num, &err), -1);
		if (!strstr(err.msg, bad[i].says))
			fail_msg("\"%s\" does not say \"%s\"", err.msg, bad[i].says);
		snapshot_columns_deinit(&columns);
	}
	packer_free(packer);
}

/* --- through a pipe there is no seeking --- */

static void a_pipe_is_read_from_front_to_back(void **state)
{
	struct source_options opt = { .span.from = { SPAN_AFTER, 300000000 } };
	int saved = dup(STDIN_FILENO), ends[2];
	struct err err = { 0 };
	struct record rec;
	struct source *s;
	uint64_t events = 0, wanted = 0;

	(void)state;
	/* The trace is smaller than what a pipe holds. */
	assert_int_equal(pipe(ends), 0);
	int fd = open(path, O_RDONLY);
	static char bytes[65536];
	ssize_t n = read(fd, bytes, sizeof bytes);
	assert_true(n > 0 && (size_t)n < sizeof bytes);
	assert_int_equal(write(ends[1], bytes, (size_t)n), n);
	close(fd);
	close(ends[1]);
	dup2(ends[0], STDIN_FILENO);
	close(ends[0]);
	assert_int_equal(source_open("-", &opt, &s, &err), 0);
	while (source_next(s, &rec, &err) == NEXT_ITEM) {
		assert_int_not_equal(rec.kind, RECORD_STATE);
		events += rec.kind == RECORD_EVENT;
		wanted += rec.kind == RECORD_EVENT && span_has(&s->span, &rec.event);
	}
	assert_int_equal(err.code, ERR_NONE);
	source_close(s);
	assert_int_equal(events, EVENTS);
	assert_int_equal(wanted, SEGMENT);
	dup2(saved, STDIN_FILENO);
	close(saved);
}

static int setup(void **state)
{
	(void)state;
	snprintf(path, sizeof path, "/tmp/saker-index-%d.skr", (int)getpid());
	snprintf(forged, sizeof forged, "/tmp/saker-forged-%d.skr", (int)getpid());
	write_trace();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	unlink(forged);
	return 0;
}

static void index_says_what_is_wrong_with_it(void **state)
{
#define F(size) "\3" size /* an EVENTS frame */
	static const struct {
		struct sv bytes;
		const char *says;
	} bad[] = {
		{ SV(""), "ends early" },
		{ SV("\1\x10"), "ends early" },
		{ SV("\1\x10\0"), "ends early" },
		{ SV("\1\x10\0" F("\x60") "\5"), "ends early" },
		{ SV("\1\x10\0" F("\x57") "\5\0\0"), "frame of 87 bytes" },
		{ SV("\1\x10\0" F("\xff\xff\xff\xff\x7f") "\5\0\0"), "frame of 34359738367 bytes" },
		{ SV("\1\x10\0" F("\x60") "\0\0\0"), "block of 0 events" },
		{ SV("\1\x10\0" F("\x60") "\xff\xff\xff\1\0\0"), "block of 4194303 events" },
		{ SV("\1\x10\0" F("\x60") "\1\1\1"), "block without end" },
		{ SV("\1\x10\0" F("\x60") "\1\0\0"), "end at 112, but it begins at 208" },
		{ SV("\3\x10\0" F("\x60") "\1\0\0" F("\xf0\1") "\1\0\0" F("\x60")),
		  "behind itself" },
		{ SV("\2\x10\0\7\x60\5\7\x60\4"), "counts events backwards" },
		{ SV("\1\x10\0" F("\xc0\1") "\1\0\0"), "ends early" },
		{ SV("\1\x10\0" F("\xc0\1") "\1\0\0\1\xff\x0f\1"), "events of type 2047" },
		{ SV("\1\x10\0" F("\xc0\1") "\1\0\0\1\1\2"), "counts 2 events of type 1" },
		{ SV("\1\x10\0" F("\xc0\1") "\2\0\0\2\3\1\3\1"), "counts 1 events of type 3" },
		{ SV("\1\x10\0" F("\xc0\1") "\2\0\0\1\3\1"), "1 events of a segment that has 2" },
		{ SV("\0\0\0x"), "behind the index" },
	};
#undef F

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct trace_index index;
		struct err err = { 0 };

		assert_int_equal(trace_index_parse(bad[i].bytes, 208, &index, &err), -1);
		assert_non_null(strstr(err.msg, bad[i].says));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_honest_index_is_followed),
		cmocka_unit_test(an_index_that_lies_is_found_out),
		cmocka_unit_test(a_trace_without_index_is_walked),
		cmocka_unit_test(segments_that_do_not_exist_are_refused),
		cmocka_unit_test(a_filter_knows_what_is_in_its_segment),
		cmocka_unit_test(snapshots_say_what_is_wrong_with_them),
		cmocka_unit_test(a_pipe_is_read_from_front_to_back),
		cmocka_unit_test(index_says_what_is_wrong_with_it),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
