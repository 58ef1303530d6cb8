#include "format/trace/column_shape.h"

#include "format/base/bytes.h"
#include "format/trace/varint.h"

/* A loop body for rows of a type; memcpy because rows lie at any address. */
#define LOAD(T, p, i) (*(const T##_row *)((p) + (i) * sizeof(T)))
typedef uint8_t uint8_t_row __attribute__((may_alias, aligned(1)));
typedef uint16_t uint16_t_row __attribute__((may_alias, aligned(1)));
typedef uint32_t uint32_t_row __attribute__((may_alias, aligned(1)));
typedef uint64_t uint64_t_row __attribute__((may_alias, aligned(1)));

/* --- narrow --- */

struct row_range {
	int64_t min, max;
};

#define RANGE(T, S)                                                                                \
	static struct row_range range_##T(const char *p, size_t n) {                               \
		S min = (S)LOAD(T, p, 0), max = min;                                               \
                                                                                                   \
		for (size_t i = 1; i < n; i++) {                                                   \
			S v = (S)LOAD(T, p, i);                                                    \
                                                                                                   \
			min = v < min ? v : min;                                                   \
			max = v > max ? v : max;                                                   \
		}                                                                                  \
		return (struct row_range){ min, max };                                             \
	}
RANGE(uint8_t, int8_t)
RANGE(uint16_t, int16_t)
RANGE(uint32_t, int32_t)
RANGE(uint64_t, int64_t)

unsigned shape_inner_width(struct sv rows, unsigned width, int64_t *base)
{
	size_t n = rows.n / width;
	struct row_range r = width == 1   ? range_uint8_t(rows.p, n)
			     : width == 2 ? range_uint16_t(rows.p, n)
			     : width == 4 ? range_uint32_t(rows.p, n)
					  : range_uint64_t(rows.p, n);
	uint64_t span = (uint64_t)r.max - (uint64_t)r.min;

	*base = r.min;
	if (span == 0)
		return 0;
	/* Without a base the bytes stay what they are, which compresses no worse. */
	if (r.min >= 0 && (span <= UINT8_MAX) == (r.max <= UINT8_MAX) &&
	    (span <= UINT16_MAX) == (r.max <= UINT16_MAX) &&
	    (span <= UINT32_MAX) == (r.max <= UINT32_MAX)) {
		*base = 0;
		span = (uint64_t)r.max;
	}
	unsigned inner = span <= UINT8_MAX    ? 1
			 : span <= UINT16_MAX ? 2
			 : span <= UINT32_MAX ? 4
					      : 8;
	if (inner < width)
		return inner;
	*base = 0;
	return width;
}

#define NARROW(FROM, TO)                                                                           \
	static void narrow_##FROM##_##TO(const char *restrict p, char *restrict out, size_t n,     \
					 int64_t base)                                             \
	{                                                                                          \
		TO##_row *dst = (TO##_row *)out;                                                   \
                                                                                                   \
		for (size_t i = 0; i < n; i++)                                                     \
			dst[i] = (TO)(LOAD(FROM, p, i) - (FROM)base);                              \
	}                                                                                          \
	static void widen_##TO##_##FROM(const char *restrict p, char *restrict out, size_t n,      \
					int64_t base)                                              \
	{                                                                                          \
		FROM##_row *dst = (FROM##_row *)out;                                               \
                                                                                                   \
		for (size_t i = 0; i < n; i++)                                                     \
			dst[i] = (FROM)(LOAD(TO, p, i) + (FROM)base);                              \
	}
NARROW(uint16_t, uint8_t)
NARROW(uint32_t, uint8_t)
NARROW(uint32_t, uint16_t)
NARROW(uint64_t, uint8_t)
NARROW(uint64_t, uint16_t)
NARROW(uint64_t, uint32_t)

static const struct {
	uint8_t width, inner;
	void (*narrow)(const char *restrict p, char *restrict out, size_t n, int64_t base);
	void (*widen)(const char *restrict p, char *restrict out, size_t n, int64_t base);
} pairs[] = {
	{ 2, 1, narrow_uint16_t_uint8_t, widen_uint8_t_uint16_t },
	{ 4, 1, narrow_uint32_t_uint8_t, widen_uint8_t_uint32_t },
	{ 4, 2, narrow_uint32_t_uint16_t, widen_uint16_t_uint32_t },
	{ 8, 1, narrow_uint64_t_uint8_t, widen_uint8_t_uint64_t },
	{ 8, 2, narrow_uint64_t_uint16_t, widen_uint16_t_uint64_t },
	{ 8, 4, narrow_uint64_t_uint32_t, widen_uint32_t_uint64_t },
};

