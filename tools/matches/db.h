/* The match store, opened for reading.  Its content is hostile: it came out of traces. */
#ifndef SAKER_MATCHES_DB_H
#define SAKER_MATCHES_DB_H

#include "tools/common/cli.h"

#include <sqlite3.h>

struct db {
	sqlite3 *h;
	const char *path;
};

struct arena;

/* The store at path, and what SQLite keeps beside it, may be read when the process is confined. */
void db_allow(struct cli *c, const char *path, struct arena *names);
/*
 * Confine the process to the store, and open it.  ERR_STORE when it is missing, no match store, or
 * of another version.  db_close is needed always.
 */
int db_open(struct db *db, const char *path, struct cli *c, struct err *err);
void db_close(struct db *db);
/* ERR_STORE with SQLite's message. */
int db_fail(const struct db *db, struct err *err);
int db_prepare(const struct db *db, const char *sql, sqlite3_stmt **st, struct err *err);
/* 1: a row; 0: no more; -1: failed. */
int db_step(const struct db *db, sqlite3_stmt *st, struct err *err);
/* Bind by name; a name that the statement lacks is fine. */
void db_bind_text(sqlite3_stmt *st, const char *name, const char *value);
void db_bind_i64(sqlite3_stmt *st, const char *name, int64_t value);
/* A column as text; "" for NULL.  Borrowed until the next step. */
const char *db_text(sqlite3_stmt *st, int column);

#endif
