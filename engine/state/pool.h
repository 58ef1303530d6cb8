/*
 * Objects of one size, given back one by one and reused at once.  Their memory stays mapped until
 * pool_deinit, so a stale pointer may be looked at (never trusted) until then.  {.size = n} is an
 * empty pool.
 */
#ifndef SAKER_STATE_POOL_H
#define SAKER_STATE_POOL_H

#include <stddef.h>

struct pool {
	size_t size; /* of one object, at least that of a pointer */
	void *free;  /* the first bytes of a free object point to the next one */
	struct pool_chunk *chunks;
};

void pool_deinit(struct pool *p);
/* Zeroed; NULL when there is no memory. */
void *pool_take(struct pool *p);
void pool_give(struct pool *p, void *object);

#endif
