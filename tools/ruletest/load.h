/* Loading rule files one after the other, as every subcommand does. */
#ifndef SAKER_RULETEST_LOAD_H
#define SAKER_RULETEST_LOAD_H

#include "engine/rules/ruleset.h"
#include "replay/inputs.h"
#include "tools/common/cli.h"

/*
 * Add the files that the operands mean, directories included, to rs, all of them even after an
 * error in one; what there is to say about them is in *dl.  -1 when a file cannot be read.
 */
int load_rule_files(struct ruleset *rs, char **operands, int n, struct diag_list *dl,
		    struct err *err);
/* Only which ones these are. */
int find_rule_files(struct inputs *out, char **operands, int n, struct err *err);
/* load_rule_files of the operands of a command, in a process confined to them. */
int load_operands(struct ruleset *rs, struct cli *c, struct diag_list *dl, struct err *err);

#endif
