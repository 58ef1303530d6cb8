/*
 * Where matches go.  A sink sees one trace after the other: begin, then news of processes and
 * alerts in the order of the trace, then end.
 */
#ifndef SAKER_REPLAY_SINK_H
#define SAKER_REPLAY_SINK_H

#include "format/losses.h"
#include "format/source.h"
#include "replay/alert.h"

#include <stdio.h>

/* UNREADABLE: no sink heard of it. */
enum trace_outcome { TRACE_COMPLETE, TRACE_DAMAGED, TRACE_INTERRUPTED, TRACE_UNREADABLE };

/* One trace as far as it was replayed; every field is zero where it begins. */
struct trace_report {
	const char *path;
	enum trace_outcome outcome;
	struct err damage; /* of TRACE_DAMAGED */
	uint64_t events;
	uint64_t matches;
	uint64_t drops;             /* "drop" events: the recorder says that it lost some */
	uint64_t first_ns, last_ns; /* earliest and latest event; only if there are events */
	struct source_stats source;
	struct state_losses losses;
	struct losses missing; /* events that were not recorded; of parts: losses_join */
	uint64_t in_gaps;      /* matches while events are missing; known at the end */
	bool in_gaps_at_least; /* there may be more of them */
	struct sv hostname;    /* in sink_ops.end only */
	uint32_t cpus;
	uint64_t boot_ns;
};

static inline void trace_report_deinit(struct trace_report *r)
{
	losses_deinit(&r->missing);
}

struct sink;

struct sink_ops {
	int (*begin)(struct sink *s, const struct trace_report *trace, struct err *err);
	/* Those of an event come before its alerts; NULL: no interest. */
	int (*news)(struct sink *s, const struct process_news *n, struct err *err);
	int (*alert)(struct sink *s, const struct alert *a, struct err *err);
	int (*end)(struct sink *s, const struct trace_report *trace, struct err *err);
	void (*close)(struct sink *s);
};

/* First member of every concrete sink. */
struct sink {
	const struct sink_ops *ops;
	bool wants_values; /* alert.values are filled in */
};

static inline void sink_close(struct sink *s)
{
	if (s)
		s->ops->close(s);
}

/*
 * Falco's text and JSON lines.  out stays the caller's.  NULL: no memory.
 *
 * Text may hold whatever a trace holds.  `clean` appends it in a form that whoever reads `out` can
 * stand, a terminal for instance; NULL: as it is.
 */
struct sink *sink_text_new(FILE *out, void (*clean)(struct buf *out, struct sv text));
struct sink *sink_json_new(FILE *out);

#endif
