/* matches stats: how much of what. */
#include "tools/matches/commands.h"
#include "tools/matches/query.h"
#include "tools/matches/rows.h"

enum { KEY_FORMAT = 256, KEY_TOP, TOP_DEFAULT = 10 };

/* A time in ns as "2026-11-22 07:04:19.845". */
#define TIME(ns)                                                                                   \
	"strftime('%Y-%m-%d %H:%M:%S', " ns " / 1000000000, 'unixepoch') || "                      \
	"printf('.%03d', " ns " / 1000000 % 1000)"

/* One table each: its name, and what stands before and behind the query's WHERE. */
static const struct section {
	const char *name, *select, *rest;
} sections[] = {
	{ "runs", "WITH m AS (SELECT run_id, count(*) AS n FROM v_matches",
	  " GROUP BY run_id) SELECT r.id AS run, r.trace, r.hostname AS host, r.outcome, r.events, "
	  "coalesce(m.n, 0) AS matches, " TIME(
		  "r.first_ns") " AS first, "
				"printf('%.3f', (r.last_ns - r.first_ns) / 1e9) AS "
				"seconds, r.losses "
				"FROM v_runs r LEFT JOIN m ON m.run_id = r.id ORDER BY "
				"r.id LIMIT :top" },
	{ "priorities",
	  "SELECT priority, count(*) AS matches, count(DISTINCT rule) AS rules FROM v_matches",
	  " GROUP BY priority_id ORDER BY priority_id LIMIT :top" },
	{ "rules",
	  "SELECT rule, priority, matches, processes, " TIME("first_ns") " AS first, " TIME(
		  "last_ns") " AS last FROM (SELECT rule, priority, priority_id, count(*) AS "
			     "matches, "
			     "count(DISTINCT process_id) AS processes, min(ts_ns) AS first_ns, "
			     "max(ts_ns) AS last_ns "
			     "FROM v_matches",
	  " GROUP BY rule, priority_id) ORDER BY matches DESC, priority_id, rule LIMIT :top" },
	{ "processes",
	  "SELECT comm AS process, pid, user, count(*) AS matches, count(DISTINCT rule) AS rules, "
	  "max(id) AS last_match, cmdline FROM v_matches",
	  " GROUP BY process_id ORDER BY matches DESC, min(id) LIMIT :top" },
	{ "containers",
	  "SELECT container_id AS container, container_name AS name, container_image AS image, "
	  "count(*) AS matches, count(DISTINCT rule) AS rules FROM v_matches",
	  " GROUP BY container_id HAVING container_id IS NOT NULL ORDER BY matches DESC, 1 "
	  "LIMIT :top" },
};

static int print_section(const struct section *s, const struct query *q, const struct db *db,
			 enum rows_format format, uint64_t top, bool first, struct err *err)
{
	sqlite3_stmt *st = NULL;
	int rc = query_prepare(q, db, s->select, s->rest, &st, err);

	if (rc == 0) {
		db_bind_i64(st, ":top", top ? (int64_t)top : -1);
		rc = rows_print_named(s->name, db, st, format, first, err);
	}
	sqlite3_finalize(st);
	return rc;
}

struct stats {
	enum rows_format format;
	uint64_t top; /* 0: all */
};

static int option(void *arg, int key, struct cli *c, struct err *err)
{
	struct stats *s = arg;

	if (key == KEY_FORMAT)
		return rows_format_parse(c->value, &s->format, err);
	return cli_number(c, "top", 0, INT64_MAX, &s->top, err);
}

static int stats(void *arg, const struct query *q, const struct db *db, struct cli *c,
		 struct err *err)
{
	const struct stats *s = arg;
	int rc = 0;

	(void)c;
	for (size_t i = 0; i < sizeof sections / sizeof sections[0] && rc == 0; i++)
		rc = print_section(&sections[i], q, db, s->format, s->top, i == 0, err);
	return rc;
}

static int run(struct cli *c, struct err *err)
{
	static const struct query_command command = { .option = option, .ask = stats };
	struct stats s = { .top = TOP_DEFAULT };

	return query_run(&command, &s, c, err);
}

static const struct cli_option options[] = {
	QUERY_OPTIONS,
	{ KEY_TOP, "top", "N", "the N largest of each kind (default 10, 0: all)" },
	{ KEY_FORMAT, "format", "FORM",
	  "table (default), json or csv; json is one object per line" },
};

const struct cli_command matches_cmd_stats = {
	.name = "stats",
	.operands = "",
	.help = "Count matches by run, priority, rule, process and container.",
	.options = options,
	.noptions = sizeof options / sizeof options[0],
	.files = CLI_NAMES_NONE,
	.run = run,
};
