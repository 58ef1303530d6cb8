#include "engine/state/state.h"

#include "engine/state/load.h"
#include "engine/state/tables.h"
#include "engine/state/thread_table.h"

#include <inttypes.h>

static event_parser *const parsers[EV_COUNT] = {
	[EV_SYSCALL_OPEN_E] = parse_store_enter,
	[EV_SYSCALL_CREAT_E] = parse_store_enter,
	[EV_SYSCALL_OPENAT_2_E] = parse_store_enter,
	[EV_SYSCALL_OPENAT2_E] = parse_store_enter,
	[EV_SYSCALL_EXECVE_19_E] = parse_store_enter,
	[EV_SYSCALL_EXECVEAT_E] = parse_store_enter,
	[EV_SOCKET_CONNECT_E] = parse_store_enter,

	[EV_SYSCALL_OPEN_X] = parse_open,
	[EV_SYSCALL_CREAT_X] = parse_open,
	[EV_SYSCALL_OPENAT_2_X] = parse_open,
	[EV_SYSCALL_OPENAT2_X] = parse_open,
	[EV_SYSCALL_OPEN_BY_HANDLE_AT_X] = parse_open,
	[EV_SYSCALL_CLOSE_X] = parse_close,
	[EV_SYSCALL_CLOSE_RANGE_X] = parse_close_range,
	[EV_SYSCALL_DUP_1_X] = parse_dup,
	[EV_SYSCALL_DUP2_X] = parse_dup,
	[EV_SYSCALL_DUP3_X] = parse_dup,
	[EV_SYSCALL_FCNTL_X] = parse_fcntl,
	[EV_SYSCALL_PIPE_X] = parse_pipe,
	[EV_SYSCALL_PIPE2_X] = parse_pipe,
	[EV_SYSCALL_MEMFD_CREATE_X] = parse_memfd,
	[EV_SYSCALL_PIDFD_OPEN_X] = parse_pidfd_open,
	[EV_SYSCALL_PIDFD_GETFD_X] = parse_pidfd_getfd,
	[EV_SYSCALL_EVENTFD_X] = parse_anon_fd,
	[EV_SYSCALL_EVENTFD2_X] = parse_anon_fd,
	[EV_SYSCALL_SIGNALFD_X] = parse_anon_fd,
	[EV_SYSCALL_SIGNALFD4_X] = parse_anon_fd,
	[EV_SYSCALL_TIMERFD_CREATE_X] = parse_anon_fd,
	[EV_SYSCALL_INOTIFY_INIT_X] = parse_anon_fd,
	[EV_SYSCALL_INOTIFY_INIT1_X] = parse_anon_fd,
	[EV_SYSCALL_BPF_2_X] = parse_anon_fd,
	[EV_SYSCALL_USERFAULTFD_X] = parse_anon_fd,
	[EV_SYSCALL_IO_URING_SETUP_X] = parse_anon_fd,
	[EV_SYSCALL_EPOLL_CREATE_X] = parse_anon_fd,
	[EV_SYSCALL_EPOLL_CREATE1_X] = parse_anon_fd,
	[EV_SYSCALL_CHDIR_X] = parse_chdir,
	[EV_SYSCALL_GETCWD_X] = parse_chdir,
	[EV_SYSCALL_FCHDIR_X] = parse_fchdir,
	[EV_SYSCALL_CHROOT_X] = parse_chroot,

	[EV_SOCKET_SOCKET_X] = parse_socket,
	[EV_SOCKET_SOCKETPAIR_X] = parse_socketpair,
	[EV_SOCKET_BIND_X] = parse_bind,
	[EV_SOCKET_CONNECT_X] = parse_connect,
	[EV_SOCKET_ACCEPT_5_X] = parse_accept,
	[EV_SOCKET_ACCEPT4_6_X] = parse_accept,
	[EV_SYSCALL_READ_X] = parse_receive,
	[EV_SYSCALL_READV_X] = parse_receive,
	[EV_SYSCALL_PREAD_X] = parse_receive,
	[EV_SYSCALL_PREADV_X] = parse_receive,
	[EV_SOCKET_RECV_X] = parse_receive,
	[EV_SOCKET_RECVFROM_X] = parse_receive,
	[EV_SOCKET_RECVMSG_X] = parse_receive,
	[EV_SOCKET_RECVMMSG_X] = parse_receive,
	[EV_SYSCALL_WRITE_X] = parse_send,
	[EV_SYSCALL_WRITEV_X] = parse_send,
	[EV_SYSCALL_PWRITE_X] = parse_send,
	[EV_SYSCALL_PWRITEV_X] = parse_send,
	[EV_SOCKET_SEND_X] = parse_send,
	[EV_SOCKET_SENDTO_X] = parse_send,
	[EV_SOCKET_SENDMSG_X] = parse_send,
	[EV_SOCKET_SENDMMSG_X] = parse_send,

	[EV_SYSCALL_CLONE_20_X] = parse_clone,
	[EV_SYSCALL_CLONE3_X] = parse_clone,
	[EV_SYSCALL_FORK_20_X] = parse_clone,
	[EV_SYSCALL_VFORK_20_X] = parse_clone,
	[EV_SYSCALL_EXECVE_19_X] = parse_exec,
	[EV_SYSCALL_EXECVEAT_X] = parse_exec,
	[EV_PROCEXIT_1_E] = parse_procexit,
	[EV_SYSCALL_PRCTL_X] = parse_prctl,
	[EV_SYSCALL_SETSID_X] = parse_setsid,
	[EV_SYSCALL_SETUID_X] = parse_setuid,
	[EV_SYSCALL_SETREUID_X] = parse_setreuid,
	[EV_SYSCALL_SETRESUID_X] = parse_setreuid,
	[EV_SYSCALL_SETGID_X] = parse_setgid,
	[EV_SYSCALL_SETREGID_X] = parse_setregid,
	[EV_SYSCALL_SETRESGID_X] = parse_setregid,
	[EV_SYSCALL_CAPSET_X] = parse_capset,
	[EV_SYSCALL_UNSHARE_X] = parse_namespace,
	[EV_SYSCALL_SETNS_X] = parse_namespace,
	[EV_SYSCALL_GETRLIMIT_X] = parse_rlimit,
	[EV_SYSCALL_SETRLIMIT_X] = parse_rlimit,
	[EV_SYSCALL_PRLIMIT_X] = parse_prlimit,
	[EV_SYSCALL_BRK_4_X] = parse_memory,
	[EV_SYSCALL_MMAP_X] = parse_memory,
	[EV_SYSCALL_MMAP2_X] = parse_memory,
	[EV_SYSCALL_MUNMAP_X] = parse_memory,
	[EV_SCHEDSWITCH_6_E] = parse_switch,

	[EV_USER_ADDED_E] = parse_user,
	[EV_USER_DELETED_E] = parse_user,
	[EV_GROUP_ADDED_E] = parse_group,
	[EV_GROUP_DELETED_E] = parse_group,
	[EV_CONTAINER_JSON_2_E] = parse_container,
	[EV_ASYNCEVENT_E] = parse_async,
};

