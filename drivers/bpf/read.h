/* SPDX-License-Identifier: GPL-2.0 */
/* The readers of what differs between kernels (flavours of core.h), or goes a faster way in eBPF. */
#ifndef SAKER_BPF_READ_H
#define SAKER_BPF_READ_H

#include "drivers/bpf/record.h"

INLINE struct task_struct *this_task(void)
{
	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf))
		return bpf_get_current_task_btf();
	return (struct task_struct *)bpf_get_current_task();
}

/* The number of the thread group above that of the thread. */
INLINE __u64 current_ids(void)
{
#if SAKER_KERNEL >= 602
	struct task_struct *task = this_task();

	return (__u64)(__u32)PEEK(task, tgid) << 32 | (__u32)PEEK(task, pid);
#else
	return bpf_get_current_pid_tgid();
#endif
}

/* --- files --- */

INLINE struct file *file_of_fd(__s32 fd)
{
	struct fdtable *fdt;

	if (fd < 0)
		return NULL;
	fdt = PEEK(this_task(), files, fdt);
	if (!fdt || (__u32)fd >= PEEK(fdt, max_fds))
		return NULL;
	return (struct file *)peek_word(PEEK(fdt, fd) + fd);
}

/* Its top bit says that somebody has asked for it (6.13). */
INLINE __u64 plain_nsec(__u32 nsec)
{
	return nsec & 0x3fffffff;
}

INLINE __u64 inode_ctime(struct inode *inode)
{
	if (bpf_core_field_exists(inode->i_ctime))
		return nanoseconds(PEEK(inode, i_ctime.tv_sec), PEEK(inode, i_ctime.tv_nsec));
	if (bpf_core_field_exists(inode->__i_ctime))
		return nanoseconds(PEEK(inode, __i_ctime.tv_sec), PEEK(inode, __i_ctime.tv_nsec));
	return nanoseconds(PEEK(inode, i_ctime_sec), plain_nsec(PEEK(inode, i_ctime_nsec)));
}

INLINE __u64 inode_mtime(struct inode *inode)
{
	if (bpf_core_field_exists(inode->i_mtime))
		return nanoseconds(PEEK(inode, i_mtime.tv_sec), PEEK(inode, i_mtime.tv_nsec));
	if (bpf_core_field_exists(inode->__i_mtime))
		return nanoseconds(PEEK(inode, __i_mtime.tv_sec), PEEK(inode, __i_mtime.tv_nsec));
	return nanoseconds(PEEK(inode, i_mtime_sec), PEEK(inode, i_mtime_nsec));
}

/* --- sockets --- */

INLINE struct in6_addr local_address6(struct sock *sk)
{
	struct ipv6_pinfo *info = PEEK((struct inet_sock *)sk, pinet6);

	return PEEK_WHOLE(info, saddr);
}

INLINE struct in6_addr remote_address6(struct sock *sk)
{
	return PEEK_WHOLE(sk, __sk_common.skc_v6_daddr);
}

/* --- tasks --- */

INLINE struct pid *pid_of(struct task_struct *task, enum pid_type type)
{
	return type == PIDTYPE_PID ? PEEK(task, thread_pid) : PEEK(task, signal, pids[type]);
}

INLINE __u64 rss_pages(struct mm_struct *mm, __u32 what)
{
	struct mm_struct___upto_6_1 *old = (void *)mm;
	char *first;

	if (bpf_core_field_exists(old->rss_stat.count)) {
		first = (char *)ADDRESS_OF(old->rss_stat.count[0].counter);
		return peek_word(first + what * sizeof(__u64));
	}
	first = (char *)ADDRESS_OF(mm->rss_stat[0].count);
	return peek_word(first + what * SIZE_OF(struct percpu_counter));
}

INLINE __u32 login_uid(struct task_struct *task)
{
	return bpf_core_field_exists(task->loginuid) ? PEEK(task, loginuid.val) : ~0u;
}

/* --- cgroups --- */

#define HAS_SUBSYSTEM(id) bpf_core_enum_value_exists(enum cgroup_subsys_id, id)
#define SUBSYSTEM(id)     bpf_core_enum_value(enum cgroup_subsys_id, id)

INLINE struct kernfs_node *parent_node(struct kernfs_node *kn)
{
	return bpf_core_field_exists(kn->parent) ? PEEK(kn, parent) : PEEK(kn, __parent);
}

#endif
