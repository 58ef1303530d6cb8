/* SPDX-License-Identifier: GPL-2.0 */
/* The readers of what differs between kernels (compat.h). */
#ifndef SAKER_KMOD_READ_H
#define SAKER_KMOD_READ_H

#include "drivers/kmod/primitives.h"

#include "drivers/common/numbers.h"

INLINE struct task_struct *this_task(void)
{
	return current;
}

INLINE struct file *file_of_fd(__s32 fd)
{
	struct fdtable *fdt = PEEK(current, files, fdt);
	struct file **files = PEEK(fdt, fd);

	if (fd < 0 || (__u32)fd >= PEEK(fdt, max_fds))
		return NULL;
	return (struct file *)peek_word(&files[fd]);
}

INLINE __u64 inode_ctime(struct inode *inode)
{
	/* The top bit says that somebody has asked for it (6.13). */
	return nanoseconds(INODE_TIME_SEC(inode, ctime),
			   INODE_TIME_NSEC(inode, ctime) & 0x3fffffff);
}

INLINE __u64 inode_mtime(struct inode *inode)
{
	return nanoseconds(INODE_TIME_SEC(inode, mtime), INODE_TIME_NSEC(inode, mtime));
}

INLINE struct in6_addr local_address6(struct sock *sk)
{
	struct in6_addr address = {};

#if IS_ENABLED(CONFIG_IPV6)
	read_kernel(&address, sizeof(address), &PEEK(inet_sk(sk), pinet6)->saddr);
#endif
	return address;
}

INLINE struct in6_addr remote_address6(struct sock *sk)
{
	struct in6_addr address = {};

#if IS_ENABLED(CONFIG_IPV6)
	read_kernel(&address, sizeof(address), &sk->__sk_common.skc_v6_daddr);
#endif
	return address;
}

INLINE struct pid *pid_of(struct task_struct *task, enum pid_type type)
{
#if SINCE(4, 19)
	return type == PIDTYPE_PID ? PEEK(task, thread_pid) : PEEK(task, signal, pids[type]);
#else
	if (type == PIDTYPE_PID)
		return PEEK(task, pids[PIDTYPE_PID].pid);
	if (type == PIDTYPE_TGID)
		return PEEK(task, group_leader, pids[PIDTYPE_PID].pid);
	return PEEK(task, group_leader, pids[type].pid);
#endif
}

INLINE __u64 rss_pages(struct mm_struct *mm, __u32 what)
{
	return peek_word(RSS_COUNT(mm, what));
}

INLINE __u32 login_uid(struct task_struct *task)
{
#ifdef CONFIG_AUDIT
	return PEEK(task, loginuid.val);
#else
	return ~0u;
#endif
}

INLINE struct kernfs_node *parent_node(struct kernfs_node *kn)
{
	return PEEK(kn, KERNFS_PARENT);
}

#define HAS_SUBSYSTEM(id) ((int)(id) < (int)CGROUP_SUBSYS_COUNT)
#define SUBSYSTEM(id)     (id)

#endif
