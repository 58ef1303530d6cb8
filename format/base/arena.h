/*
 * Memory that is given back all at once.  Chunks double up to 1 MiB.  Nothing in an arena is
 * freed alone; arena_reset keeps the first chunk for the next round.
 */
#ifndef SAKER_BASE_ARENA_H
#define SAKER_BASE_ARENA_H

#include "format/base/sv.h"

struct arena_chunk;

struct arena {
	struct arena_chunk *chunks; /* newest first */
	char *next;
	char *end;
	size_t total; /* bytes taken from malloc */
};

void arena_deinit(struct arena *a);
/* Everything is given back but the first chunk, which is reused. */
void arena_reset(struct arena *a);

/*
 * n zeroed bytes aligned for any type; NULL when there is no memory. n == 0 gives a valid pointer.
 */
void *arena_alloc(struct arena *a, size_t n);
/* n bytes of any content and alignment: for text. */
char *arena_bytes(struct arena *a, size_t n);
/* A copy with a NUL behind it; .p is NULL when there is no memory. */
struct sv arena_sv(struct arena *a, struct sv s);

/* A zeroed array of n items; NULL when there is no memory or n * size overflows. */
void *arena_calloc(struct arena *a, size_t n, size_t size);
#define arena_new(a, type)      ((type *)arena_alloc((a), sizeof(type)))
#define arena_array(a, type, n) ((type *)arena_calloc((a), (n), sizeof(type)))

#endif
