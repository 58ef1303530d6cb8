/* Files, pipes and the anonymous fds; working directory and root. */
#include "engine/state/tables.h"
#include "engine/state/thread_table.h"

enum {
	AT_FDCWD_NUM = -100,
	EXEC_EMPTY_PATH = 1 << 0,     /* table execveat_flags */
	OPEN_DIRECTORY = 1 << 10,     /* table file_flags */
	OPEN_ADDED_BITS = -(1 << 14), /* this bit and above are the recorder's, not the program's */
	OPEN_UPPER_LAYER = 1 << 15,
	OPEN_LOWER_LAYER = 1 << 16,
	CREAT_UPPER_LAYER = 1 << 0, /* table creat_flags */
	CREAT_LOWER_LAYER = 1 << 1,
	CLOSE_RANGE_CLOEXEC = 1 << 2,
	FCNTL_DUPFD = 1,
	FCNTL_SETFD = 3,
	FCNTL_DUPFD_CLOEXEC = 26,
};

/* --- open --- */

struct opening {
	struct sv name;
	struct sv dir; /* what a relative name is relative to */
	uint32_t flags, dev;
	uint64_t ino;
};

/*
 * Directory that `name`, given together with dirfd, is relative to, ending in '/'; "." when it is
 * absolute, "<UNKNOWN>".  The result may be in scratch.
 */
static struct sv base_of(const struct state *s, int64_t dirfd, struct sv name, struct buf *scratch)
{
	const struct thread *t = s->now.thread;

	if (name.n && name.p[0] == '/')
		return SV(".");
	if (!t)
		return SV("<UNKNOWN>");
	if (dirfd == AT_FDCWD_NUM)
		return thread_cwd(t);
	const struct fd *f = fd_table_get(thread_fds(t), dirfd);
	if (!f)
		return SV("<UNKNOWN>");
	struct sv path = text_sv(f->name);
	if (path.n == 0 || path.p[path.n - 1] == '/')
		return path;
	buf_clear(scratch);
	buf_putsv(scratch, path);
	buf_putc(scratch, '/');
	return buf_sv(scratch);
}

/* Name and flags as the program passed them, if the enter event told. */
static bool prefer_enter(const struct event *enter, uint32_t name, uint32_t flags,
			 struct opening *o)
{
	struct sv text = enter ? arg_text(enter, name) : SV("<NA>");

	if (sv_eq(text, SV("<NA>")))
		return false;
	o->name = text;
	o->flags = arg32(enter, flags) | (o->flags & (uint32_t)OPEN_ADDED_BITS);
	return true;
}

static void read_open(struct state *s, const struct event *ev, struct opening *o)
{
	o->name = arg_text(ev, 1);
	o->flags = arg32(ev, 2);
	o->dev = arg32(ev, 4);
	o->ino = arg_given(ev, 4) ? arg(ev, 5) : 0;
	prefer_enter(enter_event(s), 0, 1, o);
	o->dir = thread_cwd(s->now.thread);
}

static void read_creat(struct state *s, const struct event *ev, struct opening *o)
{
	const struct event *enter = enter_event(s);
	uint32_t layer = arg_given(ev, 3) && arg_given(ev, 4) ? arg32(ev, 5) : 0;

	o->name = arg_text(ev, 1);
	if (enter && !sv_eq(arg_text(enter, 0), SV("<NA>")))
		o->name = arg_text(enter, 0);
	o->dev = arg32(ev, 3);
	o->ino = arg_given(ev, 3) ? arg(ev, 4) : 0;
	if (layer & CREAT_UPPER_LAYER)
		o->flags = OPEN_UPPER_LAYER;
	else if (layer & CREAT_LOWER_LAYER)
		o->flags = OPEN_LOWER_LAYER;
	o->dir = thread_cwd(s->now.thread);
}

