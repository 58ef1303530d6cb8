/* SPDX-License-Identifier: GPL-2.0 */
/* What a task is: the long parameter lists of clone and execve. */
#ifndef SAKER_COMMON_PROCESS_H
#define SAKER_COMMON_PROCESS_H

#include "drivers/common/steps.h"

enum { ARGS_MAX = 4096, POINTERS = 32, CGROUP_NAMES = 16 };

/* Bytes [from, to) of the process's own memory, cut to limit and then ended by a NUL. */
INLINE void put_strings(struct record *r, __u64 from, __u64 to, __u32 limit)
{
	__u32 n = to > from ? less_of(to - from, limit) : 0;
	__u32 off;

	n = add_bytes_user(r, from, n);
	if (n) {
		off = r->off + n - 1;
		BOUND(off, WIRE_SPAN - 1);
		r->at[off] = 0;
	}
	end_param(r, n);
}

/* exe is argv[0], args the rest; together at most ARGS_MAX bytes. */
INLINE void put_exe_args(struct record *r, struct mm_struct *mm)
{
	__u64 from = PEEK(mm, arg_start), to = PEEK(mm, arg_end);
	__u32 n = from ? add_text(r, (void *)from, ARGS_MAX, true) : 0;

	end_param(r, n);
	put_strings(r, from + n, to, ARGS_MAX - n);
}

INLINE __u64 user_pointer(struct record *r, __u64 array, __u32 i)
{
	return array ? pointed_user(r, array, i, ULONG) : 0;
}

struct texts_walk {
	struct record r;
	__u64 array;
	__u32 first;
};

static long texts_step(__u32 i, struct texts_walk *w)
{
	__u64 p = user_pointer(&w->r, w->array, w->first + i);
	__u32 left = *(volatile __u32 *)&w->r.cpu->left, n;

	if (!p || !left)
		return 1;
	n = add_text(&w->r, (void *)p, ARGS_MAX, true);
	w->r.off += n;
	forget_offset(&w->r);
	*(volatile __u32 *)&w->r.cpu->left = left > n ? left - n : 0;
	return 0;
}
STEPS(texts_step, struct texts_walk)

/* The texts of a NULL-terminated array of user space from entry `first` on, laid end to end. */
INLINE void put_texts(struct record *r, __u64 array, __u32 first, __u32 limit)
{
	struct texts_walk w = { .r = *r, .array = array, .first = first };
	__u32 n, off;

	*(volatile __u32 *)&r->cpu->left = limit;
	REPEAT(POINTERS, texts_step, &w);
	n = less_of(w.r.off - r->off, limit);
	if (n) {
		off = r->off + n - 1;
		BOUND(off, WIRE_SPAN - 1);
		r->at[off] = 0;
	}
	end_param(r, n);
}

/* exe and args of an execve that failed: what it was called with. */
INLINE void put_asked_exe_args(struct record *r, __u64 argv)
{
	__u64 p = user_pointer(r, argv, 0);
	__u32 n = 1;

	if (p)
		n = add_text(r, (void *)p, ARGS_MAX, true);
	else
		*place(r) = 0;
	end_param(r, n);
	put_texts(r, argv, 1, ARGS_MAX - n);
}

INLINE void put_vm(struct record *r, struct mm_struct *mm)
{
	put_u32(r, vm_size(mm));
	put_u32(r, vm_rss(mm));
	put_u32(r, vm_swap(mm));
}

INLINE void put_capabilities(struct record *r, struct cred *cred)
{
	put_u64(r, capability(&cred->cap_inheritable));
	put_u64(r, capability(&cred->cap_permitted));
	put_u64(r, capability(&cred->cap_effective));
}

/* --- cgroups: "cpuset=/path", one text per subsystem --- */

struct cgroup_walk {
	struct record r;
	struct kernfs_node *kn;
};

