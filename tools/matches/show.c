/* matches show: everything about one match. */
#include "tools/matches/around.h"
#include "tools/matches/commands.h"
#include "tools/matches/family.h"
#include "tools/matches/rows.h"

#include "tools/common/human.h"
#include "tools/common/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { KEY_DB = 256, KEY_AROUND, KEY_THREAD, AROUND_DEFAULT = 5, AROUND_MAX = 10000 };

enum {
	M_RULE,
	M_PRIORITY,
	M_TIME,
	M_EVT_NUM,
	M_TID,
	M_PROCESS,
	M_MESSAGE,
	M_RUN,
	M_TRACE,
	M_SHA256,
	M_HOST,
	M_OUTCOME,
	M_DESCRIPTION,
	M_FILE,
	M_LINE,
	M_TAGS,
	M_CONTAINER,
	M_CONTAINER_NAME,
	M_CONTAINER_IMAGE,
	M_IN_GAP,
	M_LOSSES,
};
static const char match_sql[] =
	"SELECT m.rule, m.priority, m.time, m.evt_num, m.tid, m.process_id, m.message, m.run_id, "
	"r.trace, r.trace_sha256, r.hostname, r.outcome, u.description, u.file, u.line, "
	"(SELECT group_concat(tag, ', ') FROM (SELECT tag FROM rule_tags t "
	"WHERE t.rule_id = m.rule_id ORDER BY tag)), "
	"m.container_id, m.container_name, m.container_image, m.in_gap, r.losses "
	"FROM v_matches m JOIN v_runs r ON r.id = m.run_id JOIN rules u ON u.id = m.rule_id "
	"WHERE m.id = :id";

struct show {
	struct db db;
	int64_t id;
	uint64_t around;
	bool thread;
	size_t width;
	struct buf out;
};

static void put_line(struct show *s, const char *label, const char *text)
{
	struct sv shown = sv_of(text);

	/* YAML's block texts end in a newline. */
	while (shown.n && shown.p[shown.n - 1] == '\n')
		shown.n--;
	if (shown.n == 0)
		return;
	buf_printf(&s->out, "  %-12s", label);
	human_text(&s->out, shown);
	buf_putc(&s->out, '\n');
}

static void put_container(struct show *s, sqlite3_stmt *st)
{
	struct buf b = { 0 };

	if (!*db_text(st, M_CONTAINER))
		return;
	buf_puts(&b, db_text(st, M_CONTAINER));
	if (*db_text(st, M_CONTAINER_NAME))
		buf_printf(&b, " %s", db_text(st, M_CONTAINER_NAME));
	if (*db_text(st, M_CONTAINER_IMAGE))
		buf_printf(&b, " (%s)", db_text(st, M_CONTAINER_IMAGE));
	put_line(s, "container", buf_cstr(&b));
	buf_deinit(&b);
}

static void put_match(struct show *s, sqlite3_stmt *st)
{
	struct buf b = { 0 };

	buf_printf(&s->out, "match %" PRId64 " of run %s\n", s->id, db_text(st, M_RUN));
	put_line(s, "rule", db_text(st, M_RULE));
	put_line(s, "priority", db_text(st, M_PRIORITY));
	put_line(s, "tags", db_text(st, M_TAGS));
	put_line(s, "meaning", db_text(st, M_DESCRIPTION));
	buf_printf(&b, "%s:%s", db_text(st, M_FILE), db_text(st, M_LINE));
	put_line(s, "defined in", buf_cstr(&b));
	put_line(s, "message", db_text(st, M_MESSAGE));
	buf_clear(&b);
	buf_printf(&b, "%s UTC, event %s, thread %s", db_text(st, M_TIME), db_text(st, M_EVT_NUM),
		   db_text(st, M_TID));
	put_line(s, "time", buf_cstr(&b));
	put_line(s, "host", db_text(st, M_HOST));
	put_container(s, st);
	put_line(s, "trace", db_text(st, M_TRACE));
	put_line(s, "sha256", db_text(st, M_SHA256));
	if (strcmp(db_text(st, M_OUTCOME), "complete") != 0)
		put_line(s, "run", db_text(st, M_OUTCOME));
	if (sqlite3_column_int64(st, M_IN_GAP))
		put_line(s, "beware", "events of this time are missing from the trace");
	else if (sqlite3_column_int64(st, M_LOSSES))
		put_line(s, "note", "events are missing from the trace, but not of this time");
	buf_deinit(&b);
}

static int put_fields(struct show *s, struct err *err)
{
	sqlite3_stmt *st = NULL;
	int step = db_prepare(
		&s->db, "SELECT key, value FROM v_match_fields WHERE match_id = :id ORDER BY key",
		&st, err);

	if (step == 0) {
		buf_puts(&s->out, "\nfields\n");
		db_bind_i64(st, ":id", s->id);
		while ((step = db_step(&s->db, st, err)) > 0) {
			buf_puts(&s->out, "  ");
			size_t at = s->out.n;

			human_text(&s->out, sv_of(db_text(st, 0)));
			at = s->out.n - at;
			buf_printf(&s->out, "%*s ", at < 24 ? (int)(24 - at) : 0, "");
			human_text(&s->out, sqlite3_column_type(st, 1) == SQLITE_NULL
						    ? SV("<NA>")
						    : sv_of(db_text(st, 1)));
			buf_putc(&s->out, '\n');
		}
	}
	sqlite3_finalize(st);
	return step;
}

