#include "tools/matches/db.h"

#include "format/base/arena.h"
#include "format/base/buf.h"
#include "replay/store_read.h"

int db_fail(const struct db *db, struct err *err)
{
	return store_read_fail(db->h, db->path, err);
}

int db_prepare(const struct db *db, const char *sql, sqlite3_stmt **st, struct err *err)
{
	return store_read_prepare(db->h, db->path, sql, st, err);
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
	*db = (struct db){ .path = path };
	if (confine_to(c, path, err) < 0)
		return -1;
	return store_read_open(path, &db->h, err);
}

void db_close(struct db *db)
{
	sqlite3_close(db->h);
	db->h = NULL;
}
