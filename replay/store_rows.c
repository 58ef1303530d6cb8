#include "replay/store_rows.h"

#include "format/base/utf8.h"

#include <assert.h>

void store_rows_deinit(struct store_rows *r)
{
	sqlite3_finalize(r->group);
	sqlite3_finalize(r->single);
	buf_deinit(&r->text);
}

static struct store_cell *next_cell(struct store_rows *r, int type)
{
	assert(r->ncells < r->columns * STORE_ROWS_GROUP);
	struct store_cell *c = &r->cells[r->ncells++];

	c->type = type;
	return c;
}

void store_rows_null(struct store_rows *r)
{
	next_cell(r, SQLITE_NULL);
}

void store_rows_i64(struct store_rows *r, int64_t v)
{
	next_cell(r, SQLITE_INTEGER)->i = v;
}

void store_rows_nonzero(struct store_rows *r, int64_t v)
{
	next_cell(r, v ? SQLITE_INTEGER : SQLITE_NULL)->i = v;
}

void store_rows_double(struct store_rows *r, double v)
{
	next_cell(r, SQLITE_FLOAT)->d = v;
}

void store_rows_text(struct store_rows *r, struct sv text)
{
	struct store_cell *c = next_cell(r, SQLITE_TEXT);

	c->text.at = r->text.n;
	utf8_put_clean(&r->text, text);
	c->text.n = r->text.n - c->text.at;
}

static void bind_cell(const struct store_rows *r, sqlite3_stmt *st, int i,
		      const struct store_cell *c)
{
	if (c->type == SQLITE_INTEGER)
		sqlite3_bind_int64(st, i, c->i);
	else if (c->type == SQLITE_FLOAT)
		sqlite3_bind_double(st, i, c->d);
	else if (c->type == SQLITE_TEXT)
		sqlite3_bind_text64(st, i, c->text.n ? r->text.p + c->text.at : "", c->text.n,
				    SQLITE_STATIC, SQLITE_UTF8);
	else
		sqlite3_bind_null(st, i);
}

/* Run `st`, which takes `ncells` cells. */
static int insert(const struct store_rows *r, sqlite3_stmt *st, const struct store_cell *cells,
		  int ncells)
{
	for (int i = 0; i < ncells; i++)
		bind_cell(r, st, i + 1, &cells[i]);
	sqlite3_step(st);
	return sqlite3_reset(st);
}

/* The insert of `rows` rows, made when it is first needed. */
static int prepare(const struct store_rows *r, sqlite3 *db, int rows, sqlite3_stmt **st)
{
	struct buf sql = { 0 };

	if (*st)
		return SQLITE_OK;
	buf_puts(&sql, r->insert);
	for (int i = 0; i < rows * r->columns; i++) {
		buf_puts(&sql, i % r->columns ? "," : i ? ",(" : "(");
		buf_putc(&sql, '?');
		if (i % r->columns == r->columns - 1)
			buf_putc(&sql, ')');
	}
	int rc = sql.failed ? SQLITE_NOMEM
			    : sqlite3_prepare_v3(db, sql.p, (int)sql.n, SQLITE_PREPARE_PERSISTENT,
						 st, NULL);

	buf_deinit(&sql);
	return rc;
}

int store_rows_end_row(struct store_rows *r, sqlite3 *db)
{
	assert(r->ncells % r->columns == 0);
	return r->ncells == STORE_ROWS_GROUP * r->columns ? store_rows_flush(r, db) : SQLITE_OK;
}

int store_rows_flush(struct store_rows *r, sqlite3 *db)
{
	int rc = r->text.failed ? SQLITE_NOMEM : SQLITE_OK;

	if (rc == SQLITE_OK && r->ncells == STORE_ROWS_GROUP * r->columns) {
		rc = prepare(r, db, STORE_ROWS_GROUP, &r->group);
		if (rc == SQLITE_OK)
			rc = insert(r, r->group, r->cells, r->ncells);
	} else if (rc == SQLITE_OK && r->ncells) {
		rc = prepare(r, db, 1, &r->single);
		for (int i = 0; i < r->ncells && rc == SQLITE_OK; i += r->columns)
			rc = insert(r, r->single, r->cells + i, r->columns);
	}
	r->ncells = 0;
	buf_clear(&r->text);
	return rc;
}
