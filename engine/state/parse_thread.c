/* What a thread changes about itself: ids, capabilities, limits, memory. */
#include "engine/state/tables.h"
#include "engine/state/thread_table.h"

enum {
	RLIMIT_NOFILE_ID = 7, /* table rlimit_resources */
	PR_SET_SUBREAPER = 36,
	PR_GET_SUBREAPER = 37,
	CAPABILITIES = 41,
};

static void set_uid(struct state *s, const struct event *ev, uint32_t param)
{
	struct thread *t = event_thread(s);

	if (event_res(ev) != 0 || !arg_given(ev, param) || !t)
		return;
	t->uid = arg32(ev, param);
	if (!t->container_id)
		know_root_user(s, t->uid, t->gid);
	thread_touch(s, t);
}

static void set_gid(struct state *s, const struct event *ev, uint32_t param)
{
	struct thread *t = event_thread(s);

	if (event_res(ev) != 0 || !arg_given(ev, param) || !t)
		return;
	t->gid = arg32(ev, param);
	if (!t->container_id)
		know_root_group(s, t->gid);
	thread_touch(s, t);
}

void parse_setuid(struct state *s, const struct event *ev)
{
	set_uid(s, ev, 1);
}

/* Also setresuid: the effective id counts, even if it is "unchanged" (all ones). */
void parse_setreuid(struct state *s, const struct event *ev)
{
	set_uid(s, ev, 2);
}

void parse_setgid(struct state *s, const struct event *ev)
{
	set_gid(s, ev, 1);
}

void parse_setregid(struct state *s, const struct event *ev)
{
	set_gid(s, ev, 2);
}

void parse_setsid(struct state *s, const struct event *ev)
{
	struct thread *t = event_thread(s);
	int64_t sid = event_res(ev);

	if (t && sid >= 0)
		thread_set_id(s, t, &t->sid, sid);
}

static void set_caps(struct state *s, struct thread *t, uint64_t inheritable, uint64_t permitted,
		     uint64_t effective)
{
	t->cap_inheritable = inheritable;
	t->cap_permitted = permitted;
	t->cap_effective = effective;
	thread_touch(s, t);
}

void parse_capset(struct state *s, const struct event *ev)
{
	if (s->now.thread && event_res(ev) >= 0)
		set_caps(s, s->now.thread, arg(ev, 1), arg(ev, 2), arg(ev, 3));
}

/* unshare, setns: a new user namespace comes with all capabilities. */
void parse_namespace(struct state *s, const struct event *ev)
{
	uint32_t flags = arg32(ev, ev->type == EV_SYSCALL_UNSHARE_X ? 1 : 2);
	uint64_t all = (UINT64_C(1) << CAPABILITIES) - 1;

	if (s->now.thread && event_res(ev) >= 0 && (flags & CL_CLONE_NEWUSER))
		set_caps(s, s->now.thread, all, all, all);
}

/* Only who gets orphans is followed; asking for it counts as setting it, as in Falco. */
void parse_prctl(struct state *s, const struct event *ev)
{
	const struct thread *t = event_thread(s);
	uint32_t option = arg32(ev, 1);

	if (!t || !t->proc || event_res(ev) < 0 || thread_is_placeholder(t))
		return;
	if (option == PR_SET_SUBREAPER || option == PR_GET_SUBREAPER)
		t->proc->reaper = arg(ev, 3) != 0;
}

static void set_fdlimit(struct state *s, const struct thread *t, int64_t limit)
{
	struct thread *leader = thread_leader(t);

	if (!leader || limit == -1)
		return;
	leader->fdlimit = limit;
	thread_touch_family(s, leader);
}

/* getrlimit, setrlimit */
void parse_rlimit(struct state *s, const struct event *ev)
{
	if (s->now.thread && event_res(ev) >= 0 && arg(ev, 3) == RLIMIT_NOFILE_ID)
		set_fdlimit(s, s->now.thread, arg_i64(ev, 1));
}

void parse_prlimit(struct state *s, const struct event *ev)
{
	int64_t limit = arg_i64(ev, 1), tid = arg_i64(ev, 5);

	if (event_res(ev) != 0 || arg(ev, 6) != RLIMIT_NOFILE_ID || limit == -1 ||
	    !arg_given(ev, 5))
		return;
	const struct thread *t = thread_get(s, tid ? tid : ev->tid);
	if (t && !thread_is_placeholder(t))
		set_fdlimit(s, t, limit);
}

/* brk, mmap, munmap */
void parse_memory(struct state *s, const struct event *ev)
{
	struct thread *t = s->now.thread;

	if (!t)
		return;
	if (arg_given(ev, 1))
		t->vmsize_kb = arg32(ev, 1);
	if (arg_given(ev, 3)) {
		t->vmrss_kb = arg32(ev, 2);
		t->vmswap_kb = arg32(ev, 3);
	}
}

void parse_switch(struct state *s, const struct event *ev)
{
	struct thread *t = s->now.thread;

	if (!t || !arg_given(ev, 5))
		return;
	t->pfmajor = arg(ev, 1);
	t->pfminor = arg(ev, 2);
	struct thread *leader = thread_leader(t);
	if (!leader)
		return;
	leader->vmsize_kb = arg32(ev, 3);
	leader->vmrss_kb = arg32(ev, 4);
	leader->vmswap_kb = arg32(ev, 5);
}
