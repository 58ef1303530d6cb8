/* Inside of the store: the connection, its statements and the batch.  For store*.c only. */
#ifndef SAKER_REPLAY_STORE_PRIVATE_H
#define SAKER_REPLAY_STORE_PRIVATE_H

#include "replay/store.h"

#include "format/base/arena.h"
#include "format/base/buf.h"
#include "format/base/strmap.h"
#include "replay/store_rows.h"

#include <sqlite3.h>

/* X(NAME, "sql"): every statement that is used more than once. */
#define STORE_STATEMENTS(X)                                                                        \
	X(BEGIN, "BEGIN IMMEDIATE")                                                                \
	X(COMMIT, "COMMIT")                                                                        \
	X(INDEX_MESSAGES, "INSERT INTO message_search (rowid, text) "                              \
			  "SELECT id, text FROM messages WHERE id > ?1")                           \
	X(LAST_MESSAGE, "SELECT coalesce(max(id), 0) FROM messages")                               \
	X(LAST_SET, "SELECT coalesce(max(set_id), 0) FROM field_values")                           \
	X(TRACE_ID, "SELECT id FROM traces WHERE sha256 = ?1")                                     \
	X(TRACE, "INSERT INTO traces (sha256, path, size) VALUES (?1, ?2, ?3) "                    \
		 "ON CONFLICT (sha256) DO UPDATE SET path = excluded.path, size = excluded.size")  \
	X(TRACE_MACHINE, "UPDATE traces SET hostname = ?2, cpus = ?3, boot_ns = ?4 WHERE id = ?1") \
	X(RULESET_ID, "SELECT id FROM rulesets WHERE sha256 = ?1")                                 \
	X(RULESET, "INSERT OR IGNORE INTO rulesets (sha256) VALUES (?1)")                          \
	X(RULE_FILE, "INSERT OR REPLACE INTO rule_files VALUES (?1, ?2, ?3, ?4)")                  \
	X(RULE_ID, "SELECT id FROM rules WHERE ruleset_id = ?1 AND name = ?2")                     \
	X(RULE, "INSERT INTO rules (ruleset_id, name, priority, source, description, condition, "  \
		"output, file, line, source_text) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, "    \
		"?10) ON CONFLICT (ruleset_id, name) DO UPDATE SET priority = excluded.priority, " \
		"source = excluded.source, description = excluded.description, "                   \
		"condition = excluded.condition, output = excluded.output, "                       \
		"file = excluded.file, line = excluded.line, source_text = excluded.source_text")  \
	X(RULE_UNTAG, "DELETE FROM rule_tags WHERE rule_id = ?1")                                  \
	X(RULE_TAG, "INSERT OR IGNORE INTO rule_tags VALUES (?1, ?2)")                             \
	X(RUN_ID, "SELECT id FROM runs WHERE trace_id = ?1 AND ruleset_id = ?2 AND options = ?3")  \
	X(RUN, "INSERT INTO runs (trace_id, ruleset_id, options, tool, started_ns, outcome) "      \
	       "VALUES (?1, ?2, ?3, ?4, ?5, 'running')")                                           \
	X(RUN_END, "UPDATE runs SET ended_ns = ?2, outcome = ?3, message = ?4, events = ?5, "      \
		   "matches = ?6, first_ns = ?7, last_ns = ?8, sections = ?9, drops = ?10, "       \
		   "skipped = ?11, upgraded = ?12, merged = ?13, discarded = ?14, "                \
		   "state_lost = ?15 WHERE id = ?1")                                               \
	X(PROCESS, "INSERT INTO processes (run_id, parent_id, pid, ppid, started_ns) "             \
		   "VALUES (?1, ?2, ?3, ?4, ?5)")                                                  \
	X(PROCESS_PARENT, "UPDATE processes SET parent_id = ?2 WHERE id = ?1")                     \
	X(PROCESS_EXIT, "UPDATE processes SET ended_ns = ?2, exit_code = ?3, exit_signal = ?4 "    \
			"WHERE id = ?1")                                                           \
	X(PROGRAM, "INSERT INTO programs (process_id, since_ns, evt_num, comm, exe, exepath, "     \
		   "cmdline, cwd, uid, user, loginuid, tty, container_id) "                        \
		   "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)")              \
	X(CONTAINER, "INSERT OR REPLACE INTO containers VALUES (?1, ?2, ?3, ?4, ?5, ?6)")          \
	X(LOSS, "INSERT INTO losses VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")                          \
	X(GAP, "INSERT OR IGNORE INTO gaps VALUES (?1, ?2, ?3)")                                   \
	X(KEY_ID, "SELECT id FROM keys WHERE name = ?1")                                           \
	X(KEY, "INSERT INTO keys (name, type) VALUES (?1, ?2)")

enum store_statement {
#define STORE_ENUM(name, sql) ST_##name,
	STORE_STATEMENTS(STORE_ENUM)
#undef STORE_ENUM
		ST_COUNT
};

/*
 * Remembers which row holds some content, so that it is stored once.  Compares bytes, not hashes:
 * the content is hostile.  It forgets everything when it is full; then a row is stored again, which
 * costs room and changes no answer.
 */
struct store_memo {
	struct arena arena;
	struct strmap map; /* content -> row id - base */
	int64_t base;
};

void store_memo_clear(struct store_memo *m);

struct store {
	sqlite3 *db;
	char *path;
	sqlite3_stmt *st[ST_COUNT];

	bool in_batch;
	uint32_t batch_rows;
	/* Last ids in use.  Within a batch nobody else can take the next ones. */
	int64_t last_message, last_set;
	int64_t messages_indexed; /* up to this id they are in message_search */
	struct store_rows message_rows, field_rows, match_rows;

	int64_t run_id; /* 0: no run open */
	int64_t trace_id;
	int64_t *rule_ids;
	size_t nrules;
	struct store_memo messages, sets;
	struct buf clean, content; /* scratch */
};

/* Reset and hand out a statement to bind; NULL with err filled when it cannot be prepared. */
sqlite3_stmt *store_statement(struct store *s, enum store_statement which, struct err *err);
/* Step a bound statement that returns no rows. */
int store_done(struct store *s, sqlite3_stmt *st, struct err *err);
/* Step one that returns a number: *out = `missing` when there is no row. */
int store_number(struct store *s, sqlite3_stmt *st, int64_t missing, int64_t *out, struct err *err);
int store_fail(struct store *s, struct err *err);

/* Text of any bytes; the copy is SQLite's. */
void store_bind_text(struct store *s, sqlite3_stmt *st, int i, struct sv text);
/* NULL instead of the empty text. */
void store_bind_text_or_null(struct store *s, sqlite3_stmt *st, int i, struct sv text);
/* NULL instead of 0. */
void store_bind_nonzero(sqlite3_stmt *st, int i, uint64_t v);

/* Every write goes between these two; the second commits when enough has gathered. */
int store_write_begin(struct store *s, struct err *err);
int store_write_end(struct store *s, struct err *err);
int store_commit(struct store *s, struct err *err);
/* Undo what is not committed. */
void store_rollback(struct store *s);

/* Remove all that a run owns. */
int store_forget_run(struct store *s, int64_t run_id, struct err *err);

#endif
