#include "format/trace/trace_writer.h"

#include "format/trace/event_block.h"
#include "format/trace/frame.h"
#include "format/trace/meta_rows.h"
#include "format/trace/trace_index.h"

#include <stdlib.h>

enum {
	DEFAULT_LEVEL = 3,
	META_FRAME_BYTES = 4 << 20, /* a long list is cut into several frames */
};

struct trace_writer {
	struct frame_writer *frames;
	struct packer *packer;
	struct block_builder *block;
	struct trace_index index;
	struct buf meta; /* rows of the META or LOSS frame being collected */
	enum frame_kind meta_kind;
	struct buf payload; /* scratch */
};

static int put_frame(struct trace_writer *w, enum frame_kind kind,
		     const struct block_summary *block, struct err *err)
{
	uint64_t offset = frame_writer_offset(w->frames);

	if (w->payload.failed)
		return err_set(err, ERR_NOMEM, "no memory for a frame");
	if (frame_writer_put(w->frames, kind, buf_sv(&w->payload), err) < 0)
		return -1;
	if (kind == FRAME_MANIFEST || kind == FRAME_INDEX || kind == FRAME_TRAILER)
		return 0;
	return trace_index_add(&w->index, kind, offset, frame_writer_offset(w->frames) - offset,
			       block, 0, err);
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
	return put_frame(w, w->meta_kind, NULL, err);
}

static int flush_block(struct trace_writer *w, struct err *err)
{
	struct block_summary summary = *block_builder_summary(w->block);

	if (summary.events == 0)
		return 0;
	buf_clear(&w->payload);
	if (block_builder_finish(w->block, w->packer, &w->payload, err) < 0)
		return -1;
	return put_frame(w, FRAME_EVENTS, &summary, err);
}

int trace_writer_open(int fd, const char *name, const struct trace_writer_options *opt,
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
	w->packer = packer_new(opt->level ? opt->level : DEFAULT_LEVEL);
	w->block = block_builder_new();
	buf_putsv(&w->payload, opt->manifest);
	if (!w->packer || !w->block)
		err_set(err, ERR_NOMEM, "no memory for a trace writer");
	if (!w->packer || !w->block || put_frame(w, FRAME_MANIFEST, NULL, err) < 0) {
		frame_writer_close(w->frames, NULL);
		w->frames = NULL;
		trace_writer_close(w, NULL);
		return -1;
	}
	*out = w;
	return 0;
}

int trace_writer_put(struct trace_writer *w, const struct record *rec, struct err *err)
{
	if (rec->kind == RECORD_EVENT) {
		if (flush_meta(w, err) < 0 || block_builder_add(w->block, &rec->event, err) < 0)
			return -1;
		return block_builder_full(w->block) ? flush_block(w, err) : 0;
	}
	if (rec->kind == RECORD_STATE)
		return err_set(err, ERR_UNSUPPORTED, "this trace cannot begin with a snapshot");
	enum frame_kind kind = rec->kind == RECORD_LOSS ? FRAME_LOSS : FRAME_META;

	if (flush_block(w, err) < 0 || (kind != w->meta_kind && flush_meta(w, err) < 0))
		return -1;
	w->meta_kind = kind;
	meta_put(&w->meta, rec);
	return w->meta.n >= META_FRAME_BYTES ? flush_meta(w, err) : 0;
}

static int put_end(struct trace_writer *w, struct err *err)
{
	struct trace_trailer trailer = { .index_offset = frame_writer_offset(w->frames),
					 .events = w->index.events };

	if (trace_index_seal(&w->index, err) < 0)
		return -1;
	buf_clear(&w->payload);
	trace_index_put(&w->index, &w->payload);
	if (put_frame(w, FRAME_INDEX, NULL, err) < 0)
		return -1;
	trailer.frames = frame_writer_seq(w->frames);
	buf_clear(&w->payload);
	buf_put(&w->payload, &trailer.index_offset, 8);
	buf_put(&w->payload, &trailer.frames, 8);
	buf_put(&w->payload, &trailer.events, 8);
	return put_frame(w, FRAME_TRAILER, NULL, err);
}

int trace_writer_close(struct trace_writer *w, struct err *err)
{
	int rc = 0;

	if (!w)
		return 0;
	if (w->frames) {
		if (flush_meta(w, err) < 0 || flush_block(w, err) < 0 || put_end(w, err) < 0)
			rc = -1;
		if (frame_writer_close(w->frames, err) < 0)
			rc = -1;
	}
	packer_free(w->packer);
	block_builder_free(w->block);
	trace_index_deinit(&w->index);
	buf_deinit(&w->meta);
	buf_deinit(&w->payload);
	free(w);
	return rc;
}
