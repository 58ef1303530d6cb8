#include "format/trace/column.h"

#include "format/base/bytes.h"
#include "format/trace/column_shape.h"
#include "format/trace/varint.h"

#include <stdlib.h>
#include <zstd.h>

enum {
	SAMPLE_ROWS = 4096, /* shapes are tried on as many rows */
	TRY_ROWS = 32,      /* fewer are not worth the trial */
	NEVER_PACK = 24,    /* bytes that zstd would only make longer */
};

struct packer {
	int level;
	ZSTD_CCtx *cctx;
	ZSTD_DCtx *dctx;
	struct buf narrow;
	struct buf shaped[SHAPE_COUNT];
	struct buf trial;
};

struct packer *packer_new(int level)
{
	struct packer *p = calloc(1, sizeof *p);

	if (!p)
		return NULL;
	p->level = level;
	p->cctx = ZSTD_createCCtx();
	p->dctx = ZSTD_createDCtx();
	if (!p->cctx || !p->dctx) {
		packer_free(p);
		return NULL;
	}
	return p;
}

void packer_free(struct packer *p)
{
	if (!p)
		return;
	ZSTD_freeCCtx(p->cctx);
	ZSTD_freeDCtx(p->dctx);
	for (int i = 0; i < SHAPE_COUNT; i++)
		buf_deinit(&p->shaped[i]);
	buf_deinit(&p->narrow);
	buf_deinit(&p->trial);
	free(p);
}

/* --- packing --- */

/* The shaped bytes: rows itself, or p->shaped[shape]. */
static struct sv apply_shape(struct packer *p, enum column_shape shape, struct sv rows,
			     unsigned width)
{
	struct buf *out = &p->shaped[shape];

	buf_clear(out);
	switch (shape) {
	case SHAPE_PLANES:
		shape_to_planes(rows, width, out);
		return buf_sv(out);
	case SHAPE_DELTA:
		shape_to_delta(rows, width, out);
		return buf_sv(out);
	case SHAPE_ROWS:
	case SHAPE_COUNT:
		break;
	}
	return rows;
}

/* Compressed size at `level`, into p->trial; SIZE_MAX on failure. */
static size_t compress(struct packer *p, struct sv bytes, int level)
{
	size_t bound = ZSTD_compressBound(bytes.n);

	buf_clear(&p->trial);
	if (!buf_reserve(&p->trial, bound))
		return SIZE_MAX;
	size_t n = ZSTD_compressCCtx(p->cctx, p->trial.p, bound, bytes.p, bytes.n, level);
	return ZSTD_isError(n) ? SIZE_MAX : n;
}

static enum column_shape choose_shape(struct packer *p, struct sv rows, unsigned width)
{
	enum column_shape best = SHAPE_ROWS;
	size_t best_size = SIZE_MAX;

	if (width < 2 || rows.n / width < TRY_ROWS)
		return SHAPE_ROWS;
	struct sv sample = rows;
	if (sample.n > (size_t)SAMPLE_ROWS * width)
		sample.n = (size_t)SAMPLE_ROWS * width;
	for (enum column_shape shape = 0; shape < SHAPE_COUNT; shape++) {
		size_t size = compress(p, apply_shape(p, shape, sample, width), 1);

		if (size < best_size) {
			best = shape;
			best_size = size;
		}
	}
	return best;
}

static int put_column(struct packer *p, struct column_head *c, struct sv rows, struct buf *out,
		      struct err *err)
{
	struct sv shaped = { NULL, 0 };

