/* A store to copy runs from.  Its content is hostile: it may come from anywhere. */
#ifndef SAKER_REPLAY_STORE_FROM_H
#define SAKER_REPLAY_STORE_FROM_H

#include "replay/store.h"

#include <sqlite3.h>

struct store_from {
	sqlite3 *db;
	const char *path; /* borrowed */
};

/* For reading.  ERR_STORE: missing, not ours, of another version, or not made as ours are. */
int store_from_open(struct store_from *f, const char *path, struct err *err);
/* Twice is fine. */
void store_from_close(struct store_from *f);
int store_from_prepare(struct store_from *f, const char *sql, sqlite3_stmt **st, struct err *err);
/* ERR_STORE with what SQLite says. */
int store_from_fail(struct store_from *f, struct err *err);

/*
 * All that belongs to a run, as new rows of `to`, in the batch that is open there and that the
 * caller ends, or rolls back after -1.
 */
int store_from_copy(struct store_from *f, int64_t run_id, struct store *to, struct err *err);

#endif
