/*
 * A new thread is told twice: by the clone exit of whoever called it and by its own.  Both come in
 * any order, either can be missing; the first one makes the thread.
 */
#include "engine/state/tables.h"
#include "engine/state/thread_table.h"

/* Parameters of clone, clone3, fork and vfork exits. */
enum {
	P_EXE = 1,
	P_ARGS = 2,
	P_PID = 4,
	P_PTID = 5,
	P_FDLIMIT = 7,
	P_PFMAJOR = 8,
	P_PFMINOR = 9,
	P_VMSIZE = 10,
	P_VMRSS = 11,
	P_VMSWAP = 12,
	P_COMM = 13,
	P_CGROUPS = 14,
	P_FLAGS = 15,
	P_UID = 16,
	P_GID = 17,
	P_VTID = 18,
	P_VPID = 19,
	P_PIDNS_START = 20,
};

/* An entry older than this is of another thread, whose exit was lost. */
enum { STALE_NS = 2000000000 };

static void set_text_like(struct state *s, struct text **slot, struct sv text, struct text *like)
{
	if (sv_eq(text_sv(like), text))
		text_set(slot, text_ref(like));
	else
		state_set_text(s, slot, text);
}

/* What the event itself tells; texts are shared with `like` where they are the same. */
static void fill_from_event(struct state *s, struct thread *t, const struct event *ev,
			    const struct thread *like)
{
	set_text_like(s, &t->exe, arg_text(ev, P_EXE), like->exe);
	set_text_like(s, &t->args, arg_items(ev, P_ARGS), like->args);
	if (arg_given(ev, P_COMM))
		set_text_like(s, &t->comm, arg_text(ev, P_COMM), like->comm);
	else
		text_set(&t->comm, text_ref(t->exe));
	t->fdlimit = arg_i64(ev, P_FDLIMIT);
	if (arg_given(ev, P_VMSWAP)) {
		t->pfmajor = arg(ev, P_PFMAJOR);
		t->pfminor = arg(ev, P_PFMINOR);
		t->vmsize_kb = arg32(ev, P_VMSIZE);
		t->vmrss_kb = arg32(ev, P_VMRSS);
		t->vmswap_kb = arg32(ev, P_VMSWAP);
	}
	t->uid = arg32(ev, P_UID);
	t->gid = arg32(ev, P_GID);
	know_root_user(s, t->uid, t->gid);
	know_root_group(s, t->gid);
	if (arg_given(ev, P_CGROUPS))
		set_cgroups(s, t, event_param(ev, P_CGROUPS));
	t->clone_ts = ev->ts_ns;
}

/* What a new thread has from the one that it is a copy of. */
static void inherit(struct thread *t, const struct thread *from)
{
	text_set(&t->exepath, text_ref(from->exepath));
	t->exe_writable = from->exe_writable;
	t->exe_upper_layer = from->exe_upper_layer;
	t->exe_lower_layer = from->exe_lower_layer;
	t->exe_from_memfd = from->exe_from_memfd;
	text_set(&t->root, text_ref(from->root));
	t->sid = from->sid;
	t->vpgid = from->vpgid;
	t->pgid = from->pgid;
	t->tty = from->tty;
	t->loginuid = from->loginuid;
	t->cap_permitted = from->cap_permitted;
	t->cap_inheritable = from->cap_inheritable;
	t->cap_effective = from->cap_effective;
	t->exe_ino = from->exe_ino;
	t->exe_ino_ctime = from->exe_ino_ctime;
	t->exe_ino_mtime = from->exe_ino_mtime;
	t->exe_ino_ctime_duration_clone_ts = from->exe_ino_ctime_duration_clone_ts;
}

/* A new leader also gets copies of what a group shares; others use the leader's. */
static void inherit_process(struct state *s, struct thread *t, struct thread *from)
{
	struct thread *holder = fds_holder(from);

	if (holder)
		fd_slot_fork(&s->tables->fds, &holder->fds, &t->fds);
	const struct thread *leader = thread_leader(from);
	if (leader)
		text_set(&t->cwd, text_ref(leader->cwd));
	else
		state_set_text(s, &t->cwd, thread_cwd(from));
	text_set(&t->env, text_ref(from->env));
}

/* A placeholder of which the new thread tells at least the names. */
static void describe_placeholder(struct state *s, struct thread *t, const struct thread *by)
{
	text_set(&t->exe, text_ref(by->exe));
	text_set(&t->comm, text_ref(by->comm));
	text_set(&t->args, text_ref(by->args));
	thread_touch_family(s, t);
}

/* --- told by the caller --- */

static struct thread *find_caller(struct state *s, const struct event *ev, bool *described)
{
	struct thread *t = thread_get(s, ev->tid);

	s->now.thread = t;
	if (!t)
		return NULL;
	*described = !thread_is_placeholder(t);
	if (*described)
		return t;
	t->pid = arg_i64(ev, P_PID);
	thread_set_id(s, t, &t->ptid, arg_i64(ev, P_PTID));
	bool virtual = arg_given(ev, P_VPID);
	t->vtid = virtual ? arg_i64(ev, P_VTID) : ev->tid;
	t->vpid = virtual ? arg_i64(ev, P_VPID) : -1;
	thread_link(s, t);
	thread_touch_family(s, t);
	return t;
}

