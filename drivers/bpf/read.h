/* SPDX-License-Identifier: GPL-2.0 */
/* What the kernel knows of a task, a file, a socket: read without locks, never trusted to be there. */
#ifndef SAKER_BPF_READ_H
#define SAKER_BPF_READ_H

#include "drivers/bpf/record.h"

#define READ(src, ...) BPF_CORE_READ(src, ##__VA_ARGS__)

INLINE struct task_struct *current_task(void)
{
	return (struct task_struct *)bpf_get_current_task();
}

INLINE __u64 pages_to_kib(__u64 pages)
{
	return pages << 2;
}

/* As user space sees device numbers (new_encode_dev). */
INLINE __u32 encode_dev(__u32 dev)
{
	__u32 major = dev >> 20, minor = dev & 0xfffff;

	return (minor & 0xff) | major << 8 | (minor & ~0xffu) << 12;
}

/* --- files --- */

/* The path through typed pointers costs a fraction of the one through helpers. */
INLINE struct file *file_of_fd(__s32 fd)
{
	struct file **files = NULL, *file = NULL;
	__u32 max = 0;

	if (fd < 0)
		return NULL;
	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf)) {
		struct task_struct *task = bpf_get_current_task_btf();
		struct files_struct *table = task->files;
		struct fdtable *fdt = table ? table->fdt : NULL;

		if (fdt) {
			max = fdt->max_fds;
			files = fdt->fd;
		}
	} else {
		struct fdtable *fdt = READ(current_task(), files, fdt);

		max = READ(fdt, max_fds);
		files = READ(fdt, fd);
	}
	if ((__u32)fd < max)
		bpf_probe_read_kernel(&file, sizeof file, &files[fd]);
	return file;
}

enum layer { LAYER_NONE, LAYER_UPPER, LAYER_LOWER };

/* Overlayfs keeps the upper dentry right behind its inode. */
INLINE enum layer layer_of(struct inode *inode, struct super_block *sb)
{
	struct dentry *upper = NULL;

	if (READ(sb, s_magic) != OVERLAYFS_MAGIC)
		return LAYER_NONE;
	bpf_probe_read_kernel(&upper, sizeof upper, (char *)inode + bpf_core_type_size(struct inode));
	return upper && READ(upper, d_inode, i_ino) != 0 ? LAYER_UPPER : LAYER_LOWER;
}

INLINE struct socket *socket_of_file(struct file *file)
{
	if (!file || (READ(file, f_inode, i_mode) & 0170000) != 0140000)
		return NULL;
	return READ(file, private_data);
}

INLINE struct sock *sock_of_fd(__s32 fd)
{
	struct socket *socket = socket_of_file(file_of_fd(fd));

	return socket ? READ(socket, sk) : NULL;
}

INLINE __u64 nanoseconds(__s64 sec, __u64 nsec)
{
	return sec < 0 ? 0 : (__u64)sec * 1000000000 + nsec;
}

/* Its top bit says that somebody has asked for it (6.13). */
INLINE __u64 plain_nsec(__u32 nsec)
{
	return nsec & 0x3fffffff;
}

INLINE __u64 inode_ctime(struct inode *inode)
{
	struct inode___upto_6_5 *old = (void *)inode;
	struct inode___upto_6_10 *mid = (void *)inode;

	if (bpf_core_field_exists(old->i_ctime))
		return nanoseconds(READ(old, i_ctime.tv_sec), READ(old, i_ctime.tv_nsec));
	if (bpf_core_field_exists(mid->__i_ctime))
		return nanoseconds(READ(mid, __i_ctime.tv_sec), READ(mid, __i_ctime.tv_nsec));
	return nanoseconds(READ(inode, i_ctime_sec), plain_nsec(READ(inode, i_ctime_nsec)));
}

INLINE __u64 inode_mtime(struct inode *inode)
{
	struct inode___upto_6_5 *old = (void *)inode;
	struct inode___upto_6_10 *mid = (void *)inode;

	if (bpf_core_field_exists(old->i_mtime))
		return nanoseconds(READ(old, i_mtime.tv_sec), READ(old, i_mtime.tv_nsec));
	if (bpf_core_field_exists(mid->__i_mtime))
		return nanoseconds(READ(mid, __i_mtime.tv_sec), READ(mid, __i_mtime.tv_nsec));
	return nanoseconds(READ(inode, i_mtime_sec), READ(inode, i_mtime_nsec));
}

/* --- tasks --- */

INLINE struct pid *pid_of(struct task_struct *task, enum pid_type type)
{
	return type == PIDTYPE_PID ? READ(task, thread_pid) : READ(task, signal, pids[type]);
}

/* READ(pid, numbers[level]) with a level that is not known in advance. */
INLINE struct upid upid_at(struct pid *pid, __u32 level)
{
	struct upid upid = { 0 };
	struct upid *first = __builtin_preserve_access_index(&pid->numbers[0]);
	char *at = (char *)first + level * bpf_core_type_size(struct upid);

	if (pid && level < 64) {
		upid.nr = READ((struct upid *)at, nr);
		upid.ns = READ((struct upid *)at, ns);
	}
	return upid;
}

INLINE struct pid_namespace *namespace_of(struct pid *pid)
{
	return pid ? upid_at(pid, READ(pid, level)).ns : NULL;
}

/* The number in the task's own pid namespace, which is the deepest. */
INLINE __s64 virtual_nr(struct task_struct *task, enum pid_type type)
{
	struct pid *pid = pid_of(task, type);

	return pid ? upid_at(pid, READ(pid, level)).nr : 0;
}

INLINE __s64 process_group(struct task_struct *task)
{
	struct pid *pid = pid_of(task, PIDTYPE_PGID);

	return pid ? upid_at(pid, 0).nr : 0;
}