/* openat and openat2 differ by one parameter in front of the device. */
static void read_openat(struct state *s, const struct event *ev, struct opening *o)
{
	uint32_t dev = ev->type == EV_SYSCALL_OPENAT2_X ? 6 : 5;
	const struct event *enter = enter_event(s);
	const struct event *dirfd_of = ev;
	uint32_t dirfd = 1;

	o->name = arg_text(ev, 2);
	o->flags = arg32(ev, 3);
	if (arg_given(ev, dev + 1)) {
		o->dev = arg32(ev, dev);
		o->ino = arg(ev, dev + 1);
	}
	if (prefer_enter(enter, 1, 2, o)) {
		dirfd_of = enter;
		dirfd = 0;
	}
	if (arg_given(dirfd_of, dirfd))
		o->dir = base_of(s, arg_i64(dirfd_of, dirfd), o->name, &s->tables->scratch);
}

static void read_open_by_handle(const struct event *ev, struct opening *o)
{
	o->flags = arg32(ev, 2);
	o->name = arg_text(ev, 3);
	o->dev = arg32(ev, 4);
	o->ino = arg(ev, 5);
}

static bool has_double_slash(struct sv name)
{
	for (size_t i = 1; i < name.n; i++) {
		if (name.p[i] == '/' && name.p[i - 1] == '/')
			return true;
	}
	return false;
}

/* As the program wrote it, but for doubled slashes; often that is the path it comes to. */
static struct text *raw_name(struct state *s, struct sv name, struct text *path)
{
	struct buf *b = &s->tables->scratch;

	if (sv_eq(name, text_sv(path)))
		return text_ref(path);
	if (!has_double_slash(name))
		return state_text(s, name);
	buf_clear(b);
	for (size_t i = 0; i < name.n; i++) {
		if (!(name.p[i] == '/' && i > 0 && name.p[i - 1] == '/'))
			buf_putc(b, name.p[i]);
	}
	return state_text(s, buf_sv(b));
}

void parse_open(struct state *s, const struct event *ev)
{
	struct opening o = { 0 };
	int64_t num = event_res(ev);
	char path[1024];

	if (!s->now.thread)
		return;
	if (ev->type == EV_SYSCALL_OPEN_X)
		read_open(s, ev, &o);
	else if (ev->type == EV_SYSCALL_CREAT_X)
		read_creat(s, ev, &o);
	else if (ev->type == EV_SYSCALL_OPEN_BY_HANDLE_AT_X)
		read_open_by_handle(ev, &o);
	else
		read_openat(s, ev, &o);
	if (num < 0)
		return;
	struct fd *f = make_fd(s, o.flags & OPEN_DIRECTORY ? FD_DIRECTORY : FD_FILE_V2, o.flags);
	if (!f)
		return;
	f->dev = o.dev;
	f->ino = o.ino;
	f->upper_layer = o.flags & OPEN_UPPER_LAYER;
	f->lower_layer = o.flags & OPEN_LOWER_LAYER;
	name_event_fd(s, f, path_join(o.dir, o.name, path));
	f->name_raw = raw_name(s, o.name, f->name);
	open_event_fd(s, num, f);
}

/* --- close --- */

void parse_close(struct state *s, const struct event *ev)
{
	if (event_res(ev) < 0 || !s->now.fd || !s->now.thread)
		return;
	/* The event itself still sees what it closes. */
	s->tables->close_pending = true;
	s->tables->close_tid = s->now.thread->tid;
	s->tables->close_fd = s->now.thread->event_fd;
}

struct fd_range {
	uint32_t first, last;
};

static bool in_range(int64_t num, const struct fd *f, const void *arg)
{
	const struct fd_range *r = arg;

	(void)f;
	return num >= 0 && num >= r->first && num <= r->last;
}

void parse_close_range(struct state *s, const struct event *ev)
{
	struct fd_range range = { arg32(ev, 1), arg32(ev, 2) };
	struct thread *holder = s->now.thread ? fds_holder(s->now.thread) : NULL;
	struct fd_store *st = &s->tables->fds;

	if (!holder || event_res(ev) < 0)
		return;
	if (!(arg32(ev, 3) & CLOSE_RANGE_CLOEXEC)) {
		fd_table_drop_if(st, &holder->fds, in_range, &range);
		return;
	}
	int64_t num = range.first;
	for (struct fd *f; (f = fd_table_next(holder->fds.table, num, &num)) && num <= range.last;
	     num++) {
		struct fd *own = fd_table_own(st, &holder->fds, num, f);

		if (own)
			own->open_flags |= FD_CLOEXEC_BIT;
	}
}

