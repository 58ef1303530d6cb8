/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The few kernel types that the programs read, with the few members they need.  libbpf moves every
 * access to where the running kernel keeps the member (CO-RE), so neither order nor completeness
 * matters, and the build needs no vmlinux.h.  A type lists the members of all kernels; a member that
 * changed its type has a flavour: `struct name___when`, which stands for `struct name`.  Every type
 * costs the start half a millisecond, and one that the kernel does not know a look at all modules.
 */
#ifndef SAKER_BPF_CORE_H
#define SAKER_BPF_CORE_H

typedef signed char __s8;
typedef unsigned char __u8;
typedef short __s16;
typedef unsigned short __u16;
typedef int __s32;
typedef unsigned int __u32;
typedef long long __s64;
typedef unsigned long long __u64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
typedef _Bool bool;
enum { false, true };
#define NULL ((void *)0)

/* uapi/linux/bpf.h: what the programs and their maps use */
enum bpf_map_type {
	BPF_MAP_TYPE_UNSPEC,
	BPF_MAP_TYPE_HASH,
	BPF_MAP_TYPE_ARRAY,
	BPF_MAP_TYPE_PROG_ARRAY,
	BPF_MAP_TYPE_TASK_STORAGE = 29, /* 5.11 */
};
enum { BPF_F_NO_PREALLOC = 1, BPF_F_MMAPABLE = 1 << 10, BPF_LOCAL_STORAGE_GET_F_CREATE = 1 };

enum bpf_func_id {
	BPF_FUNC_get_current_task_btf = 158, /* 5.11 */
	BPF_FUNC_task_pt_regs = 175,         /* 5.15 */
};

enum pid_type { PIDTYPE_PID, PIDTYPE_TGID, PIDTYPE_PGID, PIDTYPE_SID };
enum { TASK_COMM_LEN = 16, PF_KTHREAD = 0x00200000, PF_EXITING = 4, RLIMIT_NOFILE = 7 };
enum { TS_COMPAT = 2 }; /* thread_info.status: the present system call is a 32-bit one */
enum { MM_FILEPAGES, MM_ANONPAGES, MM_SWAPENTS, MM_SHMEMPAGES };
enum { FMODE_CREATED = 0x100000 };
enum { OVERLAYFS_SUPER_MAGIC = 0x794c7630 };
enum { AF_UNIX = 1, AF_INET = 2, AF_INET6 = 10 };
enum { EINPROGRESS = 115 };
enum { SB_RDONLY = 1, S_IMMUTABLE = 8, MAY_WRITE = 2, CAP_DAC_OVERRIDE = 1, CAP_FOWNER = 3 };
enum { PAGE_SHIFT = 12, SI_USER = 0 };

struct in6_addr {
	__u64 half[2];
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip;
};

struct list_head {
	struct list_head *next, *prev;
};

typedef struct {
	__u32 val;
} kuid_t;
typedef struct {
	__u32 val;
} kgid_t;

typedef struct {
	int counter;
} atomic_t;
typedef struct {
	__s64 counter;
} atomic_long_t;

struct timespec64 {
	__s64 tv_sec;
	long tv_nsec;
};

struct thread_info {
	__u32 status;
};

struct pid_namespace;
struct task_struct;

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
};

struct pid_namespace {
	struct task_struct *child_reaper;
	unsigned int level;
};

struct nsproxy {
	struct pid_namespace *pid_ns_for_children;
};

struct uid_gid_extent {
	__u32 first, lower_first, count;
};

struct uid_gid_map {
	union {
		struct {
			struct uid_gid_extent extent[5];
			__u32 nr_extents;
		};
	};
};

struct user_namespace {
	struct uid_gid_map uid_map, gid_map;
};

struct group_info {
	int ngroups;
	kgid_t gid[];
};

typedef struct {
	__u64 val; /* before 6.3 two halves, low one first: the same bytes */
} kernel_cap_t;

struct cred {
	kuid_t euid, fsuid;
	kgid_t egid, fsgid;
	kernel_cap_t cap_inheritable, cap_permitted, cap_effective;
	struct user_namespace *user_ns;
	struct group_info *group_info;
};

struct rlimit {
	unsigned long rlim_cur, rlim_max;
};

struct tty_driver {
	int major, minor_start;
};

struct tty_struct {
	struct tty_driver *driver;
	int index;
};

