/* The subcommands of matches, one file each. */
#ifndef SAKER_MATCHES_COMMANDS_H
#define SAKER_MATCHES_COMMANDS_H

#include "tools/common/cli.h"

extern const struct cli_command matches_cmd_list;
extern const struct cli_command matches_cmd_show;
extern const struct cli_command matches_cmd_stats;
extern const struct cli_command matches_cmd_tree;
extern const struct cli_command matches_cmd_timeline;
extern const struct cli_command matches_cmd_export;
extern const struct cli_command matches_cmd_merge;
extern const struct cli_command matches_cmd_sql;
extern const struct cli_command matches_cmd_schema;

#endif