/* --- copies --- */

void parse_dup(struct state *s, const struct event *ev)
{
	int64_t num = event_res(ev);
	struct thread *t = s->now.thread;
	bool cloexec = ev->type == EV_SYSCALL_DUP3_X && (arg32(ev, 3) & FD_CLOEXEC_BIT);

	if (!t || num < 0 || !s->now.fd)
		return;
	if (num == 0)
		t->flags |= CL_PIPE_DST;
	if (num == 1)
		t->flags |= CL_PIPE_SRC;
	open_event_fd(s, num, copy_fd(s, s->now.fd, cloexec ? FD_CLOEXEC_BIT : 0));
}

void parse_fcntl(struct state *s, const struct event *ev)
{
	uint32_t cmd = arg32(ev, 2);
	int64_t num = event_res(ev);

	if (!s->now.thread || !s->now.fd || num < 0)
		return;
	if (cmd == FCNTL_SETFD) {
		struct fd *f = own_event_fd(s);

		if (!f)
			return;
		f->open_flags &= ~(uint32_t)FD_CLOEXEC_BITS;
		if (arg(ev, 3) & 1)
			f->open_flags |= FD_CLOEXEC_BIT;
	} else if (cmd == FCNTL_DUPFD || cmd == FCNTL_DUPFD_CLOEXEC) {
		uint32_t add = cmd == FCNTL_DUPFD_CLOEXEC ? FD_CLOEXEC_BIT : 0;

		open_event_fd(s, num, copy_fd(s, s->now.fd, add));
	}
}

void parse_pidfd_getfd(struct state *s, const struct event *ev)
{
	const struct thread *t = s->now.thread;
	const struct fd *pidfd = t ? fd_table_get(thread_fds(t), arg_i64(ev, 1)) : NULL;

	if (!pidfd || pidfd->type != FD_PIDFD)
		return;
	const struct thread *other = state_thread(s, pidfd->pid);
	const struct fd *f = other ? fd_table_get(thread_fds(other), arg_i64(ev, 2)) : NULL;
	if (f)
		open_event_fd(s, event_res(ev), copy_fd(s, f, FD_CLOEXEC_BIT));
}

/* --- fds without a path --- */

void parse_pipe(struct state *s, const struct event *ev)
{
	uint32_t flags = ev->type == EV_SYSCALL_PIPE2_X ? arg32(ev, 4) : 0;

	if (!s->now.thread || event_res(ev) < 0)
		return;
	for (uint32_t end = 1; end <= 2; end++) {
		struct fd *f = make_fd(s, FD_FIFO, flags);

		if (f)
			f->ino = arg(ev, 3);
		open_event_fd(s, arg_i64(ev, end), f);
	}
}

void parse_memfd(struct state *s, const struct event *ev)
{
	int64_t num = event_res(ev);
	struct fd *f = s->now.thread ? make_fd(s, FD_UNSET, 0) : NULL;

	if (!f)
		return;
	if (num >= 0) {
		f->type = FD_MEMFD;
		f->open_flags = arg32(ev, 2);
		name_event_fd(s, f, arg_text(ev, 1));
	}
	open_event_fd(s, num, f);
}

void parse_pidfd_open(struct state *s, const struct event *ev)
{
	int64_t num = event_res(ev);
	struct buf *name = &s->tables->scratch;
	struct fd *f = s->now.thread && num >= 0 ? make_fd(s, FD_PIDFD, arg32(ev, 2)) : NULL;

	if (!f)
		return;
	f->pid = arg_i64(ev, 1);
	buf_clear(name);
	buf_puts(name, "/proc/");
	buf_put_i64(name, f->pid);
	name_event_fd(s, f, buf_sv(name));
	open_event_fd(s, num, f);
}

