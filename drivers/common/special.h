/* SPDX-License-Identifier: GPL-2.0 */
/* System calls whose parameters depend on what they are asked to do. */
#ifndef SAKER_COMMON_SPECIAL_H
#define SAKER_COMMON_SPECIAL_H

#include "drivers/common/steps.h"

INLINE void put_open_how(struct record *r, const struct opened *o)
{
	struct abi_open_how how = { 0 };

	read_user(&how, sizeof how, A(2));
	put_u32(r, convert_open_flags(how.flags) | o->flags);
	put_u32(r, convert_open_mode(how.flags, how.mode));
	put_u32(r, convert_openat2_resolve(how.resolve));
}

INLINE void capture_fsconfig_value(struct record *r)
{
	enum { SET_STRING = 1, SET_BINARY, SET_PATH, SET_PATH_EMPTY };
	__u32 cmd = A(1);

	if (r->ret >= 0 && cmd == SET_BINARY)
		put_given_data(r, A(3), (__u32)A(4));
	else
		put_empty(r);
	if (r->ret >= 0 && (cmd == SET_STRING || cmd == SET_PATH || cmd == SET_PATH_EMPTY))
		put_text_user(r, A(3));
	else
		put_empty(r);
}

INLINE void capture_quotactl(struct record *r)
{
	enum { ON = 0x1, GETFMT = 0x4, GETINFO = 0x8, SETINFO = 0x10, GETQUOTA = 0x20, SETQUOTA = 0x40 };
	enum { XGETQUOTA = 0x400, XSETQLIM = 0x800 };
	__u32 cmd = convert_quotactl(A(0)), valid = 0, format = 0;
	struct abi_dqblk block = { 0 };
	struct abi_dqinfo info = { 0 };

	if (cmd == ON)
		put_text_user(r, A(3));
	else
		put_empty(r);
	if (cmd == GETQUOTA || cmd == SETQUOTA)
		read_user(&block, sizeof block, A(3));
	put_u64(r, block.valid & 1 ? block.bhardlimit : 0);
	put_u64(r, block.valid & 1 ? block.bsoftlimit : 0);
	put_u64(r, block.valid & 2 ? block.curspace : 0);
	put_u64(r, block.valid & 4 ? block.ihardlimit : 0);
	put_u64(r, block.valid & 4 ? block.isoftlimit : 0);
	put_u64(r, block.valid & 16 ? block.btime : 0);
	put_u64(r, block.valid & 32 ? block.itime : 0);
	if (cmd == GETINFO || cmd == SETINFO)
		read_user(&info, sizeof info, A(3));
	valid = info.valid;
	put_u64(r, valid & 1 ? info.bgrace : 0);
	put_u64(r, valid & 2 ? info.igrace : 0);
	put_u8(r, valid & 4 ? info.flags : 0);
	if (cmd == GETFMT)
		read_user(&format, sizeof format, A(3));
	put_u8(r, convert_quotactl_quota_fmts(format));
	put_u16(r, cmd);
	put_u8(r, convert_quotactl_types(A(0) & 0xff));
	put_u32(r, cmd & (GETQUOTA | SETQUOTA | XGETQUOTA | XSETQLIM) ? A(2) : 0);
	put_u8(r, convert_quotactl_quota_fmts(cmd == ON ? A(2) : 0));
}

INLINE void capture_io_uring_params(struct record *r)
{
	struct abi_io_uring_params p = { 0 };

	read_user(&p, sizeof p, A(1));
	put_u32(r, p.sq_entries);
	put_u32(r, p.cq_entries);
	put_u32(r, convert_io_uring_setup_flags(p.flags));
	put_u32(r, p.sq_thread_cpu);
	put_u32(r, p.sq_thread_idle);
	put_u32(r, convert_io_uring_setup_feats(p.features));
}

INLINE void capture_prctl(struct record *r)
{
	enum { SET_NAME = 15, GET_NAME = 16, GET_CHILD_SUBREAPER = 37 };
	__u32 option = A(0);

	if (option == SET_NAME || option == GET_NAME) {
		put_text_user(r, A(1));
		put_u64(r, 0);
	} else {
		put_empty(r);
		put_u64(r, option == GET_CHILD_SUBREAPER ? pointed_user(r, A(1), 0, I32) : A(1));
	}
}

/* A dynamic parameter: which kind, then the number. */
INLINE void put_dyn_u64(struct record *r, __u8 kind, __u64 v)
{
	__u8 *at = place(r);

	at[0] = kind;
	*(__u64 *)(at + 1) = v;
	end_param(r, 9);
}

