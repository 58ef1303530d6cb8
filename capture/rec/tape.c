#include "capture/rec/tape.h"

#include "capture/rec/batch.h"
#include "capture/rec/deadline.h"
#include "capture/rec/reels.h"
#include "format/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	FLUSH_NS = 2000000000, /* what a power cut can take, in time */
	PACKED = 8,            /* a guess how many times smaller events become, until it is known */
	END_BYTES = 4096,      /* index and trailer, of a small file */
	END_SHARE = 64,        /* and of a larger one */
	SEGMENT_EVENTS = 1 << 19, /* a segment is not worth a snapshot before this many events */
	SEGMENT_SHARE = 40,       /* and before it is this many times as large */
};

struct tape {
	struct deck deck;
	struct tape_options opt;
	bool many; /* files with numbers */
	struct reels reels;
	struct sink *sink;   /* NULL: the disk is full, and there is nobody to make room */
	uint64_t done_bytes; /* of files that are finished */
	uint64_t begun_ns;   /* when the file was begun (monotonic) */
	uint64_t flushed_ns; /* when last nothing was pending */
	uint64_t pending;    /* bytes of events put since */
	uint64_t pending_events;
	uint64_t flushed_raw, flushed_bytes; /* of all that was pending before: in and out */
	uint64_t last_ts_ns, lost_from_ns;
	uint64_t segment_events, segment_start; /* events in it, offset of its first byte */
	uint64_t snapshot_bytes;                /* of the last one, packed; 0: not known */
	bool segment_due, file_due, flush_due;
	bool skipping; /* until the next snapshot: what comes does not fit what is written */
	uint64_t unwritten;
};

static uint64_t file_bytes(const struct tape *t)
{
	return t->sink ? sink_bytes(t->sink) : 0;
}

/* With the filter of its last segment, index and trailer. */
static uint64_t with_end(uint64_t bytes)
{
	return bytes + bytes / END_SHARE + END_BYTES;
}

/* With what is pending, going by what became of the rest. */
static uint64_t estimate(const struct tape *t)
{
	uint64_t pending = t->pending / PACKED;

	if (t->flushed_raw)
		pending = (uint64_t)((double)t->pending * (double)t->flushed_bytes /
				     (double)t->flushed_raw);
	return file_bytes(t) + pending;
}

static void show_bytes(struct tape *t)
{
	uint64_t bytes = file_bytes(t);

	if (reels_newest(&t->reels))
		reels_newest(&t->reels)->bytes = bytes;
	meter_set(&t->opt.meter->bytes, t->done_bytes + bytes);
}

static int open_file(struct tape *t, struct err *err)
{
	const struct sink_options options = { .level = t->opt.level, .manifest = t->opt.manifest };
	const struct sink_kind *native = sink_kind_by_name(SV("native"));
	struct buf name = { 0 };
	const char *path = t->opt.path;
	int fd;

	if (t->many) {
		if (reels_add(&t->reels, err) < 0)
			return -1;
		path = reels_name(&t->reels, reels_newest(&t->reels)->number, &name);
	}
	if (strcmp(path, "-") == 0)
		fd = dup(STDOUT_FILENO);
	else
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int rc = fd < 0 ? err_errno(err, "cannot write %s", path)
			: sink_open(native, fd, path, &options, &t->sink, err);
	buf_deinit(&name);
	t->begun_ns = t->flushed_ns = clock_ns(CLOCK_MONOTONIC);
	t->pending = t->pending_events = t->segment_events = t->segment_start = 0;
	t->file_due = t->segment_due = false;
	meter_add(&t->opt.meter->files, rc == 0);
	return rc;
}

static int close_file(struct tape *t, struct err *err)
{
	int rc;

	if (!t->sink)
		return 0;
	rc = sink_flush(t->sink, err);
	uint64_t bytes = with_end(file_bytes(t));
	if (sink_close(t->sink, err) < 0)
		rc = -1;
	t->sink = NULL;
	t->done_bytes += bytes;
	if (reels_newest(&t->reels))
		reels_newest(&t->reels)->bytes = bytes;
	return rc;
}