/* Index + 1 of the flags parameter. */
static const struct {
	uint8_t type, flags_param;
} anon_fds[EV_COUNT] = {
	[EV_SYSCALL_EVENTFD_X] = { FD_EVENT, 0 },
	[EV_SYSCALL_EVENTFD2_X] = { FD_EVENT, 2 },
	[EV_SYSCALL_SIGNALFD_X] = { FD_SIGNALFD, 0 },
	[EV_SYSCALL_SIGNALFD4_X] = { FD_SIGNALFD, 2 },
	[EV_SYSCALL_TIMERFD_CREATE_X] = { FD_TIMERFD, 3 },
	[EV_SYSCALL_INOTIFY_INIT_X] = { FD_INOTIFY, 0 },
	[EV_SYSCALL_INOTIFY_INIT1_X] = { FD_INOTIFY, 2 },
	[EV_SYSCALL_BPF_2_X] = { FD_BPF, 0 },
	[EV_SYSCALL_USERFAULTFD_X] = { FD_USERFAULTFD, 0 },
	[EV_SYSCALL_IO_URING_SETUP_X] = { FD_IOURING, 0 },
	[EV_SYSCALL_EPOLL_CREATE_X] = { FD_EVENTPOLL, 0 },
	[EV_SYSCALL_EPOLL_CREATE1_X] = { FD_EVENTPOLL, 2 },
};

void parse_anon_fd(struct state *s, const struct event *ev)
{
	int64_t num = event_res(ev);
	uint32_t param = anon_fds[ev->type].flags_param;
	uint32_t flags = param ? arg32(ev, param - 1) : 0;

	if (!s->now.thread || num < 0)
		return;
	if (ev->type == EV_SYSCALL_EPOLL_CREATE1_X)
		flags = flags & FD_CLOEXEC_OWN_BIT ? FD_CLOEXEC_BIT : 0;
	open_event_fd(s, num, make_fd(s, anon_fds[ev->type].type, flags));
}

/* --- working directory and root --- */

static void set_cwd(struct state *s, struct sv dir)
{
	struct thread *t = s->now.thread, *leader = thread_leader(t);
	char path[1024 + 1];

	if (!leader)
		return;
	/* Relative to the thread's own directory, which only leaders have. */
	struct sv cwd = path_join(text_sv(t->cwd), dir, path);
	if (cwd.n == 0 || cwd.p[cwd.n - 1] != '/') {
		path[cwd.n++] = '/';
	}
	if (sv_eq(text_sv(leader->cwd), cwd))
		return;
	state_set_text(s, &leader->cwd, cwd);
	thread_touch_family(s, leader);
}

void parse_chdir(struct state *s, const struct event *ev)
{
	if (s->now.thread && event_res(ev) >= 0)
		set_cwd(s, arg_text(ev, 1));
}

void parse_fchdir(struct state *s, const struct event *ev)
{
	if (s->now.thread && s->now.fd && event_res(ev) >= 0)
		set_cwd(s, text_sv(s->now.fd->name));
}

void parse_chroot(struct state *s, const struct event *ev)
{
	struct thread *t = s->now.thread;
	struct sv path = arg_text(ev, 1);
	char joined[1024];

	if (!t || event_res(ev) != 0)
		return;
	if (path.n && path.p[0] != '/' && !sv_eq(path, SV("<NA>")))
		path = path_join(thread_cwd(t), path, joined);
	state_set_text(s, &t->root, path);
	thread_touch(s, t);
}

/* --- the path of what an old execve ran --- */

struct sv exec_path(struct state *s, const struct event *enter, char *out)
{
	struct thread *t = s->now.thread;

	if (enter->type == EV_SYSCALL_EXECVE_19_E) {
		struct sv name = arg_text(enter, 0);

		return sv_eq(name, SV("<NA>")) ? name : path_join(thread_cwd(t), name, out);
	}
	int64_t dirfd = arg_i64(enter, 0);
	struct sv name = arg_text(enter, 1);
	bool empty_path = arg32(enter, 2) & EXEC_EMPTY_PATH;
	struct sv dir = base_of(s, dirfd, name, &s->tables->scratch);
	bool unknown = sv_eq(dir, SV("<UNKNOWN>"));
	if (!unknown && !sv_eq(dir, SV(".")))
		s->now.fd = fd_table_get(thread_fds(t), dirfd);
	if (unknown || (!empty_path && sv_eq(name, SV("<NA>"))))
		return SV("<NA>");
	return empty_path ? path_join(SV(""), dir, out) : path_join(dir, name, out);
}
