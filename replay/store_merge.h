/*
 * Stores put together: what several replays left in files of their own, as if one had left it all
 * in one.
 *
 * A run is the same run wherever it is: of two that have trace, rules and options in common, the
 * one that began later stays, as it would have replaced the other in one store.  Runs come in the
 * order in which one replay over the folder of their traces meets these, so that numbers are the
 * same, too.
 */
#ifndef SAKER_REPLAY_STORE_MERGE_H
#define SAKER_REPLAY_STORE_MERGE_H

#include "replay/store.h"

#include <stddef.h>

struct store_merged {
	size_t added, replaced;
	size_t present; /* the same, or a later one, was there already */
};

/*
 * The runs of these stores, which stay as they are, into the one at `to`, which is made if it is
 * not there.  Each run is taken wholly or not at all; a store that is none is found before that.
 * ERR_STORE: not ours, of another version, damaged, or unwritable.
 */
int store_merge(const char *to, char *const *paths, size_t n, struct store_merged *out,
		struct err *err);

#endif
