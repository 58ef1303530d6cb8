/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What system calls were given behind a pointer, kept from their beginning to their end.
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

enum { ENTRY_BUCKET_BITS = 7, ENTRY_BUCKETS = 1 << ENTRY_BUCKET_BITS, ENTRY_WAYS = 8 };

struct entry {
	__u64 from;
	__u32 n;
	__u8 bytes[WIRE_PATH_MAX];
};

struct entries {
	struct task_struct *owners[ENTRY_BUCKETS][ENTRY_WAYS]; /* a cache line each */
	struct entry slots[ENTRY_BUCKETS][ENTRY_WAYS];
};

/* The slot of the current task, or NULL. */
INLINE struct entry *entry_find(struct entries *entries)
{
	__u32 bucket = hash_ptr(current, ENTRY_BUCKET_BITS), way;

	for (way = 0; way < ENTRY_WAYS; way++) {
		if (READ_ONCE(entries->owners[bucket][way]) == current)
			return &entries->slots[bucket][way];
	}
	return NULL;
}

/* The same, or a free one that it owns from here on. */
INLINE struct entry *entry_claim(struct entries *entries)
{
	__u32 bucket = hash_ptr(current, ENTRY_BUCKET_BITS), way;
	struct entry *mine = entry_find(entries);

	for (way = 0; way < ENTRY_WAYS && !mine; way++) {
		struct task_struct **owner = &entries->owners[bucket][way];

		if (!READ_ONCE(*owner) && cmpxchg(owner, NULL, current) == NULL)
			mine = &entries->slots[bucket][way];
	}
	return mine;
}

INLINE void entry_release(struct entries *entries, struct entry *mine)
{
	if (mine)
		smp_store_release(&entries->owners[0][mine - &entries->slots[0][0]], NULL);
}

#endif
