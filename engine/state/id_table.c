#include "engine/state/id_table.h"

#include "format/base/hash.h"

#include <stdlib.h>

enum { SLOTS_MIN = 1024 };

static bool is_free(const struct id_entry *e)
{
	return !e->thread && !e->process && !e->named;
}

void id_table_deinit(struct id_table *t)
{
	free(t->slots);
	*t = (struct id_table){ 0 };
}

/* The slot of id, or the free one where it belongs. */
static struct id_entry *probe(const struct id_table *t, int64_t id)
{
	uint32_t mask = t->nslots - 1;

	for (uint32_t i = (uint32_t)hash_u64((uint64_t)id) & mask;; i = (i + 1) & mask) {
		struct id_entry *e = &t->slots[i];

		if (is_free(e) || e->id == id)
			return e;
	}
}

struct id_entry *id_table_find(const struct id_table *t, int64_t id)
{
	if (!t->nslots)
		return NULL;
	struct id_entry *e = probe(t, id);
	return is_free(e) ? NULL : e;
}

static bool grow(struct id_table *t)
{
	struct id_table bigger = { .nslots = t->nslots ? t->nslots * 2 : SLOTS_MIN };

	bigger.slots = calloc(bigger.nslots, sizeof *bigger.slots);
	if (!bigger.slots)
		return false;
	for (uint32_t i = 0; i < t->nslots; i++) {
		if (!is_free(&t->slots[i])) {
			*probe(&bigger, t->slots[i].id) = t->slots[i];
			bigger.used++;
		}
	}
	free(t->slots);
	*t = bigger;
	return true;
}

/*
 * A made entry becomes findable when the caller fills it; one that it leaves empty is simply a
 * free slot, and `used` may count it: it only decides when to grow.
 */
struct id_entry *id_table_make(struct id_table *t, int64_t id)
{
	struct id_entry *e = id_table_find(t, id);

	if (e)
		return e;
	if (t->used >= t->nslots / 2 && !grow(t))
		return NULL;
	e = probe(t, id);
	e->id = id;
	t->used++;
	return e;
}

void id_table_tidy(struct id_table *t, struct id_entry *e)
{
	if (!e || !is_free(e))
		return;
	uint32_t mask = t->nslots - 1;
	uint32_t hole = (uint32_t)(e - t->slots);

	/* Move up later entries of the cluster whose way from home passes the hole. */
	for (uint32_t i = (hole + 1) & mask; !is_free(&t->slots[i]); i = (i + 1) & mask) {
		uint32_t home = (uint32_t)hash_u64((uint64_t)t->slots[i].id) & mask;

		if (((i - home) & mask) >= ((i - hole) & mask)) {
			t->slots[hole] = t->slots[i];
			t->slots[i] = (struct id_entry){ 0 };
			hole = i;
		}
	}
	t->slots[hole] = (struct id_entry){ 0 };
	t->used--;
}
