#include "engine/state/tables.h"

/* Index + 1 of the fd parameter of exit events that use an fd; 0: none. */
static const uint8_t exit_fd_param[EV_COUNT] = {
	[EV_SYSCALL_SETNS_X] = 2,
	[EV_SOCKET_LISTEN_X] = 2,
	[EV_SOCKET_SHUTDOWN_X] = 2,
	[EV_SYSCALL_FCHDIR_X] = 2,
	[EV_SYSCALL_LSEEK_X] = 2,
	[EV_SYSCALL_LLSEEK_X] = 2,
	[EV_SYSCALL_IOCTL_3_X] = 2,
	[EV_SYSCALL_FSTAT_X] = 2,
	[EV_SYSCALL_CLOSE_X] = 2,
	[EV_SYSCALL_GETDENTS_X] = 2,
	[EV_SYSCALL_GETDENTS64_X] = 2,
	[EV_SYSCALL_FLOCK_X] = 2,
	[EV_SYSCALL_COPY_FILE_RANGE_X] = 2,
	[EV_SYSCALL_FCNTL_X] = 2,
	[EV_SYSCALL_DUP_1_X] = 2,
	[EV_SYSCALL_DUP2_X] = 2,
	[EV_SYSCALL_DUP3_X] = 2,
	[EV_SYSCALL_NEWFSTATAT_X] = 2,
	[EV_SYSCALL_FCHOWNAT_X] = 2,
	[EV_SYSCALL_FCHMODAT_X] = 2,
	[EV_SYSCALL_MKDIRAT_X] = 2,
	[EV_SYSCALL_UNLINKAT_2_X] = 2,
	[EV_SYSCALL_MKNODAT_X] = 2,
	[EV_SOCKET_SENDMMSG_X] = 2,
	[EV_SOCKET_RECVMMSG_X] = 2,
	[EV_SYSCALL_IO_URING_REGISTER_X] = 2,
	[EV_SYSCALL_IO_URING_ENTER_X] = 2,
	[EV_SOCKET_SETSOCKOPT_X] = 2,
	[EV_SOCKET_GETSOCKOPT_X] = 2,
	[EV_SYSCALL_FSCONFIG_X] = 2,
	[EV_SYSCALL_FINIT_MODULE_X] = 2,
	[EV_SYSCALL_FCHMOD_X] = 2,
	[EV_SYSCALL_FCHOWN_X] = 2,
	[EV_SYSCALL_READ_X] = 3,
	[EV_SYSCALL_PREAD_X] = 3,
	[EV_SOCKET_BIND_X] = 3,
	[EV_SYSCALL_WRITE_X] = 3,
	[EV_SYSCALL_PWRITE_X] = 3,
	[EV_SOCKET_RECV_X] = 3,
	[EV_SOCKET_SEND_X] = 3,
	[EV_SOCKET_SENDTO_X] = 3,
	[EV_SOCKET_SENDMSG_X] = 3,
	[EV_SYSCALL_SENDFILE_X] = 3,
	[EV_SYSCALL_SPLICE_X] = 3,
	[EV_SYSCALL_WRITEV_X] = 3,
	[EV_SYSCALL_PWRITEV_X] = 3,
	[EV_SOCKET_CONNECT_X] = 3,
	[EV_SYSCALL_SYMLINKAT_X] = 3,
	[EV_SOCKET_RECVFROM_X] = 4,
	[EV_SYSCALL_READV_X] = 4,
	[EV_SYSCALL_PREADV_X] = 4,
	[EV_SOCKET_RECVMSG_X] = 6,
	[EV_SYSCALL_MMAP_X] = 9,
	[EV_SYSCALL_MMAP2_X] = 9,
};

int event_fd_param(uint16_t type)
{
	if (event_is_exit(type))
		return (int)exit_fd_param[type] - 1;
	if (type == EV_SYSCALL_MMAP_E || type == EV_SYSCALL_MMAP2_E)
		return 4;
	return type == EV_SYSCALL_SPLICE_E ? 1 : 0;
}

struct fd *moment_fd(const struct moment *m)
{
	if (m->fd || !m->thread)
		return m->fd;
	return fd_table_get(thread_fds(m->thread), m->fd_num);
}

struct thread *fds_holder(struct thread *t)
{
	return t->flags & CL_CLONE_FILES ? thread_leader(t) : t;
}

struct fd *own_event_fd(struct state *s)
{
	struct thread *holder = s->now.fd ? fds_holder(s->now.thread) : NULL;

	if (!holder)
		return NULL;
	struct fd *f =
		fd_table_own(&s->tables->fds, &holder->fds, s->now.thread->event_fd, s->now.fd);
	if (f)
		s->now.fd = f;
	return f;
}

struct fd *make_fd(struct state *s, uint8_t type, uint32_t open_flags)
{
	struct fd *f = fd_new(&s->tables->fds);

	if (!f)
		return NULL;
	f->type = type;
	f->open_flags = open_flags;
	return f;
}

struct fd *copy_fd(struct state *s, const struct fd *f, uint32_t add_flags)
{
	struct fd *copy = fd_clone(&s->tables->fds, f);

	if (!copy)
		return NULL;
	copy->open_flags &= ~(uint32_t)FD_CLOEXEC_BITS;
	copy->open_flags |= add_flags;
	return copy;
}

void open_event_fd(struct state *s, int64_t num, struct fd *take_f)
{
	struct thread *holder = fds_holder(s->now.thread);

	if (!holder || !take_f) {
		fd_unref(&s->tables->fds, take_f);
		s->now.fd = NULL;
		return;
	}
	s->now.fd = fd_table_put(&s->tables->fds, &holder->fds, num, take_f);
	s->now.thread->event_fd = num;
}

void name_event_fd(struct state *s, struct fd *f, struct sv name)
{
	if (sv_eq(text_sv(f->name), name))
		return;
	text_set(&f->name, state_text(s, name));
	s->now.fd_name_changed = true;
}
