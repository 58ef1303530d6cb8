/* SPDX-License-Identifier: GPL-2.0 */
/* What the kernel knows of a task, a file, a socket: read without locks, never trusted to be there. */
#ifndef SAKER_COMMON_READ_H
#define SAKER_COMMON_READ_H

#include "drivers/common/param.h"

INLINE __u64 pages_to_kib(__u64 pages)
{
	return pages << (PAGE_SHIFT - 10);
}

/* --- files --- */

enum layer { LAYER_NONE, LAYER_UPPER, LAYER_LOWER };

/* Overlayfs keeps the upper dentry right behind its inode. */
INLINE enum layer layer_of(struct inode *inode, struct super_block *sb)
{
	struct dentry *upper;

	if (PEEK(sb, s_magic) != OVERLAYFS_SUPER_MAGIC)
		return LAYER_NONE;
	upper = (struct dentry *)peek_word((char *)inode + SIZE_OF(struct inode));
	return upper && PEEK(upper, d_inode, i_ino) != 0 ? LAYER_UPPER : LAYER_LOWER;
}

INLINE struct socket *socket_of_file(struct file *file)
{
	if (!file || (PEEK(file, f_inode, i_mode) & 0170000) != 0140000)
		return NULL;
	return PEEK(file, private_data);
}

INLINE struct sock *sock_of_fd(__s32 fd)
{
	struct socket *socket = socket_of_file(file_of_fd(fd));

	return socket ? PEEK(socket, sk) : NULL;
}

/* --- tasks --- */

/* PEEK(pid, numbers[level]) with a level that is not known in advance. */
INLINE struct upid upid_at(struct pid *pid, __u32 level)
{
	struct upid upid = { 0 };
	struct upid *first = ADDRESS_OF(pid->numbers[0]);
	char *at = (char *)first + level * SIZE_OF(struct upid);

	if (pid && level < 64) {
		upid.nr = PEEK((struct upid *)at, nr);
		upid.ns = PEEK((struct upid *)at, ns);
	}
	return upid;
}

INLINE struct pid_namespace *namespace_of(struct pid *pid)
{
	return pid ? upid_at(pid, PEEK(pid, level)).ns : NULL;
}

/* The number in the task's own pid namespace, which is the deepest. */
INLINE __s64 virtual_nr(struct task_struct *task, enum pid_type type)
{
	struct pid *pid = pid_of(task, type);

	return pid ? upid_at(pid, PEEK(pid, level)).nr : 0;
}

INLINE __s64 process_group(struct task_struct *task)
{
	struct pid *pid = pid_of(task, PIDTYPE_PGID);

	return pid ? upid_at(pid, 0).nr : 0;
}

INLINE __s64 parent_pid(struct task_struct *task)
{
	return PEEK(task, real_parent, pid);
}

/* Flags of a clone that its arguments do not tell. */
INLINE __u32 child_in_pidns(struct task_struct *task)
{
	struct pid_namespace *ns = namespace_of(pid_of(task, PIDTYPE_PID));

	if (PEEK(ns, level) != 0 || PEEK(task, nsproxy, pid_ns_for_children) != ns)
		return 0x20000000; /* CLONE_CHILD_IN_PIDNS */
	return 0;
}

INLINE __u64 pidns_start(struct task_struct *task)
{
	struct pid_namespace *ns = namespace_of(pid_of(task, PIDTYPE_TGID));

	return PEEK(ns, child_reaper, start_time);
}

INLINE __u32 vm_rss(struct mm_struct *mm)
{
	return mm ? pages_to_kib(rss_pages(mm, MM_FILEPAGES) + rss_pages(mm, MM_ANONPAGES) +
				 rss_pages(mm, MM_SHMEMPAGES)) :
		    0;
}

INLINE __u32 vm_swap(struct mm_struct *mm)
{
	return mm ? pages_to_kib(rss_pages(mm, MM_SWAPENTS)) : 0;
}

INLINE __u32 vm_size(struct mm_struct *mm)
{
	return mm ? pages_to_kib(PEEK(mm, total_vm)) : 0;
}