/* --- a disk that is full --- */

static bool trims(const struct tape *t)
{
	return t->opt.keep || t->opt.keep_bytes;
}

/* A ring has old files to give away. */
static bool make_room(struct tape *t)
{
	return t->many && trims(t) && reels_trim(&t->reels, (uint32_t)t->reels.n - 1, 0);
}

/*
 * What was pending is lost.  A ring goes on with a new file as soon as it can begin with a
 * snapshot; anybody else ends the file as well as it goes, and stops.
 */
static int on_full(struct tape *t, struct err *err)
{
	struct err ignored = { 0 };

	show_bytes(t);
	if (!make_room(t))
		return -1;
	*err = (struct err){ 0 };
	close_file(t, &ignored);
	t->unwritten += t->pending_events;
	t->skipping = t->file_due = true;
	return 0;
}

/* What a full disk took is told where the recording goes on, or at its end. */
static int put_unwritten(struct tape *t, struct err *err)
{
	const struct record loss = { .kind = RECORD_LOSS,
				     .loss = { .cpu = LOSS_ALL_CPUS,
					       .what = SV("disk"),
					       .count = t->unwritten,
					       .from_ns = t->lost_from_ns,
					       .to_ns = t->last_ts_ns } };

	if (!t->unwritten)
		return 0;
	meter_add(&t->opt.meter->lost, t->unwritten);
	t->unwritten = 0;
	return sink_put(t->sink, &loss, err);
}

static int write_failed(struct tape *t, struct err *err)
{
	if (on_full(t, err) == 0)
		return 0;
	struct err ignored = { 0 };

	t->unwritten += t->pending_events;
	put_unwritten(t, &ignored);
	close_file(t, &ignored);
	return -1;
}

/* --- records --- */

/* What was pending is written. */
static void note_flush(struct tape *t, uint64_t bytes_before, uint64_t now_ns)
{
	t->flushed_raw += t->pending;
	t->flushed_bytes += file_bytes(t) - bytes_before;
	t->pending = t->pending_events = 0;
	t->flushed_ns = now_ns;
	t->lost_from_ns = t->last_ts_ns;
}

static void count_put(struct tape *t, const struct record *rec, uint64_t before)
{
	if (rec->kind != RECORD_EVENT)
		return;
	if (file_bytes(t) != before)
		note_flush(t, before, clock_ns(CLOCK_MONOTONIC));
	t->pending += batch_need(rec);
	t->pending_events++;
	t->segment_events++;
	t->last_ts_ns = rec->event.ts_ns;
}

static int put(struct deck *d, const struct record *rec, struct err *err)
{
	struct tape *t = (struct tape *)d;

	if (t->skipping || !t->sink) {
		t->unwritten += rec->kind == RECORD_EVENT;
		return 0;
	}
	uint64_t before = file_bytes(t);
	if (sink_put(t->sink, rec, err) < 0)
		return write_failed(t, err);
	count_put(t, rec, before);
	return 0;
}

/* Look at the clock and the sizes: is it time for another segment, another file, the end? */
static void plan(struct tape *t, uint64_t now_ns)
{
	const struct tape_options *o = &t->opt;
	uint64_t bytes = estimate(t), all = t->done_bytes + with_end(bytes);

	if (o->max_bytes && all >= o->max_bytes) {
		/* An estimate is not good enough to stop. */
		if (t->pending)
			t->flush_due = true;
		else
			t->deck.full = true;
	}
	if (t->many && ((o->rotate_bytes && with_end(bytes) >= o->rotate_bytes) ||
			(o->rotate_ns && now_ns - t->begun_ns >= o->rotate_ns)))
		t->file_due = true;
	if (t->segment_events >= SEGMENT_EVENTS &&
	    bytes - t->segment_start >= SEGMENT_SHARE * t->snapshot_bytes &&
	    (!o->max_bytes || all + t->snapshot_bytes < o->max_bytes))
		t->segment_due = true;
}

