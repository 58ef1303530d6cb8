#include "format/trace/trace_writer.h"

#include "format/trace/event_block.h"
#include "format/trace/frame.h"
#include "format/trace/meta_rows.h"
#include "format/trace/segment_texts.h"
#include "format/trace/snapshot_frame.h"
#include "format/trace/trace_index.h"

#include <stdlib.h>

enum {
	LEVEL = 3,                  /* of zstd, unless told otherwise */
	META_FRAME_BYTES = 4 << 20, /* a long list is cut into several frames */
	/*
	 * A segment ends after so many events if it is long enough for the next snapshot to be a
	 * small part of it, or after so many anyhow.
	 */
	SEGMENT_EVENTS = 1 << 18,
	SEGMENT_MAX_EVENTS = 1 << 22,
	SNAPSHOT_SHARE = 40,
	FILTER_SHARE = 128, /* of the bytes of its segment */
	FILTER_BYTES = 512, /* always welcome */
};

struct trace_writer {
	struct sink_options opt;
	struct frame_writer *frames;
	struct packer *packer;
	struct block_builder *block;
	struct filter_builder *filter;
	struct segment_texts texts;
	struct trace_index index;
	struct snapshot snapshot;
	struct buf meta; /* rows of the META or LOSS frame being collected */
	enum frame_kind meta_kind;
	struct buf payload; /* scratch */

	/* The present segment. */
	uint64_t events, begins;
	uint64_t start_bytes; /* of its snapshot; of its lists if it has none */
};

static int put_frame(struct trace_writer *w, enum frame_kind kind,
		     const struct block_summary *block, uint64_t num_before, struct err *err)
{
	uint64_t offset = frame_writer_offset(w->frames);

	if (w->payload.failed)
		return err_set(err, ERR_NOMEM, "no memory for a frame");
	if (frame_writer_put(w->frames, kind, buf_sv(&w->payload), err) < 0)
		return -1;
	if (kind == FRAME_MANIFEST || kind == FRAME_INDEX || kind == FRAME_TRAILER)
		return 0;
	return trace_index_add(&w->index, kind, offset, frame_writer_offset(w->frames) - offset,
			       block, num_before, err);
}

static int flush_meta(struct trace_writer *w, struct err *err)
{
	if (w->meta.failed)
		return err_set(err, ERR_NOMEM, "no memory for metadata");
	if (w->meta.n == 0)
		return 0;
	buf_clear(&w->payload);
	if (column_pack(w->packer, buf_sv(&w->meta), 0, &w->payload, err) < 0)
		return -1;
	buf_clear(&w->meta);
	return put_frame(w, w->meta_kind, NULL, 0, err);
}

static int flush_block(struct trace_writer *w, struct err *err)
{
	struct block_summary summary = *block_builder_summary(w->block);

	if (summary.events == 0)
		return 0;
	buf_clear(&w->payload);
	if (block_builder_finish(w->block, w->packer, &w->payload, err) < 0)
		return -1;
	return put_frame(w, FRAME_EVENTS, &summary, 0, err);
}

/* --- segments --- */

static uint64_t segment_bytes(const struct trace_writer *w)
{
	return frame_writer_offset(w->frames) - w->begins;
}

static int end_segment(struct trace_writer *w, struct err *err)
{
	if (flush_meta(w, err) < 0 || flush_block(w, err) < 0)
		return -1;
	if (segment_bytes(w) == 0)
		return 0;
	size_t share = (size_t)(segment_bytes(w) / FILTER_SHARE);
	buf_clear(&w->payload);
	if (filter_builder_finish(w->filter, w->packer, share > FILTER_BYTES ? share : FILTER_BYTES,
				  &w->payload, err) < 0)
		return -1;
	return put_frame(w, FRAME_FILTER, NULL, 0, err);
}

static int put_snapshot(struct trace_writer *w, const struct snapshot_view *v, struct err *err)
{
	uint64_t num;

	buf_clear(&w->payload);
	if (snapshot_frame_put(w->packer, v, &w->payload, &num, err) < 0)
		return -1;
	w->events = 0;
	w->begins = frame_writer_offset(w->frames);
	if (put_frame(w, FRAME_SNAPSHOT, NULL, num, err) < 0)
		return -1;
	w->start_bytes = segment_bytes(w);
	segment_texts_snapshot(w->filter, v);
	return 0;
}

/* Here, if whoever tracks the state can tell it; else the segment goes on. */
static int begin_segment(struct trace_writer *w, struct err *err)
{
	if (!w->opt.snapshot)
		return 0;
	snapshot_clear(&w->snapshot);
	int rc = w->opt.snapshot(w->opt.snapshot_arg, &w->snapshot, err);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	if (snapshot_finish(&w->snapshot, err) < 0 || end_segment(w, err) < 0)
		return -1;
	struct snapshot_view v = snapshot_view(&w->snapshot);
	return put_snapshot(w, &v, err);
}

/* What comes next does not continue what is there. */
static int break_off(struct trace_writer *w, struct err *err)
{
	if (end_segment(w, err) < 0)
		return -1;
	buf_clear(&w->payload);
	return put_frame(w, FRAME_BREAK, NULL, 0, err);
}

static bool segment_full(const struct trace_writer *w)
{
	if (w->opt.segment_events)
		return w->events >= w->opt.segment_events;
	return w->events >= SEGMENT_MAX_EVENTS ||
	       (w->events >= SEGMENT_EVENTS && segment_bytes(w) >= w->start_bytes * SNAPSHOT_SHARE);
}

