/* SPDX-License-Identifier: GPL-2.0 */
/* The events of hooks other than system calls (execve and exit: process.h), and the generic one. */
#ifndef SAKER_COMMON_HOOKS_H
#define SAKER_COMMON_HOOKS_H

#include "drivers/common/events.h"
#include "drivers/common/process.h"

INLINE void put_generic(struct record *r, __u32 code, __u32 nr)
{
	put_u16(r, code);
	put_u16(r, nr);
}

/* What is kept of a call before it ends (WIRE_ENTRY): a text, or so much of connect's address. */
enum { GIVEN_ADDRESS_MAX = 128 };

/* Which argument points to it. */
INLINE __u32 given_arg(__u32 event)
{
	return event == EV_SYSCALL_OPEN_X || event == EV_SYSCALL_CREAT_X ? 0 : 1;
}

/* Only for these does the kernel say who sent them. */
INLINE __s64 signal_sender(__s32 sig, struct kernel_siginfo *info)
{
	enum { HUP = 1, INT_ = 2, QUIT = 3, KILL = 9, TERM = 15, CHLD = 17, TSTP = 20, RTMIN = 34 };

	if (!info)
		return 0;
	if (sig == CHLD)
		return PEEK(info, _sifields._sigchld._pid);
	if (sig >= RTMIN && sig <= 64)
		return PEEK(info, _sifields._rt._pid);
	if (sig == KILL ||
	    ((sig == TERM || sig == HUP || sig == INT_ || sig == TSTP || sig == QUIT) &&
	     PEEK(info, si_code) <= SI_USER))
		return PEEK(info, _sifields._kill._pid);
	return 0;
}

INLINE void put_signal(struct record *r, __s32 sig, struct kernel_siginfo *info, __u32 tid)
{
	put_u64(r, signal_sender(sig, info));
	put_u64(r, tid);
	put_u8(r, sig);
}

INLINE void put_page_fault(struct record *r, __u64 address, __u64 ip, __u64 error)
{
	put_u64(r, address);
	put_u64(r, ip);
	put_u32(r, convert_page_fault(error));
}

INLINE void put_switch(struct record *r, struct task_struct *prev, struct task_struct *next)
{
	put_u64(r, PEEK(next, pid));
	put_u64(r, PEEK(prev, maj_flt));
	put_u64(r, PEEK(prev, min_flt));
	put_vm(r, PEEK(prev, mm));
}

#endif
