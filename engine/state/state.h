/*
 * The host as the trace has described it so far: threads, fds, users, groups, containers,
 * interfaces.  A function of the records alone: never of the clock, /proc or the local passwd.
 * What is kept and when it changes: engine/state/README.md.
 */
#ifndef SAKER_STATE_H
#define SAKER_STATE_H

#include "engine/state/container.h"
#include "engine/state/thread.h"
#include "format/base/err.h"
#include "format/column_need.h"
#include "format/quiet.h"

enum {
	STATE_MAX_THREADS = 262144,
	STATE_MAX_FDS = 4096,        /* per process */
	STATE_MAX_FD_ROOM = 1 << 25, /* entries of all processes' tables together */
	STATE_MAX_CONTAINERS = 65536,
	STATE_MAX_USERS = 65536,
	STATE_MAX_ENTER_BYTES = 4096, /* a remembered enter event */
};

struct user {
	uint32_t uid, gid;
	struct text *name, *homedir, *shell;
};

struct group {
	uint32_t gid;
	struct text *name;
};

/* How often something could not be kept because a table was full; told in every summary. */
struct state_losses {
	uint64_t threads, fds, containers, users;
};

/* An event in the state it meets; refilled by state_event. Pointers valid until the next event. */
struct moment {
	const struct event *ev;
	struct thread *thread; /* who did it; NULL: unknown and not to be invented */
	struct fd *fd;         /* entry that the event is about, after its update; NULL: none */
	/*
	 * The thread's last event fd: the fd parameter, or the fd that the event made; -1 or -errno
	 * when there is none.  It can name an entry while fd is NULL: see moment_fd.
	 */
	int64_t fd_num;
	bool fd_name_changed; /* this event gave its fd another name */
	/*
	 * Is it meant for rules and users?  Not so: enter events of which the exit tells more,
	 * events marked as state only, and the list of users and containers in front of the
	 * section's first other event.
	 */
	bool shown;
	uint64_t
		base_ts_ns; /* time of the section's first event that is not a meta event; 0 none */
	/* The enter event that belongs to this exit and that the file kept separately, or NULL. */
	const struct event *enter;
	/* A container event: the container it tells of (a removed one, too); else NULL. */
	const struct container *container;
};

struct state {
	struct moment now;
	struct machine_info machine; /* hostname points into the state */
	struct state_losses losses;
	uint64_t tree_version; /* changes with anything that a field shows about another thread */
	uint64_t nthreads;
	uint32_t section;            /* 1 for the first; Falco forgets that one's machine info */
	struct state_tables *tables; /* private to engine/state */
};

struct state *state_new(void); /* NULL: no memory */
void state_free(struct state *s);

/*
 * Take in any record but an event (metadata of a section).
 * ERR_NOMEM only: an entry too many is dropped and counted in losses.
 */
int state_meta(struct state *s, const struct record *rec, struct err *err);

/*
 * Take in an event: first what the previous one left to do (a close or an exit takes effect after
 * its own event), then find the thread, then this event's own update.  Fills s->now.
 * Inconsistent parameters of a hostile trace are ignored, never trusted.
 */
int state_event(struct state *s, const struct event *ev, struct err *err);

/*
 * May events of this type be taken by state_quiet?  The one parameter it looks at is the fd, and
 * only of some of them.
 */
bool state_is_quiet(uint16_t type);
/* Take in events that nobody looks at, with their fd as the parameter.  s->now is empty then. */
int state_quiet(struct state *s, const struct quiet_run *run, struct err *err);

/* All of it as the rows of SNAPSHOT_STATE: the same state gives the same bytes. */
void state_save(const struct state *s, struct snapshot *out);
/* Replaces everything, as if s had taken all records that the saved state took.  On failure s is
 * empty. */
int state_load(struct state *s, const struct snapshot_view *from, struct err *err);

/* Add the parameters that state_event looks at. */
void state_need(struct column_need *need);

/*
 * The state as the lists in front of a section, for files that have no room for snapshots: a
 * section, machine, interfaces, users, groups, threads, fds, and an event for each container.  Not
 * all of it can be told that way.  -1 when tell says so, or without memory.
 */
typedef int state_teller(void *arg, const struct record *rec, struct err *err);
int state_records(const struct state *s, state_teller *tell, void *arg, struct err *err);

/*
 * Hand all texts of the state, in the records that would tell of them, to somebody who may replace
 * them.  Ids and numbers of these records do not count.
 */
typedef int state_rewriter(void *arg, struct record *rec, struct err *err);
int state_rewrite(struct state *s, state_rewriter *rewriter, void *arg, struct err *err);
/* The latest time of an event of this section; 0: none yet. */
uint64_t state_last_ns(const struct state *s);
/*
 * May this event, the last one, have changed anything that fields of later events show?  False only
 * if it surely has not.
 */
bool state_may_have_changed(const struct state *s);
/*
 * Do what is left to do at the next event: what has exited is gone, what was closed is closed, the
 * lists of a section without events are complete.  For those who look at it, not for readers.
 */
int state_catch_up(struct state *s, struct err *err);

struct thread *state_thread(const struct state *s, int64_t tid);
/* The thread that t->ptid names; NULL when it is not in the table. */
struct thread *state_parent(const struct state *s, const struct thread *t);
/* What fields call the event's fd: now.fd, else the entry of now.fd_num. */
struct fd *moment_fd(const struct moment *m);
/* All nthreads of them in ascending order of tid, for the caller to free; NULL: no memory. */
struct thread **state_threads(const struct state *s);
/* container_id "" is the host; nothing is known of other containers' users. NULL: unknown. */
const struct user *state_user(const struct state *s, struct sv container_id, uint32_t uid);
const struct group *state_group(const struct state *s, struct sv container_id, uint32_t gid);
/* All users of the host, ascending uids, for the caller to free (not they); NULL: no memory. */
const struct user **state_users(const struct state *s, uint32_t *n);
/* Each container, the host included, until tell() says false. */
void state_containers(const struct state *s, bool (*tell)(void *arg, const struct container *c),
		      void *arg);
/* The id "" is the host: a container called "host".  NULL: nothing is known but the id. */
const struct container *state_container(const struct state *s, struct sv id);
/* The container of a container event, else that of thread t; NULL as above. */
const struct container *state_container_of(const struct state *s, const struct thread *t);
/* Is this address one of the host's interfaces? */
bool state_ip_is_local(const struct state *s, const struct ip *ip, const struct thread *t);

/*
 * The path that a relative one means: `dir` + `path`, ".", ".." and "//" resolved, no trailing
 * '/'; an absolute path is normalised the same way.  Over 1023 bytes it becomes
 * /DIR_TOO_LONG/FILENAME_TOO_LONG.  The result is in out (at least 1024 bytes).
 */
struct sv path_join(struct sv dir, struct sv path, char *out);

#endif
