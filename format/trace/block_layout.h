/* How the columns of a block are laid out, for its builder and its cursor. */
#ifndef SAKER_TRACE_BLOCK_LAYOUT_H
#define SAKER_TRACE_BLOCK_LAYOUT_H

#include "format/trace/event_block.h"

/*
 * Payload:  summary, then packed columns in this order
 *
 *	type (1 or 2)   its place in the summary's list
 *	cpu (2)  flags (4)
 *	tid_miss (1)    0: the thread that ran on this cpu before; 1: the next row of
 *	tid (8)
 *	time_escape (8) steps that no class holds
 *	time_bits (0)   raw bits below the classes
 *	and for every type of the summary, ascending:
 *	  nparams (1)  time_class (1)
 *	  and for each parameter up to the most any of them has:
 *	    length (4)  bytes (the parameter's fixed size, or 0)
 *
 * Summary:  varint events, u64 first, last, min, max time, varint number of types, then for each
 * varint type, varint count, varint parameters.
 */
enum { LAST_TID_SLOTS = 256 }; /* cpus that share a slot only compress worse */

enum head_column {
	HEAD_TYPE,
	HEAD_CPU,
	HEAD_FLAGS,
	HEAD_TID_MISS,
	HEAD_TID,
	HEAD_TIME_ESCAPE,
	HEAD_COUNT
};

/* Bytes of a row of the type column. */
static inline unsigned type_width(uint32_t ntypes)
{
	return ntypes <= 256 ? 1 : 2;
}

/* The summary in front of the columns. */
struct type_row {
	uint32_t type, count, nparams;
};

struct block_head {
	struct block_summary sum;
	struct type_row types[EV_COUNT]; /* ascending */
	uint32_t ntypes;
};

int block_head_take(struct sv *in, struct block_head *out, struct err *err);

#endif
