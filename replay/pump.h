/*
 * Traces from their sources through the engine into the sinks: one after the other, or parts of
 * them at the same time.  What the sinks get is the same.
 */
#ifndef SAKER_REPLAY_PUMP_H
#define SAKER_REPLAY_PUMP_H

#include "replay/match_times.h"
#include "replay/sink.h"

#include <signal.h>

struct pump {
	struct ruleset *rules; /* may be NULL: state only */
	enum rule_matching matching;
	struct span span; /* the part of each trace that is asked for; {0}: all */
	struct sink **sinks;
	size_t nsinks;
	struct alerts *alerts;         /* made by pump_init */
	uint64_t *by_rule;             /* matches per rule over all traces, in load order */
	uint64_t runs;                 /* traces begun */
	struct column_need need;       /* of state, rules and sinks; likewise */
	struct match_times times;      /* of the trace being replayed */
	bool wants_values, wants_news; /* the sinks do; found out by pump_init */
	/* Called every so often; may be NULL. */
	void (*progress)(void *arg, const struct trace_report *so_far, struct source_progress at);
	/* A trace is about to be read, and is done, *r being as at its end.  May be NULL. */
	void (*begun)(void *arg);
	void (*done)(void *arg, const struct trace_report *r);
	/*
	 * Another compiled copy of `rules`, which the pump frees: every thread needs one of its
	 * own, and calls this.  NULL: everything is replayed by one thread.
	 */
	struct ruleset *(*copy_rules)(void *arg, struct err *err);
	void *arg;            /* of all of these */
	unsigned jobs;        /* threads that replay; 0 and 1: the caller's alone */
	uint64_t part_events; /* that make a part of a trace worth its thread; 0: the usual */
	const volatile sig_atomic_t *stop; /* set by a signal handler: end orderly; may be NULL */
};

/* Prepare what the fields above ask for.  pump_deinit is needed after a failure, too. */
int pump_init(struct pump *p, struct err *err);
void pump_deinit(struct pump *p);

/*
 * Replay these traces, each with a fresh state, until the pump is to stop.  0 also for those that
 * cannot be opened, are damaged or interrupted: `done` is told.  -1: a sink failed, or memory ran
 * out.
 */
int pump_run(struct pump *p, char *const *paths, size_t n, struct err *err);
/* One trace by this thread.  trace_report_deinit is needed in any case. */
int pump_trace(struct pump *p, const char *path, struct trace_report *out, struct err *err);

#endif
