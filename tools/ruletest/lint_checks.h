/* The checks of ruletest lint. */
#ifndef SAKER_RULETEST_LINT_CHECKS_H
#define SAKER_RULETEST_LINT_CHECKS_H

#include "engine/rules/ruleset.h"
#include "tools/ruletest/findings.h"

/* How the files are written: blanks, definitions that replace one another, old spellings. */
void lint_files(struct findings *f);
/* What the loader had to say. */
void lint_loader(struct findings *f, const struct diag_list *dl);
/* What the rules mean; they have been compiled. */
int lint_rules(struct findings *f, const struct ruleset *rs, struct err *err);

#endif
