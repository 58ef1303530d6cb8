/* Rule sets that are loaded once, however many ask for the same files. */
#ifndef SAKER_RULETEST_RULEBOOK_H
#define SAKER_RULETEST_RULEBOOK_H

#include "engine/rules/ruleset.h"
#include "engine/rules/vec.h"
#include "format/base/err.h"

struct rulebook {
	struct sv key; /* the paths, a line each */
	struct ruleset *rules;
	struct diag_list diags;
};

/* Index of a rule by its name; -1: there is none. */
ptrdiff_t rulebook_find(const struct rulebook *b, struct sv rule);

struct rulebooks {
	struct arena arena;
	struct rulebook **items;
	size_t n, cap;
};

/*
 * The rule set of these files and directories, which are read in this order.  ERR_CHECK: they are
 * wrong; what is wrong with them was appended to *said as text.
 */
int rulebooks_get(struct rulebooks *all, const struct sv *paths, size_t n,
		  const struct rulebook **out, struct buf *said, struct err *err);
void rulebooks_deinit(struct rulebooks *all);

/* One rule set from a command line's operands; errors in it are printed to stderr. */
int rulebook_load(struct rulebooks *all, const struct sv_list *paths, const struct rulebook **out,
		  struct err *err);

#endif
