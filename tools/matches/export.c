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
		  "'run', run_id, 'trace', trace, 'evt_num', evt_num, 'process_id', process_id), "
		  "'message', message, 'output', output, 'output_fields', json(fields), "
		  "'priority', priority, 'rule', rule, 'source', source, 'tags', json(tags), "
		  "'time', utc) FROM (" MATCHES ")" },
	{ "csv",
	  "SELECT id, utc AS time, priority, rule, tags, hostname, trace, evt_num, tid, pid, "
	  "ppid, comm, exepath, cmdline, user, container_id, container_name, "
	  "container_image, message, fields FROM (" MATCHES ")" },
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

static int export(const struct query *q, const struct db *db, size_t form, struct err *err)
{
	sqlite3_stmt *st = NULL;
	int rc = query_prepare(q, db, forms[form].select, " ORDER BY ts_ns, id", &st, err);

	if (rc == 0)
		rc = form == 0 ? print_lines(db, st, err) : rows_print(db, st, ROWS_CSV, NULL, err);
	sqlite3_finalize(st);
	return rc;
}

static int set_form(const char *text, size_t *form, struct err *err)
{
	for (*form = 0; *form < sizeof forms / sizeof forms[0]; ++*form) {
		if (strcmp(text, forms[*form].name) == 0)
			return 0;
	}
	return err_set(err, ERR_USAGE, "option --format wants json or csv, not %s", text);
}

static int run(struct cli *c, struct err *err)
{
	struct db db = { 0 };
	struct query q;
	size_t form = 0;
	int key, rc = 0;

	query_init(&q);
	while (rc == 0 && (key = cli_next(c, err)) != 0) {
		if (key < 0)
			rc = -1;
		else if (key == KEY_FORMAT)
			rc = set_form(c->value, &form, err);
		else
			rc = query_option(&q, key, c, err);
	}
	if (rc == 0 && cli_operands(c, 0, 0, err) == 0 && db_open(&db, q.db, err) == 0)
		rc = export(&q, &db, form, err);
	else
		rc = -1;
	db_close(&db);
	query_deinit(&q);
	return rc;
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
	.run = run,
};
