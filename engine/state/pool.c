#include "engine/state/pool.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK_BYTES = 32 * 1024 };

struct pool_chunk {
	struct pool_chunk *next;
	_Alignas(max_align_t) char objects[];
};

void pool_deinit(struct pool *p)
{
	while (p->chunks) {
		struct pool_chunk *next = p->chunks->next;

		free(p->chunks);
		p->chunks = next;
	}
	p->free = NULL;
}

static void put_free(struct pool *p, void *object)
{
	memcpy(object, &p->free, sizeof p->free);
	p->free = object;
}

static int grow(struct pool *p)
{
	size_t step = (p->size + _Alignof(max_align_t) - 1) & ~(_Alignof(max_align_t) - 1);
	size_t n = CHUNK_BYTES / step ? CHUNK_BYTES / step : 1;
	struct pool_chunk *c = malloc(sizeof *c + n * step);

	if (!c)
		return -1;
	c->next = p->chunks;
	p->chunks = c;
	while (n--)
		put_free(p, c->objects + n * step);
	return 0;
}

void *pool_take(struct pool *p)
{
	if (!p->free && grow(p) < 0)
		return NULL;
	void *object = p->free;
	memcpy(&p->free, object, sizeof p->free);
	return memset(object, 0, p->size);
}

void pool_give(struct pool *p, void *object)
{
	put_free(p, object);
}
