#include "format/base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>

enum { CHUNK_MIN = 4096, CHUNK_MAX = 1 << 20 };

struct arena_chunk {
	struct arena_chunk *older;
	size_t size;
	alignas(max_align_t) char bytes[];
};

void arena_deinit(struct arena *a)
{
	struct arena_chunk *older;

	for (struct arena_chunk *c = a->chunks; c; c = older) {
		older = c->older;
		free(c);
	}
	*a = (struct arena){ 0 };
}

void arena_reset(struct arena *a)
{
	while (a->chunks && a->chunks->older) {
		struct arena_chunk *c = a->chunks;

		a->chunks = c->older;
		a->total -= c->size;
		free(c);
	}
	if (a->chunks) {
		a->next = a->chunks->bytes;
		a->end = a->next + a->chunks->size;
	}
}

static bool grow(struct arena *a, size_t need)
{
	size_t size = a->chunks ? a->chunks->size : CHUNK_MIN / 2;

	if (size < CHUNK_MAX)
		size *= 2;
	if (size < need)
		size = need;

	struct arena_chunk *c = malloc(sizeof *c + size);
	if (!c)
		return false;
	c->older = a->chunks;
	c->size = size;
	a->chunks = c;
	a->next = c->bytes;
	a->end = c->bytes + size;
	a->total += size;
	return true;
}

char *arena_bytes(struct arena *a, size_t n)
{
	if ((size_t)(a->end - a->next) < n || !a->chunks) {
		if (!grow(a, n))
			return NULL;
	}
	char *p = a->next;
	a->next += n;
	return p;
}

void *arena_alloc(struct arena *a, size_t n)
{
	const size_t align = alignof(max_align_t);
	size_t pad = a->chunks ? (align - (uintptr_t)a->next % align) % align : 0;

	if (n > SIZE_MAX - align)
		return NULL;
	if (!a->chunks || (size_t)(a->end - a->next) < pad + n) {
		if (!grow(a, n))
			return NULL;
		pad = 0;
	}
	char *p = a->next + pad;
	a->next = p + n;
	return memset(p, 0, n);
}

void *arena_calloc(struct arena *a, size_t n, size_t size)
{
	if (size && n > SIZE_MAX / size)
		return NULL;
	return arena_alloc(a, n * size);
}

struct sv arena_sv(struct arena *a, struct sv s)
{
	char *p = arena_bytes(a, s.n + 1);

	if (!p)
		return (struct sv){ 0 };
	if (s.n)
		memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return (struct sv){ p, s.n };
}
