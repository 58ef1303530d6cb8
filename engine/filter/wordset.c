#include "engine/filter/wordset.h"

bool wordset_init(struct wordset *set, const struct sv *words, size_t n, struct arena *arena)
{
	struct sv *slots;
	size_t nslots = 4;

	while (nslots < 2 * n)
		nslots *= 2;
	slots = arena_array(arena, struct sv, nslots);
	if (!slots)
		return false;
	*set = (struct wordset){ .mask = (uint32_t)(nslots - 1), .slots = slots };
	for (size_t k = 0; k < n; k++) {
		uint64_t hash = hash_sv(words[k]);

		if (wordset_has_hashed(set, words[k], hash))
			continue;
		set->lengths |= (uint64_t)1 << (words[k].n < 63 ? words[k].n : 63);
		for (uint32_t i = (uint32_t)hash & set->mask;; i = (i + 1) & set->mask) {
			if (slots[i].p)
				continue;
			/* an empty word may come without an address */
			slots[i] = words[k].n ? words[k] : SV("");
			break;
		}
	}
	return true;
}
