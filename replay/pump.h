/*
 * One trace from its source through the engine into the sinks.
 */
#ifndef SAKER_REPLAY_PUMP_H
#define SAKER_REPLAY_PUMP_H

#include "replay/match_times.h"
#include "replay/sink.h"

#include <signal.h>

struct pump {
	struct ruleset *rules; /* may be NULL: state only */
	enum rule_matching matching;
	struct sink **sinks;
	size_t nsinks;
	bool wants_values, wants_news; /* the sinks do; found out by pump_init */
	struct alerts *alerts;         /* made by pump_init */
	uint64_t *by_rule;             /* matches per rule over all traces, in load order */
	uint64_t runs;                 /* traces begun */
	struct match_times times;      /* of the trace being replayed */
	/* Called every so often; may be NULL. */
	void (*progress)(void *arg, const struct trace_report *so_far, struct source_progress at);
	void *arg;
	const volatile sig_atomic_t *stop; /* set by a signal handler: end orderly; may be NULL */
};

/* Prepare what the fields above ask for.  pump_deinit is needed after a failure, too. */
int pump_init(struct pump *p, struct err *err);
void pump_deinit(struct pump *p);

/*
 * Replay one trace with a fresh state.  0 also for a trace that cannot be opened, is damaged or was
 * interrupted: *out tells.  -1: a sink failed, or memory ran out.  trace_report_deinit is needed
 * in any case.
 */
int pump_trace(struct pump *p, const char *path, struct trace_report *out, struct err *err);

#endif
