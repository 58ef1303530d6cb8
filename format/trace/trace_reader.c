#include "format/trace/trace_reader.h"

#include "format/intake.h"
#include "format/trace/event_block.h"
#include "format/trace/frame.h"
#include "format/trace/meta_rows.h"
#include "format/trace/trace_index.h"

#include <inttypes.h>
#include <stdlib.h>

struct trace_reader {
	struct source base;
	struct frame_reader *frames;
	char *name;
	struct packer *packer;
	struct block_cursor *block;
	struct intake intake;
	struct buf meta;     /* rows of the current META or LOSS frame */
	struct sv meta_rest; /* those not handed out yet */
	bool in_block;
	bool ended;      /* the trailer has been read */
	uint64_t events; /* as in the file, before any upgrade */
	struct frame frame;
	struct trace_layout layout;
	struct err err; /* the failure that ended reading; every later call repeats it */
};

static enum next fail(struct trace_reader *r, struct err *err)
{
	if (err && err->code == ERR_NONE)
		*err = r->err;
	return NEXT_ERROR;
}

/* A failure inside a frame: say which. */
static enum next fail_in_frame(struct trace_reader *r, struct err *err)
{
	r->err.pos.offset = r->frame.offset;
	err_prefix(&r->err, "%s: frame %" PRIu64 " at offset %" PRIu64, r->name, r->frame.seq,
		   r->frame.offset);
	return fail(r, err);
}

static int check_trailer(struct trace_reader *r)
{
	struct sv p = r->frame.payload;

	if (p.n != TRAILER_SIZE)
		return err_set(&r->err, ERR_FORMAT, "a trailer of %zu bytes, %d expected", p.n,
			       TRAILER_SIZE);
	if (get_le64(p.p + 8) != r->frame.seq || get_le64(p.p + 16) != r->events)
		return err_set(&r->err, ERR_FORMAT,
			       "the trailer tells of %" PRIu64 " frames and %" PRIu64
			       " events, before it are %" PRIu64 " and %" PRIu64,
			       get_le64(p.p + 8), get_le64(p.p + 16), r->frame.seq, r->events);
	r->ended = true;
	return 0;
}

static int enter_frame(struct trace_reader *r)
{
	struct sv in = r->frame.payload;

	switch (r->frame.kind) {
	case FRAME_META:
	case FRAME_LOSS:
		buf_clear(&r->meta);
		if (column_unpack(r->packer, &in, &r->meta, &r->err) < 0)
			return -1;
		r->meta_rest = buf_sv(&r->meta);
		return 0;
	case FRAME_EVENTS:
		r->in_block = true;
		return block_cursor_load(r->block, r->packer, in, &r->err);
	case FRAME_TRAILER:
		return check_trailer(r);
	case FRAME_MANIFEST:
	case FRAME_INDEX:
	case FRAME_SNAPSHOT:
	case FRAME_FILTER:
		return 0;
	}
	r->base.stats.blocks_skipped++; /* of a later minor version */
	return 0;
}

static void note_frame(struct trace_layout *layout, const struct frame *f)
{
	layout->frames++;
	layout->blocks += f->kind == FRAME_EVENTS;
	memcpy(layout->chain, f->chain, sizeof layout->chain);
}

static enum next next_frame(struct trace_reader *r, struct err *err)
{
	enum next got = frame_reader_next(r->frames, &r->frame, &r->err);

	if (got == NEXT_ERROR)
		return fail(r, err);
	if (got == NEXT_END) {
		if (r->ended)
			return NEXT_END;
		err_set(&r->err, ERR_TRUNCATED,
			"%s: offset %" PRIu64 ": the trace ends without its trailer", r->name,
			frame_reader_offset(r->frames));
		return fail(r, err);
	}
	if (r->ended) {
		err_set(&r->err, ERR_FORMAT, "a frame behind the trailer");
		return fail_in_frame(r, err);
	}
	note_frame(&r->layout, &r->frame);
	return enter_frame(r) < 0 ? fail_in_frame(r, err) : NEXT_ITEM;
}

static enum next trace_next(struct source *s, struct record *rec, struct err *err)
{
	struct trace_reader *r = (struct trace_reader *)s;

