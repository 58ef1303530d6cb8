/* The subcommands of ruletest, one file each. */
#ifndef SAKER_RULETEST_COMMANDS_H
#define SAKER_RULETEST_COMMANDS_H

#include "tools/common/cli.h"

extern const struct cli_command ruletest_cmd_check;
extern const struct cli_command ruletest_cmd_coverage;
extern const struct cli_command ruletest_cmd_describe;
extern const struct cli_command ruletest_cmd_diff;
extern const struct cli_command ruletest_cmd_explain;
extern const struct cli_command ruletest_cmd_lint;
extern const struct cli_command ruletest_cmd_profile;
extern const struct cli_command ruletest_cmd_record;
extern const struct cli_command ruletest_cmd_run;
extern const struct cli_command ruletest_cmd_tune;

#endif
