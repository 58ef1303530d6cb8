/* Match stores, opened for reading.  Their content is hostile: it came out of traces, from
 * anywhere. */
#ifndef SAKER_REPLAY_STORE_READ_H
#define SAKER_REPLAY_STORE_READ_H

#include "format/base/err.h"

#include <sqlite3.h>
#include <stdint.h>

/*
 * Open the store at path: its schema is not trusted, and nothing is written beside it.  ERR_STORE
 * when it is missing, no match store, or of another version; *out is to be closed in any case.
 */
int store_read_open(const char *path, sqlite3 **out, struct err *err);
/* ERR_STORE with what SQLite says of the store at path; db may be NULL. */
int store_read_fail(sqlite3 *db, const char *path, struct err *err);
/* Prepare a statement of the store at path. */
int store_read_prepare(sqlite3 *db, const char *path, const char *sql, sqlite3_stmt **st,
		       struct err *err);
/*
 * What a statement that has one row with one number says; `run_id` is its only parameter, if any.
 */
int store_read_number(sqlite3 *db, const char *path, const char *sql, int64_t run_id, int64_t *out,
		      struct err *err);

#endif
