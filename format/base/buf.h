/*
 * A growing byte buffer.  {0} is an empty one.  Running out of memory is remembered in `failed`
 * and makes every later call a no-op, so a caller checks once, at the end.
 */
#ifndef SAKER_BASE_BUF_H
#define SAKER_BASE_BUF_H

#include "format/base/sv.h"

#include <stdint.h>
#include <stdio.h>

struct buf {
	char *p;
	size_t n;
	size_t cap;
	bool failed;
};

void buf_deinit(struct buf *b);

/* Forget the contents, keep the memory. */
static inline void buf_clear(struct buf *b)
{
	b->n = 0;
}

/* Make room for n more bytes; false when there is no memory (b->failed is then set). */
bool buf_reserve(struct buf *b, size_t n);
void buf_put(struct buf *b, const void *bytes, size_t n);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static inline void buf_putc(struct buf *b, char c)
{
	buf_put(b, &c, 1);
}

static inline void buf_puts(struct buf *b, const char *text)
{
	buf_put(b, text, strlen(text));
}

static inline void buf_putsv(struct buf *b, struct sv s)
{
	buf_put(b, s.p, s.n);
}

/* Contents as a view, valid until the next call on b. */
static inline struct sv buf_sv(const struct buf *b)
{
	return (struct sv){ b->p, b->n };
}

/* The contents to a stream; false when it does not take them all. */
bool buf_write(const struct buf *b, FILE *out);

/* Contents as a C string (a NUL is kept behind them), "" when empty or out of memory. */
const char *buf_cstr(struct buf *b);

/* Decimal without printf: the hot paths print a great many numbers. */
void buf_put_u64(struct buf *b, uint64_t v);
void buf_put_i64(struct buf *b, int64_t v);

#endif