static bool wants_snapshot(const struct deck *d)
{
	const struct tape *t = (const struct tape *)d;

	return t->file_due || t->segment_due;
}

static int put_snapshot(struct tape *t, const struct snapshot_view *s, struct err *err)
{
	const struct record rec = { .kind = RECORD_STATE, .snapshot = *s };
	uint64_t before = file_bytes(t);

	if (sink_put(t->sink, &rec, err) < 0)
		return -1;
	t->segment_due = false;
	t->segment_events = 0;
	t->segment_start = before;
	t->snapshot_bytes = file_bytes(t) - before;
	return put_unwritten(t, err);
}

static int next_file(struct tape *t, struct err *err)
{
	show_bytes(t);
	if (close_file(t, err) < 0)
		return -1;
	reels_trim(&t->reels, t->opt.keep ? t->opt.keep - 1 : 0, t->opt.keep_bytes);
	return open_file(t, err);
}

/* There was no room for the beginning of a file: it never was. */
static void undo_file(struct tape *t)
{
	struct buf name = { 0 };

	sink_close(t->sink, NULL);
	t->sink = NULL;
	if (t->reels.n)
		unlink(reels_name(&t->reels, t->reels.all[--t->reels.n].number, &name));
	buf_deinit(&name);
	t->file_due = true;
}

static int snapshot(struct deck *d, const struct snapshot_view *s, struct err *err)
{
	struct tape *t = (struct tape *)d;

	t->skipping = false;
	if (!t->file_due)
		return put_snapshot(t, s, err) < 0 ? write_failed(t, err) : 0;
	for (;;) {
		struct err why = { 0 };

		if (next_file(t, &why) == 0 && put_snapshot(t, s, &why) == 0)
			return 0;
		if (!make_room(t)) {
			*err = why;
			return -1;
		}
		undo_file(t);
	}
}

static int tick(struct deck *d, uint64_t now_ns, struct err *err)
{
	struct tape *t = (struct tape *)d;

	if (!t->sink || t->skipping)
		return 0;
	plan(t, now_ns);
	if (t->pending && (t->flush_due || now_ns - t->flushed_ns >= FLUSH_NS)) {
		uint64_t before = file_bytes(t);

		t->flush_due = false;
		if (sink_flush(t->sink, err) < 0)
			return write_failed(t, err);
		note_flush(t, before, now_ns);
		plan(t, now_ns);
	}
	show_bytes(t);
	if (t->opt.keep_bytes)
		reels_trim(&t->reels, 0, t->opt.keep_bytes);
	return 0;
}

static int match(struct deck *d, uint64_t ts_ns, struct err *err)
{
	(void)d;
	(void)ts_ns;
	(void)err;
	return 0;
}

static int tape_close(struct deck *d, struct err *err)
{
	struct tape *t = (struct tape *)d;
	int rc = close_file(t, err);

	if (t->opt.keep_bytes)
		reels_trim(&t->reels, 0, t->opt.keep_bytes);

	meter_set(&t->opt.meter->bytes, t->done_bytes);
	reels_deinit(&t->reels);
	free(t);
	return rc;
}

static const struct deck_ops tape_ops = { put, snapshot, wants_snapshot, match, tick, tape_close };

int tape_open(const struct tape_options *opt, struct deck **out, struct err *err)
{
	struct tape *t = calloc(1, sizeof *t);

	*out = NULL;
	if (!t)
		return err_set(err, ERR_NOMEM, "no memory for a trace");
	t->deck.ops = &tape_ops;
	t->opt = *opt;
	t->many = opt->rotate_bytes || opt->rotate_ns || trims(t);
	if ((t->many && reels_open(opt->path, &t->reels, err) < 0) || open_file(t, err) < 0) {
		tape_close(&t->deck, NULL);
		return -1;
	}
	*out = &t->deck;
	return 0;
}
