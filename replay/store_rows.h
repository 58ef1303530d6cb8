/*
 * Rows on their way into one table.  SQLite needs about a third of the time per row when a
 * statement inserts many at once, so rows gather here and go in by groups.  For store*.c only.
 */
#ifndef SAKER_REPLAY_STORE_ROWS_H
#define SAKER_REPLAY_STORE_ROWS_H

#include "format/base/buf.h"

#include <sqlite3.h>

enum { STORE_ROWS_GROUP = 32, STORE_ROWS_MAX_COLUMNS = 9 };

struct store_cell {
	int type; /* SQLITE_INTEGER, SQLITE_FLOAT, SQLITE_TEXT, SQLITE_NULL */
	union {
		int64_t i;
		double d;
		struct {
			size_t at, n; /* within store_rows.text */
		} text;
	};
};

struct store_rows {
	const char *insert; /* "INSERT INTO table (a, b) VALUES ": what comes before the rows */
	int columns;
	int ncells;
	struct store_cell cells[STORE_ROWS_GROUP * STORE_ROWS_MAX_COLUMNS];
	struct buf text;
	sqlite3_stmt *group, *single;
};

void store_rows_deinit(struct store_rows *r);

/* The next cells of the row that is being made. */
void store_rows_null(struct store_rows *r);
void store_rows_i64(struct store_rows *r, int64_t v);
/* NULL instead of 0. */
void store_rows_nonzero(struct store_rows *r, int64_t v);
void store_rows_double(struct store_rows *r, double v);
/* Any bytes; stored as UTF-8. */
void store_rows_text(struct store_rows *r, struct sv text);

/* The row is complete.  An SQLite error code; the group goes in when it is full. */
int store_rows_end_row(struct store_rows *r, sqlite3 *db);
/* Insert what has gathered. */
int store_rows_flush(struct store_rows *r, sqlite3 *db);

#endif
