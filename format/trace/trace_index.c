#include "format/trace/trace_index.h"

#include "format/trace/varint.h"

#include <stdlib.h>

void trace_index_deinit(struct trace_index *x)
{
	free(x->entries);
	*x = (struct trace_index){ 0 };
}

static int append(struct trace_index *x, const struct index_entry *e, struct err *err)
{
	if (x->n == x->cap) {
		size_t cap = x->cap ? x->cap * 2 : 16;
		struct index_entry *entries = realloc(x->entries, cap * sizeof *entries);

		if (!entries)
			return err_set(err, ERR_NOMEM, "no memory for an index of %zu entries",
				       cap);
		x->entries = entries;
		x->cap = cap;
	}
	x->entries[x->n++] = *e;
	x->events += e->events;
	return 0;
}

int trace_index_add(struct trace_index *x, uint64_t offset, uint64_t size,
		    const struct block_summary *block, struct err *err)
{
	struct index_entry e = { .offset = offset, .size = size, .first_event = x->events };

	if (block) {
		e.events = block->events;
		e.min_ts_ns = block->min_ts_ns;
		e.max_ts_ns = block->max_ts_ns;
		for (int type = 0; type < EV_COUNT; type++)
			x->counts[type] += block->counts[type];
	}
	return append(x, &e, err);
}

/*
 * Payload: varint entries; per entry varint offset, varint size, varint events and, if there are
 * any, varint min time (zigzag step from the block before) and varint span; then varint types and
 * per type varint id and varint count.  Ordinals follow from the counts.
 */
void trace_index_put(const struct trace_index *x, struct buf *out)
{
	uint64_t before_ns = 0, ntypes = 0;

	buf_put_varint(out, x->n);
	for (size_t i = 0; i < x->n; i++) {
		const struct index_entry *e = &x->entries[i];

		buf_put_varint(out, e->offset);
		buf_put_varint(out, e->size);
		buf_put_varint(out, e->events);
		if (!e->events)
			continue;
		buf_put_varint(out, zigzag((int64_t)(e->min_ts_ns - before_ns)));
		buf_put_varint(out, e->max_ts_ns - e->min_ts_ns);
		before_ns = e->min_ts_ns;
	}
	for (int type = 0; type < EV_COUNT; type++)
		ntypes += x->counts[type] > 0;
	buf_put_varint(out, ntypes);
	for (uint32_t type = 0; type < EV_COUNT; type++) {
		if (!x->counts[type])
			continue;
		buf_put_varint(out, type);
		buf_put_varint(out, x->counts[type]);
	}
}

static int parse_entries(struct sv *in, struct trace_index *out, struct err *err)
{
	uint64_t n, before_ns = 0;

	if (!sv_take_varint(in, &n))
		return err_set(err, ERR_FORMAT, "the index ends early");
	for (uint64_t i = 0; i < n; i++) {
		struct index_entry e = { .first_event = out->events };
		uint64_t events, step, span;

		if (!sv_take_varint(in, &e.offset) || !sv_take_varint(in, &e.size) ||
		    !sv_take_varint(in, &events))
			return err_set(err, ERR_FORMAT, "the index ends early");
		if (events > BLOCK_MAX_EVENTS)
			return err_set(err, ERR_FORMAT, "the index tells of a block of %llu events",
				       (unsigned long long)events);
		if (events) {
			if (!sv_take_varint(in, &step) || !sv_take_varint(in, &span))
				return err_set(err, ERR_FORMAT, "the index ends early");
			e.min_ts_ns = before_ns + (uint64_t)unzigzag(step);
			e.max_ts_ns = e.min_ts_ns + span;
			before_ns = e.min_ts_ns;
		}
		e.events = (uint32_t)events;
		if (append(out, &e, err) < 0)
			return -1;
	}
	return 0;
}

int trace_index_parse(struct sv payload, struct trace_index *out, struct err *err)
{
	uint64_t ntypes, type, count;

	*out = (struct trace_index){ 0 };
	if (parse_entries(&payload, out, err) < 0)
		goto bad;
	if (!sv_take_varint(&payload, &ntypes)) {
		err_set(err, ERR_FORMAT, "the index ends early");
		goto bad;
	}
	for (uint64_t i = 0; i < ntypes; i++) {
		if (!sv_take_varint(&payload, &type) || !sv_take_varint(&payload, &count)) {
			err_set(err, ERR_FORMAT, "the index ends early");
			goto bad;
		}
		if (type >= EV_COUNT) {
			err_set(err, ERR_FORMAT, "the index counts events of type %llu",
				(unsigned long long)type);
			goto bad;
		}
		out->counts[type] = count;
	}
	if (payload.n) {
		err_set(err, ERR_FORMAT, "%zu bytes behind the index", payload.n);
		goto bad;
	}
	return 0;
bad:
	trace_index_deinit(out);
	return -1;
}
