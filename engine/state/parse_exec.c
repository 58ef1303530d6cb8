/* A process becomes another program, or ends. */
#include "engine/state/tables.h"
#include "engine/state/thread_table.h"

/* Parameters of execve and execveat exits. */
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
	P_ENV = 15,
	P_TTY = 16,
	P_VPGID = 17,
	P_LOGINUID = 18,
	P_FLAGS = 19,
	P_CAP_INHERITABLE = 20,
	P_CAP_PERMITTED = 21,
	P_CAP_EFFECTIVE = 22,
	P_EXE_INO = 23,
	P_EXE_CTIME = 24,
	P_EXE_MTIME = 25,
	P_UID = 26,
	P_EXEPATH = 27,
	P_PGID = 28,
	P_GID = 29,
};

/* Table execve_flags. */
enum {
	EXE_WRITABLE = 1 << 0,
	EXE_UPPER_LAYER = 1 << 1,
	EXE_FROM_MEMFD = 1 << 2,
	EXE_LOWER_LAYER = 1 << 3,
};

static void set_program(struct state *s, struct thread *t, const struct event *ev)
{
	state_set_text(s, &t->exe, arg_text(ev, P_EXE));
	if (arg_given(ev, P_COMM))
		state_set_text(s, &t->comm, arg_text(ev, P_COMM));
	else
		text_set(&t->comm, text_ref(t->exe));
	state_set_text(s, &t->args, arg_items(ev, P_ARGS));
	t->lastexec_ts = ev->ts_ns;
	t->fdlimit = arg_i64(ev, P_FDLIMIT);
	if (arg_given(ev, P_VMSWAP)) {
		t->pfmajor = arg(ev, P_PFMAJOR);
		t->pfminor = arg(ev, P_PFMINOR);
		t->vmsize_kb = arg32(ev, P_VMSIZE);
		t->vmrss_kb = arg32(ev, P_VMRSS);
		t->vmswap_kb = arg32(ev, P_VMSWAP);
	}
	if (arg_given(ev, P_ENV))
		state_set_text(s, &t->env, arg_items(ev, P_ENV));
	if (arg_given(ev, P_CGROUPS))
		set_cgroups(s, t, event_param(ev, P_CGROUPS));
	if (arg_given(ev, P_TTY))
		t->tty = arg32(ev, P_TTY);
}

/* A placeholder learns at least who its parent is. */
static void describe_placeholder(struct state *s, struct thread *t, const struct event *ev)
{
	thread_set_id(s, t, &t->ptid, arg_i64(ev, P_PTID));
	if (!(t->flags & CL_CHILD_IN_PIDNS)) {
		t->vtid = t->tid;
		t->vpid = t->pid;
	}
	thread_link(s, t);
}

static void set_exepath(struct state *s, struct thread *t, const struct event *ev)
{
	const struct sv deleted = SV(" (deleted)");
	const struct event *enter;
	char joined[1024];
	struct sv path;

	if (arg_given(ev, P_EXEPATH))
		path = arg_text(ev, P_EXEPATH);
	else if ((enter = enter_event(s)) != NULL)
		path = exec_path(s, enter, joined);
	else
		return;
	if (path.n > deleted.n && sv_ends(path, deleted))
		path.n -= deleted.n;
	state_set_text(s, &t->exepath, path);
}

static void set_exe_file(struct thread *t, const struct event *ev)
{
	if (arg_given(ev, P_FLAGS)) {
		uint32_t flags = arg32(ev, P_FLAGS);

		t->exe_writable = flags & EXE_WRITABLE;
		t->exe_upper_layer = flags & EXE_UPPER_LAYER;
		t->exe_from_memfd = flags & EXE_FROM_MEMFD;
		t->exe_lower_layer = flags & EXE_LOWER_LAYER;
	}
	if (!arg_given(ev, P_EXE_MTIME))
		return;
	t->exe_ino = arg(ev, P_EXE_INO);
	t->exe_ino_ctime = arg(ev, P_EXE_CTIME);
	t->exe_ino_mtime = arg(ev, P_EXE_MTIME);
	if (t->clone_ts != 0)
		t->exe_ino_ctime_duration_clone_ts = t->clone_ts - t->exe_ino_ctime;
	if (t->pidns_init_start_ts != 0 && t->exe_ino_ctime > t->pidns_init_start_ts)
		t->exe_ino_ctime_duration_pidns_start = t->exe_ino_ctime - t->pidns_init_start_ts;
}

