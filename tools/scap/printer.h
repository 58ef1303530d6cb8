/*
 * Events as lines of text or as JSON objects, the way `scap cat` and `scap hunt` print them.
 */
#ifndef SAKER_SCAP_PRINTER_H
#define SAKER_SCAP_PRINTER_H

#include "engine/output/format.h"
#include "format/column_need.h"

/* {0} is one that has not been told yet what to print. */
struct printer {
	struct arena arena;
	struct format *line;    /* NULL: JSON */
	struct column *columns; /* of JSON */
	size_t ncolumns;
	struct buf out; /* not written yet */
};

void printer_deinit(struct printer *p);
/* A line with %fields.  ERR_CHECK says where it is wrong. */
int printer_set_line(struct printer *p, const char *format, struct err *err);
/* JSON with these fields, separated by commas. */
int printer_set_fields(struct printer *p, const char *list, struct err *err);

/* The parameters that printing an event of this type looks at. */
uint64_t printer_params(const struct printer *p, uint32_t event_type);
/* Does it show a field with a memory of its own? */
bool printer_remembers(const struct printer *p);

/*
 * Append the event that ctx is at, with the line's end.  False: a value is missing and the template
 * says that the line is left out then.  before: text in front of a line; of JSON, the first members
 * with a comma behind them; may be empty.
 */
bool printer_put(struct printer *p, struct sv before, struct field_ctx *ctx, struct buf *out);
/* Print it, to standard output by and by.  1: it is; 0: it is left out. */
int printer_event(struct printer *p, struct field_ctx *ctx, struct err *err);
/* Write what is left. */
int printer_flush(struct printer *p, struct err *err);

#endif
