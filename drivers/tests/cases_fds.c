/* Descriptors that are not files: copies, pipes, events, timers, polls. */
#include "drivers/tests/expect.h"

#include <fcntl.h>
#include <linux/io_uring.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <time.h>

static void dups(struct test *t)
{
	EXPECT(SYSCALL_DUP_1_X, I(SYS(SYS_dup, 1)), I(1));
	EXPECT(SYSCALL_DUP_1_X, I(SYS(SYS_dup, -1)), I(-1));
	EXPECT(SYSCALL_DUP2_X, I(SYS(SYS_dup2, 1, 200)), I(1), I(200));
	EXPECT(SYSCALL_DUP2_X, I(SYS(SYS_dup2, -4, 200)), I(-4), I(200));
	EXPECT(SYSCALL_DUP3_X, I(SYS(SYS_dup3, 1, 201, O_CLOEXEC)), I(1), I(201), I(0x1000));
	EXPECT(SYSCALL_DUP3_X, I(SYS(SYS_dup3, 1, 1, 0)), I(1), I(1), I(0));
	EXPECT(SYSCALL_FCNTL_X, I(SYS(SYS_fcntl, 1, F_DUPFD_CLOEXEC, 300)), I(1), I(0x1a), I(300));
	EXPECT(SYSCALL_FCNTL_X, I(SYS(SYS_fcntl, -1, F_GETFL, 5)), I(-1), I(0x4), I(5));
	EXPECT(SYSCALL_FCNTL_X, I(SYS(SYS_fcntl, 1, 9999, 5)), I(1), I(0), I(5));
	EXPECT(SYSCALL_IOCTL_3_X, I(SYS(SYS_ioctl, 201, 0x5451, 0)), I(201), I(0x5451), I(0));
	EXPECT(SYSCALL_IOCTL_3_X, I(SYS(SYS_ioctl, -1, 0xdeadbeefUL, 77)), I(-1), I(0xdeadbeefUL),
	       I(77));
	for (int fd = 200; fd < 202; fd++)
		close(fd);
	close(300);
}

static uint64_t inode_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) < 0 ? 0 : st.st_ino;
}

static void pipes(struct test *t)
{
	int p[2];
	long ret = SYS(SYS_pipe, p);

	EXPECT(SYSCALL_PIPE_X, I(ret), I(p[0]), I(p[1]), I(inode_of(p[0])));
	close(p[0]);
	close(p[1]);
	EXPECT(SYSCALL_PIPE_X, I(SYS(SYS_pipe, 8)), I(-1), I(-1), I(0));
	ret = SYS(SYS_pipe2, p, O_CLOEXEC | O_NONBLOCK | O_DIRECT);
	EXPECT(SYSCALL_PIPE2_X, I(ret), I(p[0]), I(p[1]), I(inode_of(p[0])),
	       I(0x1000 | 0x40 | 0x200));
	close(p[0]);
	close(p[1]);
	EXPECT(SYSCALL_PIPE2_X, I(SYS(SYS_pipe2, 8, O_NONBLOCK)), I(-1), I(-1), I(0), I(0x40));
}

static void close_all(const long *fds, int n)
{
	for (int i = 0; i < n; i++) {
		if (fds[i] >= 0)
			close((int)fds[i]);
	}
}

