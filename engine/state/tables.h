/*
 * The insides of a state; engine/state only.
 */
#ifndef SAKER_STATE_TABLES_H
#define SAKER_STATE_TABLES_H

#include "engine/state/container_list.h"
#include "engine/state/credentials.h"
#include "engine/state/fd_table.h"
#include "engine/state/id_table.h"
#include "engine/state/interfaces.h"
#include "engine/state/recent_exits.h"
#include "engine/state/state.h"
#include "format/base/buf.h"

#include <stdlib.h>

enum { TID_CACHE = 256 };

struct state_tables {
	struct id_table ids;
	struct pool threads, processes;
	struct fd_store fds;
	struct thread *tid_cache[TID_CACHE]; /* may be stale: checked before use */
	struct thread *gone; /* left the table during this event; freed at the next */
	uint64_t last_ts_ns; /* the latest time of an event of this section */
	uint64_t clock;      /* source of thread versions */

	/* Left to do at the next event. */
	bool exit_pending, close_pending;
	int64_t exit_tid, close_tid, close_fd;
	struct recent_exits exits;

	bool settled;       /* the lists at the start of the section are complete */
	bool enter_valid;   /* the thread's enter event belongs to this exit event */
	struct event enter; /* now.enter points here */
	uint64_t boot_ts_ns;
	uint64_t server_ports[65536 / 64]; /* bit set: some listed process listens there */

	struct interfaces interfaces;
	struct credentials users, groups;
	struct container_list *containers;
	struct container
		*last_container; /* of a container event, where the list does not hold it */
	struct text *hostname;

	/* Clones repeat their parent's cgroups: the last ones as recorded, and what they became. */
	struct text *cgroups_raw, *cgroups;
	struct text *matched,
		*matched_id; /* cgroups last asked for their container, and the answer */
	const char *matched_type;
	struct buf scratch;
	bool nomem; /* something could not be remembered during this event */
};

/* Text of its own for s; a failure is noted. */
struct text *state_text(struct state *s, struct sv text);
/* Let *slot hold s; keeps what is there when it is the same. */
void state_set_text(struct state *s, struct text **slot, struct sv text);

/* Do events of this type change more than who did something, and on which fd? */
bool state_parses(uint16_t type);

/* --- parameters --- */

static inline bool arg_given(const struct event *ev, uint32_t i)
{
	return i < ev->nparams && ev->params[i].n > 0;
}

/* An integer of 1, 2, 4 or 8 bytes; 0 for anything else. */
uint64_t short_arg(struct sv p);
static inline uint64_t arg(const struct event *ev, uint32_t i)
{
	struct sv p = event_param(ev, i);

	return p.n == 8 ? get_le64(p.p) : short_arg(p);
}

static inline uint32_t arg32(const struct event *ev, uint32_t i)
{
	return (uint32_t)arg(ev, i);
}

static inline int64_t arg_i64(const struct event *ev, uint32_t i)
{
	return (int64_t)arg(ev, i);
}

/* Text or path; what the recorder could not read is "<NA>", "(NULL)" in old files. */
struct sv arg_text(const struct event *ev, uint32_t i);

/* A list of NUL-terminated items; one empty item counts as none. */
static inline struct sv arg_items(const struct event *ev, uint32_t i)
{
	struct sv p = event_param(ev, i);

	return p.n == 1 && p.p[0] == '\0' ? (struct sv){ 0 } : p;
}

/* Return value of a system call's exit event; negative when the event has none. */
static inline int64_t event_res(const struct event *ev)
{
	struct sv p = event_param(ev, 0);

	if (ev->nparams == 0)
		return -1;
	if (p.n == 8)
		return (int64_t)get_le64(p.p);
	return p.n == 4 ? (int32_t)get_le32(p.p) : 0;
}

/* Parameter that holds the event's fd; -1: none. */
int event_fd_param(uint16_t type);

/* The thread of the event for updates that make do with any thread of that tid. */
static inline struct thread *event_thread(const struct state *s)
{
	return s->now.thread ? s->now.thread : state_thread(s, s->now.ev->tid);
}

/* --- the event's fd (event_fd.c) --- */

/* The entry of now.fd for changing; NULL: there is none, or no room for a copy of its own. */
struct fd *own_event_fd(struct state *s);
/* Make take_f the fd `num` of the event's thread and the event's fd. */
void open_event_fd(struct state *s, int64_t num, struct fd *take_f);
/* A new fd of the given type that nobody has yet; NULL: no memory. */
struct fd *make_fd(struct state *s, uint8_t type, uint32_t open_flags);
/* A copy of f without its close-on-exec marks, plus add_flags; NULL: no memory. */
struct fd *copy_fd(struct state *s, const struct fd *f, uint32_t add_flags);
/* Name an entry that own_event_fd gave; notes whether that changes it. */
void name_event_fd(struct state *s, struct fd *f, struct sv name);
/* The thread whose own table holds t's fds; NULL: unknown. */
struct thread *fds_holder(struct thread *t);

/* --- one function per kind of event --- */

typedef void event_parser(struct state *s, const struct event *ev);

event_parser parse_store_enter, parse_open, parse_close, parse_close_range, parse_dup, parse_fcntl,
	parse_pipe, parse_memfd, parse_pidfd_open, parse_pidfd_getfd, parse_anon_fd, parse_chdir,
	parse_fchdir, parse_chroot, parse_socket, parse_socketpair, parse_bind, parse_connect,
	parse_accept, parse_receive, parse_send, parse_clone, parse_exec, parse_procexit,
	parse_prctl, parse_setsid, parse_setuid, parse_setreuid, parse_setgid, parse_setregid,
	parse_capset, parse_namespace, parse_rlimit, parse_prlimit, parse_memory, parse_switch,
	parse_user, parse_group, parse_container, parse_async;

/* Entries of the user list at the start of a section; credentials_settle ends it. */
void list_user(struct state *s, const struct user_entry *u);
void list_group(struct state *s, const struct group_entry *g);
void credentials_settle(struct state *s);
/* A thread of the host has this user or group. */
void know_root_user(struct state *s, uint32_t uid, uint32_t gid);
void know_root_group(struct state *s, uint32_t gid);

/* Control groups as recorded; ignored when they are damaged. */
void set_cgroups(struct state *s, struct thread *t, struct sv recorded);
/* Attach the container that its cgroups tell to a thread that a clone, exec or chroot is about. */
void contain_thread(struct state *s, struct thread *t);

/* The program file that an old execve or execveat enter event tells; out: 1024 bytes. */
struct sv exec_path(struct state *s, const struct event *enter, char *out);

/* The stored enter event that belongs to this exit event, also in now.enter; NULL: none. */
const struct event *enter_event(struct state *s);
void forget_enter(struct thread *t);
/* Keep a copy of ev as t's stored enter event. */
void keep_enter(struct state *s, struct thread *t, const struct event *ev);
/* The one that is kept, valid as long as that; false: none. */
bool kept_enter(const struct thread *t, struct event *out);

#endif
