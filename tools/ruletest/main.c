/* ruletest: are the rules right? */
#include "tools/ruletest/commands.h"

int main(int argc, char **argv)
{
	const struct cli_command commands[] = {
		ruletest_cmd_run,      ruletest_cmd_explain, ruletest_cmd_diff,
		ruletest_cmd_coverage, ruletest_cmd_profile, ruletest_cmd_tune,
		ruletest_cmd_record,   ruletest_cmd_lint,    ruletest_cmd_check,
		ruletest_cmd_describe,
	};
	const struct cli_program program = {
		.name = "ruletest",
		.help = "Check, describe and test rule files.",
		.commands = commands,
		.ncommands = sizeof commands / sizeof commands[0],
	};

	return cli_main(&program, argc, argv);
}
