#include "format/base/strmap.h"

#include "format/base/hash.h"

#include <assert.h>
#include <stdlib.h>

enum { SLOTS_MIN = 16 };

void strmap_deinit(struct strmap *m)
{
	free(m->entries);
	free(m->slots);
	*m = (struct strmap){ 0 };
}

static uint32_t *find_slot(const struct strmap *m, struct sv key, uint64_t hash)
{
	uint32_t mask = m->nslots - 1;

	for (uint32_t i = (uint32_t)hash & mask;; i = (i + 1) & mask) {
		uint32_t at = m->slots[i];

		if (at == 0)
			return &m->slots[i];
		const struct strmap_entry *e = &m->entries[at - 1];
		if (e->hash == hash && sv_eq(e->key, key))
			return &m->slots[i];
	}
}

uint32_t strmap_get(const struct strmap *m, struct sv key, uint32_t missing)
{
	if (m->n == 0)
		return missing;
	uint32_t at = *find_slot(m, key, hash_sv(key));
	return at ? m->entries[at - 1].value : missing;
}

static bool grow(struct strmap *m)
{
	uint32_t nslots = m->nslots ? m->nslots * 2 : SLOTS_MIN;
	uint32_t cap = nslots / 2;
	uint32_t *slots = calloc(nslots, sizeof *slots);
	struct strmap_entry *entries = realloc(m->entries, cap * sizeof *entries);

	if (entries) {
		m->entries = entries;
		m->cap = cap;
	}
	if (!slots || !entries) {
		free(slots);
		return false;
	}
	free(m->slots);
	m->slots = slots;
	m->nslots = nslots;
	for (uint32_t i = 0; i < m->n; i++)
		*find_slot(m, entries[i].key, entries[i].hash) = i + 1;
	return true;
}

bool strmap_put(struct strmap *m, struct sv key, uint32_t value)
{
	uint64_t hash = hash_sv(key);

	assert(value != UINT32_MAX);
	if (m->n >= m->nslots / 2 && !grow(m))
		return false;
	uint32_t *slot = find_slot(m, key, hash);
	if (*slot == 0) {
		m->entries[m->n] = (struct strmap_entry){ .key = key, .hash = hash };
		*slot = ++m->n;
	}
	m->entries[*slot - 1].value = value;
	return true;
}