void shape_narrow(struct sv rows, unsigned width, unsigned inner, int64_t base, struct buf *out)
{
	size_t n = rows.n / width;

	if (!buf_reserve(out, n * inner))
		return;
	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
		if (pairs[i].width == width && pairs[i].inner == inner)
			pairs[i].narrow(rows.p, out->p + out->n, n, base);
	}
	out->n += n * inner;
}

void shape_widen(struct sv rows, unsigned inner, unsigned width, int64_t base, char *out)
{
	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
		if (pairs[i].width == width && pairs[i].inner == inner)
			pairs[i].widen(rows.p, out, rows.n / inner, base);
	}
}

/* --- planes --- */

void shape_to_planes(struct sv rows, unsigned width, struct buf *out)
{
	size_t n = rows.n / width;

	if (!buf_reserve(out, rows.n))
		return;
	for (unsigned plane = 0; plane < width; plane++) {
		char *dst = out->p + out->n + plane * n;
		const char *src = rows.p + plane;

		for (size_t i = 0; i < n; i++)
			dst[i] = src[i * width];
	}
	out->n += rows.n;
}

/* Two streams of half rows to whole ones: loops that compilers turn into vector unpacking. */
#define ZIP(HALF, WHOLE)                                                                           \
	static void zip_##WHOLE(const char *restrict low, const char *restrict high,               \
				char *restrict out, size_t n)                                      \
	{                                                                                          \
		WHOLE##_row *dst = (WHOLE##_row *)out;                                             \
                                                                                                   \
		for (size_t i = 0; i < n; i++)                                                     \
			dst[i] = (WHOLE)(LOAD(HALF, low, i) | (WHOLE)LOAD(HALF, high, i)           \
								      << 8 * sizeof(HALF));        \
	}
ZIP(uint8_t, uint16_t)
ZIP(uint16_t, uint32_t)
ZIP(uint32_t, uint64_t)

enum { ZIP_ROWS = 1024 };

void shape_from_planes(struct sv planes, unsigned width, char *out)
{
	size_t n = planes.n / width;
	char pairs_of[4][ZIP_ROWS * 2], fours_of[2][ZIP_ROWS * 4];

	for (size_t at = 0; at < n; at += ZIP_ROWS) {
		size_t rows = n - at < ZIP_ROWS ? n - at : ZIP_ROWS;
		const char *p = planes.p + at;
		char *dst = out + at * width;

		if (width == 2) {
			zip_uint16_t(p, p + n, dst, rows);
			continue;
		}
		for (unsigned k = 0; k < width / 2; k++)
			zip_uint16_t(p + 2 * k * n, p + (2 * k + 1) * n, pairs_of[k], rows);
		if (width == 4) {
			zip_uint32_t(pairs_of[0], pairs_of[1], dst, rows);
			continue;
		}
		zip_uint32_t(pairs_of[0], pairs_of[1], fours_of[0], rows);
		zip_uint32_t(pairs_of[2], pairs_of[3], fours_of[1], rows);
		zip_uint64_t(fours_of[0], fours_of[1], dst, rows);
	}
}

/* --- deltas --- */

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

/* The difference in the row's own width, so that it wraps there and stays small. */
static int64_t difference(uint64_t now, uint64_t before, unsigned width)
{
	unsigned shift = 64 - 8 * width;

	return (int64_t)((now - before) << shift) >> shift;
}

void shape_to_delta(struct sv rows, unsigned width, struct buf *out)
{
	uint64_t before = 0;

	if (!buf_reserve(out, rows.n / width * VARINT_MAX))
		return;
	for (size_t i = 0; i < rows.n; i += width) {
		uint64_t now = load_row(rows.p + i, width);

		out->n += varint_write(out->p + out->n, zigzag(difference(now, before, width)));
		before = now;
	}
}

bool shape_from_delta(struct sv deltas, unsigned width, char *out, size_t n)
{
	uint64_t row = 0, diff;

	for (size_t i = 0; i < n; i += width) {
		if (deltas.n && (uint8_t)deltas.p[0] < 0x80) {
			diff = (uint8_t)*deltas.p++;
			deltas.n--;
		} else if (!sv_take_varint(&deltas, &diff)) {
			return false;
		}
		row += (uint64_t)unzigzag(diff);
		memcpy(out + i, &row, width); /* little-endian host: bytes.h */
	}
	return deltas.n == 0;
}
