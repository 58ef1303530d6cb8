/* What differs between two rule sets in meaning, whatever the files look like. */
#ifndef SAKER_RULETEST_RULES_DIFF_H
#define SAKER_RULETEST_RULES_DIFF_H

#include "tools/ruletest/rulebook.h"

enum change_kind { CHANGE_ADDED, CHANGE_REMOVED, CHANGE_CHANGED };
enum thing_kind { THING_RULE, THING_MACRO, THING_LIST };

/* One line of a change: a clause, an item, or a property with its values. */
struct change_line {
	char sign; /* '+', '-', ' ' */
	struct sv text;
};

struct change {
	enum thing_kind thing;
	enum change_kind kind;
	struct sv name;
	struct change_line *lines;
	size_t n, cap;
};

struct rules_diff {
	struct arena arena;
	struct change *items; /* rules, macros, lists, each by name of first definition */
	size_t n, cap;
};

int rules_diff(struct rules_diff *d, const struct rulebook *before, const struct rulebook *after,
	       struct err *err);
void rules_diff_deinit(struct rules_diff *d);

const char *thing_name(enum thing_kind kind);
const char *change_name(enum change_kind kind);

#endif