/* What an event type means before and after its parser; a type can be of several kinds. */
enum {
	KIND_NO_THREAD = 1 << 0,   /* never about a thread */
	KIND_LOOK_UP = 1 << 1,     /* about a thread that must not be invented */
	KIND_NEW_PROGRAM = 1 << 2, /* its thread may be in another container now */
	KIND_INITIAL = 1 << 3,     /* may come before the lists at the start are complete */
	KIND_HIDDEN = 1 << 4,      /* only the exit that follows is shown */
};

static const uint8_t kinds[EV_COUNT] = {
	[EV_CONTAINER_JSON_2_E] = KIND_NO_THREAD | KIND_INITIAL,
	[EV_USER_ADDED_E] = KIND_NO_THREAD | KIND_INITIAL,
	[EV_USER_DELETED_E] = KIND_NO_THREAD | KIND_INITIAL,
	[EV_GROUP_ADDED_E] = KIND_NO_THREAD | KIND_INITIAL,
	[EV_GROUP_DELETED_E] = KIND_NO_THREAD | KIND_INITIAL,
	[EV_ASYNCEVENT_E] = KIND_NO_THREAD | KIND_INITIAL,
	[EV_PLUGINEVENT_E] = KIND_NO_THREAD,
	[EV_SYSCALL_CLONE_20_X] = KIND_LOOK_UP | KIND_NEW_PROGRAM,
	[EV_SYSCALL_CLONE3_X] = KIND_LOOK_UP | KIND_NEW_PROGRAM,
	[EV_SYSCALL_FORK_20_X] = KIND_LOOK_UP | KIND_NEW_PROGRAM,
	[EV_SYSCALL_VFORK_20_X] = KIND_LOOK_UP | KIND_NEW_PROGRAM,
	[EV_SYSCALL_EXECVE_19_X] = KIND_NEW_PROGRAM,
	[EV_SYSCALL_EXECVEAT_X] = KIND_NEW_PROGRAM,
	[EV_SYSCALL_CHROOT_X] = KIND_NEW_PROGRAM,
	[EV_SCHEDSWITCH_6_E] = KIND_LOOK_UP,
	[EV_PROCEXIT_1_E] = KIND_LOOK_UP,
	[EV_SYSCALL_OPEN_E] = KIND_HIDDEN,
	[EV_SYSCALL_CREAT_E] = KIND_HIDDEN,
	[EV_SYSCALL_OPENAT_2_E] = KIND_HIDDEN,
	[EV_SYSCALL_OPENAT2_E] = KIND_HIDDEN,
	[EV_SYSCALL_EXECVE_19_E] = KIND_HIDDEN,
	[EV_SYSCALL_EXECVEAT_E] = KIND_HIDDEN,
	[EV_SOCKET_CONNECT_E] = KIND_HIDDEN,
};

