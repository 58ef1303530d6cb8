/*
 * Columns: many values of one kind, packed together.
 *
 * A column's rows are `width` bytes each, or bytes of any shape (width 0).  Packing drops the bytes
 * that all rows have in common, tries on a sample which shape compresses best, then lets zstd have
 * it. SPEC 5.1.
 */
#ifndef SAKER_TRACE_COLUMN_H
#define SAKER_TRACE_COLUMN_H

#include "format/base/buf.h"
#include "format/base/err.h"

enum column_shape {
	SHAPE_ROWS = 0,   /* as they are */
	SHAPE_PLANES = 1, /* first bytes of all rows, then all second bytes, ... */
	SHAPE_DELTA = 2,  /* differences of neighbours, zigzag varints */
	SHAPE_COUNT
};

enum column_codec { CODEC_STORED = 0, CODEC_ZSTD = 1, CODEC_COUNT };

enum { COLUMN_MAX_RAW = 1 << 28 };

struct packer;

struct packer *packer_new(int level); /* zstd level; NULL: no memory */
void packer_free(struct packer *p);

/* Append the packed form of raw to out.  width: 0, 1, 2, 4 or 8; raw.n is a multiple of it. */
int column_pack(struct packer *p, struct sv raw, unsigned width, struct buf *out, struct err *err);

/* The head of a packed column. */
struct column_head {
	enum column_shape shape;
	enum column_codec codec;
	uint8_t width;
	uint8_t inner; /* bytes of the row minus `base` that are stored; 0: all rows are base */
	int64_t base;
	size_t raw_n; /* bytes of the rows */
	struct sv stored;
};

/* Cut one packed column off *in, without inflating it. */
int column_take(struct sv *in, struct column_head *out, struct err *err);

/* All rows are the same: there is at least one, and column_row gives it. */
static inline bool column_is_const(const struct column_head *c)
{
	return c->width && c->inner == 0 && c->raw_n;
}

/* Append its rows to *raw. */
int column_inflate(struct packer *p, const struct column_head *c, struct buf *raw, struct err *err);
/* Both at once. */
int column_unpack(struct packer *p, struct sv *in, struct buf *raw, struct err *err);

#endif
