/* SPDX-License-Identifier: GPL-2.0 */
/* What user space hands to system calls: fixed by the ABI. */
#ifndef SAKER_COMMON_USER_H
#define SAKER_COMMON_USER_H

struct abi_iovec {
	__u64 base, len;
};
struct abi_iovec32 {
	__u32 base, len;
};
struct abi_msghdr {
	__u64 name;
	__u32 namelen, pad;
	__u64 iov, iovlen, control, controllen;
	__u32 flags, pad2;
};
struct abi_msghdr32 {
	__u32 name, namelen, iov, iovlen, control, controllen, flags;
};
struct abi_pollfd {
	__s32 fd;
	__s16 events, revents;
};
struct abi_sembuf {
	__u16 num;
	__s16 op, flg;
};
enum {
	ABI_CLONE_THREAD = 0x10000,
	ABI_CLONE_OF_THREADS = 0x50f00, /* VM, FS, FILES, SIGHAND, THREAD, SYSVSEM */
};
struct abi_clone_args {
	__u64 flags;
};
struct abi_open_how {
	__u64 flags, mode, resolve;
};
struct abi_io_uring_params {
	__u32 sq_entries, cq_entries, flags, sq_thread_cpu, sq_thread_idle, features;
};
struct abi_dqblk {
	__u64 bhardlimit, bsoftlimit, curspace, ihardlimit, isoftlimit, curinodes, btime, itime;
	__u32 valid;
};
struct abi_dqinfo {
	__u64 bgrace, igrace;
	__u32 flags, valid;
};

#endif
