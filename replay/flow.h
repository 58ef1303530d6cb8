/*
 * The records of one source through the engine, and what comes out of it: alerts and news of
 * processes, in order.
 */
#ifndef SAKER_REPLAY_FLOW_H
#define SAKER_REPLAY_FLOW_H

#include "replay/alert.h"
#include "replay/sink.h"

struct flow {
	/* Set by the caller. */
	struct ruleset *rules; /* may be NULL: state only */
	enum rule_matching matching;
	struct alerts *alerts; /* NULL without rules */
	uint64_t run;          /* another one for every trace: field_ctx.run */
	process_news_fn *news; /* NULL: nobody is interested */
	int (*alert)(void *arg, const struct alert *a, struct err *err);
	/* Asked now and then; false: stop, the trace is interrupted. */
	bool (*go_on)(void *arg, const struct trace_report *so_far, struct source_progress at);
	void *arg; /* of all three */

	/* The flow's own. */
	struct source *source;
	struct engine *engine;
	struct process_watch watch;
	struct trace_report *report;
	const struct record *rec;
	bool told;     /* news of rec are out */
	bool is_first; /* it begins where the trace does */
	bool spanned;  /* only a part of the trace is asked for */
	struct flow_span {
		bool entered;    /* an event of it has been seen */
		bool list_stale; /* who runs is to be told with the next one */
		bool host_stale; /* likewise the machine */
		size_t nmissing; /* losses known at the last of them */
		struct buf hostname;
	} in_span;
};

/*
 * Open the trace.  False: it cannot be read, report says why.  *report begins with its path and
 * must outlive the flow.
 *
 * With a span the report and the news are about its events alone.  What a source may leave out
 * makes no difference: news begin with who runs at its first event, and what cannot be told
 * without reading more than its events is not told.
 */
bool flow_open(struct flow *f, const char *path, const struct source_options *options,
	       struct trace_report *report);
/*
 * All of it, with a fresh state.  0 also for one that is damaged or was interrupted: the report
 * tells.  -1: alert or news failed, or memory ran out.  Names in the report live until flow_close.
 */
int flow_run(struct flow *f, struct err *err);
void flow_close(struct flow *f);

#endif
