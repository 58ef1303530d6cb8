/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What system calls were given behind a pointer, kept until they end.
 *
 * A task owns a slot while it is in such a call, one of the few that its address leads to.  Who
 * finds none free has its path read at the end of the call, as all do without slots.  Only the
 * owner looks at what is in a slot, so the mark of ownership is all that needs care.
 */
#ifndef SAKER_KMOD_ENTRY_H
#define SAKER_KMOD_ENTRY_H

#include <linux/hash.h>

#include "drivers/kmod/primitives.h"

#include "drivers/kmod/session.h"

enum { ENTRY_BUCKET_BITS = 7, ENTRY_WAYS = 8, ENTRY_SLOTS = ENTRY_WAYS << ENTRY_BUCKET_BITS };

struct entry {
	__u64 from; /* 0: the only pointer of the call that matters */
	__u32 n;
	__u8 bytes[WIRE_PATH_MAX];
};

struct entries {
	struct task_struct *owners[ENTRY_SLOTS]; /* the ways of a bucket are a cache line */
	struct entry slots[ENTRY_SLOTS];
};

/* The first of the slots that the current task may own. */
INLINE __u32 entry_bucket(void)
{
	return hash_ptr(current, ENTRY_BUCKET_BITS) * ENTRY_WAYS;
}

/* The slot of the current task, or NULL. */
INLINE struct entry *entry_find(struct entries *entries)
{
	__u32 first = entry_bucket(), i;

	for (i = first; i < first + ENTRY_WAYS; i++) {
		if (READ_ONCE(entries->owners[i]) == current)
			return &entries->slots[i];
	}
	return NULL;
}

/* The same, or a free one that it owns from here on. */
INLINE struct entry *entry_claim(struct entries *entries)
{
	struct entry *mine = entry_find(entries);
	__u32 first = entry_bucket(), i;

	for (i = first; i < first + ENTRY_WAYS && !mine; i++) {
		struct task_struct **owner = &entries->owners[i];

		if (!READ_ONCE(*owner) && cmpxchg(owner, NULL, current) == NULL) {
			mine = &entries->slots[i];
			mine->n = 0;
		}
	}
	return mine;
}

INLINE void entry_release(struct entries *entries, struct entry *mine)
{
	if (mine)
		smp_store_release(&entries->owners[mine - entries->slots], NULL);
}

#endif
