/* Rows into their shapes and back; for column_pack.c and column_inflate.c. */
#ifndef SAKER_TRACE_COLUMN_SHAPE_H
#define SAKER_TRACE_COLUMN_SHAPE_H

#include "format/base/buf.h"

#include <stdint.h>

/*
 * How many bytes of a row are enough if `*base` is subtracted from it first: 0 (all rows are
 * equal), 1, 2, 4, or width.  Rows are taken as signed.
 */
unsigned shape_inner_width(struct sv rows, unsigned width, int64_t *base);
/* Rows of `width` bytes to rows of `inner` (smaller) ones and back; append. */
void shape_narrow(struct sv rows, unsigned width, unsigned inner, int64_t base, struct buf *out);
void shape_widen(struct sv rows, unsigned inner, unsigned width, int64_t base, char *out);

void shape_to_planes(struct sv rows, unsigned width, struct buf *out);
void shape_from_planes(struct sv planes, unsigned width, char *out);

void shape_to_delta(struct sv rows, unsigned width, struct buf *out);
/* n bytes of rows; false when `deltas` does not hold exactly as many. */
bool shape_from_delta(struct sv deltas, unsigned width, char *out, size_t n);

#endif
