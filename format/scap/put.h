/* Appending little-endian integers to a buffer. */
#ifndef SAKER_SCAP_PUT_H
#define SAKER_SCAP_PUT_H

#include "format/base/buf.h"

#include <stdint.h>

/* The host is little-endian (base/bytes.h): the bytes of a value are its encoding. */
static inline void put_u8(struct buf *b, uint8_t v)
{
	buf_put(b, &v, sizeof v);
}

static inline void put_u16(struct buf *b, uint16_t v)
{
	buf_put(b, &v, sizeof v);
}

static inline void put_u32(struct buf *b, uint32_t v)
{
	buf_put(b, &v, sizeof v);
}

static inline void put_u64(struct buf *b, uint64_t v)
{
	buf_put(b, &v, sizeof v);
}

#endif
