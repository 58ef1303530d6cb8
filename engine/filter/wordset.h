/*
 * A fixed set of byte strings: "is it one of these?" by one hash and, mostly, one comparison.
 * Lengths that no word has are refused before hashing.
 */
#ifndef SAKER_FILTER_WORDSET_H
#define SAKER_FILTER_WORDSET_H

#include "format/base/arena.h"
#include "format/base/hash.h"

struct wordset {
	uint64_t lengths;       /* bit n: some word is n bytes long; bit 63: 63 or more */
	uint32_t mask;          /* slots - 1, a power of two minus one */
	const struct sv *slots; /* .p == NULL: free */
};

/* The words are borrowed, the slots live in the arena; false: no memory. */
bool wordset_init(struct wordset *set, const struct sv *words, size_t n, struct arena *arena);

static inline bool wordset_has_length(const struct wordset *set, size_t n)
{
	return set->lengths >> (n < 63 ? n : 63) & 1;
}

/* hash is hash_sv(word). */
static inline bool wordset_has_hashed(const struct wordset *set, struct sv word, uint64_t hash)
{
	for (uint32_t i = (uint32_t)hash & set->mask; set->slots[i].p; i = (i + 1) & set->mask)
		if (sv_eq(set->slots[i], word))
			return true;
	return false;
}

static inline bool wordset_has(const struct wordset *set, struct sv word)
{
	return wordset_has_length(set, word.n) && wordset_has_hashed(set, word, hash_sv(word));
}

#endif
