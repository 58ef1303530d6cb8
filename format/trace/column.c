#include "format/trace/column.h"

#include "format/base/bytes.h"
#include "format/trace/varint.h"

#include <stdlib.h>
#include <zstd.h>

/* A packed column: u8 shape | codec << 4, u8 width, varint raw size, varint stored size, bytes. */
enum codec { CODEC_STORED = 0, CODEC_ZSTD = 1, CODEC_COUNT };

enum {
	SAMPLE_ROWS = 8192, /* shapes are tried on the first rows */
	TRY_ROWS = 32,      /* fewer are not worth the trial */
};

struct packer {
	int level;
	ZSTD_CCtx *cctx;
	ZSTD_DCtx *dctx;
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
	buf_deinit(&p->trial);
	free(p);
}

static uint64_t load_row(const char *p, unsigned width)
{
	switch (width) {
	case 1:
		return (uint8_t)*p;
	case 2:
		return get_le16(p);
	case 4:
		return get_le32(p);
	default:
		return get_le64(p);
	}
}

/* --- shapes --- */

static bool is_const(struct sv raw, unsigned width)
{
	/* Each byte equals the one a row before it: one pass of memcmp with itself. */
	return raw.n > width && memcmp(raw.p, raw.p + width, raw.n - width) == 0;
}

static void to_planes(struct sv raw, unsigned width, struct buf *out)
{
	size_t rows = raw.n / width;

	if (!buf_reserve(out, raw.n))
		return;
	for (unsigned plane = 0; plane < width; plane++) {
		char *dst = out->p + out->n + plane * rows;

		for (size_t i = 0; i < rows; i++)
			dst[i] = raw.p[i * width + plane];
	}
	out->n += raw.n;
}

static void from_planes(struct sv shaped, unsigned width, char *dst)
{
	size_t rows = shaped.n / width;

	for (unsigned plane = 0; plane < width; plane++) {
		const char *src = shaped.p + plane * rows;

		for (size_t i = 0; i < rows; i++)
			dst[i * width + plane] = src[i];
	}
}

/* The difference in the row's own width, so that it wraps there and stays small. */
static int64_t difference(uint64_t now, uint64_t before, unsigned width)
{
	unsigned shift = 64 - 8 * width;

	return (int64_t)((now - before) << shift) >> shift;
}

static void to_delta(struct sv raw, unsigned width, struct buf *out)
{
	uint64_t before = 0;

	for (size_t i = 0; i < raw.n; i += width) {
		uint64_t now = load_row(raw.p + i, width);

		buf_put_varint(out, zigzag(difference(now, before, width)));
		before = now;
	}
}

static bool from_delta(struct sv shaped, unsigned width, char *dst, size_t n)
{
	uint64_t row = 0, diff;

	for (size_t i = 0; i < n; i += width) {
		if (!sv_take_varint(&shaped, &diff))
			return false;
		row += (uint64_t)unzigzag(diff);
		memcpy(dst + i, &row, width); /* little-endian host: bytes.h */
	}
	return shaped.n == 0;
}

/* The shaped bytes: raw itself, or p->shaped[shape]. */
static struct sv apply_shape(struct packer *p, enum column_shape shape, struct sv raw,
			     unsigned width)
{
	struct buf *out = &p->shaped[shape];

	buf_clear(out);
	switch (shape) {
	case SHAPE_CONST:
		return (struct sv){ raw.p, width };
	case SHAPE_PLANES:
		to_planes(raw, width, out);
		return buf_sv(out);
	case SHAPE_DELTA:
		to_delta(raw, width, out);
		return buf_sv(out);
	case SHAPE_ROWS:
	case SHAPE_COUNT:
		break;
	}
	return raw;
}

/* --- packing --- */

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

static enum column_shape choose_shape(struct packer *p, struct sv raw, unsigned width)
{
	enum column_shape best = SHAPE_ROWS;
	size_t best_size = SIZE_MAX;

	if (width == 0)
		return SHAPE_ROWS;
	if (is_const(raw, width))
		return SHAPE_CONST;
	if (width == 1 || raw.n / width < TRY_ROWS)
		return SHAPE_ROWS;

	struct sv sample = raw;
	if (sample.n > (size_t)SAMPLE_ROWS * width)
		sample.n = (size_t)SAMPLE_ROWS * width;
	for (int shape = 0; shape < SHAPE_COUNT; shape++) {
		if (shape == SHAPE_CONST)
			continue;
		size_t size = compress(p, apply_shape(p, shape, sample, width), 1);
		if (size < best_size) {
			best = shape;
			best_size = size;
		}
	}
	return best;
}

int column_pack(struct packer *p, struct sv raw, unsigned width, struct buf *out, struct err *err)
{
	if (raw.n > COLUMN_MAX_RAW)
		return err_set(err, ERR_LIMIT, "a column of %zu bytes is over the limit", raw.n);

	enum column_shape shape = choose_shape(p, raw, width);
	struct sv shaped = apply_shape(p, shape, raw, width);
	enum codec codec = CODEC_ZSTD;
	size_t n = compress(p, shaped, p->level);

	if (p->shaped[shape].failed || p->trial.failed || n == SIZE_MAX)
		return err_set(err, ERR_NOMEM, "no memory to compress a column of %zu bytes",
			       raw.n);
	struct sv stored = { p->trial.p, n };
	if (n >= shaped.n) {
		codec = CODEC_STORED;
		stored = shaped;
	}
	buf_putc(out, (char)(shape | codec << 4));
	buf_putc(out, (char)width);
	buf_put_varint(out, raw.n);
	buf_put_varint(out, stored.n);
	buf_putsv(out, stored);
	return out->failed ? err_set(err, ERR_NOMEM, "no memory for a block") : 0;
}