static void set_credentials(struct state *s, struct thread *t, const struct event *ev)
{
	if (arg_given(ev, P_VPGID))
		thread_set_id(s, t, &t->vpgid, arg_i64(ev, P_VPGID));
	thread_set_id(s, t, &t->pgid, arg_given(ev, P_PGID) ? arg_i64(ev, P_PGID) : -1);
	if (arg_given(ev, P_LOGINUID))
		t->loginuid = arg32(ev, P_LOGINUID);
	if (arg_given(ev, P_UID))
		t->uid = arg32(ev, P_UID);
	if (arg_given(ev, P_GID))
		t->gid = arg32(ev, P_GID);
	if (!t->container_id) {
		know_root_user(s, t->uid, t->gid);
		know_root_group(s, t->gid);
	}
	if (arg_given(ev, P_CAP_EFFECTIVE)) {
		t->cap_inheritable = arg(ev, P_CAP_INHERITABLE);
		t->cap_permitted = arg(ev, P_CAP_PERMITTED);
		t->cap_effective = arg(ev, P_CAP_EFFECTIVE);
	}
}

static bool closes_on_exec(int64_t num, const struct fd *f, const void *arg)
{
	bool own_bit = f->type == FD_EVENTPOLL || f->type == FD_MEMFD;

	(void)num;
	(void)arg;
	return f->open_flags & (own_bit ? FD_CLOEXEC_BITS : FD_CLOEXEC_BIT);
}

/* The leader is all that is left of a group; the kernel gave it the caller's place. */
static void remove_siblings(struct state *s, struct thread *t)
{
	if (!t->proc || t->proc->nthreads <= 1)
		return;
	for (struct thread *m = t->proc->first, *next; m; m = next) {
		next = m->next_member;
		if (!thread_is_main(m) && m != t)
			thread_remove(s, m->tid);
	}
}

void parse_exec(struct state *s, const struct event *ev)
{
	struct thread *t = s->now.thread;

	if (!t || event_res(ev) < 0)
		return;
	thread_resurrect(s, t);
	set_program(s, t, ev);
	t->pid = arg_i64(ev, P_PID);
	if (thread_is_placeholder(t))
		describe_placeholder(s, t, ev);
	set_exepath(s, t, ev);
	set_exe_file(t, ev);
	set_credentials(s, t, ev);
	struct thread *holder = fds_holder(t);
	if (holder)
		fd_table_drop_if(&s->tables->fds, &holder->fds, closes_on_exec, NULL);
	t->flags &= CL_PIPE_SRC | CL_PIPE_DST | CL_IS_MAIN_THREAD | CL_CLONE_INVERTED;
	t->flags |= CL_ACTIVE | CL_NAME_CHANGED;
	thread_touch_family(s, t);
	remove_siblings(s, t);
}

void parse_procexit(struct state *s, const struct event *ev)
{
	struct thread *t = s->now.thread;

	if (!t)
		return;
	thread_mark_dead(s, t);
	/* The event itself still sees its thread. */
	s->tables->exit_pending = true;
	s->tables->exit_tid = ev->tid;
	if (t->live_children + t->gone_children == 0)
		return;
	if (ev->nparams <= 4)
		t->reaper_tid = -1;
	else if (arg_given(ev, 4))
		t->reaper_tid = arg_i64(ev, 4);
}