	if (c->inner != c->width && c->inner != 0) {
		buf_clear(&p->narrow);
		shape_narrow(rows, c->width, c->inner, c->base, &p->narrow);
		rows = buf_sv(&p->narrow);
	}
	if (c->inner || c->width == 0) {
		c->shape = choose_shape(p, rows, c->inner);
		shaped = apply_shape(p, c->shape, rows, c->inner);
	}
	c->stored = shaped;
	if (shaped.n > NEVER_PACK) {
		size_t n = compress(p, shaped, p->level);

		if (n == SIZE_MAX)
			return -1;
		if (n < shaped.n) {
			c->codec = CODEC_ZSTD;
			c->stored = (struct sv){ p->trial.p, n };
		}
	}
	(void)err;
	buf_putc(out, (char)(c->shape | c->codec << 4));
	buf_putc(out, (char)(c->width | c->inner << 4));
	if (c->inner != c->width)
		buf_put_varint(out, zigzag(c->base));
	buf_put_varint(out, c->raw_n);
	buf_put_varint(out, c->stored.n);
	buf_putsv(out, c->stored);
	return p->narrow.failed || p->shaped[c->shape].failed || p->trial.failed || out->failed ? -1
												: 0;
}

int column_pack(struct packer *p, struct sv raw, unsigned width, struct buf *out, struct err *err)
{
	struct column_head c = { .width = (uint8_t)width, .inner = (uint8_t)width, .raw_n = raw.n };

	if (raw.n > COLUMN_MAX_RAW)
		return err_set(err, ERR_LIMIT, "a column of %zu bytes is over the limit", raw.n);
	if (width && raw.n)
		c.inner = (uint8_t)shape_inner_width(raw, width, &c.base);
	if (put_column(p, &c, raw, out, err) < 0)
		return err_set(err, ERR_NOMEM, "no memory to compress a column of %zu bytes",
			       raw.n);
	return 0;
}

/* --- unpacking --- */

static bool is_width(unsigned w)
{
	return w == 0 || w == 1 || w == 2 || w == 4 || w == 8;
}

int column_take(struct sv *in, struct column_head *out, struct err *err)
{
	struct sv head;
	uint64_t base = 0, raw_n, stored_n;

	if (!sv_take(in, 2, &head))
		return err_set(err, ERR_FORMAT, "a column header ends early");
	uint8_t kind = (uint8_t)head.p[0], widths = (uint8_t)head.p[1];
	unsigned width = widths & 15, inner = widths >> 4;
	if ((kind & 15) >= SHAPE_COUNT || kind >> 4 >= CODEC_COUNT)
		return err_set(err, ERR_FORMAT, "column kind 0x%02x is unknown", kind);
	if (!is_width(width) || !is_width(inner) || inner > width)
		return err_set(err, ERR_FORMAT, "a column with rows of %u bytes in %u", width,
			       inner);
	if ((inner != width && !sv_take_varint(in, &base)) || !sv_take_varint(in, &raw_n) ||
	    !sv_take_varint(in, &stored_n))
		return err_set(err, ERR_FORMAT, "a column header ends early");
	if ((kind & 15) != SHAPE_ROWS && inner == 0)
		return err_set(err, ERR_FORMAT, "a shaped column without rows");
	if (width && raw_n % width != 0)
		return err_set(err, ERR_FORMAT, "a column of %u-byte rows has %llu bytes", width,
			       (unsigned long long)raw_n);
	if (raw_n > COLUMN_MAX_RAW)
		return err_set(err, ERR_FORMAT, "a column claims %llu bytes, at most %d allowed",
			       (unsigned long long)raw_n, COLUMN_MAX_RAW);
	if (width && inner == 0 && (raw_n == 0 || stored_n || kind >> 4 != CODEC_STORED))
		return err_set(err, ERR_FORMAT, "a column of equal rows stores %llu bytes",
			       (unsigned long long)stored_n);
	*out = (struct column_head){ .shape = kind & 15,
				     .codec = kind >> 4,
				     .width = (uint8_t)width,
				     .inner = (uint8_t)inner,
				     .base = unzigzag(base),
				     .raw_n = (size_t)raw_n };
	if (!sv_take(in, (size_t)stored_n, &out->stored))
		return err_set(err, ERR_FORMAT, "a column claims %llu stored bytes, %zu are left",
			       (unsigned long long)stored_n, in->n);
	return 0;
}

static int does_not_inflate(size_t n, struct err *err)
{
	return err_set(err, ERR_FORMAT, "a column does not inflate: %s",
		       ZSTD_isError(n) ? ZSTD_getErrorName(n) : "wrong size");
}