static long cgroup_step(__u32 i, struct cgroup_walk *w)
{
	struct kernfs_node *kn = w->kn, *up = kn ? parent_node(kn) : NULL;
	__u8 *name = w->r.at + WIRE_SCRATCH + PATH_SCRATCH;
	long len;

	(void)i;
	if (!up)
		return 1;
	len = read_kernel_text(name, 256, PEEK(kn, name));
	if (len > 1)
		prepend(&w->r, name, len - 1);
	w->kn = up;
	return 0;
}
STEPS(cgroup_step, struct cgroup_walk)

INLINE __u32 add_cgroup(struct record *r, struct css_set *set, __u32 id)
{
	struct cgroup_subsys_state *css;
	struct cgroup_walk w;
	__u32 start = r->off, n, pos;

	css = (struct cgroup_subsys_state *)peek_word((char *)&set->subsys[0] + id * sizeof css);
	if (!css)
		return 0;
	n = add_text(r, PEEK(css, ss, name), 64, false);
	if (!n)
		return 0;
	r->off += n - 1;
	*place(r) = '=';
	r->off++;
	forget_offset(r);
	*(volatile __u32 *)&r->cpu->left = PATH_SCRATCH - 1;
	r->at[WIRE_SCRATCH + PATH_SCRATCH - 1] = 0;
	w.r = *r;
	w.kn = PEEK(css, cgroup, kn);
	REPEAT(CGROUP_NAMES, cgroup_step, &w);
	pos = *(volatile __u32 *)&r->cpu->left;
	BOUND(pos, PATH_SCRATCH - 1);
	if (pos == PATH_SCRATCH - 1) {
		__u8 *at = place(r);

		at[0] = '/';
		at[1] = 0;
		r->off += 2;
	} else {
		r->off += add_text(r, r->at + WIRE_SCRATCH + pos, WIRE_PATH_MAX, false);
	}
	n = r->off - start;
	r->off = start;
	return n;
}

/* The subsystems that are told, in this order; -1: this kernel has none of the name. */
#define TOLD_IF(n, id)                                                                             \
	if (i == (n))                                                                              \
		return HAS_SUBSYSTEM(id) ? (__s32)SUBSYSTEM(id) : -1;
INLINE __s32 told_subsystem(__u32 i)
{
	TOLD_IF(0, cpuset_cgrp_id)
	TOLD_IF(1, cpu_cgrp_id)
	TOLD_IF(2, cpuacct_cgrp_id)
	TOLD_IF(3, io_cgrp_id)
	TOLD_IF(4, memory_cgrp_id)
	return -1;
}
enum { TOLD_SUBSYSTEMS = 5 };

struct cgroups_walk {
	struct record r;
	struct css_set *set;
};

static long cgroups_step(__u32 i, struct cgroups_walk *w)
{
	__s32 id = told_subsystem(i);

	if (id >= 0) {
		w->r.off += add_cgroup(&w->r, w->set, id);
		forget_offset(&w->r);
	}
	return 0;
}
STEPS(cgroups_step, struct cgroups_walk)

INLINE void put_cgroups(struct record *r, struct task_struct *task)
{
	struct cgroups_walk w = { .r = *r, .set = PEEK(task, cgroups) };

	REPEAT(TOLD_SUBSYSTEMS, cgroups_step, &w);
	end_param(r, w.r.off - r->off);
}

/* --- the parts that clone and execve share --- */

/* tid, pid, ptid, cwd (user space knows it better), fdlimit, page faults, memory, comm, cgroups */
INLINE void put_identity(struct record *r, struct task_struct *task)
{
	put_u64(r, PEEK(task, pid));
	put_u64(r, PEEK(task, tgid));
	put_u64(r, parent_pid(task));
	put_empty(r);
	put_u64(r, PEEK(task, signal, rlim[RLIMIT_NOFILE].rlim_cur));
	put_u64(r, PEEK(task, maj_flt));
	put_u64(r, PEEK(task, min_flt));
	put_vm(r, PEEK(task, mm));
	put_text_kernel(r, &task->comm, TASK_COMM_LEN);
	put_cgroups(r, task);
}