INLINE __u32 terminal(struct task_struct *task)
{
	struct tty_struct *tty = PEEK(task, signal, tty);
	struct tty_driver *driver = tty ? PEEK(tty, driver) : NULL;

	if (!driver)
		return 0;
	return encode_dev((PEEK(driver, major) << 20 | PEEK(driver, minor_start)) + PEEK(tty, index));
}

INLINE struct cred *cred_of(struct task_struct *task)
{
	return (struct cred *)PEEK(task, cred);
}

INLINE __u64 capability(const kernel_cap_t *set)
{
	return peek_word(set) & ((1ull << 41) - 1);
}

/* --- may the task write to the file that it runs? --- */

struct id_walk {
	char *first; /* of the extents, or the groups */
	__u32 id, n;
	__u32 left, right;
	bool found;
};

static long mapped_step(__u32 i, struct id_walk *w)
{
	struct uid_gid_extent *e =
		(void *)(w->first + i * SIZE_OF(struct uid_gid_extent));
	__u32 low;

	if (i >= w->n)
		return 1;
	low = PEEK(e, lower_first);
	w->found = w->id >= low && w->id - low < PEEK(e, count);
	return w->found;
}
STEPS(mapped_step, struct id_walk)

INLINE bool id_mapped(struct uid_gid_map *map, __u32 id)
{
	struct id_walk w = { .first = (char *)&map->extent[0], .id = id, .n = PEEK(map, nr_extents) };

	REPEAT(5, mapped_step, &w);
	return w.found;
}

static long group_step(__u32 i, struct id_walk *w)
{
	__u32 mid = (w->left + w->right) / 2, here = 0;

	(void)i;
	if (w->left >= w->right)
		return 1;
	read_kernel(&here, sizeof here, w->first + (__u64)mid * sizeof here);
	w->found = here == w->id;
	if (w->id > here)
		w->left = mid + 1;
	else
		w->right = mid;
	return w->found;
}
STEPS(group_step, struct id_walk)

/* A binary search over sorted groups, as deep as 65536 groups need. */
INLINE bool in_groups(struct cred *cred, __u32 gid)
{
	struct group_info *groups = PEEK(cred, group_info);
	struct id_walk w = { .first = (char *)&groups->gid[0], .id = gid };

	if (!groups)
		return false;
	w.right = PEEK(groups, ngroups);
	REPEAT(17, group_step, &w);
	return w.found;
}

INLINE bool may_write(struct task_struct *task, struct inode *inode)
{
	struct cred *cred = cred_of(task);
	__u32 mode = PEEK(inode, i_mode), kind = mode & 0170000;
	__u32 uid = PEEK(inode, i_uid.val), gid = PEEK(inode, i_gid.val);
	struct user_namespace *ns;
	__u64 caps;

	if ((PEEK(inode, i_sb, s_flags) & SB_RDONLY) &&
	    (kind == 0100000 || kind == 0040000 || kind == 0120000))
		return false;
	if ((PEEK(inode, i_flags) & S_IMMUTABLE) || uid == ~0u || gid == ~0u)
		return false;
	if (PEEK(cred, fsuid.val) == uid)
		return true; /* the owner may chmod */
	if (PEEK(cred, fsgid.val) == gid || in_groups(cred, gid))
		mode >>= 3;
	if (mode & MAY_WRITE)
		return true;
	ns = PEEK(cred, user_ns);
	if (!ns || !id_mapped(&ns->uid_map, uid))
		return false;
	caps = capability(ADDRESS_OF(cred->cap_effective));
	return (caps >> CAP_FOWNER & 1) ||
	       ((caps >> CAP_DAC_OVERRIDE & 1) && id_mapped(&ns->gid_map, gid));
}

INLINE bool is_memfd(struct file *file)
{
	struct dentry *dentry = PEEK(file, f_path.dentry);
	TABLE_OF char prefix[] = "memfd:";
	char name[8] = { 0 };

	if (!dentry || PEEK(dentry, d_parent) != dentry)
		return false;
	read_kernel_text(name, sizeof prefix, PEEK(dentry, d_name.name));
	for (__u32 i = 0; i < sizeof prefix; i++) {
		if (name[i] != prefix[i])
			return false;
	}
	return true;
}

#endif
