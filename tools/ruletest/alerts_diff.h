/* Which alerts a change of rules brings, takes away, and words otherwise. */
#ifndef SAKER_RULETEST_ALERTS_DIFF_H
#define SAKER_RULETEST_ALERTS_DIFF_H

#include "tools/ruletest/plan.h"
#include "tools/ruletest/rulebook.h"

enum { ALERTS_MAX_EXAMPLES = 100 };

/* A match as the old (or new) rules tell it. */
struct alert_example {
	char sign;             /* '+' gained, '-' lost, '~' another text */
	struct hit hit, other; /* other: '~' the new text */
};

/* One rule on one trace. */
struct alert_change {
	struct sv rule;
	const struct trace *trace;
	uint64_t gained, lost, reworded;
	struct alert_example *examples;
	size_t n;
};

struct alerts_diff {
	struct plan plan;
	struct alert_change *items; /* by rule, then by trace */
	size_t n, cap;
	uint64_t gained, lost, reworded;
	uint64_t events;
};

/*
 * Compare on all traces of the plan's corpus.  Rules that are the same in both sets answer the
 * same: only the others are tried, old and new in one pass over each trace.
 */
int alerts_diff(struct alerts_diff *d, const struct rulebook *before, const struct rulebook *after,
		const struct cache *cache, size_t workers, size_t examples, struct err *err);
void alerts_diff_deinit(struct alerts_diff *d);

#endif