/* What follows the result of the one that the task tells of. */
INLINE void put_clone_of(struct record *r, struct task_struct *task, __u64 flags)
{
	if (r->ret >= 0) {
		put_exe_args(r, PEEK(task, mm));
	} else {
		put_empty(r);
		put_empty(r);
	}
	put_identity(r, task);
	put_u32(r, convert_clone_flags(flags) | child_in_pidns(task));
	put_u32(r, PEEK(task, cred, euid.val));
	put_u32(r, PEEK(task, cred, egid.val));
	put_u64(r, virtual_nr(task, PIDTYPE_PID));
	put_u64(r, virtual_nr(task, PIDTYPE_TGID));
	put_u64(r, r->ret == 0 ? pidns_start(task) : 0);
}

/* b means nothing. */
INLINE void put_clone_rest(struct record *r, __u64 flags, __u64 b)
{
	(void)b;
	put_clone_of(r, this_task(), flags);
}
PART(put_clone_rest, 1)

INLINE void put_clone(struct record *r, __u32 flags)
{
	PUT_PART(put_clone_rest, r, 20, flags, 0);
}

INLINE void capture_clone(struct record *r)
{
	put_clone(r, A(0));
}

/*
 * A child looks at the arguments after its caller may have gone on and reused their memory.  Whether
 * it is a thread, it knows itself; where they say otherwise they are no longer what was given, and
 * what all threads share is told instead.
 */
INLINE __u64 flags_of_child(struct task_struct *task, __u64 given)
{
	bool thread = PEEK(task, pid) != PEEK(task, tgid);

	if (thread == !!(given & ABI_CLONE_THREAD))
		return given;
	return thread ? ABI_CLONE_OF_THREADS : 0;
}

INLINE void capture_clone3(struct record *r)
{
	struct abi_clone_args args = { 0 };

	read_user(&args, sizeof args, A(0));
	put_clone(r, r->ret ? args.flags : flags_of_child(this_task(), args.flags));
}

INLINE void capture_fork(struct record *r)
{
	put_clone(r, 0);
}

/*
 * The same of a child whose return from the call nobody sees: told by its parent (arguments: its),
 * before the child runs.  Its memory is the parent's, or a copy.
 */
INLINE void put_child(struct record *r, struct task_struct *child, __u32 event)
{
	struct abi_clone_args args = { 0 };

	if (event == EV_SYSCALL_CLONE_20_X)
		args.flags = A(0);
	else if (event == EV_SYSCALL_CLONE3_X)
		read_user(&args, sizeof args, A(0));
	put_u64(r, 0);
	put_clone_of(r, child, args.flags);
}

enum { EXE_WRITABLE = 1, EXE_UPPER_LAYER = 2, EXE_FROM_MEMFD = 4, EXE_LOWER_LAYER = 8 };

/* From tty on: what the file and the credentials say. */
INLINE void put_executable(struct record *r, struct task_struct *task)
{
	struct file *file = PEEK(task, mm, exe_file);
	struct inode *inode = PEEK(file, f_inode);
	enum layer layer = layer_of(inode, PEEK(inode, i_sb));
	__u32 flags = layer == LAYER_UPPER ? EXE_UPPER_LAYER :
		      layer == LAYER_LOWER ? EXE_LOWER_LAYER : 0;

	put_u32(r, terminal(task));
	put_u64(r, virtual_nr(task, PIDTYPE_PGID));
	put_u32(r, login_uid(task));
	if (may_write(task, inode))
		flags |= EXE_WRITABLE;
	if (is_memfd(file))
		flags |= EXE_FROM_MEMFD;
	put_u32(r, flags);
	put_capabilities(r, cred_of(task));
	put_u64(r, PEEK(inode, i_ino));
	put_u64(r, inode_ctime(inode));
	put_u64(r, inode_mtime(inode));
	put_u32(r, PEEK(task, cred, euid.val));
	put_file_path(r, file);
	put_u64(r, process_group(task));
	put_u32(r, PEEK(task, cred, egid.val));
}

INLINE void put_failed_execve(struct record *r, __u64 argv, __u64 envp)
{
	struct task_struct *task = this_task();

	put_asked_exe_args(r, argv);
	put_identity(r, task);
	put_texts(r, envp, 0, ARGS_MAX);
	put_executable(r, task);
}
PART(put_failed_execve, 1)

