/* Ask a store in plain SQL, behind the back of the code under test. */
#ifndef SAKER_REPLAY_TESTS_ASK_H
#define SAKER_REPLAY_TESTS_ASK_H

#include "format/tests/test.h"

#include "format/base/buf.h"

#include <sqlite3.h>

/* All rows as text: columns joined by '|', rows ended by a newline. */
static inline const char *ask_rows(const char *path, const char *sql, struct buf *out)
{
	sqlite3 *db;
	sqlite3_stmt *st;

	buf_clear(out);
	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	while (sqlite3_step(st) == SQLITE_ROW) {
		for (int i = 0; i < sqlite3_column_count(st); i++) {
			const char *cell = (const char *)sqlite3_column_text(st, i);

			buf_printf(out, "%s%s", i ? "|" : "", cell ? cell : "NULL");
		}
		buf_putc(out, '\n');
	}
	sqlite3_finalize(st);
	sqlite3_close(db);
	return buf_cstr(out);
}

#endif
