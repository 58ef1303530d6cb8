/* Rows of a statement as a table, as JSON lines or as CSV. */
#ifndef SAKER_MATCHES_ROWS_H
#define SAKER_MATCHES_ROWS_H

#include "tools/common/cli.h"
#include "tools/matches/db.h"

#include "format/base/buf.h"

enum rows_format { ROWS_TABLE, ROWS_JSON, ROWS_CSV };

/* "table", "json", "csv" of --format */
int rows_format_parse(const char *text, enum rows_format *out, struct err *err);

/*
 * Print all rows to standard output; *count (may be NULL) is their number.  Tables are as wide as
 * the terminal, or as wide as they need when there is none; an empty one is not printed.
 */
int rows_print(const struct db *db, sqlite3_stmt *st, enum rows_format format, uint64_t *count,
	       struct err *err);
/* One of several tables: a line with its name in front, in JSON a key "table"; nothing if empty. */
int rows_print_named(const char *name, const struct db *db, sqlite3_stmt *st,
		     enum rows_format format, bool first, struct err *err);

/* One JSON string, number or null. */
void rows_put_json(struct buf *out, sqlite3_stmt *st, int column);

#endif