bool state_parses(uint16_t type)
{
	return parsers[type] || (kinds[type] & KIND_NEW_PROGRAM);
}

struct text *state_text(struct state *s, struct sv text)
{
	struct text *t = text_new(text);

	s->tables->nomem |= text.n && !t;
	return t;
}

void state_set_text(struct state *s, struct text **slot, struct sv text)
{
	if (!sv_eq(text_sv(*slot), text))
		text_set(slot, state_text(s, text));
}

uint64_t short_arg(struct sv p)
{
	switch (p.n) {
	case 1:
		return (uint8_t)p.p[0];
	case 2:
		return get_le16(p.p);
	case 4:
		return get_le32(p.p);
	default:
		return 0;
	}
}

struct sv arg_text(const struct event *ev, uint32_t i)
{
	static const char null[] = "(NULL)";
	struct sv p = event_param(ev, i);

	if (p.n == 0 || (p.n == sizeof null && memcmp(p.p, null, sizeof null) == 0))
		return SV("<NA>");
	return sv_upto_nul(p);
}

/* --- making and unmaking --- */

struct state *state_new(void)
{
	struct state *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	s->tables = calloc(1, sizeof *s->tables);
	if (!s->tables) {
		free(s);
		return NULL;
	}
	s->tables->threads.size = sizeof(struct thread);
	s->tables->processes.size = sizeof(struct process);
	fd_store_init(&s->tables->fds);
	s->tables->containers = container_list_new();
	if (!s->tables->containers) {
		state_free(s);
		return NULL;
	}
	return s;
}

