/* SPDX-License-Identifier: GPL-2.0 */
/* A record under construction, and its parameters, one behind the other. */
#ifndef SAKER_COMMON_PARAM_H
#define SAKER_COMMON_PARAM_H

#include "drivers/common/numbers.h"
#include "drivers/wire.h"

struct record {
	struct wire_cpu *cpu;
	__u8 *at;
	__u32 off; /* of the next parameter's bytes */
	__u32 n;   /* parameters so far */
	__s64 ret; /* of the system call */
	__u64 compat; /* a 32-bit call?  As wide as that: old verifiers refuse to copy a hole */
};

#define RECORD_HEAD sizeof(struct wire_record)

/*
 * PART(name, n) behind a function name(record, a, b), numbers a and b, that gives parameters from the
 * n-th on; PUT_PART calls it.  A driver whose verifier walks through every call of a function anew
 * makes it one that is looked at once.
 */
#ifndef PART
#define PART(name, n)
#define PUT_PART(name, r, count, a, b) name(r, a, b)
#endif

/* Where the next bytes go. */
INLINE __u8 *place(struct record *r)
{
	if (!__builtin_constant_p(r->off))
		BOUND(r->off, WIRE_SPAN - 1);
	return r->at + r->off;
}

/*
 * Make a verifier forget what it knows of r->off, or it would follow every length that a text
 * might have through all that comes behind it.
 */
INLINE void forget_offset(struct record *r)
{
	FORGET(r->off, r->cpu->off);
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
	if (n == 0 || read_user(to, n, from))
		return 0;
	return n;
}

/* A text with its NUL, at most limit bytes; 0 when it cannot be read. */
INLINE __u32 add_text(struct record *r, const void *from, __u32 limit, bool user)
{
	__u8 *to = place(r);
	long n = user ? read_user_text(to, limit, from) :
			read_kernel_text(to, limit, from);

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

#endif
