/*
 * A block of events as columns: the heart of the native format.  SPEC 5.
 *
 * Whatever a column holds is exact: an event comes back with the same type, time, thread, cpu,
 * flags and parameter bytes, however odd they were.
 */
#ifndef SAKER_TRACE_EVENT_BLOCK_H
#define SAKER_TRACE_EVENT_BLOCK_H

#include "format/base/err.h"
#include "format/column_need.h"
#include "format/quiet.h"
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

/*
 * need: parameters to hand out, NULL for all; borrowed.  upgrade: events will be upgraded, so those
 * of an old form keep all of theirs.  NULL: no memory.
 */
struct block_cursor *block_cursor_new(const struct column_need *need, bool upgrade);
void block_cursor_free(struct block_cursor *c);
/* Inflate a payload and stand before its first event.  The payload is not needed afterwards. */
int block_cursor_load(struct block_cursor *c, struct packer *p, struct sv payload, struct err *err);
/* Of the block that was loaded last. */
const struct block_summary *block_cursor_summary(const struct block_cursor *c);
/* The next event but for its number; false at the end.  Views live until the next load. */
bool block_cursor_next(struct block_cursor *c, struct event *ev);
/* Those that are next and quiet; false: none.  *run is valid until the next call for c. */
bool block_cursor_quiet(struct block_cursor *c, struct quiet_run *run);
/* Only the summary part of a payload. */
int block_read_summary(struct sv payload, struct block_summary *out, struct err *err);

/* One column of a block as it is stored. */
struct block_column {
	enum block_part {
		BLOCK_TYPE,
		BLOCK_CPU,
		BLOCK_FLAGS,
		BLOCK_TID_MISS,
		BLOCK_TID,
		BLOCK_TIME_ESCAPE,
		BLOCK_TIME_BITS,
		BLOCK_NPARAMS,
		BLOCK_TIME_CLASS,
		BLOCK_LENGTH,
		BLOCK_BYTES,
		BLOCK_PARTS
	} part;
	uint16_t type;   /* of events; from BLOCK_NPARAMS on */
	uint32_t param;  /* BLOCK_LENGTH, BLOCK_BYTES */
	size_t packed_n; /* bytes in the payload */
	struct column_head head;
};
extern const char *const block_part_names[BLOCK_PARTS];
/* Hand out the columns of a payload, one after the other, without inflating them; an error of
 * `each` ends it. */
int block_each_column(struct sv payload,
		      int (*each)(void *arg, const struct block_column *c, struct err *err),
		      void *arg, struct err *err);

#endif
