#include "format/trace/trace_reader.h"

#include "format/intake.h"
#include "format/trace/event_block.h"
#include "format/trace/frame.h"
#include "format/trace/meta_rows.h"
#include "format/trace/snapshot_frame.h"
#include "format/trace/trace_map.h"
#include "format/trace/varint.h"

#include <inttypes.h>
#include <stdlib.h>

/* Which frames to read, when not all of them from front to back. */
struct plan {
	struct trace_map *map; /* NULL: all */
	size_t at, end;        /* frames of its index: the next one, and behind the last one */
	size_t segment;        /* of frame `at` or the one before it */
	bool stops;            /* at `end`; else the rest of the file follows */
};

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
	struct snapshot_columns snapshot;
	struct snapshot_view state; /* to be handed out next */
	bool has_state;
	bool broken; /* the next snapshot is not what the records before it have come to */
	uint64_t index_offset; /* of the INDEX frame, 0: none yet */
	bool ended;            /* the trailer has been read */
	struct plan plan;
	struct trace_index seen; /* what an index should say of the frames that were read */
	struct buf seen_payload;
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

/* --- index and trailer against the frames --- */

static uint64_t events_so_far(const struct trace_reader *r)
{
	const struct trace_map *map = r->plan.map;
	size_t before = r->plan.at - r->seen.nframes;

	return r->seen.events +
	       (map && r->seen.nframes ? trace_map_index(map)->frames[before].first_event : 0);
}

static int check_trailer(struct trace_reader *r)
{
	struct sv p = r->frame.payload;

	if (p.n != TRAILER_SIZE)
		return err_set(&r->err, ERR_FORMAT, "a trailer of %zu bytes, %d expected", p.n,
			       TRAILER_SIZE);
	if (get_le64(p.p + 8) != r->frame.seq || get_le64(p.p + 16) != events_so_far(r))
		return err_set(&r->err, ERR_FORMAT,
			       "the trailer tells of %" PRIu64 " frames and %" PRIu64
			       " events, before it are %" PRIu64 " and %" PRIu64,
			       get_le64(p.p + 8), get_le64(p.p + 16), r->frame.seq,
			       events_so_far(r));
	if (get_le64(p.p) != r->index_offset)
		return err_set(&r->err, ERR_FORMAT,
			       "the trailer tells of an index at offset %" PRIu64
			       ", it is at %" PRIu64,
			       get_le64(p.p), r->index_offset);
	r->ended = true;
	return 0;
}

/* Who read everything knows the one index that is right. */
static int check_index(struct trace_reader *r)
{
	if (r->plan.map)
		return 0;
	if (trace_index_seal(&r->seen, &r->err) < 0)
		return -1;
	buf_clear(&r->seen_payload);
	trace_index_put(&r->seen, &r->seen_payload);
	if (r->seen_payload.failed)
		return err_set(&r->err, ERR_NOMEM, "no memory for an index");
	if (!sv_eq(buf_sv(&r->seen_payload), r->frame.payload))
		return err_set(&r->err, ERR_FORMAT,
			       "the index does not agree with the frames before it");
	return 0;
}

/* Events by type of the segment that has just been read to its end. */
static bool same_types(const struct trace_index *a, const struct trace_segment *sa,
		       const struct trace_index *b, const struct trace_segment *sb)
{
	if (sa->ntypes != sb->ntypes)
		return false;
	for (size_t i = 0; i < sa->ntypes; i++) {
		const struct type_count *ta = &a->types[sa->first_type + i];
		const struct type_count *tb = &b->types[sb->first_type + i];

		if (ta->type != tb->type || ta->events != tb->events)
			return false;
	}
	return true;
}

/* Who was led by an index makes sure of what it said. */
static int check_plan(struct trace_reader *r)
{
	const struct trace_index *index = trace_map_index(r->plan.map);
	const struct trace_frame *got = &r->seen.frames[r->seen.nframes - 1];
	const struct trace_frame *want = &index->frames[r->plan.at++];

	if (got->kind != want->kind || got->offset != want->offset || got->size != want->size ||
	    got->events != want->events || got->num_before != want->num_before ||
	    (got->events &&
	     (got->min_ts_ns != want->min_ts_ns || got->max_ts_ns != want->max_ts_ns)))
		return err_set(&r->err, ERR_FORMAT, "this is not what the index says of it");
	if (got->kind == FRAME_SNAPSHOT && r->seen.nsegments > 1 &&
	    !same_types(&r->seen, &r->seen.segments[r->seen.nsegments - 2], index,
			&index->segments[r->plan.segment++]))
		return err_set(&r->err, ERR_FORMAT,
			       "the index miscounts the events of the segment before");
	return 0;
}

static int see(struct trace_reader *r, const struct block_summary *block, uint64_t num_before)
{
	if (trace_index_add(&r->seen, r->frame.kind, r->frame.offset,
			    FRAME_HEADER_SIZE + r->frame.payload.n, block, num_before, &r->err) < 0)
		return -1;
	return r->plan.map && r->plan.at < trace_map_index(r->plan.map)->nframes ? check_plan(r)
										 : 0;
}

/* --- frames --- */

/* Whoever has read everything before it knows better; everyone else begins here. */
static int enter_snapshot(struct trace_reader *r)
{
	struct sv payload = r->frame.payload;
	bool wanted = r->seen.nframes == 0 || r->broken;
	uint64_t num;

	if (!sv_take_varint(&payload, &num))
		return err_set(&r->err, ERR_FORMAT, "a snapshot ends early");
	if (see(r, NULL, num) < 0)
		return -1;
	if (!wanted)
		return 0;
	r->broken = false;
	if (snapshot_frame_take(r->packer, r->frame.payload, &r->snapshot, &r->state, &num,
				&r->err) < 0 ||
	    intake_load(&r->intake, &r->state, &r->err) < 0)
		return -1;
	r->has_state = true;
	return 0;
}

