#include "format/trace/trace_index.h"

#include "format/trace/varint.h"

#include <stdlib.h>

void trace_index_deinit(struct trace_index *x)
{
	free(x->frames);
	free(x->segments);
	free(x->types);
	*x = (struct trace_index){ 0 };
}

/* Room for one more item of an array; NULL when there is no memory. */
static void *grow(void *items, size_t n, size_t *cap, size_t size, struct err *err)
{
	size_t more = *cap ? *cap * 2 : 16;

	if (n < *cap)
		return items;
	items = realloc(items, more * size);
	if (!items)
		err_set(err, ERR_NOMEM, "no memory for an index of %zu entries", more);
	else
		*cap = more;
	return items;
}

static int add_frame(struct trace_index *x, const struct trace_frame *f, struct err *err)
{
	struct trace_frame *frames =
		grow(x->frames, x->nframes, &x->frames_cap, sizeof *frames, err);

	if (!frames)
		return -1;
	x->frames = frames;
	x->frames[x->nframes++] = *f;
	return 0;
}

static int begin_segment(struct trace_index *x, const struct trace_frame *f, struct err *err)
{
	struct trace_segment *segments =
		grow(x->segments, x->nsegments, &x->segments_cap, sizeof *segments, err);

	if (!segments)
		return -1;
	x->segments = segments;
	if (x->nsegments)
		segments[x->nsegments - 1].num_last = f->num_before;
	segments[x->nsegments++] = (struct trace_segment){
		.first_frame = x->nframes,
		.offset = f->offset,
		.has_state = f->kind == FRAME_SNAPSHOT,
		.num_before = f->num_before,
		.num_last = UINT64_MAX,
		.first_event = x->events,
		.min_ts_ns = UINT64_MAX,
		.first_type = x->ntypes,
	};
	return 0;
}

static int add_type(struct trace_index *x, uint16_t type, uint64_t events, struct err *err)
{
	struct type_count *types = grow(x->types, x->ntypes, &x->types_cap, sizeof *types, err);

	if (!types)
		return -1;
	x->types = types;
	x->types[x->ntypes++] = (struct type_count){ type, events };
	x->segments[x->nsegments - 1].ntypes++;
	return 0;
}

/* The counts of the segment being built become its sparse list. */
static int seal_segment(struct trace_index *x, struct err *err)
{
	if (x->nsegments == 0)
		return 0;
	x->segments[x->nsegments - 1].first_type = x->ntypes;
	for (uint16_t type = 0; type < EV_COUNT; type++) {
		if (x->segment_counts[type] && add_type(x, type, x->segment_counts[type], err) < 0)
			return -1;
	}
	memset(x->segment_counts, 0, sizeof x->segment_counts);
	return 0;
}

static int add(struct trace_index *x, const struct trace_frame *f, struct err *err)
{
	if ((x->nsegments == 0 || f->kind == FRAME_SNAPSHOT) && begin_segment(x, f, err) < 0)
		return -1;
	if (add_frame(x, f, err) < 0)
		return -1;
	struct trace_segment *s = &x->segments[x->nsegments - 1];
	s->nframes++;
	s->size += f->size;
	if (!f->events)
		return 0;
	if (f->min_ts_ns < s->min_ts_ns)
		s->min_ts_ns = f->min_ts_ns;
	if (f->max_ts_ns > s->max_ts_ns)
		s->max_ts_ns = f->max_ts_ns;
	s->events += f->events;
	x->events += f->events;
	return 0;
}

int trace_index_add(struct trace_index *x, enum frame_kind kind, uint64_t offset, uint64_t size,
		    const struct block_summary *block, uint64_t num_before, struct err *err)
{
	struct trace_frame f = { .kind = (uint8_t)kind,
				 .offset = offset,
				 .size = size,
				 .first_event = x->events,
				 .num_before = num_before };

	if (kind == FRAME_SNAPSHOT && seal_segment(x, err) < 0)
		return -1;
	if (block) {
		if (x->events == 0)
			x->first_ts_ns = block->first_ts_ns;
		f.events = block->events;
		f.min_ts_ns = block->min_ts_ns;
		f.max_ts_ns = block->max_ts_ns;
		for (int type = 0; type < EV_COUNT; type++) {
			x->counts[type] += block->counts[type];
			x->segment_counts[type] += block->counts[type];
		}
	}
	return add(x, &f, err);
}

int trace_index_seal(struct trace_index *x, struct err *err)
{
	if (x->sealed)
		return 0;
	x->sealed = true;
	return seal_segment(x, err);
}

uint64_t trace_segment_count(const struct trace_index *x, const struct trace_segment *s,
			     uint16_t type)
{
	const struct type_count *t = x->types + s->first_type;

	for (size_t i = 0; i < s->ntypes && t[i].type <= type; i++) {
		if (t[i].type == type)
			return t[i].events;
	}
	return 0;
}

/* --- SPEC 6 --- */

