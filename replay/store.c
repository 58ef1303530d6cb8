#include "replay/store_private.h"

#include "format/base/utf8.h"

#include <stdlib.h>

/* Rows in one transaction: large enough that syncing is a small part, a second's work at most. */
enum { BATCH_ROWS = 200000, BUSY_MS = 30000 };

static const char *const statement_sql[ST_COUNT] = {
#define STORE_SQL(name, sql) [ST_##name] = sql,
	STORE_STATEMENTS(STORE_SQL)
#undef STORE_SQL
};

int store_fail(struct store *s, struct err *err)
{
	if (sqlite3_errcode(s->db) == SQLITE_NOMEM)
		return err_set(err, ERR_NOMEM, "%s: out of memory", s->path);
	return err_set(err, ERR_STORE, "%s: %s", s->path, sqlite3_errmsg(s->db));
}

sqlite3_stmt *store_statement(struct store *s, enum store_statement which, struct err *err)
{
	if (!s->st[which] &&
	    sqlite3_prepare_v3(s->db, statement_sql[which], -1, SQLITE_PREPARE_PERSISTENT,
			       &s->st[which], NULL) != SQLITE_OK)
		store_fail(s, err);
	return s->st[which];
}

int store_done(struct store *s, sqlite3_stmt *st, struct err *err)
{
	int rc = sqlite3_step(st);

	if (rc != SQLITE_DONE)
		store_fail(s, err);
	sqlite3_reset(st);
	return rc == SQLITE_DONE ? 0 : -1;
}

int store_number(struct store *s, sqlite3_stmt *st, int64_t missing, int64_t *out, struct err *err)
{
	int rc = sqlite3_step(st);

	if (rc == SQLITE_ROW)
		*out = sqlite3_column_int64(st, 0);
	else if (rc == SQLITE_DONE)
		*out = missing;
	else
		store_fail(s, err);
	sqlite3_reset(st);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : -1;
}

void store_bind_text(struct store *s, sqlite3_stmt *st, int i, struct sv text)
{
	if (!utf8_valid(text)) {
		buf_clear(&s->clean);
		utf8_put_clean(&s->clean, text);
		text = s->clean.failed ? SV("") : buf_sv(&s->clean);
	}
	sqlite3_bind_text64(st, i, text.n ? text.p : "", text.n, SQLITE_TRANSIENT, SQLITE_UTF8);
}

void store_bind_text_or_null(struct store *s, sqlite3_stmt *st, int i, struct sv text)
{
	if (text.n)
		store_bind_text(s, st, i, text);
	else
		sqlite3_bind_null(st, i);
}

void store_bind_nonzero(sqlite3_stmt *st, int i, uint64_t v)
{
	if (v)
		sqlite3_bind_int64(st, i, (sqlite3_int64)v);
	else
		sqlite3_bind_null(st, i);
}

static int exec(struct store *s, const char *sql, struct err *err)
{
	return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : store_fail(s, err);
}

static int pragma_number(struct store *s, const char *sql, int64_t *out, struct err *err)
{
	sqlite3_stmt *st;

	if (sqlite3_prepare_v2(s->db, sql, -1, &st, NULL) != SQLITE_OK)
		return store_fail(s, err);
	int rc = store_number(s, st, 0, out, err);
	sqlite3_finalize(st);
	return rc;
}

/*
 * Durable by SQLite's defaults (a rollback journal, synced): a store that survived a run survives
 * a power cut in the next.  Appending needs little journal, so this costs a few syncs per batch.
 */
static int configure(struct store *s, struct err *err)
{
	sqlite3_busy_timeout(s->db, BUSY_MS);
	/* A store may come from elsewhere: no SQL function of its views may reach beyond it. */
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	return exec(s,
		    "PRAGMA page_size = 8192; PRAGMA cache_size = -65536; "
		    "PRAGMA temp_store = MEMORY; PRAGMA synchronous = FULL",
		    err);
}

static int create_schema(struct store *s, struct err *err)
{
	char *marks = sqlite3_mprintf("PRAGMA application_id = %d; PRAGMA user_version = %d",
				      STORE_APPLICATION_ID, STORE_SCHEMA_VERSION);
	int rc = -1;

	if (!marks)
		return err_set(err, ERR_NOMEM, "%s: out of memory", s->path);
	if (exec(s, store_schema_sql, err) == 0 && exec(s, marks, err) == 0)
		rc = 0;
	sqlite3_free(marks);
	return rc;
}