INLINE void capture_ptrace(struct record *r)
{
	enum { PEEKTEXT = 0x2, PEEKUSR = 0x4 };
	__u32 request = convert_ptrace_requests(A(0));
	bool by_signal = request == 0x8 || request == 0xa || request == 0xc || request == 0xd;
	__u8 *at;

	put_dyn_u64(r, 0, r->ret < 0 ? 0 : A(2));
	if (r->ret >= 0 && by_signal) { /* CONT, SINGLESTEP, DETACH, SYSCALL */
		at = place(r);
		at[0] = 1;
		at[1] = A(3);
		end_param(r, 2);
	} else if (r->ret >= 0 && request >= PEEKTEXT && request <= PEEKUSR) {
		put_dyn_u64(r, 0, pointed_user(r, A(3), 0, ULONG));
	} else {
		put_dyn_u64(r, 0, r->ret < 0 ? 0 : A(3));
	}
}

/* How the four arguments of each keyctl operation are to be taken: not, as a number, as a text. */
enum { K0, KN, KT };
#define KEYCTL(a, b, c, d) ((a) | (b) << 2 | (c) << 4 | (d) << 6)

INLINE void put_keyctl(struct record *r, __u32 kind, __u64 v)
{
	__u32 n;

	if (kind == KT) {
		*place(r) = 1;
		r->off++;
		n = v ? add_text(r, (void *)v, WIRE_PATH_MAX, true) : 0;
		r->off--;
		end_param(r, 1 + n);
	} else {
		put_dyn_u64(r, 0, kind == KN ? v : 0);
	}
}

INLINE void capture_keyctl(struct record *r)
{
	TABLE_OF __u8 kinds[64] = {
		[0] = KEYCTL(KN, KN, K0, K0),  [1] = KEYCTL(KT, K0, K0, K0),
		[2] = KEYCTL(KN, KN, KN, K0),  [3] = KEYCTL(KN, K0, K0, K0),
		[4] = KEYCTL(KN, KN, KN, K0),  [5] = KEYCTL(KN, KN, K0, K0),
		[6] = KEYCTL(KN, KN, KN, K0),  [7] = KEYCTL(KN, K0, K0, K0),
		[8] = KEYCTL(KN, KN, K0, K0),  [9] = KEYCTL(KN, KN, K0, K0),
		[10] = KEYCTL(KN, KT, KT, KN), [11] = KEYCTL(KN, KN, KN, K0),
		[12] = KEYCTL(KN, KN, KN, KN), [13] = KEYCTL(KN, KN, KN, K0),
		[14] = KEYCTL(KN, K0, K0, K0), [15] = KEYCTL(KN, KN, K0, K0),
		[16] = KEYCTL(KN, K0, K0, K0), [17] = KEYCTL(KN, KN, KN, K0),
		[18] = KEYCTL(K0, K0, K0, K0), [19] = KEYCTL(KN, KN, KN, KN),
		[20] = KEYCTL(KN, KN, KN, KN), [21] = KEYCTL(KN, K0, K0, K0),
		[22] = KEYCTL(KN, KN, K0, K0), [23] = KEYCTL(KN, KN, KN, KN),
		[24] = KEYCTL(KN, KN, KT, K0), [25] = KEYCTL(KN, KT, KN, KN),
		[26] = KEYCTL(KN, KT, KN, KN), [27] = KEYCTL(KN, KT, KN, KN),
		[28] = KEYCTL(KN, KT, KN, KN), [29] = KEYCTL(KN, KT, KT, K0),
		[30] = KEYCTL(KN, KN, KN, KN), [31] = KEYCTL(KN, KN, K0, K0),
		[32] = KEYCTL(KN, KN, KN, K0),
	};
	__u32 op = less_of((__u32)A(0), 63), kind;

	BOUND(op, 63);
	kind = kinds[op];

	put_keyctl(r, kind & 3, A(1));
	put_keyctl(r, kind >> 2 & 3, A(2));
	put_keyctl(r, kind >> 4 & 3, A(3));
	put_keyctl(r, kind >> 6 & 3, A(4));
}

INLINE void capture_semop(struct record *r)
{
	struct abi_sembuf ops[2] = { 0 };
	__u32 n = A(2);

	if (r->ret == 0 && n > 0)
		read_user(&ops[0], sizeof ops[0], A(1));
	if (r->ret == 0 && n > 1)
		read_user(&ops[1], sizeof ops[1], A(1) + sizeof ops[0]);
	for (__u32 i = 0; i < 2; i++) {
		put_u16(r, ops[i].num);
		put_u16(r, ops[i].op);
		put_u16(r, convert_semop_flags((__u16)ops[i].flg));
	}
}

INLINE void capture_semctl(struct record *r)
{
	enum { SEM_SETVAL = 16 };
	__u32 cmd = A(2) & 0xff; /* above: IPC_64 */

	put_u16(r, convert_semctl_commands(cmd));
	put_u32(r, cmd == SEM_SETVAL ? A(3) : 0);
}

#endif
