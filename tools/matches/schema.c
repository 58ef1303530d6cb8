/* matches schema: what the store is made of. */
#include "tools/matches/commands.h"

#include "replay/store.h"

#include <stdio.h>

static int run(struct cli *c, struct err *err)
{
	if (cli_next(c, err) != 0 || cli_operands(c, 0, 0, err) < 0)
		return -1;
	if (fputs(store_schema_sql, stdout) == EOF)
		return err_errno(err, "cannot write to standard output");
	return 0;
}

const struct cli_command matches_cmd_schema = {
	.name = "schema",
	.operands = "",
	.help = "Print the SQL that makes a store, with a comment for every table and column.",
	.files = CLI_UNCONFINED,
	.run = run,
};
