/* What the names in a suite mean: its rules, its traces, what it requires. */
#ifndef SAKER_RULETEST_USES_H
#define SAKER_RULETEST_USES_H

#include "tools/ruletest/session.h"

/*
 * Is everything named there: "$NAME" an environment variable, else a path?  *why says what is not.
 */
int uses_require(struct arena *arena, const struct suite *suite, const struct sv_list *names,
		 struct sv *why, struct err *err);
/* Load the rules of a suite into run->book; run->skipped when a path to them is unknown. */
int uses_load_rules(struct session *s, struct suite_run *run, struct buf *said, struct err *err);
/* Fill in run->covered. */
int uses_cover(struct session *s, struct suite_run *run, struct err *err);
/* Fill in run->uses. */
int uses_add_traces(struct session *s, struct suite_run *run, struct err *err);

/* One of the tags; true without any. */
bool use_has_tag(const struct trace_spec *spec, const struct sv_list *tags);
/* By its name, its path, or a pattern of its name. */
bool use_is_called(const struct trace_use *use, struct sv pattern);

#endif
