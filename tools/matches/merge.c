/* matches merge: one store of several. */
#include "format/base/arena.h"
#include "replay/store_merge.h"
#include "tools/matches/commands.h"
#include "tools/matches/db.h"

#include <stdio.h>
#include <sys/stat.h>

static int check_other(const char *out, const char *in, struct err *err)
{
	struct stat a, b;

	if (stat(out, &a) == 0 && stat(in, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino)
		return err_set(err, ERR_USAGE, "%s and %s are the same file", in, out);
	return 0;
}

static int confine_to(struct cli *c, struct err *err)
{
	struct arena names = { 0 };

	for (int i = 1; i < c->argc; i++)
		db_allow(c, c->argv[i], &names);
	cli_allow(c, c->argv[0], CONFINE_FOLDER); /* SQLite keeps its journal there */
	int rc = cli_confine(c, err);

	arena_deinit(&names);
	return rc;
}

static int run(struct cli *c, struct err *err)
{
	struct store_merged m;

	if (cli_next(c, err) != 0 || cli_operands(c, 2, -1, err) < 0)
		return -1;
	for (int i = 1; i < c->argc; i++) {
		if (check_other(c->argv[0], c->argv[i], err) < 0)
			return -1;
	}
	if (confine_to(c, err) < 0 ||
	    store_merge(c->argv[0], c->argv + 1, (size_t)c->argc - 1, &m, err) < 0)
		return -1;
	printf("%zu runs added, %zu replaced, %zu there already\n", m.added, m.replaced, m.present);
	return 0;
}

const struct cli_command matches_cmd_merge = {
	.name = "merge",
	.operands = "OUT IN...",
	.help = "Put the runs of several stores into one.",
	.details = "OUT is made if it is not there; the others stay as they are.  A run that is in "
		   "two of them\n"
		   "(the same trace, rules and options) is there once: the one that began later.",
	.files = CLI_NAMES_NONE,
	.run = run,
};
