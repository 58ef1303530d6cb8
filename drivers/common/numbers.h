/* SPDX-License-Identifier: GPL-2.0 */
/* Arithmetic that needs no kernel. */
#ifndef SAKER_COMMON_NUMBERS_H
#define SAKER_COMMON_NUMBERS_H

INLINE __u32 less_of(__u64 a, __u64 b)
{
	return a < b ? a : b;
}

INLINE __u16 host16(__u16 v)
{
	return __builtin_bswap16(v);
}

INLINE __u64 nanoseconds(__s64 sec, __u64 nsec)
{
	return sec < 0 ? 0 : (__u64)sec * 1000000000 + nsec;
}

/* As user space sees device numbers (new_encode_dev). */
INLINE __u32 encode_dev(__u32 dev)
{
	__u32 major = dev >> 20, minor = dev & 0xfffff;

	return (minor & 0xff) | major << 8 | (minor & ~0xffu) << 12;
}

#endif