/*
 * Must the child tell itself?  Yes where its tid is that of another pid namespace, and after
 * vfork, when the child can be gone already as its caller returns.
 */
static bool left_to_child(const struct event *ev, const struct thread *caller, uint32_t flags)
{
	return (flags & (CL_CHILD_IN_PIDNS | CL_CLONE_NEWPID | CL_CLONE_PARENT | CL_CLONE_VFORK)) ||
	       caller->tid != caller->vtid || ev->type == EV_SYSCALL_VFORK_20_X;
}

static void told_by_caller(struct state *s, const struct event *ev, int64_t child_tid)
{
	bool described;
	struct thread *caller = find_caller(s, ev, &described);
	uint32_t flags = arg32(ev, P_FLAGS);

	if (!caller || left_to_child(ev, caller, flags) || child_tid == caller->tid ||
	    recent_exits_has(&s->tables->exits, child_tid, ev->tid, ev->ts_ns))
		return;
	struct thread *there = state_thread(s, child_tid);
	if (there) {
		if (there->flags & CL_CLONE_INVERTED)
			return;
		thread_remove(s, child_tid);
	}
	struct thread *t = thread_new(s);
	if (!t)
		return;
	t->tid = child_tid;
	t->flags = flags;
	if (flags & CL_CLONE_THREAD) {
		t->flags |= CL_CLONE_FILES;
		t->pid = caller->pid;
		t->ptid = caller->ptid;
		t->lastexec_ts = caller->lastexec_ts;
	} else {
		t->pid = child_tid;
		t->ptid = caller->tid;
		if (described)
			inherit_process(s, t, caller);
	}
	t->vtid = t->tid;
	t->vpid = t->pid;
	fill_from_event(s, t, ev, caller);
	t->pidns_init_start_ts = s->tables->boot_ts_ns;
	if (described)
		inherit(t, caller);
	else
		describe_placeholder(s, caller, t);
	thread_add(s, t, true);
	if (there)
		s->now.thread = state_thread(s, ev->tid);
}

/* --- told by itself --- */

/* The parent of a new process, the leader of a new thread's group. */
static struct thread *find_origin(struct state *s, const struct thread *t, bool leads,
				  bool *described)
{
	struct thread *from = thread_get(s, leads ? t->ptid : t->pid);

	if (!from)
		return NULL;
	*described = !thread_is_placeholder(from);
	if (*described || leads)
		return from;
	from->pid = t->pid;
	thread_set_id(s, from, &from->ptid, t->ptid);
	from->vtid = from->vpid = t->vpid;
	thread_link(s, from);
	thread_touch_family(s, from);
	return from;
}

static void told_by_itself(struct state *s, const struct event *ev)
{
	struct thread *there = s->now.thread;
	bool described;

	if (there && there->clone_ts != 0) {
		if (ev->ts_ns - there->clone_ts < STALE_NS)
			return;
		thread_remove(s, ev->tid);
		s->now.thread = NULL;
	}
	struct thread *t = thread_new(s);
	if (!t)
		return;
	t->tid = ev->tid;
	t->pid = arg_i64(ev, P_PID);
	t->ptid = arg_i64(ev, P_PTID);
	bool virtual = arg_given(ev, P_VPID);
	t->vtid = virtual ? arg_i64(ev, P_VTID) : t->tid;
	t->vpid = virtual ? arg_i64(ev, P_VPID) : -1;
	t->flags = arg32(ev, P_FLAGS) | CL_CLONE_INVERTED;
	bool leads = !(t->flags & CL_CLONE_THREAD);
	if (!leads)
		t->flags |= CL_CLONE_FILES;
	struct thread *from = find_origin(s, t, leads, &described);
	s->now.thread = NULL;
	if (!from) {
		thread_discard(s, t);
		return;
	}
	fill_from_event(s, t, ev, from);
	if (described) {
		inherit(t, from);
		if (leads)
			inherit_process(s, t, from);
		else
			t->lastexec_ts = from->lastexec_ts;
	} else if (!leads) {
		describe_placeholder(s, from, t);
	}
	if (!(t->flags & (CL_CHILD_IN_PIDNS | CL_CLONE_NEWPID)) && t->tid == t->vtid)
		t->pidns_init_start_ts = s->tables->boot_ts_ns;
	else if (arg_given(ev, P_PIDNS_START))
		t->pidns_init_start_ts = arg(ev, P_PIDNS_START) + s->tables->boot_ts_ns;
	s->now.thread = thread_add(s, t, true);
}

void parse_clone(struct state *s, const struct event *ev)
{
	int64_t child = event_res(ev);

	if (child == 0)
		told_by_itself(s, ev);
	else if (child > 0)
		told_by_caller(s, ev, child);
}
