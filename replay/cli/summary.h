/* What replay says on standard error: progress while it works, a summary at the end. */
#ifndef SAKER_REPLAY_CLI_SUMMARY_H
#define SAKER_REPLAY_CLI_SUMMARY_H

#include "replay/pump.h"

/* The traces so far. */
struct tally {
	size_t traces, ntraces; /* begun; in all */
	uint64_t events, matches;
	uint64_t bytes_done, bytes_total; /* of the files; what is in work counts as not done */
	uint64_t begun_ns;                /* monotonic clock */
	uint64_t shown_ns;                /* when progress was last printed */
	bool line_shown;                  /* a progress line stands on the terminal */
};

/* For durations only: no output but a rate may depend on it. */
uint64_t monotonic_ns(void);

/* One line, rewritten in place; nothing more often than five times a second. */
void progress_show(struct tally *t, const struct trace_report *r, struct source_progress at);
void progress_clear(struct tally *t);

/* About one trace. */
void summary_trace(struct buf *b, const struct trace_report *r);
/* About all; how long it took only if asked: output must not depend on the clock. */
void summary_total(struct buf *b, const struct tally *t, const struct pump *p, bool with_rate);

#endif
