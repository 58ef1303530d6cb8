/* matches list: one line per match. */
#include "tools/matches/commands.h"
#include "tools/matches/query.h"
#include "tools/matches/rows.h"

#include <inttypes.h>
#include <stdio.h>

enum { KEY_FORMAT = 256, KEY_LIMIT, LIMIT_DEFAULT = 50 };

/* A table for reading; everything there is for machines. */
static const char select_with_gaps[] =
	"SELECT id, substr(time, 1, 23) AS time, priority, rule, pid, comm AS process, "
	"CASE in_gap WHEN 1 THEN 'yes' ELSE '' END AS in_gap, message FROM v_matches";
static const char *const selects[] = {
	[ROWS_TABLE] = "SELECT id, substr(time, 1, 23) AS time, priority, rule, pid, "
		       "comm AS process, message FROM v_matches",
	[ROWS_JSON] = "SELECT * FROM v_matches",
	[ROWS_CSV] = "SELECT * FROM v_matches",
};

static int count_all(const struct query *q, const struct db *db, int64_t *n, struct err *err)
{
	sqlite3_stmt *st = NULL;
	int rc = query_prepare(q, db, "SELECT count(*) FROM v_matches", "", &st, err);

	if (rc == 0)
		rc = db_step(db, st, err) < 0 ? -1 : 0;
	*n = rc == 0 ? sqlite3_column_int64(st, 0) : 0;
	sqlite3_finalize(st);
	return rc;
}

/* Losses are rare: the column that tells of them is there when there are any. */
static int has_gaps(const struct db *db, bool *out, struct err *err)
{
	sqlite3_stmt *st = NULL;
	int rc = db_prepare(db, "SELECT EXISTS (SELECT 1 FROM gaps)", &st, err);

	if (rc == 0)
		rc = db_step(db, st, err) < 0 ? -1 : 0;
	*out = rc == 0 && sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	return rc;
}

struct list {
	enum rows_format format;
	uint64_t limit; /* 0: none */
};

static int option(void *arg, int key, struct cli *c, struct err *err)
{
	struct list *l = arg;

	if (key == KEY_FORMAT)
		return rows_format_parse(c->value, &l->format, err);
	return cli_number(c, "limit", 0, INT64_MAX, &l->limit, err);
}

static int list(void *arg, const struct query *q, const struct db *db, struct cli *c,
		struct err *err)
{
	const struct list *l = arg;
	sqlite3_stmt *st = NULL;
	uint64_t shown = 0;
	int64_t all;
	bool gaps = false;
	int rc = l->format == ROWS_TABLE ? has_gaps(db, &gaps, err) : 0;

	(void)c;
	if (rc == 0)
		rc = query_prepare(q, db, gaps ? select_with_gaps : selects[l->format],
				   " ORDER BY ts_ns, id LIMIT :limit", &st, err);
	if (rc == 0) {
		db_bind_i64(st, ":limit", l->limit ? (int64_t)l->limit : -1);
		rc = rows_print(db, st, l->format, &shown, err);
	}
	sqlite3_finalize(st);
	if (rc < 0 || l->limit == 0 || shown < l->limit)
		return rc;
	if (count_all(q, db, &all, err) < 0)
		return -1;
	if ((uint64_t)all > shown)
		fprintf(stderr, "%" PRIu64 " of %" PRId64 " matches; --limit 0 shows all\n", shown,
			all);
	return 0;
}

static int run(struct cli *c, struct err *err)
{
	static const struct query_command command = { .option = option, .ask = list };
	struct list l = { .limit = LIMIT_DEFAULT };

	return query_run(&command, &l, c, err);
}

static const struct cli_option options[] = {
	QUERY_OPTIONS,
	{ KEY_LIMIT, "limit", "N", "at most N matches (default 50, 0: all)" },
	{ KEY_FORMAT, "format", "FORM",
	  "table (default), json or csv; json is one object per line" },
};

const struct cli_command matches_cmd_list = {
	.name = "list",
	.operands = "",
	.help = "List matches in order of time.",
	.details = "A table is cut to the width of the terminal and shows the most important "
		   "columns;\n"
		   "JSON and CSV have all columns of the view v_matches.\n"
		   "\n"
		   "Examples:\n"
		   "  matches list --priority warning --from 2026-11-22T07:04\n"
		   "  matches list --search /etc/shadow --process cat --format json",
	.options = options,
	.noptions = sizeof options / sizeof options[0],
	.files = CLI_NAMES_NONE,
	.run = run,
};
