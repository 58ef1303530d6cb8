/* scap: the toolbox for traces. */
#include "tools/scap/commands.h"

int main(int argc, char **argv)
{
	const struct cli_command commands[] = {
		scap_cmd_cat,     scap_cmd_hunt,   scap_cmd_info,    scap_cmd_state,
		scap_cmd_convert, scap_cmd_slice,  scap_cmd_split,   scap_cmd_merge,
		scap_cmd_redact,  scap_cmd_verify, scap_cmd_recover, scap_cmd_keygen,
		scap_cmd_sign,
	};
	const struct cli_program program = {
		.name = "scap",
		.help = "Look into traces of kernel events and turn them into other forms.",
		.commands = commands,
		.ncommands = sizeof commands / sizeof commands[0],
	};

	return cli_main(&program, argc, argv);
}
