#include "replay/store_from.h"

#include "replay/store_private.h"
#include "replay/store_read.h"

int store_from_fail(struct store_from *f, struct err *err)
{
	return store_read_fail(f->db, f->path, err);
}

int store_from_prepare(struct store_from *f, const char *sql, sqlite3_stmt **st, struct err *err)
{
	return store_read_prepare(f->db, f->path, sql, st, err);
}

static int number(struct store_from *f, const char *sql, int64_t run_id, int64_t *out,
		  struct err *err)
{
	return store_read_number(f->db, f->path, sql, run_id, out, err);
}

/* What is read are tables, not views or virtual tables that compute as they like. */
static const char tables_sql[] =
	"SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND sql LIKE 'CREATE TABLE %' AND "
	"name IN ('traces', 'rulesets', 'rule_files', 'rules', 'rule_tags', 'runs', 'losses', "
	"'gaps', 'processes', 'programs', 'containers', 'messages', 'keys', 'field_values', "
	"'matches')";
enum { TABLES = 15 };

int store_from_open(struct store_from *f, const char *path, struct err *err)
{
	int64_t tables;

	*f = (struct store_from){ .path = path };
	if (store_read_open(path, &f->db, err) < 0 || number(f, tables_sql, 0, &tables, err) < 0)
		return -1;
	return tables == TABLES ? 0 : err_set(err, ERR_STORE, "%s: not a match store", path);
}

void store_from_close(struct store_from *f)
{
	sqlite3_close(f->db);
	f->db = NULL;
}

/* --- a run --- */

/* Rows of one kind: how those of a run are read, and how they are written. */
struct kind {
	const char *select, *insert;
};

/* The sets of field values of a run. */
#define SETS                                                                                       \
	"(SELECT thread_set FROM matches WHERE run_id = :run UNION "                               \
	"SELECT event_set FROM matches WHERE run_id = :run)"

/*
 * Numbers of rows become others: a row keeps its distance to the first one of the run, so that
 * their order stays.  Rules and keys, which runs share, are looked up by name.
 */
static const struct kind before_run[] = {
	{ "SELECT t.sha256, t.path, t.size, t.hostname, t.cpus, t.boot_ns FROM traces t "
	  "WHERE t.id = (SELECT trace_id FROM runs WHERE id = :run)",
	  "INSERT INTO traces (sha256, path, size, hostname, cpus, boot_ns) "
	  "VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (sha256) DO UPDATE SET "
	  "path = excluded.path, size = excluded.size, hostname = excluded.hostname, "
	  "cpus = excluded.cpus, boot_ns = excluded.boot_ns" },
	{ "SELECT sha256 FROM rulesets WHERE id = (SELECT ruleset_id FROM runs WHERE id = :run)",
	  "INSERT OR IGNORE INTO rulesets (sha256) VALUES (?1)" },
	{ "SELECT t.sha256, s.sha256, r.options, r.tool, r.started_ns, r.ended_ns, r.outcome, "
	  "r.message, r.events, r.matches, r.first_ns, r.last_ns, r.sections, r.drops, r.skipped, "
	  "r.upgraded, r.merged, r.discarded, r.state_lost FROM runs r "
	  "JOIN traces t ON t.id = r.trace_id JOIN rulesets s ON s.id = r.ruleset_id "
	  "WHERE r.id = :run",
	  "INSERT INTO runs (trace_id, ruleset_id, options, tool, started_ns, ended_ns, outcome, "
	  "message, events, matches, first_ns, last_ns, sections, drops, skipped, upgraded, "
	  "merged, discarded, state_lost) VALUES ((SELECT id FROM traces WHERE sha256 = ?1), "
	  "(SELECT id FROM rulesets WHERE sha256 = ?2), ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, "
	  "?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)" },
};

