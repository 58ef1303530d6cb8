/*
 * The index at the end of a native trace: where its blocks are and what is in them.  SPEC 6.
 */
#ifndef SAKER_TRACE_INDEX_H
#define SAKER_TRACE_INDEX_H

#include "format/trace/event_block.h"

struct index_entry {
	uint64_t offset;      /* of the frame */
	uint64_t size;        /* of the frame, header included */
	uint64_t first_event; /* ordinal of its first event in the file, from 0 */
	uint32_t events;      /* 0: a META frame, where a section starts */
	uint64_t min_ts_ns, max_ts_ns;
};

struct trace_index {
	struct index_entry *entries; /* in file order */
	size_t n, cap;
	uint64_t events;           /* in all */
	uint64_t counts[EV_COUNT]; /* by type */
};

/* What the trailer says; its payload is these numbers, u64 each, in this order. */
struct trace_trailer {
	uint64_t index_offset;
	uint64_t frames; /* before the trailer */
	uint64_t events;
};

enum { TRAILER_SIZE = 24 };

void trace_index_deinit(struct trace_index *x);
int trace_index_add(struct trace_index *x, uint64_t offset, uint64_t size,
		    const struct block_summary *block, struct err *err); /* NULL: a META frame */
void trace_index_put(const struct trace_index *x, struct buf *out);
int trace_index_parse(struct sv payload, struct trace_index *out, struct err *err);

#endif
