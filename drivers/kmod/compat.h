/* SPDX-License-Identifier: GPL-2.0 */
/* Everything that differs between kernels (4.14 to 7.0) and between processors. */
#ifndef SAKER_KMOD_COMPAT_H
#define SAKER_KMOD_COMPAT_H

#include <linux/audit.h>
#include <linux/binfmts.h>
#include <linux/capability.h>
#include <linux/cgroup.h>
#include <linux/compat.h>
#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/fdtable.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/kasan.h>
#include <linux/kernfs.h>
#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/mount.h>
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/tty.h>
#include <linux/tty_driver.h>
#include <linux/uaccess.h>
#include <linux/user_namespace.h>
#include <linux/version.h>
#include <linux/vmalloc.h>
#include <net/af_unix.h>
#include <net/inet_sock.h>
#include <net/ipv6.h>
#include <net/sock.h>

#include <asm/syscall.h>

#include "drivers/wire.h"

#define SINCE(major, minor) (LINUX_VERSION_CODE >= KERNEL_VERSION(major, minor, 0))

/* --- reading --- */

#if SINCE(5, 0)
#define user_range_ok(from, n) access_ok((const void __user *)(from), n)
#else
#define user_range_ok(from, n) access_ok(VERIFY_READ, (const void __user *)(from), n)
#endif

#ifndef untagged_addr
#define untagged_addr(address) (address)
#endif

/*
 * Between these lies all that a pointer of the kernel's may point to.  On x86_64 what lies below
 * are also addresses that are not canonical, which raise an exception that warns, and above the
 * page of vsyscalls, at which a fault is an oops even where one is expected.
 */
#ifdef CONFIG_X86_64
#define KERNEL_FLOOR   PAGE_OFFSET
#define KERNEL_CEILING MODULES_END
#else
#define KERNEL_FLOOR   (1ul << (BITS_PER_LONG - 1))
#define KERNEL_CEILING ULONG_MAX
#endif

/* Tags in its top byte are no part of an address. */
#if defined(CONFIG_KASAN_SW_TAGS) || defined(CONFIG_KASAN_HW_TAGS)
#define address_of_pointer(p) ((unsigned long)kasan_reset_tag(p))
#else
#define address_of_pointer(p) ((unsigned long)(p))
#endif

/* Load the number at p into v, or go to label.  p lies between the two. */
#ifdef __get_kernel_nofault
#define load_kernel(v, p, label) __get_kernel_nofault(&(v), p, typeof(v), label)
#else
#define load_kernel(v, p, label)                                                                   \
	do {                                                                                       \
		if (probe_kernel_read(&(v), p, sizeof(v)))                                         \
			goto label;                                                                \
	} while (0)
#endif

/* --- tasks --- */

#ifndef CONFIG_CGROUPS
#error "saker records the cgroups of processes: the kernel needs CONFIG_CGROUPS"
#endif

/* A subsystem that this kernel is built without has a number that no subsystem has. */
#if !IS_ENABLED(CONFIG_CPUSETS)
enum { cpuset_cgrp_id = CGROUP_SUBSYS_COUNT };
#endif
#if !IS_ENABLED(CONFIG_CGROUP_SCHED)
enum { cpu_cgrp_id = CGROUP_SUBSYS_COUNT };
#endif
#if !IS_ENABLED(CONFIG_CGROUP_CPUACCT)
enum { cpuacct_cgrp_id = CGROUP_SUBSYS_COUNT };
#endif
#if !IS_ENABLED(CONFIG_BLK_CGROUP)
enum { io_cgrp_id = CGROUP_SUBSYS_COUNT };
#endif
#if !IS_ENABLED(CONFIG_MEMCG)
enum { memory_cgrp_id = CGROUP_SUBSYS_COUNT };
#endif

#if SINCE(6, 15)
#define KERNFS_PARENT __parent
#else
#define KERNFS_PARENT parent
#endif

#if !SINCE(4, 19)
#define PIDTYPE_TGID __PIDTYPE_TGID
#endif

#if SINCE(4, 20)
#define signal_info kernel_siginfo
#else
#define signal_info    siginfo
#define kernel_siginfo siginfo
#endif

/* 6.2 made the counters per CPU; the part that is not is what the other driver reads too. */
#if SINCE(6, 2)
#define RSS_COUNT(mm, what) (&(mm)->rss_stat[what].count)
#else
#define RSS_COUNT(mm, what) (&(mm)->rss_stat.count[what].counter)
#endif

/* --- system calls --- */

