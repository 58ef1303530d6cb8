/* The rules and traces that a command is about: -r RULES... TRACE... */
#ifndef SAKER_RULETEST_SUBJECT_H
#define SAKER_RULETEST_SUBJECT_H

#include "tools/common/cli.h"
#include "tools/ruletest/corpus.h"
#include "tools/ruletest/rulebook.h"
#include "tools/ruletest/suite.h"

struct subject {
	struct arena arena;
	struct sv_list paths; /* of rule files; with a NUL */
	struct rulebooks books;
	const struct rulebook *book;
	const struct rule *rules;
	size_t nrules;
	bool takes_suites; /* as operands, for the traces in them */
	struct suites suites;
	struct corpus corpus;
	/* All rules that are enabled, tried together: probe i is rules[number[i]]. */
	struct panel *panel;
	size_t *number;
	size_t n;
};

#define SUBJECT_RULES_OPTION                                                                       \
	{                                                                                          \
		'r', "rules", "FILE", "a rule file or directory; may be given several times"       \
	}

/* The option above: the files that it means. */
int subject_take_rules(struct subject *s, const char *path, struct err *err);
/*
 * Load the rules, find the traces (operands) and confine the process to them; what is wrong with
 * rules goes to stderr.
 */
int subject_open(struct subject *s, struct cli *c, struct err *err);
void subject_close(struct subject *s);

/* Make `panel`. */
int subject_panel(struct subject *s, struct err *err);
/* Play one trace; a damaged one counts as far as it goes, and is told on stderr. */
int subject_play(const struct trace *t, struct panel *panel, const struct panel_watch *watch,
		 struct trace_span *span, struct err *err);

#endif
