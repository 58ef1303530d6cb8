#include "engine/state/credentials.h"

#include "format/base/hash.h"

#include <stdlib.h>

enum { SLOTS_MIN = 256 };

static void free_credential(struct credential *e)
{
	text_unref(e->user.name);
	text_unref(e->user.homedir);
	text_unref(e->user.shell);
	text_unref(e->group.name);
	free(e);
}

void credentials_deinit(struct credentials *c)
{
	for (uint32_t i = 0; i < c->nslots; i++) {
		if (c->slots[i])
			free_credential(c->slots[i]);
	}
	free(c->slots);
	*c = (struct credentials){ 0 };
}

static uint32_t home_of(const struct credentials *c, uint32_t id)
{
	return (uint32_t)hash_u64(id) & (c->nslots - 1);
}

/* The slot of id, or the free one where it belongs. */
static uint32_t probe(const struct credentials *c, uint32_t id)
{
	uint32_t i = home_of(c, id);

	while (c->slots[i] && c->slots[i]->id != id)
		i = (i + 1) & (c->nslots - 1);
	return i;
}

struct credential *credentials_find(const struct credentials *c, uint32_t id)
{
	return c->n ? c->slots[probe(c, id)] : NULL;
}

static bool grow(struct credentials *c)
{
	struct credentials bigger = { .nslots = c->nslots ? c->nslots * 2 : SLOTS_MIN, .n = c->n };

	bigger.slots = calloc(bigger.nslots, sizeof *bigger.slots);
	if (!bigger.slots)
		return false;
	for (uint32_t i = 0; i < c->nslots; i++) {
		struct credential *e = c->slots[i];

		if (e)
			bigger.slots[probe(&bigger, e->id)] = e;
	}
	free(c->slots);
	*c = bigger;
	return true;
}

struct credential *credentials_make(struct credentials *c, uint32_t id)
{
	struct credential *e = credentials_find(c, id);

	if (e)
		return e;
	if (c->n >= c->nslots / 2 && !grow(c))
		return NULL;
	e = calloc(1, sizeof *e);
	if (!e)
		return NULL;
	e->id = id;
	c->slots[probe(c, id)] = e;
	c->n++;
	return e;
}

bool credentials_remove(struct credentials *c, uint32_t id)
{
	uint32_t mask = c->nslots - 1;
	uint32_t hole = c->n ? probe(c, id) : 0;

	if (!c->n || !c->slots[hole])
		return false;
	free_credential(c->slots[hole]);
	/* Move up later entries of the cluster whose way from home passes the hole. */
	for (uint32_t i = (hole + 1) & mask; c->slots[i]; i = (i + 1) & mask) {
		uint32_t home = home_of(c, c->slots[i]->id);

		if (((i - home) & mask) >= ((i - hole) & mask)) {
			c->slots[hole] = c->slots[i];
			hole = i;
		}
	}
	c->slots[hole] = NULL;
	c->n--;
	return true;
}

static int by_id(const void *a, const void *b)
{
	const struct credential *x = *(struct credential *const *)a,
				*y = *(struct credential *const *)b;

	return (x->id > y->id) - (x->id < y->id);
}

const struct credential **credentials_sorted(const struct credentials *c, uint32_t *n)
{
	const struct credential **all = malloc((c->n + 1) * sizeof *all);

	*n = 0;
	for (uint32_t i = 0; all && i < c->nslots; i++) {
		if (c->slots[i])
			all[(*n)++] = c->slots[i];
	}
	if (all)
		qsort(all, *n, sizeof *all, by_id);
	return all;
}
