/*
 * Where records come from.  Whatever stands behind it (a file, a driver, a test's list), the
 * consumer sees this handle only.
 */
#ifndef SAKER_SOURCE_H
#define SAKER_SOURCE_H

#include "format/base/err.h"
#include "format/column_need.h"
#include "format/quiet.h"
#include "format/record.h"
#include "format/span.h"

struct source;

/* How far along, for progress display: bytes of the input consumed, and in all (0 = unknown). */
struct source_progress {
	uint64_t done, total;
};

/* Tallies that a source keeps and a report shows. */
struct source_stats {
	uint64_t events;         /* delivered */
	uint64_t blocks_skipped; /* of unknown type, or events newer than the vocabulary */
	uint64_t enter_merged;   /* enter events folded into their exit by the upgrade */
	uint64_t enter_dropped;  /* enter events without a current form */
	uint64_t upgraded;       /* events that changed version or gained parameters */
	uint64_t unused_dropped; /* retired event ids */
	uint64_t sections;
};

struct source_ops {
	enum next (*next)(struct source *s, struct record *rec, struct err *err);
	bool (*quiet)(struct source *s, struct quiet_run *run); /* NULL: never */
	struct source_progress (*progress)(const struct source *s);
	void (*close)(struct source *s);
};

/* First member of every concrete source. */
struct source {
	const struct source_ops *ops;
	struct source_stats stats;
	struct span span; /* as asked for; resolved as soon as an event has been handed out */
};

/*
 * Fill *rec with the next record.  NEXT_ITEM: *rec is valid until the next call.  NEXT_END: the
 * clean end.  NEXT_ERROR: err is filled, and every later call gives NEXT_ERROR again; what was
 * delivered before stays true (a truncated trace ends this way).
 */
static inline enum next source_next(struct source *s, struct record *rec, struct err *err)
{
	return s->ops->next(s, rec, err);
}

/*
 * Take quiet events (column_need.quiet) that come next, if there are any and it is worth it: *run
 * is valid until the next call of this or source_next.  Not for those who asked for a span.
 */
static inline bool source_quiet(struct source *s, struct quiet_run *run)
{
	return s->ops->quiet && s->ops->quiet(s, run);
}

static inline struct source_progress source_progress(const struct source *s)
{
	return s->ops->progress ? s->ops->progress(s) : (struct source_progress){ 0 };
}

/* For sources: every event of the file, before anything becomes of it. */
static inline void source_note_event(struct source *s, const struct event *ev)
{
	if (s->span.from.kind == SPAN_AFTER || s->span.to.kind == SPAN_AFTER)
		span_resolve(&s->span, ev->ts_ns);
}

static inline void source_close(struct source *s)
{
	if (s)
		s->ops->close(s);
}

/*
 * Open a trace of any kind, told apart by its first bytes ("-": standard input).  With `upgrade`
 * old events become current ones (format/scap/upgrade.h); without it the events are exactly those
 * of the file.  On failure *out is NULL.
 */
struct source_options {
	bool upgrade;
	size_t buffer_bytes; /* 0: the usual size.  Tests use tiny ones. */
	/*
	 * What the consumer wants to see; {0}: everything.  A source may leave out what lies
	 * outside if it hands out a RECORD_STATE in place of what came before, and it may hand out
	 * more: consumers test span_has(&source->span, event), which is exact.  Numbers are only
	 * those of the whole trace if events are upgraded.
	 */
	struct span span;
	const struct column_need *need; /* NULL: all; borrowed until source_close */
	/*
	 * Native traces in seekable files only: segments from .. to - 1 of
	 * format/trace/trace_map.h, beginning with a RECORD_STATE.  to == 0: all.
	 */
	struct {
		size_t from, to;
	} segments;
};
int source_open(const char *path, const struct source_options *opt, struct source **out,
		struct err *err);
/* The same from a descriptor, at the trace's first byte.  Takes fd, also on failure. */
int source_open_fd(int fd, const char *name, const struct source_options *opt, struct source **out,
		   struct err *err);

/*
 * A list of records held in memory, for tests and inline rule tests.  records and everything they
 * point at stay the caller's and must outlive the source.  Events are numbered from 1.
 */
int source_open_list(const struct record *records, size_t n, struct source **out, struct err *err);

#endif
