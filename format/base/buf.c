#include "format/base/buf.h"

#include <stdarg.h>
#include <stdlib.h>

enum { BUF_MIN = 64 };

void buf_deinit(struct buf *b)
{
	free(b->p);
	*b = (struct buf){ 0 };
}

bool buf_reserve(struct buf *b, size_t n)
{
	if (b->failed)
		return false;
	if (b->cap - b->n >= n)
		return true;

	size_t cap = b->cap ? b->cap : BUF_MIN;
	while (cap - b->n < n) {
		if (cap > SIZE_MAX / 2) {
			b->failed = true;
			return false;
		}
		cap *= 2;
	}
	char *p = realloc(b->p, cap);
	if (!p) {
		b->failed = true;
		return false;
	}
	b->p = p;
	b->cap = cap;
	return true;
}

void buf_put(struct buf *b, const void *bytes, size_t n)
{
	if (n == 0 || !buf_reserve(b, n))
		return;
	memcpy(b->p + b->n, bytes, n);
	b->n += n;
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (!buf_reserve(b, 1))
		return;
	va_start(ap, fmt);
	n = vsnprintf(b->p + b->n, b->cap - b->n, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	if ((size_t)n >= b->cap - b->n) {
		if (!buf_reserve(b, (size_t)n + 1))
			return;
		va_start(ap, fmt);
		vsnprintf(b->p + b->n, b->cap - b->n, fmt, ap);
		va_end(ap);
	}
	b->n += (size_t)n;
}

bool buf_write(const struct buf *b, FILE *out)
{
	/* An empty buffer has no memory, and fwrite wants some even then. */
	return b->n == 0 || fwrite(b->p, 1, b->n, out) == b->n;
}

const char *buf_cstr(struct buf *b)
{
	if (!buf_reserve(b, 1))
		return "";
	b->p[b->n] = '\0';
	return b->p;
}

void buf_put_u64(struct buf *b, uint64_t v)
{
	char digits[20];
	size_t at = sizeof digits;

	do {
		digits[--at] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	buf_put(b, digits + at, sizeof digits - at);
}

void buf_put_i64(struct buf *b, int64_t v)
{
	if (v < 0) {
		buf_putc(b, '-');
		buf_put_u64(b, 0 - (uint64_t)v);
	} else {
		buf_put_u64(b, (uint64_t)v);
	}
}