static const struct kind of_run[] = {
	{ "SELECT :to_ruleset, position, path, sha256 FROM rule_files "
	  "WHERE ruleset_id = (SELECT ruleset_id FROM runs WHERE id = :run) ORDER BY position",
	  "INSERT OR IGNORE INTO rule_files VALUES (?1, ?2, ?3, ?4)" },
	{ "SELECT :to_ruleset, name, priority, source, description, condition, output, file, line, "
	  "source_text FROM rules "
	  "WHERE ruleset_id = (SELECT ruleset_id FROM runs WHERE id = :run) ORDER BY id",
	  "INSERT OR IGNORE INTO rules (ruleset_id, name, priority, source, description, "
	  "condition, output, file, line, source_text) "
	  "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)" },
	{ "SELECT :to_ruleset, u.name, g.tag FROM rule_tags g JOIN rules u ON u.id = g.rule_id "
	  "WHERE u.ruleset_id = (SELECT ruleset_id FROM runs WHERE id = :run)",
	  "INSERT OR IGNORE INTO rule_tags VALUES "
	  "((SELECT id FROM rules WHERE ruleset_id = ?1 AND name = ?2), ?3)" },
	{ "SELECT name, type FROM keys WHERE id IN "
	  "(SELECT key_id FROM field_values WHERE set_id IN " SETS ") ORDER BY id",
	  "INSERT OR IGNORE INTO keys (name, type) VALUES (?1, ?2)" },
	{ "SELECT :to_run, position, cpu, class, count, from_ns, to_ns FROM losses "
	  "WHERE run_id = :run",
	  "INSERT INTO losses VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)" },
	{ "SELECT :to_run, from_ns, to_ns FROM gaps WHERE run_id = :run",
	  "INSERT INTO gaps VALUES (?1, ?2, ?3)" },
	{ "SELECT :to_run, id, full_id, type, name, image FROM containers WHERE run_id = :run",
	  "INSERT INTO containers VALUES (?1, ?2, ?3, ?4, ?5, ?6)" },
	{ "SELECT id + :process, :to_run, parent_id + :process, pid, ppid, started_ns, ended_ns, "
	  "exit_code, exit_signal FROM processes WHERE run_id = :run ORDER BY id",
	  "INSERT INTO processes VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)" },
	{ "SELECT id + :program, process_id + :process, since_ns, evt_num, comm, exe, exepath, "
	  "cmdline, cwd, uid, user, loginuid, tty, container_id FROM programs WHERE process_id IN "
	  "(SELECT id FROM processes WHERE run_id = :run) ORDER BY id",
	  "INSERT INTO programs VALUES "
	  "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)" },
	{ "SELECT id + :message, text FROM messages WHERE id IN "
	  "(SELECT message_id FROM matches WHERE run_id = :run) ORDER BY id",
	  "INSERT INTO messages VALUES (?1, ?2)" },
	{ "SELECT f.set_id + :set, k.name, f.value FROM field_values f JOIN keys k "
	  "ON k.id = f.key_id WHERE f.set_id IN " SETS " ORDER BY f.set_id, f.key_id",
	  "INSERT INTO field_values VALUES (?1, (SELECT id FROM keys WHERE name = ?2), ?3)" },
	{ "SELECT :to_run, :to_ruleset, u.name, m.evt_num, m.ts_ns, m.tid, "
	  "m.program_id + :program, m.message_id + :message, m.thread_set + :set, "
	  "m.event_set + :set FROM matches m JOIN rules u ON u.id = m.rule_id "
	  "WHERE m.run_id = :run ORDER BY m.id",
	  "INSERT INTO matches (run_id, rule_id, evt_num, ts_ns, tid, program_id, message_id, "
	  "thread_set, event_set) VALUES (?1, (SELECT id FROM rules WHERE ruleset_id = ?2 AND "
	  "name = ?3), ?4, ?5, ?6, ?7, ?8, ?9, ?10)" },
};

/* Numbers that are the run's own here, and by how much they differ there. */
enum { SHIFT_PROCESS, SHIFT_PROGRAM, SHIFT_MESSAGE, SHIFT_SET, SHIFTS };

struct shift {
	const char *name;
	const char *first; /* of the run, here */
	const char *last;  /* of all, there */
};

static const struct shift shifts[SHIFTS] = {
	[SHIFT_PROCESS] = { ":process",
			    "SELECT coalesce(min(id), 1) FROM processes WHERE run_id = :run",
			    "SELECT coalesce(max(id), 0) FROM processes" },
	[SHIFT_PROGRAM] = { ":program",
			    "SELECT coalesce(min(g.id), 1) FROM processes c JOIN programs g ON "
			    "g.process_id = c.id "
			    "WHERE c.run_id = :run",
			    "SELECT coalesce(max(id), 0) FROM programs" },
	[SHIFT_MESSAGE] = { ":message",
			    "SELECT coalesce(min(message_id), 1) FROM matches WHERE run_id = :run",
			    "SELECT coalesce(max(id), 0) FROM messages" },
	[SHIFT_SET] = { ":set",
			"SELECT coalesce(min(s), 1) FROM (SELECT min(thread_set) AS s FROM matches "
			"WHERE run_id = :run UNION ALL SELECT min(event_set) FROM matches WHERE "
			"run_id = :run)",
			"SELECT coalesce(max(set_id), 0) FROM field_values" },
};
/* Rows that point at rows that are not there, or not the run's. */
static const char dangling_sql[] =
	"SELECT NOT EXISTS (SELECT 1 FROM runs WHERE id = :run) OR EXISTS (SELECT 1 FROM matches m "
	"WHERE m.run_id = :run AND ("
	"NOT EXISTS (SELECT 1 FROM messages WHERE id = m.message_id) OR "
	"NOT EXISTS (SELECT 1 FROM rules WHERE id = m.rule_id AND ruleset_id = "
	"(SELECT ruleset_id FROM runs WHERE id = :run)) OR "
	"(m.program_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM programs g "
	"JOIN processes c ON c.id = g.process_id WHERE g.id = m.program_id AND "
	"c.run_id = :run)))) OR "
	"EXISTS (SELECT 1 FROM processes c WHERE c.run_id = :run AND c.parent_id IS NOT NULL AND "
	"NOT EXISTS (SELECT 1 FROM processes p WHERE p.id = c.parent_id AND p.run_id = :run))";

