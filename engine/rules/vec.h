/* Arrays that grow inside an arena. */
#ifndef SAKER_RULES_VEC_H
#define SAKER_RULES_VEC_H

#include "format/base/arena.h"

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

/* Keep the list sorted and without doubles. */
static inline bool sv_list_insert(struct arena *a, struct sv_list *l, struct sv s)
{
	size_t at = 0, end = l->n;

	while (at < end) {
		size_t mid = at + (end - at) / 2;

		if (sv_cmp(l->items[mid], s) < 0)
			at = mid + 1;
		else
			end = mid;
	}
	if (at < l->n && sv_eq(l->items[at], s))
		return true;
	if (!sv_list_push(a, l, s))
		return false;
	memmove(l->items + at + 1, l->items + at, (l->n - 1 - at) * sizeof *l->items);
	l->items[at] = s;
	return true;
}

static inline bool sv_list_has(const struct sv_list *l, struct sv s)
{
	for (size_t i = 0; i < l->n; i++) {
		if (sv_eq(l->items[i], s))
			return true;
	}
	return false;
}

#endif