#ifdef CONFIG_X86
#define in_compat_call() in_ia32_syscall()
#elif defined(CONFIG_COMPAT)
#define in_compat_call() is_compat_task()
#else
#define in_compat_call() false
#endif

/*
 * What one returned.  ARM's 32-bit results come with a sign or without, by the kernel's age; only
 * errors are negative, addresses are not.
 */
static inline long call_result(long ret, bool compat)
{
#ifdef CONFIG_ARM64
	if (compat)
		return IS_ERR_VALUE((long)(int)ret) ? (int)ret : (long)(u32)ret;
#endif
	return ret;
}

/* What remains in 16 bits of a number beyond the tables: of x32's, the one on x86_64. */
static inline u16 far_number(u32 nr)
{
#ifdef CONFIG_X86
	return nr;
#else
	return min_t(u32, nr, WIRE_NO_NR);
#endif
}

/* Here a child starts to run behind where calls end. */
#ifdef CONFIG_ARM64
#define CHILDREN_MISS_SYS_EXIT
#endif

/* --- files --- */

#ifndef FMODE_CREATED
#define FMODE_CREATED 0 /* before 4.19 the file does not tell: O_F_CREATED is missing there */
#endif

/* fs/mount.h is the kernel's own; what stands before the vfsmount has not changed since 3.5. */
struct mount {
	struct hlist_node mnt_hash;
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
};

#if SINCE(6, 11)
#define INODE_TIME_SEC(inode, which)  PEEK(inode, i_##which##_sec)
#define INODE_TIME_NSEC(inode, which) PEEK(inode, i_##which##_nsec)
#elif SINCE(6, 6)
#define INODE_TIME_SEC(inode, which)  PEEK(inode, __i_##which.tv_sec)
#define INODE_TIME_NSEC(inode, which) PEEK(inode, __i_##which.tv_nsec)
#else
#define INODE_TIME_SEC(inode, which)  PEEK(inode, i_##which.tv_sec)
#define INODE_TIME_NSEC(inode, which) PEEK(inode, i_##which.tv_nsec)
#endif

/* --- hooks --- */

/* What the tracepoints pass, behind the data of the probe. */
#define SYS_ENTER_ARGS struct pt_regs *regs, long nr
#define SYS_EXIT_ARGS  struct pt_regs *regs, long ret
#define EXEC_ARGS      struct task_struct *task, pid_t old_pid, struct linux_binprm *bprm
#if SINCE(6, 16)
#define EXIT_ARGS struct task_struct *task, bool group_dead
#else
#define EXIT_ARGS struct task_struct *task
#endif
#define FORK_ARGS       struct task_struct *parent, struct task_struct *child
#define SIGNAL_ARGS     int sig, struct signal_info *info, struct k_sigaction *action
#define PAGE_FAULT_ARGS unsigned long address, struct pt_regs *regs, unsigned long error
#if SINCE(5, 18)
#define SWITCH_ARGS                                                                                \
	bool preempt, struct task_struct *prev, struct task_struct *next, unsigned int state
#else
#define SWITCH_ARGS bool preempt, struct task_struct *prev, struct task_struct *next
#endif

/* A probe at the beginning of a function: its arguments. */
#ifdef CONFIG_X86_64
#define FUNCTION_ARG_1(at) ((at)->si)
#define FUNCTION_ARG_2(at) ((at)->dx)
#else
#define FUNCTION_ARG_1(at) ((at)->regs[1])
#define FUNCTION_ARG_2(at) ((at)->regs[2])
#endif

/* Is it the kernel's copy of what lies at `from`? */
#if SINCE(7, 0)
#define IS_COPY_OF(name, from) true /* it does not say */
#else
#define IS_COPY_OF(name, from) ((__u64)PEEK(name, uptr) == (from))
#endif

/* --- the device --- */

#if SINCE(5, 8)
#define may_capture() (bpf_capable() && perfmon_capable())
#else
#define may_capture() capable(CAP_SYS_ADMIN)
#endif

static inline void forbid_writing(struct vm_area_struct *vma)
{
#if SINCE(6, 3)
	vm_flags_clear(vma, VM_MAYWRITE);
#else
	vma->vm_flags &= ~VM_MAYWRITE;
#endif
}

static inline void keep_out_of_dumps(struct vm_area_struct *vma)
{
#if SINCE(6, 3)
	vm_flags_set(vma, VM_DONTCOPY | VM_DONTDUMP | VM_DONTEXPAND);
#else
	vma->vm_flags |= VM_DONTCOPY | VM_DONTDUMP | VM_DONTEXPAND;
#endif
}

#endif
