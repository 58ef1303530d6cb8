/* What of a rule set has been seen to hold on a corpus: rules, checks, items of lists. */
#ifndef SAKER_RULETEST_SEEN_H
#define SAKER_RULETEST_SEEN_H

#include "tools/ruletest/subject.h"
#include "tools/ruletest/verdict.h"

struct seen_rule {
	const struct rule *rule;
	struct anatomy anatomy;
	bool *held;      /* per part: ever */
	bool *negated;   /* per part: it takes away from the rule */
	bool complete;   /* every check has held: nothing more to see */
	uint64_t looked; /* at events of its types, while not complete */
	uint64_t matches;
};

struct seen_list {
	const struct list_item *list;
	bool *hit;
	bool used; /* by a rule that is enabled */
};

/* A tag that names a technique or tactic of ATT&CK. */
struct seen_tag {
	struct sv name;
	uint64_t rules, answered, matches;
};

/* One item of a check with a list: a condition of its own, tried when the check holds. */
struct seen_item {
	uint32_t id; /* in items */
	struct sv text;
	bool hit;
};

struct seen_check {
	struct seen_item *items; /* NULL: no list, or all have been hit */
	size_t n, left;
	const struct origin *lists;
	size_t nlists;
};

struct seen {
	struct subject *subject;
	struct arena arena;
	struct seen_rule *rules; /* enabled ones */
	size_t n;
	struct seen_list *lists;
	size_t nlists;
	struct seen_tag *tags; /* sorted */
	size_t ntags, cap_tags;
	uint64_t *by_trace; /* matches */
	uint64_t events;
	/* while looking */
	struct program *items;
	struct seen_check *checks; /* by number of the check in the panel's program */
	uint32_t nchecks;
	size_t trace;
};

/* Play all traces of the subject, which is open. */
int seen_collect(struct seen *s, struct err *err);
void seen_deinit(struct seen *s);

#endif
