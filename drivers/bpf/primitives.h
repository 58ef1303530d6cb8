/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What drivers/common/ is written against, for eBPF.  A driver gives the same names in a file of this
 * name; drivers/README.md lists them.
 */
#ifndef SAKER_BPF_PRIMITIVES_H
#define SAKER_BPF_PRIMITIVES_H

/* SAKER_KERNEL: the oldest kernel that this object is for, 602 for 6.2.  Its verifier is the judge. */

#include "drivers/bpf/core.h"
#include "drivers/wire.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#define INLINE static __always_inline
/* Make the verifier see what is so already: v <= mask. */
#define BOUND(v, mask) asm volatile("%0 &= %1" : "+r"(v) : "i"(mask))
/* Make the verifier forget what it knows of v; slot is memory that it does not follow. */
#define FORGET(v, slot)                                                                            \
	do {                                                                                       \
		*(volatile __u32 *)&(slot) = (v);                                                  \
		(v) = *(volatile __u32 *)&(slot);                                                  \
	} while (0)
/* Constants: BTF can describe one section of them, not those that linkers may merge. */
#define TABLE_OF static const __attribute__((section(".rodata")))
#define BARRIER() asm volatile("" ::: "memory")

/*
 * PEEK(pointer, member, member, ...): a chain of members, read where the running kernel has them; 0
 * where a pointer leads nowhere.  A kernel that lets us say what a pointer points to (6.2) makes each
 * step one load that may fault; before, each is a call of a helper, at thirty times the price.
 * PEEK_WHOLE is for members that are no scalars.
 */
#if SAKER_KERNEL >= 602
extern void *bpf_rdonly_cast(void *p, __u32 type) __ksym;
#define TYPED(p)       ((typeof(p))bpf_rdonly_cast((void *)(p), bpf_core_type_id_kernel(typeof(*(p)))))
#define PEEK(src, ...) ___arrow(TYPED(src), ##__VA_ARGS__)
#else
#define PEEK(src, ...) BPF_CORE_READ(src, ##__VA_ARGS__)
#endif
#define PEEK_WHOLE(src, ...)  BPF_CORE_READ(src, ##__VA_ARGS__)
#define PEEK_BITS(src, field) BPF_CORE_READ_BITFIELD_PROBED(src, field)
#define OFFSET_OF(type, member) bpf_core_field_offset(type, member)
#define SIZE_OF(type)           bpf_core_type_size(type)
#define ADDRESS_OF(member)      __builtin_preserve_access_index(&(member))

#define read_kernel(to, n, from) bpf_probe_read_kernel(to, n, from)
#define read_user(to, n, from)   bpf_probe_read_user(to, n, (void *)(from))
#define read_kernel_text(to, limit, from) bpf_probe_read_kernel_str(to, limit, from)
#define read_user_text(to, limit, from)   bpf_probe_read_user_str(to, limit, (void *)(from))

/* The eight bytes at p, which has no type. */
INLINE __u64 peek_word(const void *p)
{
#if SAKER_KERNEL >= 602
	return TYPED((struct timespec64 *)p)->tv_sec; /* any structure that begins with a number */
#else
	__u64 v = 0;

	bpf_probe_read_kernel(&v, sizeof v, p);
	return v;
#endif
}

/*
 * STEPS(step, TYPE) behind a function step(i, TYPE *) lets REPEAT call it up to n times, until it
 * returns something else than 0.  The verifier looks at a step of bpf_loop (5.17) once, where it walks
 * through every round of a loop.  The loop stands in a function of its own lest the compiler weave it
 * into code that old verifiers refuse.  A step works on a copy of the record, so that the original
 * stays in registers.
 */
#if SAKER_KERNEL >= 517
#define STEPS(step, TYPE)
#define REPEAT(n, step, arg) bpf_loop(n, step, arg, 0)
#else
#define STEPS(step, TYPE)                                                                          \
	static __attribute__((noinline)) int step##_loop(__u32 n, TYPE *arg)                       \
	{                                                                                          \
		for (__u64 i = 0; i < n; i++) {                                                    \
			if (step(i, arg))                                                          \
				break;                                                             \
		}                                                                                  \
		return 0;                                                                          \
	}
#define REPEAT(n, step, arg) step##_loop(n, arg)
#endif

/*
 * A part of a record as a function that the verifier looks at once, whoever calls it: it can be given
 * numbers only, and finds the record again.
 */
#define PART(name, first)                                                                          \
	__attribute__((noinline)) int name##_part(__u64 a, __u64 b)                                \
	{                                                                                          \
		struct record record = { 0 }, *r = &record;                                        \
                                                                                                   \
		__asm__ volatile("" : : "r"(a), "r"(b));                                           \
		if (!resume_record(r, 0))                                                          \
			return 0;                                                                  \
		r->n = first;                                                                      \
		r->off = *(volatile __u32 *)&r->cpu->off;                                          \
		name(r, a, b);                                                                     \
		*(volatile __u32 *)&r->cpu->off = r->off;                                          \
		return 0;                                                                          \
	}
#define PUT_PART(name, r, count, a, b)                                                             \
	do {                                                                                       \
		*(volatile __u32 *)&(r)->cpu->off = (r)->off;                                      \
		name##_part(a, b);                                                                 \
		(r)->off = *(volatile __u32 *)&(r)->cpu->off;                                      \
		(r)->n += (count);                                                                 \
	} while (0)

#endif
