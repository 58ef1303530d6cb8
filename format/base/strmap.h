/*
 * Text to number, open addressing.  Keys are borrowed: they must outlive the map (put them in an
 * arena).  {0} is an empty map.  Iteration order is insertion order, so output never depends on
 * hashing.
 */
#ifndef SAKER_BASE_STRMAP_H
#define SAKER_BASE_STRMAP_H

#include "format/base/sv.h"

#include <stdint.h>

struct strmap_entry {
	struct sv key;
	uint64_t hash;
	uint32_t value;
};

struct strmap {
	struct strmap_entry *entries; /* insertion order */
	uint32_t *slots;              /* index + 1 into entries, 0 = free */
	uint32_t n;
	uint32_t cap;    /* of entries */
	uint32_t nslots; /* a power of two */
};

void strmap_deinit(struct strmap *m);
/* Value of key, or `missing`. */
uint32_t strmap_get(const struct strmap *m, struct sv key, uint32_t missing);
static inline bool strmap_has(const struct strmap *m, struct sv key)
{
	return strmap_get(m, key, UINT32_MAX) != UINT32_MAX;
}
/* Set or replace; value must not be UINT32_MAX.  False when there is no memory. */
bool strmap_put(struct strmap *m, struct sv key, uint32_t value);

#endif
