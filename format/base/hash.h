/*
 * The hash of all our tables.  It is fast, and no secret: whoever wants collisions can make them.
 * No output depends on its results.
 */
#ifndef SAKER_BASE_HASH_H
#define SAKER_BASE_HASH_H

#include "format/base/bytes.h"
#include "format/base/sv.h"

static inline uint64_t hash_u64(uint64_t v)
{
	v ^= v >> 32;
	v *= 0x9E3779B97F4A7C15u;
	v ^= v >> 29;
	v *= 0xBF58476D1CE4E5B9u;
	return v ^ v >> 32;
}

static inline uint64_t hash_sv(struct sv s)
{
	uint64_t h = 0x51ED270B9F2CA4D3u ^ s.n;

	while (s.n >= 8) {
		h = hash_u64(h ^ get_le64(s.p));
		s.p += 8;
		s.n -= 8;
	}
	if (s.n) {
		uint64_t tail = 0;

		memcpy(&tail, s.p, s.n);
		h = hash_u64(h ^ tail);
	}
	return hash_u64(h);
}

#endif
