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

#include "drivers/bpf/core.h"
#include "drivers/wire.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#define INLINE static __always_inline
/* Make the verifier see what is so already: v <= mask. */
#define BOUND(v, mask) asm volatile("%0 &= %1" : "+r"(v) : "i"(mask))
/* Constants: BTF can describe one section of them, not those that linkers may merge. */
#define TABLE_OF static const __attribute__((section(".rodata")))
#define BARRIER() asm volatile("" ::: "memory")

/* Set before loading; the verifier knows their values. */
const volatile struct wire_layout layout SEC(".rodata.layout") = { 0 };

struct wire_settings settings SEC(".data.settings") = { 0 };

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

struct record {
	struct wire_cpu *cpu;
	__u8 *at;
	__u32 off; /* of the next parameter's bytes */
	__u32 n;   /* parameters so far */
	__s64 ret; /* of the system call */
	bool compat;
};

#define RECORD_HEAD sizeof(struct wire_record)

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
INLINE bool open_record(struct record *r, struct wire_cpu *cpu, __u32 class, __u64 pid_tgid)
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
	*(__u64 *)(r->at + 16) = (__u32)pid_tgid;
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

/* --- parameters --- */

/* Where the next bytes go. */
INLINE __u8 *place(struct record *r)
{
	if (!__builtin_constant_p(r->off))
		BOUND(r->off, WIRE_SPAN - 1);
	return r->at + r->off;
}

/*
 * Make the verifier forget what it knows of r->off, or it would follow every length that a text
 * might have through all that comes behind it.
 */
INLINE void forget_offset(struct record *r)
{
	*(volatile __u32 *)&r->cpu->off = r->off;
	r->off = *(volatile __u32 *)&r->cpu->off;
}

/* The next parameter has n bytes, which are in place. */
INLINE void end_param(struct record *r, __u32 n)
{
	*(__u16 *)(r->at + RECORD_HEAD + 2 * r->n) = n;
	r->n++;
	r->off += n;
	if (!__builtin_constant_p(n))
		forget_offset(r);
}

INLINE void put_empty(struct record *r)
{
	end_param(r, 0);
}

INLINE void put_u8(struct record *r, __u8 v)
{
	*place(r) = v;
	end_param(r, 1);
}

INLINE void put_u16(struct record *r, __u16 v)
{
	*(__u16 *)place(r) = v;
	end_param(r, 2);
}

INLINE void put_u32(struct record *r, __u32 v)
{
	*(__u32 *)place(r) = v;
	end_param(r, 4);
}

INLINE void put_u64(struct record *r, __u64 v)
{
	*(__u64 *)place(r) = v;
	end_param(r, 8);
}

/* A number in the width of the parameter's type (size 1, 2, 4, 8). */
INLINE void put_int(struct record *r, __u32 size, __u64 v)
{
	if (size == 1)
		put_u8(r, v);
	else if (size == 2)
		put_u16(r, v);
	else if (size == 4)
		put_u32(r, v);
	else
		put_u64(r, v);
}

/* Bytes of a parameter before its end_param: add them, return how many. */
INLINE __u32 add_bytes_user(struct record *r, __u64 from, __u32 n)
{
	__u8 *to = place(r);

	if (n > WIRE_MAX_BYTES)
		n = WIRE_MAX_BYTES;
	BOUND(n, 0xffff);
	if (n == 0 || bpf_probe_read_user(to, n, (void *)from))
		return 0;
	return n;
}

/* A text with its NUL, at most limit bytes; 0 when it cannot be read. */
INLINE __u32 add_text(struct record *r, const void *from, __u32 limit, bool user)
{
	__u8 *to = place(r);
	long n = user ? bpf_probe_read_user_str(to, limit, from) :
			bpf_probe_read_kernel_str(to, limit, from);

	if (n < 0)
		return 0;
	if (n == 0) { /* old kernels: nothing but the end */
		*to = 0;
		n = 1;
	}
	return n;
}

INLINE void put_text_user(struct record *r, __u64 from)
{
	end_param(r, from ? add_text(r, (void *)from, WIRE_PATH_MAX, true) : 0);
}

INLINE void put_text_kernel(struct record *r, const void *from, __u32 limit)
{
	end_param(r, from ? add_text(r, from, limit, false) : 0);
}

INLINE void put_bytes_user(struct record *r, __u64 from, __u64 n)
{
	end_param(r, from ? add_bytes_user(r, from, n > WIRE_MAX_BYTES ? WIRE_MAX_BYTES : n) : 0);
}

/*
 * STEPS(step, TYPE) behind a function step(i, TYPE *) lets REPEAT call it up to n times, until it
 * returns something else than 0.  The verifier looks at a step of bpf_loop once, where it walks
 * through every round of a loop; kernels before 5.17 have no other way.  The loop stands in a
 * function of its own lest the compiler weave it into code that verifiers of 6.1 then refuse.  A step
 * works on a copy of the record, so that the original stays in registers.
 */
#define STEPS(step, TYPE)                                                                          \
	static __attribute__((noinline)) int step##_loop(__u32 n, TYPE *arg)                       \
	{                                                                                          \
		for (__u32 i = 0; i < n; i++) {                                                    \
			if (step(i, arg))                                                          \
				break;                                                             \
		}                                                                                  \
		return 0;                                                                          \
	}
#define REPEAT(n, step, arg)                                                                       \
	do {                                                                                       \
		if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_loop))                   \
			bpf_loop(n, step, arg, 0);                                                 \
		else                                                                               \
			step##_loop(n, arg);                                                       \
	} while (0)

#endif
