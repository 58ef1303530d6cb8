/* matches export: everything, for other programs. */
#include "tools/matches/commands.h"
#include "tools/matches/query.h"
#include "tools/matches/rows.h"

#include <stdio.h>

enum { KEY_FORMAT = 256 };

/* A match with its trace, tags and fields; the fields as JSON shows them. */
#define MATCHES                                                                                    \
	"SELECT m.*, r.trace, r.hostname, u.source, "                                              \
	"replace(m.time, ' ', 'T') || 'Z' AS utc, "                                                \
	"substr(m.time, 12) || ': ' || m.priority || ' ' || m.message AS output, "                 \
	"(SELECT json_group_array(tag) FROM (SELECT tag FROM rule_tags t "                         \
	"WHERE t.rule_id = m.rule_id ORDER BY tag)) AS tags, "                                     \
	"(SELECT json_group_object(key, CASE WHEN value IS NULL THEN NULL "                        \
	"WHEN type = 'bool' THEN json(CASE value WHEN 0 THEN 'false' ELSE 'true' END) "            \
	"WHEN type LIKE '% list' THEN json(value) ELSE value END) "                                \
	"FROM (SELECT * FROM v_match_fields f WHERE f.match_id = m.id ORDER BY key)) AS fields "   \
	"FROM v_matches m JOIN v_runs r ON r.id = m.run_id JOIN rules u ON u.id = m.rule_id"

static const struct {
	const char *name, *select;
} forms[] = {
	/* Falco's keys and values; "match" is ours. */
	{ "json", "SELECT json_object('hostname', hostname, 'match', json_object('id', id, "
		  "'run', run_id, 'trace', trace, 'evt_num', evt_num, 'process_id', process_id, "
		  "'in_gap', json(CASE in_gap WHEN 1 THEN 'true' ELSE 'false' END)), "
		  "'message', message, 'output', output, 'output_fields', json(fields), "
		  "'priority', priority, 'rule', rule, 'source', source, 'tags', json(tags), "
		  "'time', utc) FROM (" MATCHES ")" },
	{ "csv",
	  "SELECT id, utc AS time, priority, rule, tags, hostname, trace, evt_num, tid, pid, "
	  "ppid, comm, exepath, cmdline, user, container_id, container_name, "
	  "container_image, in_gap, message, fields FROM (" MATCHES ")" },
};

static int print_lines(const struct db *db, sqlite3_stmt *st, struct err *err)
{
	int step;

	while ((step = db_step(db, st, err)) > 0) {
		if (puts(db_text(st, 0)) == EOF)
			return err_errno(err, "cannot write to standard output");
	}
	return step;
}

static int option(void *arg, int key, struct cli *c, struct err *err)
{
	size_t *form = arg;

	(void)key; /* there is only this one */
	for (*form = 0; *form < sizeof forms / sizeof forms[0]; ++*form) {
		if (strcmp(c->value, forms[*form].name) == 0)
			return 0;
	}
	return err_set(err, ERR_USAGE, "option --format wants json or csv, not %s", c->value);
}

static int export(void *arg, const struct query *q, const struct db *db, struct cli *c,
		  struct err *err)
{
	size_t form = *(const size_t *)arg;
	sqlite3_stmt *st = NULL;
	int rc = query_prepare(q, db, forms[form].select, " ORDER BY ts_ns, id", &st, err);

	(void)c;
	if (rc == 0)
		rc = form == 0 ? print_lines(db, st, err) : rows_print(db, st, ROWS_CSV, NULL, err);
	sqlite3_finalize(st);
	return rc;
}

static int run(struct cli *c, struct err *err)
{
	static const struct query_command command = { .option = option, .ask = export };
	size_t form = 0;

	return query_run(&command, &form, c, err);
}

static const struct cli_option options[] = {
	QUERY_OPTIONS,
	{ KEY_FORMAT, "format", "FORM",
	  "json (default): one object per line as Falco prints it, and \"match\" with\n"
	  "its id, run, trace and event; csv: fields are one column of JSON" },
};

const struct cli_command matches_cmd_export = {
	.name = "export",
	.operands = "",
	.help = "Write matches with all their fields for other programs.",
	.options = options,
	.noptions = sizeof options / sizeof options[0],
	.files = CLI_NAMES_NONE,
	.run = run,
};