/* --- unpacking --- */

struct packed {
	enum column_shape shape;
	enum codec codec;
	unsigned width;
	size_t raw_n;
	struct sv stored;
};

static int take_packed(struct sv *in, struct packed *out, struct err *err)
{
	struct sv head;
	uint64_t raw_n, stored_n;

	if (!sv_take(in, 2, &head) || !sv_take_varint(in, &raw_n) || !sv_take_varint(in, &stored_n))
		return err_set(err, ERR_FORMAT, "a column header ends early");
	uint8_t kind = (uint8_t)head.p[0], width = (uint8_t)head.p[1];
	if ((kind & 15) >= SHAPE_COUNT || kind >> 4 >= CODEC_COUNT)
		return err_set(err, ERR_FORMAT, "column kind 0x%02x is unknown", kind);
	if (width != 0 && width != 1 && width != 2 && width != 4 && width != 8)
		return err_set(err, ERR_FORMAT, "a column with rows of %u bytes", width);
	if ((kind & 15) != SHAPE_ROWS && (width == 0 || raw_n % width != 0))
		return err_set(err, ERR_FORMAT, "a shaped column of %u-byte rows has %llu bytes",
			       width, (unsigned long long)raw_n);
	if (raw_n > COLUMN_MAX_RAW)
		return err_set(err, ERR_FORMAT, "a column claims %llu bytes, at most %d allowed",
			       (unsigned long long)raw_n, COLUMN_MAX_RAW);
	*out = (struct packed){
		.shape = kind & 15, .codec = kind >> 4, .width = width, .raw_n = (size_t)raw_n
	};
	if (!sv_take(in, (size_t)stored_n, &out->stored))
		return err_set(err, ERR_FORMAT, "a column claims %llu stored bytes, %zu are left",
			       (unsigned long long)stored_n, in->n);
	return 0;
}

/* What was shaped: stored as it is, or inflated into p->shaped[c->shape]. */
static int inflate_shaped(struct packer *p, const struct packed *c, struct sv *out, struct err *err)
{
	struct buf *room = &p->shaped[c->shape];
	unsigned long long size;

	if (c->codec == CODEC_STORED) {
		*out = c->stored;
		return 0;
	}
	size = ZSTD_getFrameContentSize(c->stored.p, c->stored.n);
	/* A delta takes at most VARINT_MAX bytes a row. */
	if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN ||
	    size > (unsigned long long)c->raw_n * VARINT_MAX)
		return err_set(err, ERR_FORMAT, "a compressed column does not tell its size");
	buf_clear(room);
	if (!buf_reserve(room, (size_t)size + 1))
		return err_set(err, ERR_NOMEM, "no memory for a column of %llu bytes", size);
	size_t n = ZSTD_decompressDCtx(p->dctx, room->p, (size_t)size, c->stored.p, c->stored.n);
	if (ZSTD_isError(n) || n != size)
		return err_set(err, ERR_FORMAT, "a column does not inflate: %s",
			       ZSTD_isError(n) ? ZSTD_getErrorName(n) : "wrong size");
	*out = (struct sv){ room->p, n };
	return 0;
}

int column_unpack(struct packer *p, struct sv *in, struct buf *raw, struct err *err)
{
	struct packed c;
	struct sv shaped;

	if (take_packed(in, &c, err) < 0)
		return -1;
	if (!buf_reserve(raw, c.raw_n))
		return err_set(err, ERR_NOMEM, "no memory for a column of %zu bytes", c.raw_n);
	if (c.raw_n == 0)
		return 0;
	if (c.shape == SHAPE_ROWS && c.codec == CODEC_ZSTD) {
		/* Straight to where it belongs. */
		size_t n = ZSTD_decompressDCtx(p->dctx, raw->p + raw->n, c.raw_n, c.stored.p,
					       c.stored.n);
		if (ZSTD_isError(n) || n != c.raw_n)
			return err_set(err, ERR_FORMAT, "a column does not inflate: %s",
				       ZSTD_isError(n) ? ZSTD_getErrorName(n) : "wrong size");
		raw->n += n;
		return 0;
	}
	if (inflate_shaped(p, &c, &shaped, err) < 0)
		return -1;

	char *dst = raw->p + raw->n;
	size_t want = c.shape == SHAPE_CONST   ? c.width
		      : c.shape == SHAPE_DELTA ? shaped.n
					       : c.raw_n;
	if (shaped.n != want)
		return err_set(err, ERR_FORMAT, "a column has %zu bytes where %zu belong", shaped.n,
			       want);
	switch (c.shape) {
	case SHAPE_ROWS:
		memcpy(dst, shaped.p, c.raw_n);
		break;
	case SHAPE_CONST:
		for (size_t i = 0; i < c.raw_n; i += c.width)
			memcpy(dst + i, shaped.p, c.width);
		break;
	case SHAPE_PLANES:
		from_planes(shaped, c.width, dst);
		break;
	case SHAPE_DELTA:
		if (!from_delta(shaped, c.width, dst, c.raw_n))
			return err_set(err, ERR_FORMAT,
				       "the differences of a column do not add up");
		break;
	case SHAPE_COUNT:
		break;
	}
	raw->n += c.raw_n;
	return 0;
}

int column_skip(struct sv *in, struct err *err)
{
	struct packed c;

	return take_packed(in, &c, err);
}