/* --- records --- */

static int put_event(struct trace_writer *w, const struct event *ev, struct err *err)
{
	uint32_t pending = block_builder_summary(w->block)->events;

	/* Only between blocks, unless a test wants it otherwise. */
	if ((pending == 0 || w->opt.segment_events) && segment_full(w) && begin_segment(w, err) < 0)
		return -1;
	if (flush_meta(w, err) < 0 || block_builder_add(w->block, ev, err) < 0)
		return -1;
	if (w->events++ == 0 && w->start_bytes == 0)
		w->start_bytes = segment_bytes(w);
	segment_texts_event(&w->texts, w->filter, ev);
	if (block_builder_full(w->block) ||
	    (w->opt.block_events && pending + 1 >= w->opt.block_events))
		return flush_block(w, err);
	return 0;
}

static int put_row(struct trace_writer *w, const struct record *rec, struct err *err)
{
	enum frame_kind kind = rec->kind == RECORD_LOSS ? FRAME_LOSS : FRAME_META;

	if (rec->kind == RECORD_SECTION && (w->index.nframes || w->meta.n || w->events) &&
	    begin_segment(w, err) < 0)
		return -1;
	if (flush_block(w, err) < 0 || (kind != w->meta_kind && flush_meta(w, err) < 0))
		return -1;
	w->meta_kind = kind;
	meta_put(&w->meta, rec);
	segment_texts_record(w->filter, rec);
	return w->meta.n >= META_FRAME_BYTES ? flush_meta(w, err) : 0;
}

int trace_writer_put(struct trace_writer *w, const struct record *rec, struct err *err)
{
	switch (rec->kind) {
	case RECORD_EVENT:
		return put_event(w, &rec->event, err);
	case RECORD_STATE:
		if ((w->index.nframes || w->meta.n || w->events) && break_off(w, err) < 0)
			return -1;
		return put_snapshot(w, &rec->snapshot, err);
	default:
		return put_row(w, rec, err);
	}
}

/* --- the whole file --- */

static int init(struct trace_writer *w, struct err *err)
{
	w->packer = packer_new(w->opt.level ? w->opt.level : LEVEL);
	w->block = block_builder_new();
	w->filter = filter_builder_new();
	if (!w->packer || !w->block || !w->filter)
		return err_set(err, ERR_NOMEM, "no memory for a trace writer");
	segment_texts_init(&w->texts);
	buf_putsv(&w->payload, w->opt.manifest);
	w->opt.manifest = (struct sv){ 0 };
	if (put_frame(w, FRAME_MANIFEST, NULL, 0, err) < 0)
		return -1;
	w->begins = frame_writer_offset(w->frames);
	return 0;
}

int trace_writer_open(int fd, const char *name, const struct sink_options *opt,
		      struct trace_writer **out, struct err *err)
{
	struct trace_writer *w = calloc(1, sizeof *w);

	*out = NULL;
	/* Takes fd, whatever comes of the rest. */
	struct frame_writer *frames;
	if (frame_writer_open(fd, name, &frames, err) < 0) {
		free(w);
		return -1;
	}
	if (!w) {
		frame_writer_close(frames, NULL);
		return err_set(err, ERR_NOMEM, "no memory for a trace writer");
	}
	w->frames = frames;
	w->opt = *opt;
	if (init(w, err) < 0) {
		frame_writer_close(w->frames, NULL);
		w->frames = NULL;
		trace_writer_close(w, NULL);
		return -1;
	}
	*out = w;
	return 0;
}

int trace_writer_flush(struct trace_writer *w, struct err *err)
{
	return flush_meta(w, err) < 0 || flush_block(w, err) < 0 ? -1 : 0;
}

uint64_t trace_writer_bytes(const struct trace_writer *w)
{
	return frame_writer_offset(w->frames);
}

static int put_end(struct trace_writer *w, struct err *err)
{
	struct trace_trailer trailer;

	if (end_segment(w, err) < 0 || trace_index_seal(&w->index, err) < 0)
		return -1;
	trailer.index_offset = frame_writer_offset(w->frames);
	trailer.events = w->index.events;
	buf_clear(&w->payload);
	trace_index_put(&w->index, &w->payload);
	if (put_frame(w, FRAME_INDEX, NULL, 0, err) < 0)
		return -1;
	trailer.frames = frame_writer_seq(w->frames);
	buf_clear(&w->payload);
	buf_put(&w->payload, &trailer.index_offset, 8);
	buf_put(&w->payload, &trailer.frames, 8);
	buf_put(&w->payload, &trailer.events, 8);
	return put_frame(w, FRAME_TRAILER, NULL, 0, err);
}

int trace_writer_close(struct trace_writer *w, struct err *err)
{
	int rc = 0;

	if (!w)
		return 0;
	if (w->frames) {
		if (put_end(w, err) < 0)
			rc = -1;
		if (frame_writer_close(w->frames, err) < 0)
			rc = -1;
	}
	packer_free(w->packer);
	block_builder_free(w->block);
	filter_builder_free(w->filter);
	trace_index_deinit(&w->index);
	snapshot_deinit(&w->snapshot);
	buf_deinit(&w->meta);
	buf_deinit(&w->payload);
	free(w);
	return rc;
}