INLINE void capture_execve(struct record *r)
{
	PUT_PART(put_failed_execve, r, 29, A(1), A(2));
}

INLINE void capture_execveat(struct record *r)
{
	PUT_PART(put_failed_execve, r, 29, A(2), A(3));
}

/* An execve that succeeded, as its new image begins: nobody can have changed the arguments. */
INLINE void put_exec(struct record *r, struct linux_binprm *bprm)
{
	struct task_struct *task = this_task();
	struct mm_struct *mm = PEEK(task, mm);

	put_u64(r, 0);
	put_exe_args(r, mm);
	put_identity(r, task);
	put_strings(r, PEEK(mm, env_start), PEEK(mm, env_end), ARGS_MAX);
	put_executable(r, task);
	put_text_kernel(r, PEEK(bprm, filename), WIRE_PATH_MAX);
}

/* --- who inherits the children of a task that exits --- */

enum { THREADS = 30, ANCESTORS = 60 };

#define TASK_OF(node)                                                                              \
	((struct task_struct *)((char *)(node) - OFFSET_OF(struct task_struct, thread_node)))

struct thread_walk {
	struct list_head *head, *at;
	__s32 found;
};

static long thread_step(__u32 i, struct thread_walk *w)
{
	struct task_struct *task = TASK_OF(w->at);
	struct list_head *at = w->at;

	(void)i;
	w->found = 0;
	if (at == w->head)
		return 1;
	if (!(PEEK(task, flags) & PF_EXITING)) {
		w->found = PEEK(task, pid);
		return 1;
	}
	w->found = -1;
	w->at = PEEK(at, next);
	return 0;
}
STEPS(thread_step, struct thread_walk)

/* Its pid, 0 when there is none, -1 when there are too many to look at. */
INLINE __s32 alive_thread(struct task_struct *task)
{
	struct signal_struct *signal = PEEK(task, signal);
	struct thread_walk w = { .head = &signal->thread_head };

	w.at = PEEK(signal, thread_head.next);
	REPEAT(THREADS, thread_step, &w);
	return w.found;
}

struct reaper_walk {
	struct task_struct *init, *up;
	__u32 level;
	__s32 found;
};

static long reaper_step(__u32 i, struct reaper_walk *w)
{
	struct task_struct *up = w->up, *init = w->init;
	struct signal_struct *signal = PEEK(up, signal);

	(void)i;
	if (PEEK(pid_of(up, PIDTYPE_PID), level) != w->level || up == init) {
		w->found = PEEK(init, pid);
		return 1;
	}
	if (PEEK_BITS(signal, is_child_subreaper)) {
		w->found = alive_thread(up);
		if (w->found)
			return 1;
	}
	w->found = -1;
	w->up = PEEK(up, real_parent);
	return 0;
}
STEPS(reaper_step, struct reaper_walk)

INLINE __s32 reaper_of(struct task_struct *task)
{
	struct list_head *children = &task->children;
	struct signal_struct *signal;
	struct reaper_walk w = { 0 };
	struct pid *pid;

	if (PEEK(children, next) == children)
		return 0;
	w.found = alive_thread(task);
	if (w.found)
		return w.found;
	pid = pid_of(task, PIDTYPE_PID);
	w.init = PEEK(namespace_of(pid), child_reaper);
	if (w.init == task)
		return 0;
	signal = PEEK(task, signal);
	w.level = PEEK(pid, level);
	w.up = PEEK_BITS(signal, has_child_subreaper) ? PEEK(task, real_parent) : w.init;
	REPEAT(ANCESTORS, reaper_step, &w);
	return w.found;
}

INLINE void put_exit(struct record *r, struct task_struct *task)
{
	__s32 code = PEEK(task, exit_code);
	__u8 sig = code & 0x7f;

	put_u64(r, (__s64)code);
	put_u64(r, (code >> 8) & 0xff);
	put_u8(r, sig == 0x7f ? 0 : sig);
	put_u8(r, code >> 7 & 1);
	put_u64(r, (__s64)reaper_of(task));
}

#endif
