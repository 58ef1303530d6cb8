/*
 * Threads and processes as the trace describes them.
 *
 * Every thread has room for fds, cwd and environment of its own; which ones it really uses depends
 * on its group: ask thread_fds(), thread_cwd() and thread_env().  Times are ns since the epoch,
 * sizes kB where the name says so.
 */
#ifndef SAKER_STATE_THREAD_H
#define SAKER_STATE_THREAD_H

#include "engine/state/fd.h"
#include "engine/state/text.h"
#include "format/record.h"

/* Bits of thread.flags: table clone_flags of the schema (PPM_CL_*), found in traces, too. */
enum {
	CL_CLONE_FILES = 1 << 0,
	CL_CLONE_NEWPID = 1 << 6,
	CL_CLONE_PARENT = 1 << 8,
	CL_CLONE_THREAD = 1 << 13,
	CL_CLONE_INVERTED = 1 << 16, /* made by its own clone exit, not by its creator's */
	CL_NAME_CHANGED = 1 << 17,
	CL_CLOSED = 1 << 18, /* exited; kept while its group is not empty */
	CL_ACTIVE = 1 << 19, /* seen doing something */
	CL_CLONE_NEWUSER = 1 << 20,
	CL_PIPE_SRC = 1 << 21,
	CL_PIPE_DST = 1 << 22,
	CL_CLONE_VFORK = 1 << 27,
	CL_CHILD_IN_PIDNS = 1 << 29,
	CL_IS_MAIN_THREAD = 1 << 30,
};

struct thread;

/* A thread group. */
struct process {
	int64_t pid;
	uint64_t nthreads;    /* alive members, leader included */
	struct thread *first; /* members in the table; the leader, if there is one, is the first */
	struct thread *last;
	uint32_t refs;
	bool listed;   /* found by its pid */
	bool reaper;   /* child subreaper or init of its pid namespace */
	uint32_t mark; /* its number while a state is saved */
};

struct thread {
	int64_t tid;
	int64_t pid;        /* of the thread group */
	int64_t ptid;       /* the parent: a thread id */
	int64_t vtid, vpid; /* in the innermost pid namespace, -1 unknown */
	int64_t sid, vpgid, pgid;
	struct text *comm; /* proc.name */
	struct text *exe;  /* argv[0] */
	struct text *exepath;
	struct text *args; /* argv[1..]: NUL-terminated items (the last NUL may be missing) */
	struct text *root;
	struct text *cgroups; /* subsys=path items as args; subsys names are the normalised ones */
	struct text *container_id;   /* "" (NULL): on the host or unknown */
	uint32_t flags;              /* clone_flags */
	uint32_t uid, gid, loginuid; /* all ones: none */
	uint32_t tty;
	uint32_t vmsize_kb, vmrss_kb, vmswap_kb;
	int64_t fdlimit; /* -1 unknown; the leader's counts */
	uint64_t pfmajor, pfminor;
	uint64_t cap_inheritable, cap_permitted, cap_effective;
	bool exe_writable, exe_upper_layer, exe_lower_layer, exe_from_memfd;
	uint64_t exe_ino, exe_ino_ctime, exe_ino_mtime;
	uint64_t exe_ino_ctime_duration_clone_ts;    /* 0: not known */
	uint64_t exe_ino_ctime_duration_pidns_start; /* 0: not known */
	uint64_t pidns_init_start_ts;
	uint64_t clone_ts;    /* 0: before the trace */
	uint64_t lastexec_ts; /* 0: none seen */

	/* Its own; the group sees the leader's. */
	struct fd_slot fds;
	struct text *cwd; /* ends in '/'; NULL: "" */
	struct text *env; /* NAME=VALUE items as args */

	/* Changes whenever a field of this thread may show another value.  What a rule found out
	 * about the thread alone stays true while (version, state.tree_version) stay the same. */
	uint64_t version;
	/* Room for that memory: owned by the engine, freed by the state with the thread. */
	void *memo;
	uint32_t memo_size;

	/* The rest is for engine/state only. */
	bool in_table;
	uint16_t enter_type; /* last enter event, EV_COUNT: none */
	int64_t event_fd;    /* fd of the last event */
	int64_t reaper_tid;
	struct enter_copy *enter; /* stored enter event; its room is kept */
	struct process *proc;     /* NULL: a placeholder without a group */
	struct thread *prev_member, *next_member;
	struct thread *owner; /* whose list of children it is in; NULL none */
	struct thread *prev_child, *next_child;
	struct thread *first_child;
	uint32_t live_children,
		gone_children;      /* entries of that list still there, and already gone */
	uint64_t expected_children; /* what additions and removals by ptid add up to */
	struct thread *parent_hint; /* checked before use, see state_parent */
	struct thread *next_free;
	uint32_t mark; /* its number while a state is saved */
};

/* A thread that a tid stands for which nothing described. */
static inline bool thread_is_placeholder(const struct thread *t)
{
	return t->tid < 0 || t->pid < 0 || t->ptid < 0;
}

static inline bool thread_is_dead(const struct thread *t)
{
	return t->flags & CL_CLOSED;
}

static inline bool thread_is_main(const struct thread *t)
{
	return t->tid == t->pid || (t->flags & CL_IS_MAIN_THREAD);
}

static inline bool thread_in_pidns(const struct thread *t)
{
	return (t->flags & CL_CHILD_IN_PIDNS) || (t->tid != t->vtid && t->vtid >= 0);
}

/* Leader of its group (perhaps the thread itself); NULL when it is not in the table. */
static inline struct thread *thread_leader(const struct thread *t)
{
	if (thread_is_main(t))
		return (struct thread *)t;
	struct thread *first = t->proc ? t->proc->first : NULL;
	return first && thread_is_main(first) ? first : NULL;
}

/* Alive threads of its group, leader included. */
static inline uint64_t thread_group_size(const struct thread *t)
{
	return t->proc ? t->proc->nthreads : 0;
}

/* Where the fds are that it uses; NULL: unknown. */
static inline const struct fd_slot *thread_fd_slot(const struct thread *t)
{
	if (!(t->flags & CL_CLONE_FILES))
		return &t->fds;
	const struct thread *leader = thread_leader(t);
	return leader ? &leader->fds : NULL;
}

/* The fds that it uses; NULL: none known (every fd_table function takes NULL as an empty table). */
static inline struct fd_table *thread_fds(const struct thread *t)
{
	const struct fd_slot *slot = thread_fd_slot(t);

	return slot ? slot->table : NULL;
}

/* "./" when the leader is unknown. */
static inline struct sv thread_cwd(const struct thread *t)
{
	const struct thread *leader = thread_leader(t);

	return leader ? text_sv(leader->cwd) : SV("./");
}

static inline struct sv thread_env(const struct thread *t)
{
	const struct thread *leader = thread_leader(t);

	return text_sv(leader ? leader->env : t->env);
}

#endif