static void event_fds(struct test *t)
{
	uint64_t mask = 0x3;
	long fds[9];
	int n = 0;

	EXPECT(SYSCALL_EVENTFD_X, I(fds[n++] = SYS(SYS_eventfd, 7)), I(7), I(0));
	EXPECT(SYSCALL_EVENTFD2_X, I(fds[n++] = SYS(SYS_eventfd2, 9, EFD_CLOEXEC | EFD_NONBLOCK)),
	       I(0x1040), I(9));
	EXPECT(SYSCALL_EVENTFD2_X, I(SYS(SYS_eventfd2, 9, -1)), I(0), I(9));
	EXPECT(SYSCALL_SIGNALFD_X, I(fds[n++] = SYS(SYS_signalfd, -1, &mask, 8)), I(-1), I(0),
	       I(0));
	EXPECT(SYSCALL_SIGNALFD_X, I(SYS(SYS_signalfd, 9999, &mask, 8)), I(9999), I(0), I(0));
	EXPECT(SYSCALL_SIGNALFD4_X, I(fds[n++] = SYS(SYS_signalfd4, -1, &mask, 8, O_NONBLOCK)),
	       I(0x40), I(-1), I(0));
	EXPECT(SYSCALL_SIGNALFD4_X, I(SYS(SYS_signalfd4, 9999, &mask, 8, O_CLOEXEC)), I(0x1000),
	       I(9999), I(0));
	EXPECT(SYSCALL_TIMERFD_CREATE_X, I(fds[n++] = SYS(SYS_timerfd_create, 1, O_NONBLOCK)), I(1),
	       I(0x40));
	EXPECT(SYSCALL_TIMERFD_CREATE_X, I(SYS(SYS_timerfd_create, 77, 0)), I(77), I(0));
	EXPECT(SYSCALL_INOTIFY_INIT_X, I(fds[n++] = SYS(SYS_inotify_init)), I(0));
	EXPECT(SYSCALL_INOTIFY_INIT1_X, I(fds[n++] = SYS(SYS_inotify_init1, O_CLOEXEC)), I(0x1000));
	EXPECT(SYSCALL_INOTIFY_INIT1_X, I(SYS(SYS_inotify_init1, 1)), I(0));
	close_all(fds, n);
	/* The old call that fails: no memory to be had there, only a bad number here. */
	EXPECT(SYSCALL_MEMFD_CREATE_X, I(fds[0] = SYS(SYS_memfd_create, "some memory", 3)),
	       T("some memory"), I(3));
	EXPECT(SYSCALL_MEMFD_CREATE_X, I(SYS(SYS_memfd_create, 8, 0x10)), NONE, I(0));
	close_all(fds, 1);
}

static void eventfd_fails(struct test *t)
{
	/* Out of descriptors: the only way in which these fail. */
	long fds[1];
	struct {
		uint64_t soft, hard;
	} old, low;

	CHECK(SYS(SYS_getrlimit, 7, &old) == 0);
	low = old;
	low.soft = 3;
	CHECK(SYS(SYS_setrlimit, 7, &low) == 0);
	EXPECT(SYSCALL_EVENTFD_X, I(fds[0] = SYS(SYS_eventfd, 1)), I(1), I(0));
	EXPECT(SYSCALL_INOTIFY_INIT_X, I(SYS(SYS_inotify_init)), I(0));
	CHECK(SYS(SYS_setrlimit, 7, &old) == 0);
	CHECK(fds[0] < 0);
}

static void epolls(struct test *t)
{
	struct epoll_event events[4];
	long fds[2];

	EXPECT(SYSCALL_EPOLL_CREATE_X, I(fds[0] = SYS(SYS_epoll_create, 17)), I(17));
	EXPECT(SYSCALL_EPOLL_CREATE_X, I(SYS(SYS_epoll_create, -2)), I(-2));
	EXPECT(SYSCALL_EPOLL_CREATE1_X, I(fds[1] = SYS(SYS_epoll_create1, EPOLL_CLOEXEC)), I(1));
	EXPECT(SYSCALL_EPOLL_CREATE1_X, I(SYS(SYS_epoll_create1, 3)), I(0));
	EXPECT(SYSCALL_EPOLLWAIT_X, I(SYS(SYS_epoll_wait, fds[0], events, 4, 0)), I(4));
	EXPECT(SYSCALL_EPOLLWAIT_X, I(SYS(SYS_epoll_wait, fds[0], events, -9, 0)), I(-9));
	close_all(fds, 2);
}

struct fd_list {
	char bytes[2 + 3 * 10];
};

static struct want fd_list(struct fd_list *l, int n, const struct pollfd *fds, const int *portable)
{
	l->bytes[0] = (char)n;
	l->bytes[1] = 0;
	for (int i = 0; i < n; i++) {
		int64_t fd = fds[i].fd;
		int16_t flags = (int16_t)portable[i];

		memcpy(l->bytes + 2 + 10 * i, &fd, 8);
		memcpy(l->bytes + 10 + 10 * i, &flags, 2);
	}
	return B(l->bytes, (size_t)(2 + 10 * n));
}