static int enter_rows(struct trace_reader *r)
{
	struct sv in = r->frame.payload;

	buf_clear(&r->meta);
	if (see(r, NULL, 0) < 0 || column_unpack(r->packer, &in, &r->meta, &r->err) < 0)
		return -1;
	r->meta_rest = buf_sv(&r->meta);
	return 0;
}

static int enter_block(struct trace_reader *r)
{
	if (block_cursor_load(r->block, r->packer, r->frame.payload, &r->err) < 0)
		return -1;
	r->in_block = true;
	return see(r, block_cursor_summary(r->block), 0);
}

static int enter_frame(struct trace_reader *r)
{
	switch (r->frame.kind) {
	case FRAME_META:
	case FRAME_LOSS:
		return enter_rows(r);
	case FRAME_EVENTS:
		return enter_block(r);
	case FRAME_SNAPSHOT:
		return enter_snapshot(r);
	case FRAME_TRAILER:
		return check_trailer(r);
	case FRAME_INDEX:
		r->index_offset = r->frame.offset;
		return check_index(r);
	case FRAME_MANIFEST:
		return 0;
	case FRAME_BREAK:
		r->broken = true;
		return see(r, NULL, 0);
	case FRAME_FILTER:
		return see(r, NULL, 0);
	}
	r->base.stats.blocks_skipped++; /* of a later minor version */
	return see(r, NULL, 0);
}

static void note_frame(struct trace_layout *layout, const struct frame *f)
{
	layout->frames++;
	layout->blocks += f->kind == FRAME_EVENTS;
	memcpy(layout->chain, f->chain, sizeof layout->chain);
}

static enum next next_frame(struct trace_reader *r, struct err *err)
{
	if (r->plan.stops && r->plan.at == r->plan.end)
		return NEXT_END;
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
		if (r->has_state) {
			r->has_state = false;
			*rec = (struct record){ .kind = RECORD_STATE, .snapshot = r->state };
			return NEXT_ITEM;
		}
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

static bool trace_quiet(struct source *s, struct quiet_run *run)
{
	struct trace_reader *r = (struct trace_reader *)s;

	if (!r->in_block || r->has_state || r->meta_rest.n || !block_cursor_quiet(r->block, run))
		return false;
	intake_quiet(&r->intake, run->n);
	return true;
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
	snapshot_columns_deinit(&r->snapshot);
	trace_map_close(r->plan.map);
	trace_index_deinit(&r->seen);
	buf_deinit(&r->seen_payload);
	free(r->name);
	free(r);
}

static const struct source_ops trace_ops = {
	.next = trace_next,
	.quiet = trace_quiet,
	.progress = trace_progress,
	.close = trace_close,
};

/* --- opening --- */

/* Leave out at the end what cannot be in the span, so far as times tell. */
static void trim(struct trace_reader *r, const struct trace_index *index, size_t begin)
{
	struct plan *p = &r->plan;

	for (size_t end = p->end; end > begin; end--) {
		const struct trace_frame *f = &index->frames[end - 1];

		/* Losses are told of behind the events that they stand between. */
		if (f->kind == FRAME_LOSS || f->kind == FRAME_META ||
		    (f->events &&
		     span_may_meet(&r->base.span, f->min_ts_ns, f->max_ts_ns, 0, UINT64_MAX)))
			break;
		if (f->events) {
			p->end = end - 1;
			p->stops = true;
		}
	}
}

static int make_plan(struct trace_reader *r, int fd, const struct source_options *opt,
		     struct err *err)
{
	struct plan *p = &r->plan;
	size_t from = opt->segments.from, to = opt->segments.to;

	if (trace_map_open_fd(fd, r->name, &p->map, err) < 0)
		return -1;
	const struct trace_index *index = trace_map_index(p->map);
	if (to && (from >= to || to > index->nsegments))
		return err_set(err, ERR_USAGE, "%s has %zu segments, not %zu to %zu", r->name,
			       index->nsegments, from, to);
	if (index->events)
		span_resolve(&r->base.span, index->first_ts_ns);
	if (!to)
		trace_map_span(p->map, &r->base.span, opt->upgrade, &from, &to);
	p->end = index->nframes;
	if (from < to) {
		const struct trace_segment *s = &index->segments[from];

		p->at = from ? s->first_frame : 0;
		p->segment = from;
		s = &index->segments[to - 1];
		p->end = s->first_frame + s->nframes;
	}
	p->stops = to < index->nsegments;
	trim(r, index, p->at);
	if (p->at)
		frame_reader_seek(r->frames, index->frames[p->at].offset, p->at + 1);
	return 0;
}

static int open_reader(struct trace_reader *r, int fd, const char *name,
		       const struct source_options *opt, struct err *err)
{
	r->base.ops = &trace_ops;
	r->base.span = opt->span;
	r->name = strdup(name);
	r->packer = packer_new(0);
	r->block = block_cursor_new(opt->need, opt->upgrade);
	if (!r->name || !r->packer || !r->block)
		return err_set(err, ERR_NOMEM, "no memory for a trace reader");
	if (intake_init(&r->intake, opt->upgrade, &r->base.stats, err) < 0)
		return -1;
	if (!opt->segments.to && span_is_all(&opt->span))
		return 0;
	if (frame_reader_can_seek(r->frames))
		return make_plan(r, fd, opt, err);
	return opt->segments.to ? err_set(err, ERR_UNSUPPORTED,
					  "%s can only be read from front to back", name)
				: 0;
}

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
	r->frames = frames;
	if (open_reader(r, fd, name, opt, err) < 0) {
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
