/* Arrays that grow inside an arena. */
#ifndef SAKER_RULES_VEC_H
#define SAKER_RULES_VEC_H

#include "format/base/arena.h"

#include <stdlib.h>

/* `items` or, when n has reached *cap, a copy with twice the room; NULL when there is no memory. */
static inline void *vec_room(struct arena *a, void *items, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return items;
	size_t more = *cap ? *cap * 2 : 4;
	void *p = arena_calloc(a, more, size);

	if (!p)
		return NULL;
	if (n)
		memcpy(p, items, n * size);
	*cap = more;
	return p;
}

struct sv_list {
	struct sv *items;
	size_t n, cap;
};

static inline bool sv_list_push(struct arena *a, struct sv_list *l, struct sv s)
{
	struct sv *items = vec_room(a, l->items, l->n, &l->cap, sizeof *items);

	if (!items)
		return false;
	l->items = items;
	l->items[l->n++] = s;
	return true;
}

static inline int sv_list_cmp(const void *a, const void *b)
{
	return sv_cmp(*(const struct sv *)a, *(const struct sv *)b);
}

/* Sort the list and drop the doubles. */
static inline void sv_list_make_set(struct sv_list *l)
{
	size_t kept = 0;

	if (l->n > 1)
		qsort(l->items, l->n, sizeof *l->items, sv_list_cmp);
	for (size_t i = 0; i < l->n; i++) {
		if (i == 0 || !sv_eq(l->items[i], l->items[i - 1]))
			l->items[kept++] = l->items[i];
	}
	l->n = kept;
}

/* Whether a set has this item. */
static inline bool sv_set_has(const struct sv_list *set, struct sv s)
{
	return set->n && bsearch(&s, set->items, set->n, sizeof s, sv_list_cmp);
}

#endif
