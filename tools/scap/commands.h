/* The subcommands of scap, one file each. */
#ifndef SAKER_SCAP_COMMANDS_H
#define SAKER_SCAP_COMMANDS_H

#include "tools/common/cli.h"

extern const struct cli_command scap_cmd_cat;
extern const struct cli_command scap_cmd_hunt;
extern const struct cli_command scap_cmd_info;
extern const struct cli_command scap_cmd_convert;
extern const struct cli_command scap_cmd_verify;
extern const struct cli_command scap_cmd_recover;
extern const struct cli_command scap_cmd_keygen;
extern const struct cli_command scap_cmd_sign;
extern const struct cli_command scap_cmd_state;
extern const struct cli_command scap_cmd_slice;
extern const struct cli_command scap_cmd_split;
extern const struct cli_command scap_cmd_merge;
extern const struct cli_command scap_cmd_redact;

#endif
