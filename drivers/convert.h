/*
 * convert.def as functions: convert_NAME(kernel's number) gives the portable one.  Branch-free, so
 * that a verifier walks through them once.  For both drivers; __u32 and friends must be known.
 */
#ifndef SAKER_CONVERT_H
#define SAKER_CONVERT_H

#include "drivers/machine.h"

/* A driver whose verifier must be shown that i <= mask defines this before. */
#ifndef CONVERT_BOUND
#define CONVERT_BOUND(i, mask)
#endif
/* ... and one that must have all tables in one section, this. */
#ifndef CONVERT_TABLE
#define CONVERT_TABLE static const
#endif

#define FLAG(symbol, kernel, portable)                                                              \
	| ((kernel) > (portable) ? (v & (kernel)) / ((kernel) / (portable)) :                      \
				   (v & (kernel)) * ((portable) / (kernel)))
#define BITS(name, rows)                                                                           \
	static inline __attribute__((always_inline)) __u32 convert_##name(__u32 v)                 \
	{                                                                                          \
		return 0 rows;                                                                     \
	}
#define KEEP(name, mask)                                                                           \
	static inline __attribute__((always_inline)) __u32 convert_##name(__u32 v)                 \
	{                                                                                          \
		return v & (mask);                                                                 \
	}
#define IS(symbol, kernel, portable)                                                               \
	[(kernel) < choice_low ? (kernel) : (kernel) - choice_base + choice_low] = (portable),
#define CHOICE(name, low, base, size, other, rows)                                                 \
	static inline __attribute__((always_inline)) __u32 convert_##name(__u32 v)                 \
	{                                                                                          \
		enum { choice_low = low, choice_base = base };                                     \
		CONVERT_TABLE __u16 table[size] = { rows };                                         \
		__u32 i = v;                                                                       \
                                                                                                   \
		if (v >= (base))                                                                   \
			i = v - (base) + (low);                                                    \
		else if (v >= (low))                                                               \
			return other;                                                              \
		if (i >= (size))                                                                   \
			return other;                                                              \
		CONVERT_BOUND(i, (size) - 1);                                                      \
		return table[i];                                                                   \
	}
#include "drivers/convert.def"

/* The access mode is a number, not bits. */
static inline __attribute__((always_inline)) __u32 convert_open_flags(__u32 v)
{
	CONVERT_TABLE __u8 modes[4] = { 1, 2, 3, 1 };

	return convert_open_bits(v) | modes[v & 3];
}

/* Without O_CREAT (or what looks like O_TMPFILE) there is no mode. */
static inline __attribute__((always_inline)) __u32 convert_open_mode(__u32 flags, __u32 mode)
{
	enum { CREAT = 0100, TMPFILE = 020000000 | MACHINE_O_DIRECTORY };

	return flags & (CREAT | TMPFILE) ? mode & 07777 : 0;
}

static inline __attribute__((always_inline)) __u32 convert_mknod_mode(__u32 v)
{
	CONVERT_TABLE __u16 kinds[16] = { [0] = 0x8000, [1] = 0x1000, [2] = 0x2000,
					 [6] = 0x6000, [8] = 0x8000, [12] = 0xc000 };

	return (v & 07777) | kinds[v >> 12 & 15];
}

static inline __attribute__((always_inline)) __u32 convert_mount_flags(__u32 v)
{
	return (v & 0xffff0000) == 0xc0ed0000 ? v & 0xffff : v; /* MS_MGC_VAL */
}

static inline __attribute__((always_inline)) __u32 convert_futex_op(__u32 v)
{
	return convert_futex_commands(v & 127) | (v & 0x180);
}

/* Negative flags are none. */
static inline __attribute__((always_inline)) __u32 convert_fd_flags(__u32 v)
{
	return (__s32)v < 0 ? 0 : convert_fd_bits(v);
}

static inline __attribute__((always_inline)) __u32 convert_pipe_flags(__u32 v)
{
	return (__s32)v < 0 ? 0 : convert_pipe_bits(v);
}

/* Families keep their numbers; those that the vocabulary does not know are AF_UNSPEC. */
static inline __attribute__((always_inline)) __u32 convert_socket_family(__u32 v)
{
	v &= 0xff;
	return v < 40 && v != 27 && v != 28 ? v : 0;
}

static inline __attribute__((always_inline)) __u32 convert_quotactl(__u32 v)
{
	return convert_quotactl_cmds(v >> 8) | convert_quotactl_xcmds(v >> 8);
}

static inline __attribute__((always_inline)) __u32 convert_sockopt_name(__u32 level, __u32 v)
{
	return level == 1 ? convert_sockopt_options(v) : 0;
}

static inline __attribute__((always_inline)) __u32 convert_page_fault(__u32 v)
{
	return 0x2a - (v & 1) - (v & 2) * 2 - (v & 4) * 4 + (v & 0x18) * 8;
}

static inline __attribute__((always_inline)) __u64 convert_capabilities(__u64 v)
{
	return v & ((1ull << 41) - 1);
}

#endif
