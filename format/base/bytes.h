/* Little-endian integers at any alignment.  Stock traces are in the writer's order; we read and
 * write little-endian ones only (a big-endian trace is refused by its magic). */
#ifndef SAKER_BASE_BYTES_H
#define SAKER_BASE_BYTES_H

#include <stdint.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
	       "loads below assume a little-endian host");

static inline uint16_t get_le16(const char *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof v);
	return v;
}

static inline uint32_t get_le32(const char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof v);
	return v;
}

static inline uint64_t get_le64(const char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof v);
	return v;
}

#endif