void trace_index_put(const struct trace_index *x, struct buf *out)
{
	uint64_t before_ns = x->first_ts_ns;

	buf_put_varint(out, x->nframes);
	buf_put_varint(out, x->nframes ? x->frames[0].offset : 0);
	buf_put_varint(out, x->first_ts_ns);
	for (size_t i = 0; i < x->nframes; i++) {
		const struct trace_frame *f = &x->frames[i];

		buf_putc(out, (char)f->kind);
		buf_put_varint(out, f->size);
		if (f->kind == FRAME_SNAPSHOT)
			buf_put_varint(out, f->num_before);
		if (f->kind != FRAME_EVENTS)
			continue;
		buf_put_varint(out, f->events);
		buf_put_varint(out, zigzag((int64_t)(f->min_ts_ns - before_ns)));
		buf_put_varint(out, f->max_ts_ns - f->min_ts_ns);
		before_ns = f->min_ts_ns;
	}
	for (size_t i = 0; i < x->nsegments; i++) {
		const struct trace_segment *s = &x->segments[i];

		buf_put_varint(out, s->ntypes);
		for (size_t k = s->first_type; k < s->first_type + s->ntypes; k++) {
			buf_put_varint(out, x->types[k].type);
			buf_put_varint(out, x->types[k].events);
		}
	}
}

static int ends_early(struct err *err)
{
	return err_set(err, ERR_FORMAT, "the index ends early");
}

static int take_frame(struct sv *in, struct trace_index *x, uint64_t offset, uint64_t *before_ns,
		      struct err *err)
{
	struct trace_frame f = { .offset = offset, .first_event = x->events };
	uint64_t events, step, length;
	struct sv kind;

	if (!sv_take(in, 1, &kind) || !sv_take_varint(in, &f.size))
		return ends_early(err);
	f.kind = (uint8_t)kind.p[0];
	if (f.size < FRAME_HEADER_SIZE || f.size > FRAME_HEADER_SIZE + (uint64_t)FRAME_MAX_PAYLOAD)
		return err_set(err, ERR_FORMAT, "the index tells of a frame of %llu bytes",
			       (unsigned long long)f.size);
	if (f.kind == FRAME_SNAPSHOT) {
		if (!sv_take_varint(in, &f.num_before))
			return ends_early(err);
		if (x->nsegments && f.num_before < x->segments[x->nsegments - 1].num_before)
			return err_set(err, ERR_FORMAT, "the index counts events backwards");
	}
	if (f.kind == FRAME_EVENTS) {
		if (!sv_take_varint(in, &events) || !sv_take_varint(in, &step) ||
		    !sv_take_varint(in, &length))
			return ends_early(err);
		if (events == 0 || events > BLOCK_MAX_EVENTS)
			return err_set(err, ERR_FORMAT, "the index tells of a block of %llu events",
				       (unsigned long long)events);
		f.events = (uint32_t)events;
		f.min_ts_ns = *before_ns + (uint64_t)unzigzag(step);
		*before_ns = f.min_ts_ns;
		if (__builtin_add_overflow(f.min_ts_ns, length, &f.max_ts_ns))
			return err_set(err, ERR_FORMAT, "the index tells of a block without end");
	}
	return add(x, &f, err);
}

static int take_types(struct sv *in, struct trace_index *x, size_t segment, struct err *err)
{
	struct trace_segment *s = &x->segments[segment];
	uint64_t n, type, events, sum = 0;
	int64_t before = -1;

	s->first_type = x->ntypes;
	if (!sv_take_varint(in, &n))
		return ends_early(err);
	for (uint64_t i = 0; i < n; i++) {
		if (!sv_take_varint(in, &type) || !sv_take_varint(in, &events))
			return ends_early(err);
		if (type >= EV_COUNT || (int64_t)type <= before || events == 0 ||
		    events > s->events - sum)
			return err_set(err, ERR_FORMAT, "the index counts %llu events of type %llu",
				       (unsigned long long)events, (unsigned long long)type);
		before = (int64_t)type;
		sum += events;
		x->counts[type] += events;
		struct type_count *types =
			grow(x->types, x->ntypes, &x->types_cap, sizeof *types, err);
		if (!types)
			return -1;
		x->types = types;
		x->types[x->ntypes++] = (struct type_count){ (uint16_t)type, events };
		s->ntypes++;
	}
	if (sum != s->events)
		return err_set(err, ERR_FORMAT,
			       "the index counts %llu events of a segment that has %llu",
			       (unsigned long long)sum, (unsigned long long)s->events);
	return 0;
}

static int parse(struct sv in, uint64_t end, struct trace_index *x, struct err *err)
{
	uint64_t n, offset, before_ns;

	if (!sv_take_varint(&in, &n) || !sv_take_varint(&in, &offset) ||
	    !sv_take_varint(&in, &x->first_ts_ns))
		return ends_early(err);
	before_ns = x->first_ts_ns;
	for (uint64_t i = 0; i < n; i++) {
		if (offset > end)
			return err_set(err, ERR_FORMAT, "the index tells of a frame behind itself");
		if (take_frame(&in, x, offset, &before_ns, err) < 0)
			return -1;
		offset += x->frames[i].size;
	}
	if (n && offset != end)
		return err_set(err, ERR_FORMAT,
			       "the frames of the index end at %llu, but it begins at %llu",
			       (unsigned long long)offset, (unsigned long long)end);
	for (size_t i = 0; i < x->nsegments; i++) {
		if (take_types(&in, x, i, err) < 0)
			return -1;
	}
	x->sealed = true;
	return in.n ? err_set(err, ERR_FORMAT, "%zu bytes behind the index", in.n) : 0;
}

int trace_index_parse(struct sv payload, uint64_t end, struct trace_index *out, struct err *err)
{
	*out = (struct trace_index){ 0 };
	if (parse(payload, end, out, err) == 0)
		return 0;
	trace_index_deinit(out);
	return -1;
}
