/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What drivers/common/ is written against, for the kernel module (drivers/README.md lists it).
 *
 * Nothing here faults, sleeps or takes a lock, and no pointer is trusted: kernel memory is read
 * through the exception table, so that an object that vanishes under us gives a wrong value, never
 * an oops; user memory is read with page faults disabled.
 */
#ifndef SAKER_KMOD_PRIMITIVES_H
#define SAKER_KMOD_PRIMITIVES_H

#include "drivers/kmod/compat.h"
#include "drivers/wire.h"

#define INLINE          static __always_inline
#define TABLE_OF        static const
#define BOUND(v, mask)  ((v) &= (mask))
#define FORGET(v, slot) ((void)0) /* no verifier here */

#define STEPS(step, TYPE)
#define REPEAT(n, step, arg)                                                                       \
	do {                                                                                       \
		for (__u32 i_ = 0; i_ < (n); i_++) {                                               \
			if (step(i_, arg))                                                         \
				break;                                                             \
		}                                                                                  \
	} while (0)

#define OFFSET_OF(type, member) offsetof(type, member)
#define SIZE_OF(type)           sizeof(type)
#define ADDRESS_OF(member)      (&(member))

INLINE bool in_kernel(const void *p, size_t n)
{
	unsigned long address = address_of_pointer(p);

	return address >= KERNEL_FLOOR && address <= KERNEL_CEILING - n;
}

/* A number of n bytes, which is known when compiling: two comparisons and a load.  0 if there is
 * none. */
INLINE __u64 load_number(const void *from, size_t n)
{
	__u8 v8;
	__u16 v16;
	__u32 v32;
	__u64 v64;

	if (!in_kernel(from, n))
		return 0;
	switch (n) {
	case 1:
		load_kernel(v8, (const __u8 *)from, fail);
		return v8;
	case 2:
		load_kernel(v16, (const __u16 *)from, fail);
		return v16;
	case 4:
		load_kernel(v32, (const __u32 *)from, fail);
		return v32;
	case 8:
		load_kernel(v64, (const __u64 *)from, fail);
		return v64;
	}
fail:
	return 0;
}

INLINE __u64 peek_word(const void *p)
{
	return load_number(p, sizeof(__u64));
}

/* 0, or -EFAULT and zeroes. */
long read_kernel_bytes(void *to, __u32 n, const void *from);
long read_user_bytes(void *to, __u32 n, unsigned long from);
/* The length of the text, cut to limit, its NUL included; or -EFAULT. */
long read_kernel_text_from(char *to, __u32 limit, unsigned long from);
long read_user_text_from(char *to, __u32 limit, unsigned long from);

#define read_kernel(to, n, from) read_kernel_bytes(to, n, from)
#define read_user(to, n, from)   read_user_bytes(to, n, (unsigned long)(from))
#define read_kernel_text(to, limit, from)                                                          \
	read_kernel_text_from((char *)(to), limit, (unsigned long)(from))
#define read_user_text(to, limit, from)                                                            \
	read_user_text_from((char *)(to), limit, (unsigned long)(from))

/* A chain of members, all numbers or pointers, each read as if it might not be there. */
#define PEEK_1(p, a)                  ((typeof((p)->a))load_number(&(p)->a, sizeof((p)->a)))
#define PEEK_2(p, a, b)               PEEK_1(PEEK_1(p, a), b)
#define PEEK_3(p, a, b, c)            PEEK_1(PEEK_2(p, a, b), c)
#define PEEK_N(_1, _2, _3, name, ...) name
#define PEEK(p, ...)                  PEEK_N(__VA_ARGS__, PEEK_3, PEEK_2, PEEK_1)(p, __VA_ARGS__)

/*
 * A bit field has no address.  Only signal_struct's are wanted, of tasks reached within one RCU
 * section, which keeps them.
 */
#define PEEK_BITS(p, field) ((p) ? (p)->field : 0)

#endif