void state_free(struct state *s)
{
	if (!s)
		return;
	struct state_tables *tb = s->tables;
	threads_clear(s);
	id_table_deinit(&tb->ids);
	pool_deinit(&tb->threads);
	pool_deinit(&tb->processes);
	fd_store_deinit(&tb->fds);
	interfaces_deinit(&tb->interfaces);
	credentials_deinit(&tb->users);
	credentials_deinit(&tb->groups);
	container_list_free(tb->containers);
	container_free(tb->last_container);
	text_unref(tb->hostname);
	text_unref(tb->cgroups_raw);
	text_unref(tb->cgroups);
	text_unref(tb->matched);
	text_unref(tb->matched_id);
	buf_deinit(&tb->scratch);
	free(tb);
	free(s);
}

/* --- events --- */

static void clear_moment(struct state *s, const struct event *ev)
{
	s->now = (struct moment){ .ev = ev, .fd_num = -1, .base_ts_ns = s->now.base_ts_ns };
	threads_bury(s);
	if (s->tables->last_container) {
		container_free(s->tables->last_container);
		s->tables->last_container = NULL;
	}
}

/* What the event before had to leave in place, because it was about it. */
static void finish_previous(struct state *s, uint64_t ts_ns)
{
	struct state_tables *tb = s->tables;

	if (tb->exit_pending) {
		const struct thread *t = state_thread(s, tb->exit_tid);

		tb->exit_pending = false;
		recent_exits_add(&tb->exits, tb->exit_tid, t ? t->ptid : -1, ts_ns);
		thread_remove(s, tb->exit_tid);
	}
	if (tb->close_pending) {
		struct thread *t = state_thread(s, tb->close_tid);
		struct thread *holder = t ? fds_holder(t) : NULL;

		tb->close_pending = false;
		if (holder)
			fd_table_remove(&tb->fds, &holder->fds, tb->close_fd);
	}
}

static bool uses_fd(const struct event *ev)
{
	return ev->desc->flags & EF_USES_FD;
}

static int64_t fd_param(const struct event *ev)
{
	int i = event_fd_param(ev->type);

	return i >= 0 && arg_given(ev, (uint32_t)i) ? arg_i64(ev, (uint32_t)i) : -1;
}

/* Which fd is t's event about?  `fd` is what its parameter says, -1: nothing. */
static inline void note_event_fd(struct state *s, struct thread *t, uint16_t type, int64_t fd)
{
	if (!event_is_exit(type)) {
		t->enter_type = type;
		t->event_fd = fd;
		return;
	}
	/* An enter event of the same call already said it; else the exit must. */
	bool after_execveat =
		type == EV_SYSCALL_EXECVE_19_X && t->enter_type == EV_SYSCALL_EXECVEAT_E;

	s->tables->enter_valid = after_execveat || type == t->enter_type + 1;
	if (!s->tables->enter_valid || t->event_fd == -1)
		t->event_fd = fd;
}

/* Who did it, and on which fd? */
static void find_subject(struct state *s, const struct event *ev)
{
	uint8_t kind = kinds[ev->type];

	if ((kind & KIND_NO_THREAD) || (ev->desc->flags & EF_SKIPPARSERESET))
		return;
	struct thread *t = kind & KIND_LOOK_UP ? state_thread(s, ev->tid) : thread_get(s, ev->tid);
	s->now.thread = t;
	if (!t || ev->type == EV_SCHEDSWITCH_6_E)
		return;
	if (!(kind & KIND_LOOK_UP))
		t->flags |= CL_ACTIVE;
	bool about_fd = uses_fd(ev);
	note_event_fd(s, t, ev->type, about_fd ? fd_param(ev) : -1);
	if (about_fd)
		s->now.fd = fd_table_get(thread_fds(t), t->event_fd);
}

static void update_container(struct state *s, const struct event *ev)
{
	struct thread *t;

	if ((kinds[ev->type] & KIND_NEW_PROGRAM) && event_res(ev) >= 0 &&
	    (t = state_thread(s, ev->tid)) != NULL)
		contain_thread(s, t);
}

