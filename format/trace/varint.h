/* Unsigned integers, 7 bits a byte, low bits first; signed ones zigzagged.  SPEC 2. */
#ifndef SAKER_TRACE_VARINT_H
#define SAKER_TRACE_VARINT_H

#include "format/base/buf.h"

enum { VARINT_MAX = 10 };

static inline uint64_t zigzag(int64_t v)
{
	return (uint64_t)v << 1 ^ (uint64_t)(v >> 63);
}

static inline int64_t unzigzag(uint64_t v)
{
	return (int64_t)(v >> 1 ^ (0 - (v & 1)));
}

/* Bytes written to p, which has room for VARINT_MAX. */
static inline size_t varint_write(char *p, uint64_t v)
{
	size_t n = 0;

	while (v >= 0x80) {
		p[n++] = (char)(v | 0x80);
		v >>= 7;
	}
	p[n++] = (char)v;
	return n;
}

static inline void buf_put_varint(struct buf *b, uint64_t v)
{
	if (buf_reserve(b, VARINT_MAX))
		b->n += varint_write(b->p + b->n, v);
}

/* Cut one off the front; false when it ends early or is longer than 64 bits. */
static inline bool sv_take_varint(struct sv *s, uint64_t *out)
{
	uint64_t v = 0;

	for (size_t i = 0; i < s->n && i < VARINT_MAX; i++) {
		uint8_t byte = (uint8_t)s->p[i];

		if (i == VARINT_MAX - 1 && byte > 1)
			return false;
		v |= (uint64_t)(byte & 0x7f) << (7 * i);
		if (byte < 0x80) {
			s->p += i + 1;
			s->n -= i + 1;
			*out = v;
			return true;
		}
	}
	return false;
}

#endif
