/*
 * The options that replay and rec share: which of the loaded rules count, which of them alerts, and
 * what alerts tell besides.
 */
#ifndef SAKER_TOOLS_RULE_OPTIONS_H
#define SAKER_TOOLS_RULE_OPTIONS_H

#include "engine/engine.h"
#include "tools/common/cli.h"

/* Values of an option that may be repeated.  The texts are those of the command line. */
struct words {
	struct sv *items;
	size_t n;
};

struct rule_options {
	struct words tags_on, tags_off; /* -t, -T */
	struct words rules_off;         /* -D */
	struct words extra_fields;      /* --extra-field */
	enum priority min_priority;     /* --priority */
	enum rule_matching matching;    /* --rule-matching */
};

/* What no option has changed: all rules, all of which alert. */
#define RULE_OPTIONS_INIT                                                                          \
	{                                                                                          \
		.min_priority = PRIO_DEBUG, .matching = MATCH_ALL                                  \
	}

/* Keys for the table of options, beside 't', 'T' and 'D'. */
enum { RULE_OPTION_EXTRA_FIELD = 1 << 16, RULE_OPTION_PRIORITY, RULE_OPTION_MATCHING };

/* Take the option that cli_next returned last; any other key is ignored. */
int rule_options_take(struct rule_options *o, int key, const struct cli *c, struct err *err);
void rule_options_deinit(struct rule_options *o);

/* For loading rules; borrows from *o. */
struct ruleset_selection rule_options_selection(const struct rule_options *o);

#endif