/* Create the tables in an empty file; refuse what is not a store of this version. */
static int check_schema(struct store *s, struct err *err)
{
	int64_t tables, id, version;

	if (exec(s, "BEGIN IMMEDIATE", err) < 0)
		return -1;
	if (pragma_number(s, "SELECT count(*) FROM sqlite_schema", &tables, err) < 0 ||
	    pragma_number(s, "PRAGMA application_id", &id, err) < 0 ||
	    pragma_number(s, "PRAGMA user_version", &version, err) < 0)
		return -1;
	if (tables == 0) {
		if (create_schema(s, err) < 0)
			return -1;
	} else if (id != STORE_APPLICATION_ID) {
		return err_set(err, ERR_STORE, "%s: a database, but not a match store", s->path);
	} else if (version != STORE_SCHEMA_VERSION) {
		return err_set(err, ERR_STORE,
			       "%s: match store of version %lld, this program writes version %d",
			       s->path, (long long)version, STORE_SCHEMA_VERSION);
	}
	return exec(s, "COMMIT", err);
}

int store_open(const char *path, struct store **out, struct err *err)
{
	struct store *s = calloc(1, sizeof *s);

	*out = NULL;
	if (!s || !(s->path = strdup(path))) {
		free(s);
		return err_set(err, ERR_NOMEM, "out of memory");
	}
	s->message_rows.insert = "INSERT OR FAIL INTO messages (id, text) VALUES ";
	s->message_rows.columns = 2;
	s->field_rows.insert = "INSERT OR FAIL INTO field_values (set_id, key_id, value) VALUES ";
	s->field_rows.columns = 3;
	s->match_rows.insert = "INSERT OR FAIL INTO matches (run_id, rule_id, evt_num, ts_ns, tid, "
			       "program_id, message_id, thread_set, event_set) VALUES ";
	s->match_rows.columns = 9;
	if (sqlite3_open_v2(path, &s->db,
			    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
			    NULL) != SQLITE_OK) {
		if (s->db)
			store_fail(s, err);
		else
			err_set(err, ERR_NOMEM, "%s: out of memory", path);
		goto fail;
	}
	if (configure(s, err) < 0 || check_schema(s, err) < 0)
		goto fail;
	*out = s;
	return 0;
fail:
	store_close(s);
	return -1;
}

static void memo_deinit(struct store_memo *m)
{
	strmap_deinit(&m->map);
	arena_deinit(&m->arena);
}

void store_close(struct store *s)
{
	if (!s)
		return;
	if (s->in_batch)
		store_commit(s, NULL);
	for (int i = 0; i < ST_COUNT; i++)
		sqlite3_finalize(s->st[i]);
	store_rows_deinit(&s->message_rows);
	store_rows_deinit(&s->field_rows);
	store_rows_deinit(&s->match_rows);
	sqlite3_close(s->db);
	memo_deinit(&s->messages);
	memo_deinit(&s->sets);
	buf_deinit(&s->clean);
	buf_deinit(&s->content);
	free(s->rule_ids);
	free(s->path);
	free(s);
}

static int last_id(struct store *s, enum store_statement which, int64_t *id, struct err *err)
{
	sqlite3_stmt *st = store_statement(s, which, err);

	return st ? store_number(s, st, 0, id, err) : -1;
}

int store_write_begin(struct store *s, struct err *err)
{
	if (s->in_batch)
		return 0;
	sqlite3_stmt *begin = store_statement(s, ST_BEGIN, err);

	if (!begin || store_done(s, begin, err) < 0)
		return -1;
	s->in_batch = true;
	s->batch_rows = 0;
	if (last_id(s, ST_LAST_MESSAGE, &s->last_message, err) < 0 ||
	    last_id(s, ST_LAST_SET, &s->last_set, err) < 0)
		return -1;
	s->messages_indexed = s->last_message;
	return 0;
}

int store_write_end(struct store *s, struct err *err)
{
	return ++s->batch_rows >= BATCH_ROWS ? store_commit(s, err) : 0;
}

static int flush(struct store *s, struct err *err)
{
	if (store_rows_flush(&s->message_rows, s->db) != SQLITE_OK ||
	    store_rows_flush(&s->field_rows, s->db) != SQLITE_OK ||
	    store_rows_flush(&s->match_rows, s->db) != SQLITE_OK)
		return store_fail(s, err);
	return 0;
}

static int index_messages(struct store *s, struct err *err)
{
	if (s->messages_indexed == s->last_message)
		return 0;
	sqlite3_stmt *st = store_statement(s, ST_INDEX_MESSAGES, err);

	if (!st)
		return -1;
	sqlite3_bind_int64(st, 1, s->messages_indexed);
	s->messages_indexed = s->last_message;
	return store_done(s, st, err);
}

int store_commit(struct store *s, struct err *err)
{
	if (!s->in_batch)
		return 0;
	if (flush(s, err) < 0 || index_messages(s, err) < 0)
		return -1;
	sqlite3_stmt *st = store_statement(s, ST_COMMIT, err);

	if (!st || store_done(s, st, err) < 0)
		return -1;
	s->in_batch = false;
	return 0;
}

void store_rollback(struct store *s)
{
	if (!s->in_batch)
		return;
	sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	s->in_batch = false;
}
