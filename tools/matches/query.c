#include "tools/matches/query.h"

#include "engine/rules/ruleset.h"
#include "tools/common/when.h"

#include <string.h>

enum {
	Q_DB = QUERY_KEYS,
	Q_RULE,
	Q_PRIORITY,
	Q_TAG,
	Q_FROM,
	Q_TO,
	Q_PROCESS,
	Q_PID,
	Q_CONTAINER,
	Q_SEARCH,
	Q_TRACE,
	Q_RUN,
};

static void query_init(struct query *q)
{
	*q = (struct query){ .db = "matches.db", .priority = -1, .pid = -1, .run = -1 };
}

static void query_deinit(struct query *q)
{
	buf_deinit(&q->search);
}

/* Each word a phrase (FTS5 splits it at what is no letter), found by its beginning, all wanted. */
static int set_search(struct query *q, const char *text, struct err *err)
{
	static const char blanks[] = " \t\r\n";

	buf_clear(&q->search);
	for (text += strspn(text, blanks); *text; text += strspn(text, blanks)) {
		size_t n = strcspn(text, blanks);

		buf_puts(&q->search, q->search.n ? " AND \"" : "\"");
		for (size_t i = 0; i < n; i++) {
			buf_putc(&q->search, text[i]);
			if (text[i] == '"')
				buf_putc(&q->search, '"');
		}
		buf_puts(&q->search, "\" *");
		text += n;
	}
	if (q->search.failed)
		return err_set(err, ERR_NOMEM, "out of memory");
	return q->search.n ? 0 : err_set(err, ERR_USAGE, "search for what?");
}

static int set_number(struct cli *c, const char *option, int64_t *out, struct err *err)
{
	uint64_t v;

	if (cli_number(c, option, 0, INT64_MAX, &v, err) < 0)
		return -1;
	*out = (int64_t)v;
	return 0;
}

static int set_priority(struct query *q, const char *text, struct err *err)
{
	enum priority p;

	if (!priority_parse(sv_of(text), &p))
		return err_set(err, ERR_USAGE, "no such priority: %s", text);
	q->priority = (int64_t)p;
	return 0;
}

static int query_option(struct query *q, int key, struct cli *c, struct err *err)
{
	switch (key) {
	case Q_DB:
		q->db = c->value;
		break;
	case Q_RULE:
		q->rule = c->value;
		break;
	case Q_PRIORITY:
		return set_priority(q, c->value, err);
	case Q_TAG:
		q->tag = c->value;
		break;
	case Q_FROM:
		return when_parse(c->value, &q->from_ns, err);
	case Q_TO:
		return when_parse(c->value, &q->to_ns, err);
	case Q_PROCESS:
		q->process = c->value;
		break;
	case Q_PID:
		return set_number(c, "pid", &q->pid, err);
	case Q_CONTAINER:
		q->container = c->value;
		break;
	case Q_SEARCH:
		return set_search(q, c->value, err);
	case Q_TRACE:
		q->trace = c->value;
		break;
	case Q_RUN:
		return set_number(c, "run", &q->run, err);
	}
	return 0;
}

/*
 * Terms name indexed columns of matches where they can.  instr() takes the text as it is, where
 * LIKE would see '%' and '_'.
 */
static void query_where(const struct query *q, struct buf *sql)
{
	const struct {
		bool wanted;
		const char *sql;
	} terms[] = {
		{ q->rule, "rule_id IN (SELECT id FROM rules "
			   "WHERE instr(lower(name), lower(:rule)))" },
		{ q->priority >= 0, "priority_id <= :priority" },
		{ q->tag, "rule_id IN (SELECT rule_id FROM rule_tags WHERE tag = :tag)" },
		{ q->from_ns, "ts_ns >= :from" },
		{ q->to_ns, "ts_ns < :to" },
		{ q->process, "program_id IN (SELECT id FROM programs WHERE comm = :process)" },
		{ q->pid >= 0, "program_id IN (SELECT g.id FROM processes c "
			       "JOIN programs g ON g.process_id = c.id WHERE c.pid = :pid)" },
		{ q->container, "(container_name = :container OR "
				"substr(container_id, 1, length(:container)) = :container)" },
		{ q->search.n, "message_id IN (SELECT rowid FROM message_search "
			       "WHERE message_search MATCH :search)" },
		{ q->trace, "run_id IN (SELECT id FROM v_runs WHERE instr(trace, :trace) OR "
			    "substr(trace_sha256, 1, length(:trace)) = :trace)" },
		{ q->run >= 0, "run_id = :run" },
	};
	const char *joint = " WHERE ";

	for (size_t i = 0; i < sizeof terms / sizeof terms[0]; i++) {
		if (!terms[i].wanted)
			continue;
		buf_puts(sql, joint);
		buf_puts(sql, terms[i].sql);
		joint = " AND ";
	}
}

static void query_bind(const struct query *q, sqlite3_stmt *st)
{
	const struct {
		const char *name, *value;
	} texts[] = { { ":rule", q->rule },
		      { ":tag", q->tag },
		      { ":process", q->process },
		      { ":container", q->container },
		      { ":trace", q->trace } };

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		db_bind_text(st, texts[i].name, texts[i].value);
	int search = sqlite3_bind_parameter_index(st, ":search");

	if (search)
		sqlite3_bind_text64(st, search, q->search.p, q->search.n, SQLITE_TRANSIENT,
				    SQLITE_UTF8);
	db_bind_i64(st, ":priority", q->priority);
	db_bind_i64(st, ":from", (int64_t)q->from_ns);
	db_bind_i64(st, ":to", (int64_t)q->to_ns);
	db_bind_i64(st, ":pid", q->pid);
	db_bind_i64(st, ":run", q->run);
}

int query_prepare(const struct query *q, const struct db *db, const char *select, const char *rest,
		  sqlite3_stmt **st, struct err *err)
{
	struct buf sql = { 0 };
	int rc;

	buf_puts(&sql, select);
	query_where(q, &sql);
	buf_puts(&sql, rest);
	rc = sql.failed ? err_set(err, ERR_NOMEM, "out of memory")
			: db_prepare(db, buf_cstr(&sql), st, err);
	buf_deinit(&sql);
	if (rc == 0)
		query_bind(q, *st);
	return rc;
}

int query_run(const struct query_command *cmd, void *arg, struct cli *c, struct err *err)
{
	struct db db = { 0 };
	struct query q;
	int key, rc = 0;

	query_init(&q);
	while (rc == 0 && (key = cli_next(c, err)) != 0) {
		if (key < 0)
			rc = -1;
		else if (key >= QUERY_KEYS)
			rc = query_option(&q, key, c, err);
		else
			rc = cmd->option(arg, key, c, err);
	}
	if (rc == 0 && cli_operands(c, 0, cmd->max_operands, err) == 0 &&
	    db_open(&db, q.db, c, err) == 0)
		rc = cmd->ask(arg, &q, &db, c, err);
	else
		rc = -1;
	db_close(&db);
	query_deinit(&q);
	return rc;
}
