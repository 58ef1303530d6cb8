/*
 * Taking fields off the front of untrusted bytes.  Running short is remembered in `bad` and gives
 * zeros from then on, so a decoder checks once, at the end.
 */
#ifndef SAKER_SCAP_CURSOR_H
#define SAKER_SCAP_CURSOR_H

#include "format/base/bytes.h"
#include "format/base/sv.h"

struct cursor {
	const char *p;
	size_t n;
	bool bad;
};

static inline struct sv cursor_bytes(struct cursor *c, size_t n)
{
	struct sv head = { "", 0 };

	if (c->bad || c->n < n) {
		c->bad = true;
		return head;
	}
	head = (struct sv){ c->p, n };
	c->p += n;
	c->n -= n;
	return head;
}

static inline uint8_t cursor_u8(struct cursor *c)
{
	struct sv b = cursor_bytes(c, 1);

	return b.n ? (uint8_t)b.p[0] : 0;
}

static inline uint16_t cursor_u16(struct cursor *c)
{
	struct sv b = cursor_bytes(c, 2);

	return b.n ? get_le16(b.p) : 0;
}

static inline uint32_t cursor_u32(struct cursor *c)
{
	struct sv b = cursor_bytes(c, 4);

	return b.n ? get_le32(b.p) : 0;
}

static inline uint64_t cursor_u64(struct cursor *c)
{
	struct sv b = cursor_bytes(c, 8);

	return b.n ? get_le64(b.p) : 0;
}

#endif
