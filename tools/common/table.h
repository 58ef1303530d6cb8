/*
 * Rows and columns for people: columns as wide as their content, the line no wider than the
 * terminal.  Text is made safe for terminals (human_text).
 */
#ifndef SAKER_TOOLS_TABLE_H
#define SAKER_TOOLS_TABLE_H

#include "format/base/buf.h"

enum { TABLE_MAX_COLUMNS = 64 };

struct table_cell {
	size_t at, n;   /* in table.text */
	uint32_t width; /* columns of the terminal */
};

struct table {
	int columns;
	bool right[TABLE_MAX_COLUMNS]; /* align right: numbers */
	struct buf text;               /* of all cells */
	struct buf cells; /* struct table_cell, row by row; the first row is the head */
};

/* columns <= TABLE_MAX_COLUMNS */
void table_init(struct table *t, int columns);
void table_deinit(struct table *t);
/* The next cell, from left to right and from top to bottom. */
void table_put(struct table *t, struct sv text);
/*
 * Append the table to out, lines at most `width` wide (0: any): the widest columns give way, and
 * what was cut ends in "...".  Only complete rows are printed.
 */
void table_print(const struct table *t, size_t width, struct buf *out);

/* Columns of the terminal behind a file descriptor; 0 when it is none. */
size_t terminal_width(int fd);

#endif
