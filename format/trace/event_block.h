/*
 * A block of events as columns: the heart of the native format.  SPEC 5.
 *
 * Whatever a column holds is exact: an event comes back with the same type, time, thread, cpu,
 * flags and parameter bytes, however odd they were.
 */
#ifndef SAKER_TRACE_EVENT_BLOCK_H
#define SAKER_TRACE_EVENT_BLOCK_H

#include "format/base/err.h"
#include "format/record.h"
#include "format/trace/column.h"

enum {
	BLOCK_MAX_EVENTS = 1 << 18,
	BLOCK_MAX_BYTES = 32 << 20, /* of parameters, before a block is closed */
};

/* What the index keeps about a block. */
struct block_summary {
	uint32_t events;
	uint64_t first_ts_ns, last_ts_ns, min_ts_ns, max_ts_ns;
	uint32_t counts[EV_COUNT]; /* events by type */
};

struct block_builder;

struct block_builder *block_builder_new(void); /* NULL: no memory */
void block_builder_free(struct block_builder *b);
int block_builder_add(struct block_builder *b, const struct event *ev, struct err *err);
/* Time to finish: the next event belongs to the next block. */
bool block_builder_full(const struct block_builder *b);
const struct block_summary *block_builder_summary(const struct block_builder *b);
/* Append the block's payload to out and begin an empty block. */
int block_builder_finish(struct block_builder *b, struct packer *p, struct buf *out,
			 struct err *err);

struct block_cursor;

struct block_cursor *block_cursor_new(void); /* NULL: no memory */
void block_cursor_free(struct block_cursor *c);
/* Inflate a payload and stand before its first event.  The payload is not needed afterwards. */
int block_cursor_load(struct block_cursor *c, struct packer *p, struct sv payload, struct err *err);
/* Of the block that was loaded last. */
const struct block_summary *block_cursor_summary(const struct block_cursor *c);
/* The next event but for its number; false at the end.  Views live until the next load. */
bool block_cursor_next(struct block_cursor *c, struct event *ev);
/* Only the summary part of a payload. */
int block_read_summary(struct sv payload, struct block_summary *out, struct err *err);

#endif
