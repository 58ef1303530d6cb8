/*
 * A match in words: what every sink prints or stores, rendered once.
 */
#ifndef SAKER_REPLAY_ALERT_H
#define SAKER_REPLAY_ALERT_H

#include "engine/engine.h"
#include "replay/process_news.h"

/* One entry of Falco's "output_fields": what it is, whatever the event. */
struct alert_key {
	struct sv name;
	const struct format_field *field;
	bool of_match;  /* evt.num, evt.time: told by the match itself */
	bool of_thread; /* changes with the thread only */
};

/* Everything borrowed until the next alert is rendered. */
struct alert {
	const struct rule *rule;
	uint32_t rule_index; /* in load order */
	uint64_t num, ts_ns;
	int64_t tid;
	bool has_process; /* else nothing is known of who did it */
	struct lineage process;
	struct sv hostname;
	struct sv prefix;  /* "13:53:31.726060287: Critical": local time is UTC */
	struct sv message; /* the rule's output; any bytes */
	/* Ascending keys, and one JSON value for each; none unless asked for. */
	const struct alert_key *keys;
	const struct sv *values;
	size_t nvalues;
};

struct alerts; /* templates of all rules, prepared */

/* with_values: output_fields are needed.  rs is borrowed. */
int alerts_new(const struct ruleset *rs, bool with_values, struct alerts **out, struct err *err);
void alerts_free(struct alerts *a);
/* Of *out all that the rule alone decides: rule, keys, number of values.  False: no such rule. */
bool alerts_of_rule(const struct alerts *a, uint32_t rule_index, struct alert *out);
int alerts_render(struct alerts *a, const struct match *m, struct alert *out, struct err *err);

#endif