INLINE __s64 parent_pid(struct task_struct *task)
{
	return READ(task, real_parent, pid);
}

/* Flags of a clone that its arguments do not tell. */
INLINE __u32 child_in_pidns(struct task_struct *task)
{
	struct pid_namespace *ns = namespace_of(READ(task, thread_pid));

	if (READ(ns, level) != 0 || READ(task, nsproxy, pid_ns_for_children) != ns)
		return 0x20000000; /* CLONE_CHILD_IN_PIDNS */
	return 0;
}

INLINE __u64 pidns_start(struct task_struct *task)
{
	struct pid_namespace *ns = namespace_of(pid_of(task, PIDTYPE_TGID));

	return READ(ns, child_reaper, start_time);
}

INLINE __u64 rss_pages(struct mm_struct *mm, __u32 what)
{
	struct mm_struct___upto_6_1 *old = (void *)mm;
	__s64 n;

	if (bpf_core_type_exists(struct mm_rss_stat)) {
		char *first = (char *)__builtin_preserve_access_index(&old->rss_stat.count[0].counter);

		bpf_probe_read_kernel(&n, sizeof n, first + what * sizeof n);
	} else {
		char *first = (char *)__builtin_preserve_access_index(&mm->rss_stat[0].count);

		bpf_probe_read_kernel(&n, sizeof n,
				      first + what * bpf_core_type_size(struct percpu_counter));
	}
	return n;
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
	return mm ? pages_to_kib(READ(mm, total_vm)) : 0;
}

INLINE __u32 terminal(struct task_struct *task)
{
	struct tty_struct *tty = READ(task, signal, tty);
	struct tty_driver *driver = tty ? READ(tty, driver) : NULL;

	if (!driver)
		return 0;
	return encode_dev((READ(driver, major) << 20 | READ(driver, minor_start)) + READ(tty, index));
}

INLINE __u32 login_uid(struct task_struct *task)
{
	return bpf_core_field_exists(task->loginuid) ? READ(task, loginuid.val) : ~0u;
}

INLINE __u64 capability(const kernel_cap_t *set)
{
	__u64 v = 0;

	bpf_probe_read_kernel(&v, sizeof v, set);
	return v & ((1ull << 41) - 1);
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
		(void *)(w->first + i * bpf_core_type_size(struct uid_gid_extent));
	__u32 low;

	if (i >= w->n)
		return 1;
	low = READ(e, lower_first);
	w->found = w->id >= low && w->id - low < READ(e, count);
	return w->found;
}
STEPS(mapped_step, struct id_walk)

INLINE bool id_mapped(struct uid_gid_map *map, __u32 id)
{
	struct id_walk w = { .first = (char *)&map->extent[0], .id = id, .n = READ(map, nr_extents) };

	REPEAT(5, mapped_step, &w);
	return w.found;
}

static long group_step(__u32 i, struct id_walk *w)
{
	__u32 mid = (w->left + w->right) / 2, here = 0;

	(void)i;
	if (w->left >= w->right)
		return 1;
	bpf_probe_read_kernel(&here, sizeof here, w->first + (__u64)mid * sizeof here);
	w->found = here == w->id;
	if (w->id > here)
		w->left = mid + 1;
	else
		w->right = mid;
	return w->found;
}
STEPS(group_step, struct id_walk)

/* A binary search over sorted groups, as deep as 65536 groups need. */
INLINE bool in_groups(const struct cred *cred, __u32 gid)
{
	struct group_info *groups = READ(cred, group_info);
	struct id_walk w = { .first = (char *)&groups->gid[0], .id = gid };

	if (!groups)
		return false;
	w.right = READ(groups, ngroups);
	REPEAT(17, group_step, &w);
	return w.found;
}

INLINE bool may_write(struct task_struct *task, struct inode *inode)
{
	enum { SB_RDONLY = 1, S_IMMUTABLE = 8, MAY_WRITE = 2, CAP_DAC_OVERRIDE = 1, CAP_FOWNER = 3 };
	const struct cred *cred = READ(task, cred);
	__u32 mode = READ(inode, i_mode), kind = mode & 0170000;
	__u32 uid = READ(inode, i_uid.val), gid = READ(inode, i_gid.val);
	struct user_namespace *ns;
	__u64 caps;

	if ((READ(inode, i_sb, s_flags) & SB_RDONLY) &&
	    (kind == 0100000 || kind == 0040000 || kind == 0120000))
		return false;
	if ((READ(inode, i_flags) & S_IMMUTABLE) || uid == ~0u || gid == ~0u)
		return false;
	if (READ(cred, fsuid.val) == uid)
		return true; /* the owner may chmod */
	if (READ(cred, fsgid.val) == gid || in_groups(cred, gid))
		mode >>= 3;
	if (mode & MAY_WRITE)
		return true;
	ns = READ(cred, user_ns);
	if (!ns || !id_mapped(&ns->uid_map, uid))
		return false;
	caps = capability(__builtin_preserve_access_index(&cred->cap_effective));
	return (caps >> CAP_FOWNER & 1) ||
	       ((caps >> CAP_DAC_OVERRIDE & 1) && id_mapped(&ns->gid_map, gid));
}

INLINE bool is_memfd(struct file *file)
{
	struct dentry *dentry = READ(file, f_path.dentry);
	TABLE_OF char prefix[] = "memfd:";
	char name[8] = { 0 };

	if (!dentry || READ(dentry, d_parent) != dentry)
		return false;
	bpf_probe_read_kernel_str(name, sizeof prefix, READ(dentry, d_name.name));
	for (__u32 i = 0; i < sizeof prefix; i++) {
		if (name[i] != prefix[i])
			return false;
	}
	return true;
}

#endif