/* What was shaped: stored as it is, or inflated into p->shaped[c->shape]. */
static int inflate_shaped(struct packer *p, const struct column_head *c, size_t rows_n,
			  struct sv *out, struct err *err)
{
	struct buf *room = &p->shaped[c->shape];
	unsigned long long size;

	*out = c->stored;
	if (c->codec == CODEC_STORED)
		return 0;
	size = ZSTD_getFrameContentSize(c->stored.p, c->stored.n);
	/* A delta takes at most VARINT_MAX bytes a row. */
	if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN ||
	    size > (unsigned long long)rows_n * VARINT_MAX)
		return err_set(err, ERR_FORMAT, "a compressed column does not tell its size");
	buf_clear(room);
	if (!buf_reserve(room, (size_t)size + 1))
		return err_set(err, ERR_NOMEM, "no memory for a column of %llu bytes", size);
	size_t n = ZSTD_decompressDCtx(p->dctx, room->p, (size_t)size, c->stored.p, c->stored.n);
	if (ZSTD_isError(n) || n != size)
		return does_not_inflate(n, err);
	*out = (struct sv){ room->p, n };
	return 0;
}

/* The rows of inner bytes, rows_n in all, to dst. */
static int inflate_rows(struct packer *p, const struct column_head *c, char *dst, size_t rows_n,
			struct err *err)
{
	struct sv shaped;

	if (c->shape == SHAPE_ROWS && c->codec == CODEC_ZSTD) {
		/* Straight to where it belongs. */
		size_t n = ZSTD_decompressDCtx(p->dctx, dst, rows_n, c->stored.p, c->stored.n);

		return ZSTD_isError(n) || n != rows_n ? does_not_inflate(n, err) : 0;
	}
	if (inflate_shaped(p, c, rows_n, &shaped, err) < 0)
		return -1;
	if (c->shape == SHAPE_DELTA) {
		if (!shape_from_delta(shaped, c->inner, dst, rows_n))
			return err_set(err, ERR_FORMAT,
				       "the differences of a column do not add up");
		return 0;
	}
	if (shaped.n != rows_n)
		return err_set(err, ERR_FORMAT, "a column has %zu bytes where %zu belong", shaped.n,
			       rows_n);
	if (c->shape == SHAPE_PLANES && c->inner > 1)
		shape_from_planes(shaped, c->inner, dst);
	else
		memcpy(dst, shaped.p, rows_n);
	return 0;
}

static void repeat(char *dst, size_t n, int64_t row, unsigned width)
{
	memcpy(dst, &row, width);
	for (size_t have = width; have < n; have *= 2)
		memcpy(dst + have, dst, have < n - have ? have : n - have);
}

int column_inflate(struct packer *p, const struct column_head *c, struct buf *raw, struct err *err)
{
	if (!buf_reserve(raw, c->raw_n))
		return err_set(err, ERR_NOMEM, "no memory for a column of %zu bytes", c->raw_n);
	if (c->raw_n == 0)
		return c->stored.n ? does_not_inflate(0, err) : 0;
	char *dst = raw->p + raw->n;
	if (column_is_const(c)) {
		repeat(dst, c->raw_n, c->base, c->width);
	} else if (c->inner == c->width) {
		if (inflate_rows(p, c, dst, c->raw_n, err) < 0)
			return -1;
	} else {
		size_t rows_n = c->raw_n / c->width * c->inner;

		buf_clear(&p->narrow);
		if (!buf_reserve(&p->narrow, rows_n))
			return err_set(err, ERR_NOMEM, "no memory for a column of %zu bytes",
				       rows_n);
		if (inflate_rows(p, c, p->narrow.p, rows_n, err) < 0)
			return -1;
		shape_widen((struct sv){ p->narrow.p, rows_n }, c->inner, c->width, c->base, dst);
	}
	raw->n += c->raw_n;
	return 0;
}

int column_unpack(struct packer *p, struct sv *in, struct buf *raw, struct err *err)
{
	struct column_head c;

	return column_take(in, &c, err) < 0 ? -1 : column_inflate(p, &c, raw, err);
}
