/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The maps, and a record under construction.  It is written in place, at the head of its CPU's ring:
 * nothing is copied twice, nobody is woken, no lock is taken.  A program on one CPU is interrupted
 * by another one only by a page fault in the middle of it; `busy` gives that one up, counted.
 *
 * The verifier must see that every store stays inside the chunk: open_record leaves WIRE_ROOM bytes
 * behind the start of a record, offsets are masked to WIRE_SPAN.  A mask that bites would spoil that
 * record alone; the limits of wire.h keep the sum of all parameters below it.
 */
#ifndef SAKER_BPF_RECORD_H
#define SAKER_BPF_RECORD_H


#include "drivers/common/param.h"

/* Set before loading; the verifier knows their values. */
const volatile struct wire_layout layout SEC(".rodata.layout") = { 0 };

struct wire_settings settings SEC(".data.settings") = { 0 };

INLINE __u32 snaplen(const struct record *r)
{
	(void)r;
	return settings.snaplen;
}

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct wire_cpu);
} cpus SEC(".maps");

/* Chunks of all rings, CPU by CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__uint(key_size, 4);
	__uint(value_size, 1 << WIRE_MIN_CHUNK_SHIFT);
} rings SEC(".maps");

/* Event id to the program that captures it. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, WIRE_PROGRAMS);
	__uint(key_size, 4);
	__uint(value_size, 4);
} programs SEC(".maps");

/*
 * What the system call that a task is in was given behind the pointer `from`.  It belongs to that
 * call alone: sys_exit is attached before anything is kept, and nothing is left here behind it.
 */
enum { ENTRY_MAX = WIRE_PATH_MAX };
struct entry {
	__u64 from; /* 0: the only pointer of the call that matters */
	__u32 n, spare;
	__u8 bytes[ENTRY_MAX];
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct entry);
} entries SEC(".maps");

INLINE struct entry *entry_of_task(__u64 flags)
{
	return bpf_task_storage_get(&entries, bpf_get_current_task_btf(), NULL, flags);
}

/* It serves once. */
INLINE const void *given_to_call(const struct record *r, __u64 from, __u32 *n)
{
	struct entry *e;

	(void)r;
	if (!layout.paths)
		return NULL;
	e = entry_of_task(0);
	if (!e || !e->n || (e->from && e->from != from))
		return NULL;
	*n = e->n;
	e->n = 0;
	return e->bytes;
}

/* A call that is not recorded. */
INLINE void forget_entry(const struct wire_call *call)
{
	struct entry *e;

	if (!layout.paths || !(call->shape & WIRE_ENTRY))
		return;
	e = entry_of_task(0);
	if (e)
		e->n = 0;
}

INLINE struct wire_cpu *this_cpu(void)
{
	__u32 id = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&cpus, &id);
}

/* The place at position `head` of this CPU's ring. */
INLINE __u8 *ring_at(__u64 head)
{
	__u32 id = bpf_get_smp_processor_id();
	__u32 chunk = id * layout.nchunks + ((head >> layout.chunk_shift) & (layout.nchunks - 1));
	__u64 off = head & (layout.chunk_bytes - 1);
	__u8 *p = bpf_map_lookup_elem(&rings, &chunk);

	if (!p || off > layout.chunk_bytes - WIRE_ROOM)
		return NULL;
	return p + off;
}

/* Fill what is left of the chunk; the next record begins the next one. */
INLINE __u64 skip_chunk(__u64 head)
{
	__u32 id = bpf_get_smp_processor_id();
	__u32 chunk = id * layout.nchunks + ((head >> layout.chunk_shift) & (layout.nchunks - 1));
	__u64 off = head & (layout.chunk_bytes - 1);
	__u8 *p = bpf_map_lookup_elem(&rings, &chunk);

	if (p && off <= layout.chunk_bytes - 8)
		*(volatile __u64 *)(p + off) = (layout.chunk_bytes - off) | (__u64)WIRE_SKIP << 32;
	return head + layout.chunk_bytes - off;
}

/*
 * Begin a record of the event: true and `busy` is set, or false and the event is counted as lost.
 */
INLINE bool open_record(struct record *r, struct wire_cpu *cpu, __u32 class, __u64 ids)
{
	__u64 head = cpu->head;

	if (cpu->busy)
		goto lost;
	if ((head & (layout.chunk_bytes - 1)) > layout.chunk_bytes - WIRE_ROOM) {
		if (head + layout.chunk_bytes - cpu->tail > layout.ring_bytes)
			goto lost;
		head = skip_chunk(head);
		BARRIER();
		*(volatile __u64 *)&cpu->head = head;
	}
	if (head + WIRE_ROOM - *(volatile __u64 *)&cpu->tail > layout.ring_bytes)
		goto lost;
	r->cpu = cpu;
	r->at = ring_at(head);
	if (!r->at)
		goto lost;
	*(volatile __u32 *)&cpu->busy = 1;
	BARRIER();
	*(__u64 *)(r->at + 8) = bpf_ktime_get_ns();
	*(__u64 *)(r->at + 16) = (__u32)ids;
	return true;
lost:
	cpu->lost[class]++;
	return false;
}

/* Go on with the record that another program began. */
INLINE bool resume_record(struct record *r, __u32 nparams)
{
	r->cpu = this_cpu();
	if (!r->cpu)
		return false;
	r->at = ring_at(r->cpu->head);
	r->off = RECORD_HEAD + 2 * nparams;
	r->n = 0;
	r->ret = r->cpu->ret;
	r->compat = r->cpu->flags & WIRE_COMPAT;
	return r->at != NULL;
}

INLINE void close_record(struct record *r, __u32 event, __u32 class)
{
	__u64 size = (r->off + 7) & ~7u;

	*(__u64 *)r->at = size | (__u64)event << 32 | (__u64)r->n << 48 | (__u64)r->cpu->flags << 56;
	r->cpu->stored[class]++;
	BARRIER();
	*(volatile __u64 *)&r->cpu->head = r->cpu->head + size;
	BARRIER();
	*(volatile __u32 *)&r->cpu->busy = 0;
}

#endif
