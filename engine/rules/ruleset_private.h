/* The inside of a ruleset, for those who describe it. */
#ifndef SAKER_RULES_RULESET_PRIVATE_H
#define SAKER_RULES_RULESET_PRIVATE_H

#include "engine/rules/compile.h"
#include "engine/rules/ruleset.h"

struct ruleset {
	struct collection collected;
	struct arena kept;         /* of compiled and those before it */
	struct compiled *compiled; /* after the last file; NULL if it failed */
	bool failed;
	/* by ruleset_compile */
	struct arena arena;
	struct program *program;
	struct rule *rules; /* one for one as in compiled */
	size_t nrules;
	const struct rule **by_condition;
	size_t nconditions;
	struct format *extra;
	struct list_item *lists;
	struct macro_item *macros;
};

#endif
