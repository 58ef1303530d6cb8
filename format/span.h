/*
 * A part of a trace: from one moment to another.  Moments are times or event numbers.
 */
#ifndef SAKER_SPAN_H
#define SAKER_SPAN_H

#include "format/record.h"

enum span_kind {
	SPAN_OPEN = 0, /* no bound */
	SPAN_TIME,     /* ns since the epoch */
	SPAN_AFTER,    /* ns behind the first event of the trace; SPAN_TIME once that is known */
	SPAN_EVENT,    /* event number (evt.num) */
};

struct span_bound {
	enum span_kind kind;
	uint64_t value;
};

/*
 * {0}: everything.  Times: from <= time < to.  Event numbers: both ends belong to it.  An event is
 * in the span if it keeps both bounds, whatever their kinds.
 */
struct span {
	struct span_bound from, to;
};

static inline bool span_is_all(const struct span *s)
{
	return s->from.kind == SPAN_OPEN && s->to.kind == SPAN_OPEN;
}

/* Make SPAN_AFTER absolute: first_ts_ns is the time of the first event of the file. */
void span_resolve(struct span *s, uint64_t first_ts_ns);

/* Of a resolved span. */
bool span_has(const struct span *s, const struct event *ev);

/*
 * What a stretch of events is known to be like: times between min and max, numbers from first to
 * last.  False: none of them is in the resolved span.
 */
bool span_may_meet(const struct span *s, uint64_t min_ts_ns, uint64_t max_ts_ns, uint64_t first_num,
		   uint64_t last_num);

#endif
