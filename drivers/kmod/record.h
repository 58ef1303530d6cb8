/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Opening and closing records, on the CPU that they are of, with preemption off.
 *
 * What can interrupt a record on its CPU are page faults, its own or those of an interrupt: `busy`
 * is set before anything else is looked at, so that these find it, and end before it goes on.
 * Offsets are masked to WIRE_SPAN (param.h) and WIRE_ROOM bytes are free behind the start of every
 * record: no store leaves the ring, whatever was captured.
 */
#ifndef SAKER_KMOD_RECORD_H
#define SAKER_KMOD_RECORD_H

#include <linux/timekeeping.h>

#include "drivers/kmod/primitives.h"

#include "drivers/common/param.h"
#include "drivers/kmod/entry.h"
#include "drivers/kmod/session.h"

INLINE const void *given_to_call(const struct record *r, __u64 from, __u32 *n)
{
	const struct entry *entry = container_of(r->cpu, struct saker_cpu, own)->entry;

	if (!entry || !entry->n || (entry->from && entry->from != from))
		return NULL;
	*n = entry->n;
	return entry->bytes;
}

/* How much of a buffer is kept: the same all through a record, whatever the reader does. */
INLINE __u32 snaplen(const struct record *r)
{
	return container_of(r->cpu, struct saker_cpu, own)->snaplen;
}

/* Where the next record can begin: after a chunk's end, if need be.  False: the ring is full. */
INLINE bool find_room(struct saker_cpu *cpu, const struct wire_layout *l)
{
	__u64 head = cpu->own.head, off = head & (l->chunk_bytes - 1), left = l->chunk_bytes - off;
	__u64 tail = smp_load_acquire(&cpu->shown->tail);

	if (left < WIRE_ROOM) {
		if (head + left - tail > l->ring_bytes)
			return false;
		*(__u64 *)(cpu->ring + (head & (l->ring_bytes - 1))) = left | (__u64)WIRE_SKIP
										      << 32;
		head += left;
		cpu->own.head = head;
		smp_store_release(&cpu->shown->head, head);
	}
	return head + WIRE_ROOM - tail <= l->ring_bytes;
}

/* True: the record is begun.  False: it is counted as lost. */
INLINE bool open_record(struct record *r, struct session *s, __u32 class)
{
	struct saker_cpu *cpu = this_cpu_ptr(s->percpu);
	struct wire_record *head;

	class &= WIRE_CLASSES - 1;
	if (cpu->own.busy || !cpu->ring)
		goto lost;
	cpu->own.busy = 1;
	barrier();
	WRITE_ONCE(cpu->shown->busy, 1);
	if (!find_room(cpu, &s->layout)) {
		WRITE_ONCE(cpu->shown->busy, 0);
		barrier();
		cpu->own.busy = 0;
		goto lost;
	}
	cpu->snaplen = min_t(__u32, READ_ONCE(s->settings->snaplen), WIRE_MAX_BYTES);
	cpu->own.flags = 0;
	*r = (struct record){ .cpu = &cpu->own,
			      .at = cpu->ring + (cpu->own.head & (s->layout.ring_bytes - 1)) };
	head = (struct wire_record *)r->at;
	head->ts_ns = ktime_get_mono_fast_ns();
	head->tid = current->pid;
	return true;
lost:
	WRITE_ONCE(cpu->shown->lost[class], cpu->shown->lost[class] + 1);
	return false;
}

/*
 * The parameters of no event come near WIRE_SPAN; should they, their offsets have wrapped around
 * and the record means nothing.
 */
INLINE void close_record(struct record *r, __u32 event, __u32 class)
{
	struct saker_cpu *cpu = container_of(r->cpu, struct saker_cpu, own);
	struct wire_record *head = (struct wire_record *)r->at;
	__u64 *count = r->off < WIRE_SPAN ? &cpu->shown->stored[class] : &cpu->shown->lost[class];
	__u32 size = ALIGN(r->off, 8);

	WRITE_ONCE(*count, *count + 1);
	if (likely(r->off < WIRE_SPAN)) {
		head->size = size;
		head->type = event;
		head->nparams = r->n;
		head->flags = cpu->own.flags;
		cpu->own.head += size;
		smp_store_release(&cpu->shown->head, cpu->own.head);
	}
	smp_store_release(&cpu->shown->busy, 0);
	cpu->own.busy = 0;
}

#endif