	if (r->err.code != ERR_NONE)
		return fail(r, err);
	for (;;) {
		if (r->meta_rest.n) {
			if (meta_take(&r->meta_rest, rec, &r->err) < 0)
				return fail_in_frame(r, err);
			if ((rec->kind == RECORD_LOSS) != (r->frame.kind == FRAME_LOSS)) {
				err_set(&r->err, ERR_FORMAT,
					"a row of kind %d does not belong here", rec->kind);
				return fail_in_frame(r, err);
			}
			if (rec->kind == RECORD_SECTION)
				intake_section(&r->intake);
			if (rec->kind == RECORD_LOSS)
				intake_loss(&r->intake);
			return NEXT_ITEM;
		}
		while (r->in_block && block_cursor_next(r->block, &rec->event)) {
			rec->kind = RECORD_EVENT;
			r->events++;
			source_note_event(&r->base, &rec->event);
			switch (intake_event(&r->intake, &rec->event, &r->err)) {
			case UPGRADE_KEEP:
				return NEXT_ITEM;
			case UPGRADE_DROP:
				break;
			case UPGRADE_ERROR:
				return fail_in_frame(r, err);
			}
		}
		r->in_block = false;
		enum next got = next_frame(r, err);
		if (got != NEXT_ITEM)
			return got;
	}
}

static struct source_progress trace_progress(const struct source *s)
{
	const struct trace_reader *r = (const struct trace_reader *)s;

	return (struct source_progress){ .done = frame_reader_offset(r->frames),
					 .total = frame_reader_size(r->frames) };
}

static void trace_close(struct source *s)
{
	struct trace_reader *r = (struct trace_reader *)s;

	frame_reader_close(r->frames);
	packer_free(r->packer);
	block_cursor_free(r->block);
	intake_deinit(&r->intake);
	buf_deinit(&r->meta);
	free(r->name);
	free(r);
}

static const struct source_ops trace_ops = {
	.next = trace_next,
	.progress = trace_progress,
	.close = trace_close,
};

int trace_reader_open(int fd, struct sv head, const char *name, const struct source_options *opt,
		      struct source **out, struct err *err)
{
	struct trace_reader *r = calloc(1, sizeof *r);
	struct frame_reader *frames;

	*out = NULL;
	if (frame_reader_open(fd, head, name, true, &frames, err) < 0) {
		free(r);
		return -1;
	}
	if (!r) {
		frame_reader_close(frames);
		return err_set(err, ERR_NOMEM, "no memory for a trace reader");
	}
	r->base.ops = &trace_ops;
	r->base.span = opt->span;
	r->frames = frames;
	r->name = strdup(name);
	r->packer = packer_new(0);
	r->block = block_cursor_new();
	if (!r->name || !r->packer || !r->block) {
		trace_close(&r->base);
		return err_set(err, ERR_NOMEM, "no memory for a trace reader");
	}
	if (intake_init(&r->intake, opt->upgrade, &r->base.stats, err) < 0) {
		trace_close(&r->base);
		return -1;
	}
	*out = &r->base;
	return 0;
}

const struct trace_layout *trace_reader_layout(const struct source *s)
{
	return s->ops == &trace_ops ? &((const struct trace_reader *)s)->layout : NULL;
}

int trace_verify(int fd, const char *name, struct trace_layout *layout, uint64_t *valid,
		 struct err *err)
{
	struct frame_reader *frames;
	struct frame frame;
	enum next next;
	bool ended = false;

	*layout = (struct trace_layout){ 0 };
	*valid = 0;
	if (frame_reader_open(fd, (struct sv){ "", 0 }, name, true, &frames, err) < 0)
		return -1;
	while ((next = frame_reader_next(frames, &frame, err)) == NEXT_ITEM && !ended) {
		note_frame(layout, &frame);
		ended = frame.kind == FRAME_TRAILER;
		*valid = frame_reader_offset(frames);
	}
	if (next == NEXT_ITEM)
		err_set(err, ERR_FORMAT, "%s: offset %" PRIu64 ": a frame behind the trailer", name,
			*valid);
	else if (next == NEXT_END && !ended)
		err_set(err, ERR_TRUNCATED,
			"%s: offset %" PRIu64 ": the trace ends without its trailer", name, *valid);
	frame_reader_close(frames);
	return next == NEXT_END && ended ? 0 : -1;
}
