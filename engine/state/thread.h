/*
 * Threads and processes as the trace describes them.
 *
 * A thread belongs to a `struct process` (its thread group), which owns what the group shares:
 * fds, cwd and environment.  Times are ns since the epoch, sizes kB where the name says so.
 */
#ifndef SAKER_STATE_THREAD_H
#define SAKER_STATE_THREAD_H

#include "engine/state/fd.h"
#include "engine/state/text.h"
#include "format/record.h"

/* Bits of thread.flags: table clone_flags of the schema (PPM_CL_*). */
enum {
	CL_CLONE_FILES = 1 << 0,
	CL_NEWPID = 1 << 6,
	CL_PARENT = 1 << 8,
	CL_THREAD = 1 << 13,
	CL_VFORK = 1 << 16,
	/* The state engine's own marks are kept in thread.marks, not here. */
};

struct process {
	uint32_t nthreads;      /* alive members, leader included */
	uint32_t refs;          /* threads in the table that belong to it */
	int64_t pid;
	struct thread *leader;  /* NULL once it left the table */
	struct fd_table *fds;
	struct text *cwd;       /* ends in '/'; NULL: unknown */
	struct text *env;       /* NUL-separated NAME=VALUE items */
	bool reaper;            /* child subreaper or init of its pid namespace */
};

struct thread {
	int64_t tid;
	int64_t pid;         /* of the thread group */
	int64_t ptid;        /* the parent: a thread id */
	int64_t vtid, vpid;  /* in the innermost pid namespace, -1 unknown */
	int64_t sid, vpgid, pgid;
	struct text *comm;   /* proc.name */
	struct text *exe;    /* argv[0] */
	struct text *exepath;
	struct text *args;   /* argv[1..], NUL-separated */
	struct text *root;
	struct text *cgroups; /* NUL-separated subsys=path items */
	struct text *container_id; /* "" (NULL): on the host or unknown */
	uint32_t flags;      /* clone_flags */
	uint32_t uid, gid, loginuid; /* all ones: none */
	uint32_t tty;
	int64_t fdlimit;
	uint32_t vmsize_kb, vmrss_kb, vmswap_kb;
	uint64_t pfmajor, pfminor;
	uint64_t cap_inheritable, cap_permitted, cap_effective;
	bool exe_writable, exe_upper_layer, exe_lower_layer, exe_from_memfd;
	uint64_t exe_ino, exe_ino_ctime, exe_ino_mtime;
	uint64_t exe_ino_ctime_duration_clone_ts; /* 0: not known */
	uint64_t exe_ino_ctime_duration_pidns_start; /* 0: not known */
	uint64_t pidns_init_start_ts;
	uint64_t clone_ts;    /* 0: before the trace */
	uint64_t lastexec_ts; /* 0: none seen */
	uint64_t exit_ts;     /* when it was marked dead, 0 while alive */
	bool dead;            /* exited; kept while its group is not empty */
	bool invalid;         /* placeholder for a tid that nothing described */
	bool in_pid_namespace;

	struct process *proc; /* never NULL */
	struct thread *parent;                      /* by ptid; NULL unknown or root */
	/* Changes whenever a field of this thread may show another value.  What a rule found out
	 * about the thread alone stays true while (version, state tree_version) stay the same. */
	uint64_t version;
	/* Room for that memory: owned by the engine, freed by the state with the thread. */
	void *memo;
	uint32_t memo_size;
};

static inline bool thread_is_main(const struct thread *t)
{
	return t->tid == t->pid;
}

static inline const struct thread *thread_main(const struct thread *t)
{
	return t->proc->leader ? t->proc->leader : t;
}

#endif
