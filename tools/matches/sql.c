/* matches sql: any question in SQL. */
#include "tools/matches/commands.h"
#include "tools/matches/rows.h"

#include <ctype.h>

enum { KEY_DB = 256, KEY_FORMAT };

/* Exactly one statement: what stands behind it would be left out without a word. */
static int check_rest(const char *rest, struct err *err)
{
	while (isspace((unsigned char)*rest) || *rest == ';')
		rest++;
	return *rest ? err_set(err, ERR_USAGE, "one statement at a time") : 0;
}

static int ask(const struct db *db, const char *sql, enum rows_format format, struct err *err)
{
	sqlite3_stmt *st = NULL;
	const char *rest;

	if (sqlite3_prepare_v2(db->h, sql, -1, &st, &rest) != SQLITE_OK)
		return db_fail(db, err);
	int rc = !st ? err_set(err, ERR_USAGE, "ask what?") : check_rest(rest, err);

	if (rc == 0)
		rc = rows_print(db, st, format, NULL, err);
	sqlite3_finalize(st);
	return rc;
}

static int run(struct cli *c, struct err *err)
{
	enum rows_format format = ROWS_TABLE;
	const char *path = "matches.db";
	struct db db = { 0 };
	int key, rc = 0;

	while (rc == 0 && (key = cli_next(c, err)) != 0) {
		if (key < 0)
			rc = -1;
		else if (key == KEY_FORMAT)
			rc = rows_format_parse(c->value, &format, err);
		else
			path = c->value;
	}
	if (rc == 0 && cli_operands(c, 1, 1, err) == 0 && db_open(&db, path, c, err) == 0)
		rc = ask(&db, c->argv[0], format, err);
	else
		rc = -1;
	db_close(&db);
	return rc;
}

static const struct cli_option options[] = {
	{ KEY_DB, "db", "FILE", "the store to ask (default matches.db)" },
	{ KEY_FORMAT, "format", "FORM",
	  "table (default), json or csv; json is one object per line" },
};

const struct cli_command matches_cmd_sql = {
	.name = "sql",
	.operands = "QUERY",
	.help = "Ask a question in SQL; the store is opened for reading only.",
	.details = "\"matches schema\" describes tables and views.  Good ones to begin with:\n"
		   "  v_matches  v_match_fields  v_alerts_by_rule  v_process_tree  v_runs\n"
		   "\n"
		   "Example:\n"
		   "  matches sql \"SELECT value, count(*) FROM v_match_fields\n"
		   "               WHERE key = 'fd.name' GROUP BY 1 ORDER BY 2 DESC\"",
	.options = options,
	.noptions = sizeof options / sizeof options[0],
	.files = CLI_NAMES_NONE,
	.run = run,
};
