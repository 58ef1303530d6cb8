/*
 * Columns: many values of one kind, packed together.
 *
 * A column's rows are `width` bytes each, or bytes of any shape (width 0).  Packing tries on a
 * sample which shape compresses best, then lets zstd have it.  SPEC 5.
 */
#ifndef SAKER_TRACE_COLUMN_H
#define SAKER_TRACE_COLUMN_H

#include "format/base/buf.h"
#include "format/base/err.h"

enum column_shape {
	SHAPE_ROWS = 0,   /* as they are */
	SHAPE_CONST = 1,  /* one row, repeated */
	SHAPE_PLANES = 2, /* first bytes of all rows, then all second bytes, ... */
	SHAPE_DELTA = 3,  /* differences of neighbours, zigzag varints */
	SHAPE_COUNT
};

enum { COLUMN_MAX_RAW = 1 << 28 };

struct packer;

struct packer *packer_new(int level); /* zstd level; NULL: no memory */
void packer_free(struct packer *p);

/* Append the packed form of raw to out.  width: 0, 1, 2, 4 or 8; raw.n is a multiple of it. */
int column_pack(struct packer *p, struct sv raw, unsigned width, struct buf *out, struct err *err);

/* Cut one packed column off *in and append its rows to *raw. */
int column_unpack(struct packer *p, struct sv *in, struct buf *raw, struct err *err);
/* Cut it off without inflating it. */
int column_skip(struct sv *in, struct err *err);

#endif