struct signal_struct {
	struct list_head thread_head;
	struct pid *pids[4];
	struct tty_struct *tty;
	struct rlimit rlim[16];
	unsigned int is_child_subreaper : 1;
	unsigned int has_child_subreaper : 1;
};

struct qstr {
	union {
		struct {
			__u32 hash;
			__u32 len;
		};
	};
	const unsigned char *name;
};

struct super_block {
	__u32 s_dev;
	unsigned long s_flags;
	unsigned long s_magic;
};

struct inode {
	__u16 i_mode;
	kuid_t i_uid;
	kgid_t i_gid;
	unsigned int i_flags;
	struct super_block *i_sb;
	unsigned long i_ino;
	struct timespec64 i_mtime, i_ctime;     /* up to 6.5 */
	struct timespec64 __i_mtime, __i_ctime; /* up to 6.10 */
	__s64 i_mtime_sec, i_ctime_sec;
	__u32 i_mtime_nsec, i_ctime_nsec;
};

struct dentry {
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
	struct super_block *d_sb;
};

struct vfsmount {
	struct dentry *mnt_root;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct file {
	unsigned int f_mode;
	void *private_data;
	struct inode *f_inode;
	struct path f_path;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct fs_struct {
	struct path root, pwd;
};

struct mm_rss_stat {
	atomic_long_t count[4];
};
struct percpu_counter {
	__s64 count;
};
struct mm_struct {
	unsigned long total_vm;
	unsigned long arg_start, arg_end, env_start, env_end;
	struct file *exe_file;
	struct percpu_counter rss_stat[4]; /* 6.2 */
};
struct mm_struct___upto_6_1 {
	struct mm_rss_stat rss_stat;
};

struct kernfs_node {
	struct kernfs_node *parent; /* up to 6.14 */
	struct kernfs_node *__parent;
	const char *name;
};
struct cgroup {
	struct kernfs_node *kn;
};
struct cgroup_subsys {
	const char *name;
};
struct cgroup_subsys_state {
	struct cgroup *cgroup;
	struct cgroup_subsys *ss;
};
struct css_set {
	struct cgroup_subsys_state *subsys[16];
};
/* Which of these a kernel has, and their numbers, are its own matter. */
enum cgroup_subsys_id {
	cpuset_cgrp_id = 1,
	cpu_cgrp_id,
	cpuacct_cgrp_id,
	io_cgrp_id,
	memory_cgrp_id,
};

struct task_struct {
	struct thread_info thread_info;
	unsigned int flags;
	int exit_code;
	int pid, tgid;
	struct task_struct *real_parent;
	struct list_head children;
	struct pid *thread_pid;
	struct list_head thread_node;
	__u64 start_time;
	unsigned long min_flt, maj_flt;
	struct cred *cred;
	char comm[TASK_COMM_LEN];
	struct fs_struct *fs;
	struct files_struct *files;
	struct nsproxy *nsproxy;
	struct signal_struct *signal;
	kuid_t loginuid;
	struct mm_struct *mm;
	struct css_set *cgroups;
};

struct filename {
	const char *name; /* the kernel's copy */
	const char *uptr; /* what it is a copy of; up to 6.19 */
};

struct linux_binprm {
	const char *filename;
};

struct kernel_siginfo {
	int si_signo, si_errno, si_code;
	union {
		struct {
			int _pid;
		} _kill;
		struct {
			int _pid;
		} _rt;
		struct {
			int _pid;
		} _sigchld;
	} _sifields;
};


struct sock_common {
	__be32 skc_daddr;
	__be16 skc_dport;
	unsigned short skc_family;
	struct in6_addr skc_v6_daddr;
};

struct sock {
	struct sock_common __sk_common;
	__u32 sk_ack_backlog, sk_max_ack_backlog;
};

struct ipv6_pinfo {
	struct in6_addr saddr;
};

struct inet_sock {
	struct ipv6_pinfo *pinet6;
	__be32 inet_saddr;
	__be16 inet_sport;
};

struct sockaddr_un {
	unsigned short sun_family;
	char sun_path[108];
};

struct unix_address {
	int len; /* of what name holds, the family included */
	struct sockaddr_un name[];
};

struct unix_sock {
	struct unix_address *addr;
	struct sock *peer;
};

struct socket {
	struct sock *sk;
};

#pragma clang attribute pop

#endif