/* A run on its way from one store to another. */
struct copy {
	struct store_from *from;
	struct store *to;
	int64_t run; /* there where it comes from */
	int64_t to_run, to_ruleset;
	int64_t by[SHIFTS];
};

static void bind(sqlite3_stmt *st, const char *name, int64_t value)
{
	int i = sqlite3_bind_parameter_index(st, name);

	if (i)
		sqlite3_bind_int64(st, i, value);
}

static int copy_rows(const struct copy *c, sqlite3_stmt *select, sqlite3_stmt *insert,
		     struct err *err)
{
	int step, columns = sqlite3_column_count(select);

	while ((step = sqlite3_step(select)) == SQLITE_ROW) {
		for (int i = 0; i < columns; i++)
			sqlite3_bind_value(insert, i + 1, sqlite3_column_value(select, i));
		if (store_done(c->to, insert, err) < 0)
			return err_prefix(err, "taking a run of %s", c->from->path);
	}
	return step == SQLITE_DONE ? 0 : store_from_fail(c->from, err);
}

static int copy_kind(const struct copy *c, const struct kind *k, struct err *err)
{
	sqlite3_stmt *select = NULL, *insert = NULL;
	int rc = store_from_prepare(c->from, k->select, &select, err);

	if (rc == 0 && sqlite3_prepare_v2(c->to->db, k->insert, -1, &insert, NULL) != SQLITE_OK)
		rc = store_fail(c->to, err);
	if (rc == 0) {
		bind(select, ":run", c->run);
		bind(select, ":to_run", c->to_run);
		bind(select, ":to_ruleset", c->to_ruleset);
		for (int i = 0; i < SHIFTS; i++)
			bind(select, shifts[i].name, c->by[i]);
		rc = copy_rows(c, select, insert, err);
	}
	sqlite3_finalize(select);
	sqlite3_finalize(insert);
	return rc;
}

static int copy_kinds(const struct copy *c, const struct kind *kinds, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		if (copy_kind(c, &kinds[i], err) < 0)
			return -1;
	}
	return 0;
}

static int last_of(struct store *to, const char *sql, int64_t *out, struct err *err)
{
	sqlite3_stmt *st;

	if (sqlite3_prepare_v2(to->db, sql, -1, &st, NULL) != SQLITE_OK)
		return store_fail(to, err);
	int rc = store_number(to, st, 0, out, err);

	sqlite3_finalize(st);
	return rc;
}

static int find_shifts(struct copy *c, struct err *err)
{
	for (int i = 0; i < SHIFTS; i++) {
		int64_t first, last;

		if (number(c->from, shifts[i].first, c->run, &first, err) < 0 ||
		    last_of(c->to, shifts[i].last, &last, err) < 0)
			return -1;
		if (i == SHIFT_MESSAGE && last < c->to->last_message)
			last = c->to->last_message; /* the index still has it */
		if (__builtin_sub_overflow(last + 1, first, &c->by[i]))
			return err_set(err, ERR_STORE, "%s: a number of a row is out of range",
				       c->from->path);
	}
	return 0;
}

static int copy_run(struct store_from *f, int64_t run_id, struct store *to, struct err *err)
{
	struct copy c = { .from = f, .to = to, .run = run_id };
	int64_t dangling;

	if (number(f, dangling_sql, run_id, &dangling, err) < 0)
		return -1;
	if (dangling)
		return err_set(err, ERR_STORE,
			       "%s: damaged: run %lld points at rows that are not there", f->path,
			       (long long)run_id);
	if (copy_kinds(&c, before_run, sizeof before_run / sizeof before_run[0], err) < 0)
		return -1;
	c.to_run = sqlite3_last_insert_rowid(to->db);
	if (last_of(to, "SELECT ruleset_id FROM runs WHERE id = last_insert_rowid()", &c.to_ruleset,
		    err) < 0 ||
	    find_shifts(&c, err) < 0 ||
	    copy_kinds(&c, of_run, sizeof of_run / sizeof of_run[0], err) < 0)
		return -1;
	/* For the index of messages, when the batch is committed. */
	return last_of(to, shifts[SHIFT_MESSAGE].last, &to->last_message, err);
}

/* What somebody else writes there meanwhile is not seen. */
int store_from_copy(struct store_from *f, int64_t run_id, struct store *to, struct err *err)
{
	int rc = sqlite3_exec(f->db, "BEGIN", NULL, NULL, NULL) == SQLITE_OK
			 ? copy_run(f, run_id, to, err)
			 : store_from_fail(f, err);

	sqlite3_exec(f->db, "ROLLBACK", NULL, NULL, NULL);
	return rc;
}