static void polls(struct test *t)
{
	struct timespec ts = { 0, 1500 };
	uint64_t mask = 0x8000000000000402u;
	struct fd_list l;
	fd_set set;
	int p[2];

	CHECK(pipe(p) == 0 && write(p[1], "x", 1) == 1);
	struct pollfd fds[2] = { { p[0], POLLIN | POLLOUT, 0 }, { p[1], POLLOUT, 0 } };
	long ret = SYS(SYS_poll, fds, 2, 0);

	EXPECT(SYSCALL_POLL_X, I(ret), fd_list(&l, 2, fds, (int[]){ 0x1, 0x4 }), I(0));
	/* A timeout of -1 has always been recorded as 32 bits. */
	EXPECT(SYSCALL_POLL_X, I(SYS(SYS_poll, 8, 2, -1)), B("\0", 2), I(0xffffffffu));
	ret = SYS(SYS_ppoll, fds, 2, &ts, &mask, 8);
	EXPECT(SYSCALL_PPOLL_X, I(ret), fd_list(&l, 2, fds, (int[]){ 0x1, 0x4 }), RANGE(0, 1500),
	       I(0x402)); /* the kernel leaves what is left of the time */
	EXPECT(SYSCALL_PPOLL_X, I(SYS(SYS_ppoll, 8, 1, 8, 8, 8)), B("\0", 2), I(0), I(0));
	FD_ZERO(&set);
	FD_SET(p[0], &set);
	EXPECT(SYSCALL_SELECT_X, I(SYS(SYS_select, p[0] + 1, &set, 0, 0, 0)));
	EXPECT(SYSCALL_SELECT_X, I(SYS(SYS_select, -1, 0, 0, 0, 0)));
	close(p[0]);
	close(p[1]);
}

static void pid_fds(struct test *t)
{
	long fd, copy;

	EXPECT(SYSCALL_PIDFD_OPEN_X, I(fd = SYS(434, getpid(), O_NONBLOCK)), I(getpid()), I(1));
	EXPECT(SYSCALL_PIDFD_OPEN_X, I(SYS(434, -6, 0)), I(-6), I(0));
	EXPECT(SYSCALL_PIDFD_GETFD_X, I(copy = SYS(438, fd, 1, 0)), I(fd), I(1), I(0));
	EXPECT(SYSCALL_PIDFD_GETFD_X, I(SYS(438, -1, 1, 5)), I(-1), I(1), I(5));
	close((int)fd);
	if (copy >= 0)
		close((int)copy);
	EXPECT(SYSCALL_USERFAULTFD_X, I(fd = SYS(SYS_userfaultfd, O_CLOEXEC | 1)),
	       I(O_CLOEXEC | 1));
	if (fd >= 0)
		close((int)fd);
	EXPECT(SYSCALL_USERFAULTFD_X, I(SYS(SYS_userfaultfd, 0x777777)), I(0x777777));
}

static void io_urings(struct test *t)
{
	struct io_uring_params p = { .flags = IORING_SETUP_CQSIZE, .cq_entries = 16 };
	long fd = SYS(425, 4, &p);

	EXPECT(SYSCALL_IO_URING_SETUP_X, I(fd), I(4), I(p.sq_entries), I(p.cq_entries), I(0x10),
	       I(0), I(0), I(p.features & 0x7ff));
	EXPECT(SYSCALL_IO_URING_SETUP_X, I(SYS(425, 0, 8)), I(0), I(0), I(0), I(0), I(0), I(0),
	       I(0));
	EXPECT(SYSCALL_IO_URING_ENTER_X, I(SYS(426, fd, 0, 0, 1, 0, 0)), I(fd), I(0), I(0), I(1),
	       I(0));
	EXPECT(SYSCALL_IO_URING_ENTER_X, I(SYS(426, -1, 1, 2, 0xf, 0, 0)), I(-1), I(1), I(2),
	       I(0xf), I(0));
	EXPECT(SYSCALL_IO_URING_REGISTER_X, I(SYS(427, fd, 9, 0, 0)), I(fd), I(9), I(0), I(0));
	EXPECT(SYSCALL_IO_URING_REGISTER_X, I(SYS(427, -1, 2, 0x1234, 5)), I(-1), I(2), I(0x1234),
	       I(5));
	if (fd >= 0)
		close((int)fd);
}

const struct test_case cases_fds[] = {
	{ "dups", dups },
	{ "pipes", pipes },
	{ "event_fds", event_fds },
	{ "eventfd_fails", eventfd_fails },
	{ "epolls", epolls },
	{ "polls", polls },
	{ "pid_fds", pid_fds },
	{ "io_urings", io_urings },
	{ NULL, NULL },
};
