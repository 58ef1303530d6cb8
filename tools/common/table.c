#define _DEFAULT_SOURCE /* struct winsize */
#include "tools/common/table.h"

#include "tools/common/human.h"

#include <assert.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { GAP = 2, NARROWEST = 8, SHORT_TEXT = 24, NARROWEST_TERMINAL = 20 };

void table_init(struct table *t, int columns)
{
	assert(columns > 0 && columns <= TABLE_MAX_COLUMNS);
	*t = (struct table){ .columns = columns };
}

void table_deinit(struct table *t)
{
	buf_deinit(&t->text);
	buf_deinit(&t->cells);
}

/* One column per character: right for nearly all that turns up in command lines and paths. */
static uint32_t width_of(struct sv text)
{
	uint32_t n = 0;

	for (size_t i = 0; i < text.n; i++)
		n += ((uint8_t)text.p[i] & 0xc0) != 0x80;
	return n;
}

void table_put(struct table *t, struct sv text)
{
	struct table_cell c = { .at = t->text.n };

	human_text(&t->text, text);
	if (t->text.failed)
		return;
	c.n = t->text.n - c.at;
	c.width = width_of((struct sv){ t->text.p + c.at, c.n });
	buf_put(&t->cells, &c, sizeof c);
}

static size_t rows_of(const struct table *t)
{
	return t->cells.n / sizeof(struct table_cell) / (size_t)t->columns;
}

static struct table_cell cell_of(const struct table *t, size_t row, int column)
{
	struct table_cell c;

	memcpy(&c, t->cells.p + (row * (size_t)t->columns + (size_t)column) * sizeof c, sizeof c);
	return c;
}

/* Take columns from the widest cells, none below `floor`, until the line fits. */
static void shrink(size_t widths[static TABLE_MAX_COLUMNS], int columns, size_t floor,
		   size_t *total, size_t width)
{
	while (*total > width) {
		int widest = 0;

		for (int k = 1; k < columns; k++) {
			if (widths[k] >= widths[widest])
				widest = k;
		}
		if (widths[widest] <= floor)
			return;
		widths[widest]--;
		--*total;
	}
}

/* Texts give way first; a time or a name stays whole for as long as it can. */
static void fit(const struct table *t, size_t width, size_t widths[static TABLE_MAX_COLUMNS])
{
	size_t total = (size_t)(t->columns - 1) * GAP;

	for (int k = 0; k < t->columns; k++)
		total += widths[k];
	shrink(widths, t->columns, SHORT_TEXT, &total, width);
	shrink(widths, t->columns, NARROWEST, &total, width);
}

static void pad(struct buf *out, size_t n)
{
	while (n--)
		buf_putc(out, ' ');
}

static void print_cell(const struct table *t, const struct table_cell *c, size_t width, bool right,
		       bool last, struct buf *out)
{
	struct sv text = { t->text.p + c->at, c->n };
	size_t at = out->n, blanks = c->width < width ? width - c->width : 0;

	if (right)
		pad(out, blanks);
	buf_putsv(out, text);
	human_cut(out, at, width);
	if (!right && !last)
		pad(out, blanks);
}

void table_print(const struct table *t, size_t width, struct buf *out)
{
	size_t widths[TABLE_MAX_COLUMNS] = { 0 }, rows = rows_of(t);

	for (size_t i = 0; i < rows; i++) {
		for (int k = 0; k < t->columns; k++) {
			struct table_cell c = cell_of(t, i, k);

			if (c.width > widths[k])
				widths[k] = c.width;
		}
	}
	if (width)
		fit(t, width, widths);
	for (size_t i = 0; i < rows; i++) {
		for (int k = 0; k < t->columns; k++) {
			struct table_cell c = cell_of(t, i, k);

			if (k)
				pad(out, GAP);
			print_cell(t, &c, widths[k], t->right[k], k == t->columns - 1, out);
		}
		buf_putc(out, '\n');
	}
	out->failed |= t->text.failed || t->cells.failed;
}

size_t terminal_width(int fd)
{
	struct winsize w;

	if (!isatty(fd) || ioctl(fd, TIOCGWINSZ, &w) < 0 || w.ws_col == 0)
		return 0;
	return w.ws_col < NARROWEST_TERMINAL ? NARROWEST_TERMINAL : w.ws_col;
}
