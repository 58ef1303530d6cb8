#include "replay/store_read.h"

#include "replay/store.h"

#include <unistd.h>

enum { BUSY_MS = 10000 };

int store_read_fail(sqlite3 *db, const char *path, struct err *err)
{
	int code = db ? sqlite3_extended_errcode(db) : SQLITE_NOMEM;

	if (code == SQLITE_READONLY_CANTINIT || code == SQLITE_READONLY_DIRECTORY)
		return err_set(err, ERR_STORE,
			       "%s: to be read in WAL mode, files beside it have to be written "
			       "(--no-sandbox)",
			       path);
	return err_set(err, ERR_STORE, "%s: %s", path, db ? sqlite3_errmsg(db) : "out of memory");
}

int store_read_prepare(sqlite3 *db, const char *path, const char *sql, sqlite3_stmt **st,
		       struct err *err)
{
	return sqlite3_prepare_v2(db, sql, -1, st, NULL) == SQLITE_OK
		       ? 0
		       : store_read_fail(db, path, err);
}

int store_read_number(sqlite3 *db, const char *path, const char *sql, int64_t run_id, int64_t *out,
		      struct err *err)
{
	sqlite3_stmt *st;

	if (store_read_prepare(db, path, sql, &st, err) < 0)
		return -1;
	if (sqlite3_bind_parameter_count(st))
		sqlite3_bind_int64(st, 1, run_id);
	int rc = sqlite3_step(st);

	*out = rc == SQLITE_ROW ? sqlite3_column_int64(st, 0) : 0;
	if (rc != SQLITE_ROW)
		store_read_fail(db, path, err);
	sqlite3_finalize(st);
	return rc == SQLITE_ROW ? 0 : -1;
}

int store_read_open(const char *path, sqlite3 **out, struct err *err)
{
	int64_t id, version;

	*out = NULL;
	if (access(path, R_OK) < 0)
		return err_errno(err, "%s", path);
	if (sqlite3_open_v2(path, out, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) !=
	    SQLITE_OK)
		return store_read_fail(*out, path, err);
	sqlite3_busy_timeout(*out, BUSY_MS);
	/*
	 * The schema may be a trap: its views and triggers may use nothing that has side effects.
	 */
	sqlite3_db_config(*out, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(*out, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	/* What has to be sorted is sorted in memory: there is no folder for more files. */
	sqlite3_exec(*out, "PRAGMA temp_store = MEMORY", NULL, NULL, NULL);
	if (store_read_number(*out, path, "PRAGMA application_id", 0, &id, err) < 0 ||
	    store_read_number(*out, path, "PRAGMA user_version", 0, &version, err) < 0)
		return -1;
	if (id != STORE_APPLICATION_ID)
		return err_set(err, ERR_STORE, "%s: not a match store", path);
	if (version != STORE_SCHEMA_VERSION)
		return err_set(err, ERR_STORE,
			       "%s: match store of version %lld, this program reads version %d",
			       path, (long long)version, STORE_SCHEMA_VERSION);
	return 0;
}
