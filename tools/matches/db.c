#include "tools/matches/db.h"

#include "format/base/arena.h"
#include "format/base/buf.h"
#include "replay/store.h"

#include <unistd.h>

enum { BUSY_MS = 10000 };

int db_fail(const struct db *db, struct err *err)
{
	int code = db->h ? sqlite3_extended_errcode(db->h) : SQLITE_NOMEM;

	if (code == SQLITE_READONLY_CANTINIT || code == SQLITE_READONLY_DIRECTORY)
		return err_set(err, ERR_STORE,
			       "%s: to be read in WAL mode, files beside it have to be written "
			       "(--no-sandbox)",
			       db->path);
	return err_set(err, ERR_STORE, "%s: %s", db->path,
		       db->h ? sqlite3_errmsg(db->h) : "out of memory");
}

int db_prepare(const struct db *db, const char *sql, sqlite3_stmt **st, struct err *err)
{
	return sqlite3_prepare_v2(db->h, sql, -1, st, NULL) == SQLITE_OK ? 0 : db_fail(db, err);
}

int db_step(const struct db *db, sqlite3_stmt *st, struct err *err)
{
	int rc = sqlite3_step(st);

	if (rc == SQLITE_ROW)
		return 1;
	return rc == SQLITE_DONE ? 0 : db_fail(db, err);
}

void db_bind_text(sqlite3_stmt *st, const char *name, const char *value)
{
	int i = sqlite3_bind_parameter_index(st, name);

	if (i)
		sqlite3_bind_text(st, i, value, -1, SQLITE_TRANSIENT);
}

void db_bind_i64(sqlite3_stmt *st, const char *name, int64_t value)
{
	int i = sqlite3_bind_parameter_index(st, name);

	if (i)
		sqlite3_bind_int64(st, i, value);
}

const char *db_text(sqlite3_stmt *st, int column)
{
	const char *text = (const char *)sqlite3_column_text(st, column);

	return text ? text : "";
}

static int pragma(struct db *db, const char *sql, int64_t *out, struct err *err)
{
	sqlite3_stmt *st;

	if (db_prepare(db, sql, &st, err) < 0)
		return -1;
	int rc = db_step(db, st, err);

	*out = rc > 0 ? sqlite3_column_int64(st, 0) : 0;
	sqlite3_finalize(st);
	return rc < 0 ? -1 : 0;
}

void db_allow(struct cli *c, const char *path, struct arena *names)
{
	static const char *const endings[] = { "", "-journal", "-wal", "-shm" };
	struct buf name = { 0 };

	for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
		buf_clear(&name);
		buf_printf(&name, "%s%s", path, endings[i]);
		cli_allow(c, arena_sv(names, buf_sv(&name)).p, CONFINE_READ);
	}
	buf_deinit(&name);
	cli_allow(c, "/dev/urandom", CONFINE_READ); /* SQLite's random numbers */
}

static int confine_to(struct cli *c, const char *path, struct err *err)
{
	struct arena names = { 0 };

	db_allow(c, path, &names);
	int rc = cli_confine(c, err);

	arena_deinit(&names);
	return rc;
}

int db_open(struct db *db, const char *path, struct cli *c, struct err *err)
{
	int64_t id, version;

	*db = (struct db){ .path = path };
	if (access(path, R_OK) < 0)
		return err_errno(err, "%s", path);
	if (confine_to(c, path, err) < 0)
		return -1;
	if (sqlite3_open_v2(path, &db->h, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) !=
	    SQLITE_OK)
		return db_fail(db, err);
	sqlite3_busy_timeout(db->h, BUSY_MS);
	/* The schema may be a trap: its views and triggers may use nothing that has side effects.
	 */
	sqlite3_db_config(db->h, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(db->h, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	/* What has to be sorted is sorted in memory: there is no folder for more files. */
	sqlite3_exec(db->h, "PRAGMA temp_store = MEMORY", NULL, NULL, NULL);
	if (pragma(db, "PRAGMA application_id", &id, err) < 0 ||
	    pragma(db, "PRAGMA user_version", &version, err) < 0)
		return -1;
	if (id != STORE_APPLICATION_ID)
		return err_set(err, ERR_STORE, "%s: not a match store", path);
	if (version != STORE_SCHEMA_VERSION)
		return err_set(err, ERR_STORE,
			       "%s: match store of version %lld, this program reads version %d",
			       path, (long long)version, STORE_SCHEMA_VERSION);
	return 0;
}

void db_close(struct db *db)
{
	sqlite3_close(db->h);
	db->h = NULL;
}
