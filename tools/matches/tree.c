/* matches tree: the processes behind matches. */
#include "tools/matches/commands.h"
#include "tools/matches/family.h"
#include "tools/matches/query.h"

#include "tools/common/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Every process that alerted and everybody above it.  UNION ends circles. */
static const char alerted_head[] = "WITH RECURSIVE up (id) AS (SELECT process_id FROM ("
				   "SELECT DISTINCT process_id FROM v_matches";
static const char alerted_tail[] =
	") WHERE process_id IS NOT NULL UNION SELECT p.parent_id FROM up "
	"JOIN processes p ON p.id = up.id WHERE p.parent_id IS NOT NULL) "
	"SELECT id FROM up ORDER BY id";

/* One process, everybody above it and everybody below. */
static const char related_sql[] =
	"WITH RECURSIVE up (id) AS (SELECT :process UNION SELECT p.parent_id FROM up "
	"JOIN processes p ON p.id = up.id WHERE p.parent_id IS NOT NULL), "
	"down (id) AS (SELECT :process UNION SELECT c.id FROM down "
	"JOIN processes c ON c.parent_id = down.id) "
	"SELECT id FROM up UNION SELECT id FROM down ORDER BY id";

static int process_of(const struct db *db, int64_t match, int64_t *process, struct err *err)
{
	sqlite3_stmt *st = NULL;
	int rc = db_prepare(db, "SELECT process_id FROM v_matches WHERE id = :id", &st, err);

	if (rc == 0) {
		db_bind_i64(st, ":id", match);
		rc = db_step(db, st, err);
		if (rc == 0)
			rc = err_set(err, ERR_USAGE, "there is no match %" PRId64, match);
	}
	*process = rc > 0 ? sqlite3_column_int64(st, 0) : 0;
	sqlite3_finalize(st);
	if (rc > 0 && !*process)
		return err_set(err, ERR_CHECK, "match %" PRId64 " belongs to no known process",
			       match);
	return rc < 0 ? -1 : 0;
}

static int print(const struct db *db, sqlite3_stmt *ids, int64_t mark, struct err *err)
{
	struct family f = { 0 };
	struct buf b = { 0 };
	bool cut;
	int rc = family_load(&f, db, ids, true, &cut, err);

	if (rc == 0) {
		family_print(&f, mark, terminal_width(STDOUT_FILENO), &b);
		if (b.failed)
			rc = err_set(err, ERR_NOMEM, "out of memory");
		buf_write(&b, stdout);
	}
	if (rc == 0 && cut)
		fprintf(stderr, "only the first %d processes are shown\n", FAMILY_MAX);
	family_deinit(&f);
	buf_deinit(&b);
	return rc;
}

static int tree(void *arg, const struct query *q, const struct db *db, struct cli *c,
		struct err *err)
{
	const char *id = c->argc ? c->argv[0] : NULL;
	sqlite3_stmt *st = NULL;
	int64_t process = 0;
	char *end;
	int rc;

	(void)arg;
	if (id) {
		int64_t match = strtoll(id, &end, 10);

		if (end == id || *end)
			return err_set(err, ERR_USAGE, "not the number of a match: %s", id);
		if (process_of(db, match, &process, err) < 0)
			return -1;
		rc = db_prepare(db, related_sql, &st, err);
		if (rc == 0)
			db_bind_i64(st, ":process", process);
	} else {
		rc = query_prepare(q, db, alerted_head, alerted_tail, &st, err);
	}
	if (rc == 0)
		rc = print(db, st, process, err);
	sqlite3_finalize(st);
	return rc;
}

static int run(struct cli *c, struct err *err)
{
	static const struct query_command command = { .ask = tree, .max_operands = 1 };

	return query_run(&command, NULL, c, err);
}

static const struct cli_option options[] = { QUERY_OPTIONS };

const struct cli_command matches_cmd_tree = {
	.name = "tree",
	.operands = "[ID]",
	.help = "Draw the processes around a match, or those behind all matches.",
	.details = "With the number of a match: its process (>>), the ones above it and all below "
		   "it.\n"
		   "Without: every process with a match that the options select, and those above.\n"
		   "\n"
		   "A line shows pid, user, and what the process ran: \"=>\" is an execve.  Below "
		   "it,\n"
		   "\"* #12 Warning: ...\" are its alerts: match 12 is the first of that rule.",
	.options = options,
	.noptions = sizeof options / sizeof options[0],
	.files = CLI_NAMES_NONE,
	.run = run,
};
