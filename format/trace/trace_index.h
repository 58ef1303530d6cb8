/*
 * The index of a native trace: its frames in file order, cut into segments, and what they hold.
 * Whoever writes a trace, walks along its frames or reads an index ends up with the same one.
 * SPEC 6.
 */
#ifndef SAKER_TRACE_INDEX_H
#define SAKER_TRACE_INDEX_H

#include "format/base/buf.h"
#include "format/base/err.h"
#include "format/trace/event_block.h"
#include "format/trace/frame.h"

/* A frame between the MANIFEST and the INDEX. */
struct trace_frame {
	uint64_t offset, size; /* with its header */
	uint64_t first_event;  /* ordinal in the file, from 0, of the first event in or behind it */
	uint64_t min_ts_ns, max_ts_ns;
	uint64_t num_before; /* SNAPSHOT: number (evt.num) of the event before it */
	uint32_t events;     /* EVENTS only, else 0 */
	uint8_t kind;        /* enum frame_kind, or one that is not known */
};

struct type_count {
	uint16_t type;
	uint64_t events;
};

struct trace_segment {
	size_t first_frame, nframes; /* in trace_index.frames; sequence number - 1 */
	uint64_t offset, size;       /* bytes in the file */
	bool has_state;              /* begins with a SNAPSHOT */
	uint64_t num_before;         /* number (evt.num) of the event before it */
	uint64_t num_last;           /* of its last event; the next segment says, else UINT64_MAX */
	uint64_t first_event, events;
	uint64_t min_ts_ns, max_ts_ns; /* UINT64_MAX, 0: no events */
	size_t first_type, ntypes;     /* in trace_index.types */
};

struct trace_index {
	struct trace_frame *frames;
	size_t nframes, frames_cap;
	struct trace_segment *segments;
	size_t nsegments, segments_cap;
	struct type_count *types; /* per segment, ascending types that occur */
	size_t ntypes, types_cap;
	uint64_t first_ts_ns; /* of the first event, 0: no events */
	uint64_t events;
	uint64_t counts[EV_COUNT]; /* in the whole file */

	uint64_t segment_counts[EV_COUNT]; /* of the segment that is not sealed yet */
	bool sealed;
};

/* {0} is an empty one. */
void trace_index_deinit(struct trace_index *x);
/*
 * The next frame; a SNAPSHOT begins a segment.  block: of EVENTS, else NULL.  num_before: of a
 * SNAPSHOT, else 0.
 */
int trace_index_add(struct trace_index *x, enum frame_kind kind, uint64_t offset, uint64_t size,
		    const struct block_summary *block, uint64_t num_before, struct err *err);
/* No more frames will come: complete the last segment. */
int trace_index_seal(struct trace_index *x, struct err *err);
/* Append the payload of an INDEX frame.  A sealed index has exactly one such form. */
void trace_index_put(const struct trace_index *x, struct buf *out);
/* end: the offset of the INDEX frame, at which the frames that it tells of must end. */
int trace_index_parse(struct sv payload, uint64_t end, struct trace_index *out, struct err *err);

/* Events of one type in a segment. */
uint64_t trace_segment_count(const struct trace_index *x, const struct trace_segment *s,
			     uint16_t type);

/* What the trailer says; its payload is these numbers, u64 each, in this order. */
struct trace_trailer {
	uint64_t index_offset;
	uint64_t frames; /* before the trailer */
	uint64_t events;
};

enum { TRAILER_SIZE = 24 };

#endif