/* An event begins: the moment before it is over. */
static inline void begin_moment(struct state *s, const struct event *ev, uint64_t ts_ns)
{
	struct state_tables *tb = s->tables;

	clear_moment(s, ev);
	tb->nomem = tb->fds.nomem = false;
	if (!tb->settled && !(ev && kinds[ev->type] & KIND_INITIAL))
		state_settle(s);
	if (!s->now.base_ts_ns && !(ev && ev->desc->category & EC_METAEVENT))
		s->now.base_ts_ns = ts_ns;
	if (tb->last_ts_ns < ts_ns)
		tb->last_ts_ns = ts_ns;
	finish_previous(s, ts_ns);
}

int state_event(struct state *s, const struct event *ev, struct err *err)
{
	struct state_tables *tb = s->tables;

	begin_moment(s, ev, ev->ts_ns);
	find_subject(s, ev);
	if (parsers[ev->type])
		parsers[ev->type](s, ev);
	update_container(s, ev);
	if (s->now.thread && event_is_exit(ev->type))
		forget_enter(s->now.thread);
	/* For whoever looks from outside, any thread of that tid will do. */
	s->now.thread = event_thread(s);
	if (s->now.thread)
		s->now.fd_num = s->now.thread->event_fd;
	s->now.fd_name_changed = s->now.fd && s->now.fd_name_changed;
	s->now.shown =
		tb->settled && !(kinds[ev->type] & KIND_HIDDEN) && !(ev->flags & EVENT_STATE_ONLY);
	s->losses.fds = tb->fds.lost;
	return tb->nomem ? err_set(err, ERR_NOMEM, "no memory for the state at event %llu",
				   (unsigned long long)ev->num)
			 : 0;
}

bool state_is_quiet(uint16_t type)
{
	const struct event_desc *desc = &schema_events[type];

	return !parsers[type] && !kinds[type] && !(desc->flags & EF_SKIPPARSERESET) &&
	       !(desc->category & EC_METAEVENT);
}

int state_quiet(struct state *s, const struct quiet_run *run, struct err *err)
{
	struct state_tables *tb = s->tables;

	begin_moment(s, NULL, run->first_ts_ns);
	if (tb->last_ts_ns < run->max_ts_ns)
		tb->last_ts_ns = run->max_ts_ns;
	for (uint32_t i = 0; i < run->n; i++) {
		const struct quiet_event *q = &run->events[i];
		struct thread *t = thread_get(s, q->tid);

		if (!t)
			continue;
		t->flags |= CL_ACTIVE;
		note_event_fd(s, t, q->type, q->param);
		if (event_is_exit(q->type))
			forget_enter(t);
	}
	s->losses.fds = tb->fds.lost;
	return tb->nomem ? err_set(err, ERR_NOMEM, "no memory for the state") : 0;
}

uint64_t state_last_ns(const struct state *s)
{
	return s->tables->last_ts_ns;
}

/* Calls whose failure tells nothing new. */
static bool failed(const struct event *ev)
{
	return event_is_exit(ev->type) && event_res(ev) < 0 && ev->type != EV_SOCKET_CONNECT_X &&
	       parsers[ev->type] != parse_memory;
}

bool state_may_have_changed(const struct state *s)
{
	const struct event *ev = s->now.ev;
	event_parser *parser = ev ? parsers[ev->type] : NULL;
	bool transfer = parser == parse_send || parser == parse_receive;

	/* Data change what is known of an fd only where they tell of a socket's ends. */
	if (transfer)
		return s->now.fd && !fd_is_file(s->now.fd) && s->now.fd->type != FD_DIRECTORY &&
		       s->now.fd->type != FD_FIFO;
	return parser && !failed(ev);
}

int state_catch_up(struct state *s, struct err *err)
{
	struct state_tables *tb = s->tables;

	tb->nomem = tb->fds.nomem = false;
	s->now = (struct moment){ .fd_num = -1, .base_ts_ns = s->now.base_ts_ns };
	threads_bury(s);
	if (!tb->settled)
		state_settle(s);
	finish_previous(s, tb->last_ts_ns);
	threads_bury(s);
	return tb->nomem ? err_set(err, ERR_NOMEM, "no memory for the state") : 0;
}