static int put_ancestry(struct show *s, int64_t process, struct err *err)
{
	struct family f = { 0 };
	sqlite3_stmt *st = NULL;
	bool cut = false;
	int rc = db_prepare(
		&s->db,
		"WITH RECURSIVE up (id) AS (SELECT :process UNION SELECT p.parent_id "
		"FROM up JOIN processes p ON p.id = up.id WHERE p.parent_id IS NOT NULL) "
		"SELECT id FROM up ORDER BY id",
		&st, err);

	if (rc == 0) {
		db_bind_i64(st, ":process", process);
		rc = family_load(&f, &s->db, st, false, &cut, err);
	}
	if (rc == 0) {
		buf_puts(&s->out, "\nprocess\n");
		family_print(&f, process, s->width, &s->out);
	}
	family_deinit(&f);
	sqlite3_finalize(st);
	return rc;
}

/* Without its trace a match is still worth showing: then this says what is missing. */
static void put_events(struct show *s, sqlite3_stmt *st)
{
	const struct around a = { .trace = db_text(st, M_TRACE),
				  .sha256 = db_text(st, M_SHA256),
				  .evt_num = (uint64_t)sqlite3_column_int64(st, M_EVT_NUM),
				  .before = s->around,
				  .after = s->around,
				  .only_tid = s->thread ? sqlite3_column_int64(st, M_TID) : -1 };
	struct err why = { 0 };

	buf_puts(&s->out, "\nevents\n");
	if (around_print(&a, s->width, &s->out, &why) < 0) {
		buf_puts(&s->out, "  ");
		human_text(&s->out, sv_of(why.msg));
		buf_putc(&s->out, '\n');
	}
}

static int show(struct show *s, struct err *err)
{
	sqlite3_stmt *st = NULL;
	int rc = db_prepare(&s->db, match_sql, &st, err);

	if (rc == 0) {
		db_bind_i64(st, ":id", s->id);
		rc = db_step(&s->db, st, err);
		if (rc == 0)
			rc = err_set(err, ERR_USAGE, "there is no match %" PRId64, s->id);
	}
	if (rc > 0) {
		int64_t process = sqlite3_column_int64(st, M_PROCESS);

		put_match(s, st);
		rc = put_fields(s, err);
		if (rc == 0 && process)
			rc = put_ancestry(s, process, err);
		if (rc == 0 && s->around)
			put_events(s, st);
	}
	if (rc == 0 && s->out.failed)
		rc = err_set(err, ERR_NOMEM, "out of memory");
	if (rc == 0)
		buf_write(&s->out, stdout);
	sqlite3_finalize(st);
	return rc;
}

static int run(struct cli *c, struct err *err)
{
	struct show s = { .around = AROUND_DEFAULT, .width = terminal_width(STDOUT_FILENO) };
	const char *path = "matches.db";
	char *end;
	int key, rc = 0;

	while (rc == 0 && (key = cli_next(c, err)) != 0) {
		if (key == KEY_DB)
			path = c->value;
		else if (key == KEY_AROUND)
			rc = cli_number(c, "around", 0, AROUND_MAX, &s.around, err);
		else if (key == KEY_THREAD)
			s.thread = true;
		else
			rc = -1;
	}
	if (rc < 0 || cli_operands(c, 1, 1, err) < 0)
		return -1;
	s.id = strtoll(c->argv[0], &end, 10);
	if (end == c->argv[0] || *end)
		return err_set(err, ERR_USAGE, "not the number of a match: %s", c->argv[0]);
	/* Where the trace is stands in the store: any file may be read, and still none written. */
	cli_allow(c, s.around ? "/" : NULL, CONFINE_READ);
	rc = db_open(&s.db, path, c, err) < 0 ? -1 : show(&s, err);
	db_close(&s.db);
	buf_deinit(&s.out);
	return rc;
}

static const struct cli_option options[] = {
	{ KEY_DB, "db", "FILE", "the store to ask (default matches.db)" },
	{ KEY_AROUND, "around", "N", "N events before and after the match (default 5, 0: none)" },
	{ KEY_THREAD, "thread", NULL, "of these only the ones of the same thread" },
};

const struct cli_command matches_cmd_show = {
	.name = "show",
	.operands = "ID",
	.help = "Show one match: its fields, its process and the events around it.",
	.details = "Events are read again from the trace, if it is still where it was and is still "
		   "the\n"
		   "same file (its sha256 is compared); >> marks the one that matched.",
	.options = options,
	.noptions = sizeof options / sizeof options[0],
	.files = CLI_NAMES_NONE,
	.run = run,
};
