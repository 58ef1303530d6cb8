#include "tools/matches/rows.h"

#include "engine/fields/render.h"
#include "tools/common/table.h"

#include <stdio.h>
#include <unistd.h>

enum { FLUSH_BYTES = 1 << 16 };

int rows_format_parse(const char *text, enum rows_format *out, struct err *err)
{
	static const char *const names[] = { "table", "json", "csv" };

	for (int i = 0; i < 3; i++) {
		if (strcmp(text, names[i]) == 0) {
			*out = (enum rows_format)i;
			return 0;
		}
	}
	return err_set(err, ERR_USAGE, "option --format wants table, json or csv, not %s", text);
}

static struct sv column_text(sqlite3_stmt *st, int i)
{
	const void *p = sqlite3_column_blob(st, i); /* text too: its bytes as they are */

	return (struct sv){ p, (size_t)sqlite3_column_bytes(st, i) };
}

/* Numbers print as SQLite prints them. */
static struct sv column_shown(sqlite3_stmt *st, int i)
{
	int type = sqlite3_column_type(st, i);

	if (type == SQLITE_TEXT || type == SQLITE_BLOB)
		return column_text(st, i);
	return sv_of(db_text(st, i));
}

void rows_put_json(struct buf *out, sqlite3_stmt *st, int column)
{
	switch (sqlite3_column_type(st, column)) {
	case SQLITE_NULL:
		buf_puts(out, "null");
		break;
	case SQLITE_INTEGER:
	case SQLITE_FLOAT:
		buf_puts(out, db_text(st, column));
		break;
	default:
		render_json_string(out, column_text(st, column));
		break;
	}
}

/* What is being printed. */
struct printer {
	const struct db *db;
	sqlite3_stmt *st;
	const char *name; /* of one of several tables, or NULL */
	bool first;       /* of them */
	uint64_t count;
	struct buf out;
};

static void put_json_row(struct printer *p)
{
	struct buf *out = &p->out;
	sqlite3_stmt *st = p->st;

	buf_putc(out, '{');
	if (p->name) {
		buf_puts(out, "\"table\":");
		render_json_string(out, sv_of(p->name));
	}
	for (int i = 0; i < sqlite3_column_count(st); i++) {
		buf_puts(out, i || p->name ? "," : "");
		render_json_string(out, sv_of(sqlite3_column_name(st, i)));
		buf_putc(out, ':');
		rows_put_json(out, st, i);
	}
	buf_puts(out, "}\n");
}

/* RFC 4180; also quoted: a lead byte that spreadsheets take for a formula stays what it is. */
static void put_csv_cell(struct buf *out, struct sv text)
{
	bool quoted = text.n == 0;

	for (size_t i = 0; i < text.n && !quoted; i++)
		quoted = memchr(",\"\r\n", text.p[i], 4) != NULL;
	if (!quoted) {
		buf_putsv(out, text);
		return;
	}
	buf_putc(out, '"');
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '"')
			buf_putc(out, '"');
		buf_putc(out, text.p[i]);
	}
	buf_putc(out, '"');
}

static void put_csv_head(struct buf *out, sqlite3_stmt *st)
{
	for (int i = 0; i < sqlite3_column_count(st); i++) {
		buf_puts(out, i ? "," : "");
		put_csv_cell(out, sv_of(sqlite3_column_name(st, i)));
	}
	buf_puts(out, "\r\n");
}

/* NULL is an empty cell, the empty text a quoted one. */
static void put_csv_row(struct buf *out, sqlite3_stmt *st)
{
	for (int i = 0; i < sqlite3_column_count(st); i++) {
		buf_puts(out, i ? "," : "");
		if (sqlite3_column_type(st, i) != SQLITE_NULL)
			put_csv_cell(out, column_shown(st, i));
	}
	buf_puts(out, "\r\n");
}

/* The name stands in front of the first row. */
static void put_name(struct printer *p)
{
	if (p->name && p->count == 0)
		buf_printf(&p->out, "%s%s\n", p->first ? "" : "\n", p->name);
}

static int print(struct printer *p, struct err *err)
{
	if (p->out.failed)
		return err_set(err, ERR_NOMEM, "out of memory");
	bool written = buf_write(&p->out, stdout);
	buf_clear(&p->out);
	if (!written)
		return err_errno(err, "cannot write to standard output");
	return 0;
}

static int print_lines(struct printer *p, bool csv, struct err *err)
{
	int step, rc = 0;

	if (csv && !p->name)
		put_csv_head(&p->out, p->st);
	while (rc == 0 && (step = db_step(p->db, p->st, err)) != 0) {
		if (step < 0)
			return -1;
		if (csv && p->name && p->count == 0) {
			put_name(p);
			put_csv_head(&p->out, p->st);
		}
		p->count++;
		if (csv)
			put_csv_row(&p->out, p->st);
		else
			put_json_row(p);
		if (p->out.n > FLUSH_BYTES)
			rc = print(p, err);
	}
	return rc;
}

static void put_head(struct table *t, sqlite3_stmt *st)
{
	for (int i = 0; i < t->columns; i++)
		table_put(t, sv_of(sqlite3_column_name(st, i)));
}

static int print_table(struct printer *p, struct err *err)
{
	int columns = sqlite3_column_count(p->st), step;
	struct table t;

	if (columns > TABLE_MAX_COLUMNS)
		return err_set(err, ERR_LIMIT, "a table has at most %d columns; try --format json",
			       TABLE_MAX_COLUMNS);
	if (columns == 0) /* a statement without rows */
		return db_step(p->db, p->st, err) < 0 ? -1 : 0;
	table_init(&t, columns);
	put_head(&t, p->st);
	while ((step = db_step(p->db, p->st, err)) > 0) {
		put_name(p);
		for (int i = 0; i < columns; i++) {
			int type = sqlite3_column_type(p->st, i);

			/* By the first row: a column of numbers. */
			if (p->count == 0)
				t.right[i] = type == SQLITE_INTEGER || type == SQLITE_FLOAT;
			table_put(&t, column_shown(p->st, i));
		}
		p->count++;
	}
	if (step == 0 && p->count)
		table_print(&t, terminal_width(STDOUT_FILENO), &p->out);
	table_deinit(&t);
	return step;
}

static int print_all(struct printer *p, enum rows_format format, struct err *err)
{
	int rc = format == ROWS_TABLE ? print_table(p, err)
				      : print_lines(p, format == ROWS_CSV, err);

	if (rc == 0)
		rc = print(p, err);
	buf_deinit(&p->out);
	return rc;
}

int rows_print(const struct db *db, sqlite3_stmt *st, enum rows_format format, uint64_t *count,
	       struct err *err)
{
	struct printer p = { .db = db, .st = st };
	int rc = print_all(&p, format, err);

	if (count)
		*count = p.count;
	return rc;
}

int rows_print_named(const char *name, const struct db *db, sqlite3_stmt *st,
		     enum rows_format format, bool first, struct err *err)
{
	struct printer p = { .db = db, .st = st, .name = name, .first = first };

	return print_all(&p, format, err);
}
