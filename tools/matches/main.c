/* matches: ask the match store. */
#include "tools/matches/commands.h"

#include <stdbool.h>
#include <string.h>

/* The option takes the word behind it, unless that is part of it. */
static int words_of_db_option(const char *arg)
{
	if (strcmp(arg, "--db") == 0)
		return 2;
	return strncmp(arg, "--db=", 5) == 0 ? 1 : 0;
}

/* "matches --db FILE list" is "matches list --db FILE": the store reads well in front, too. */
static void move_db_behind_command(int argc, char **argv)
{
	int n = argc > 1 ? words_of_db_option(argv[1]) : 0;

	if (n == 0 || argc <= n + 1)
		return;
	char *command = argv[n + 1];

	memmove(argv + 2, argv + 1, (size_t)n * sizeof *argv);
	argv[1] = command;
}

int main(int argc, char **argv)
{
	const struct cli_command commands[] = {
		matches_cmd_list,  matches_cmd_show,     matches_cmd_stats,
		matches_cmd_tree,  matches_cmd_timeline, matches_cmd_export,
		matches_cmd_merge, matches_cmd_sql,      matches_cmd_schema,
	};
	const struct cli_program program = {
		.name = "matches",
		.help = "Ask the store that replay --db fills.",
		.commands = commands,
		.ncommands = sizeof commands / sizeof commands[0],
	};

	move_db_behind_command(argc, argv);
	return cli_main(&program, argc, argv);
}
