/* A living process that knows what it is: the scan of this host must tell the same. */
#define _GNU_SOURCE
#include "format/tests/test.h"

#include "capture/tests/told.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the child made, sent to the parent before it goes to sleep. */
struct ledger {
	int64_t pid, sid, pgid, thread;
	int file, deleted, directory, pipe, unix_socket, listener, client, accepted, udp6, event,
		epoll, inotify, timer, signals, memfd, pidfd, null;
	uint16_t listen_port, client_port;
	uint64_t ino, dev;
};

static void *second_thread(void *arg)
{
	struct ledger *l = arg;

	prctl(PR_SET_NAME, "odd\n\\name");
	__atomic_store_n(&l->thread, (int64_t)syscall(SYS_gettid), __ATOMIC_SEQ_CST);
	for (;;)
		pause();
	return NULL;
}

static uint16_t port_of(int fd)
{
	struct sockaddr_in a = { 0 };
	socklen_t n = sizeof a;

	getsockname(fd, (struct sockaddr *)&a, &n);
	return ntohs(a.sin_port);
}

static void open_sockets(struct ledger *l)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	struct sockaddr_in6 b = { .sin6_family = AF_INET6, .sin6_addr = in6addr_loopback };
	struct sockaddr_un u = { .sun_family = AF_UNIX };
	socklen_t n = sizeof a;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	l->listener = socket(AF_INET, SOCK_STREAM, 0);
	bind(l->listener, (struct sockaddr *)&a, sizeof a);
	listen(l->listener, 1);
	getsockname(l->listener, (struct sockaddr *)&a, &n);
	l->client = socket(AF_INET, SOCK_STREAM, 0);
	connect(l->client, (struct sockaddr *)&a, sizeof a);
	l->accepted = accept(l->listener, NULL, NULL);
	l->listen_port = port_of(l->listener);
	l->client_port = port_of(l->client);
	l->udp6 = socket(AF_INET6, SOCK_DGRAM, 0);
	bind(l->udp6, (struct sockaddr *)&b, sizeof b);
	l->unix_socket = socket(AF_UNIX, SOCK_STREAM, 0);
	snprintf(u.sun_path, sizeof u.sun_path, "/tmp/saker scan %d", (int)getpid());
	unlink(u.sun_path);
	bind(l->unix_socket, (struct sockaddr *)&u, sizeof u);
	listen(l->unix_socket, 1);
	unlink(u.sun_path);
}

static void open_files(struct ledger *l)
{
	char name[] = "/tmp/saker-scan-XXXXXX";
	sigset_t set;
	struct stat st;
	int ends[2];

	sigemptyset(&set);
	l->file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	fstat(l->file, &st);
	l->ino = st.st_ino;
	l->dev = st.st_dev;
	l->deleted = mkostemp(name, O_APPEND);
	unlink(name);
	l->directory = open("/usr", O_RDONLY | O_DIRECTORY);
	l->null = open("/dev/null", O_RDWR | O_NONBLOCK);
	if (pipe(ends) == 0)
		l->pipe = ends[1];
	l->event = eventfd(0, 0);
	l->epoll = epoll_create1(0);
	l->inotify = inotify_init1(0);
	l->timer = timerfd_create(CLOCK_MONOTONIC, 0);
	l->signals = signalfd(-1, &set, 0);
	l->memfd = memfd_create("scanned", 0);
	l->pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);
}

static void child(int to_parent)
{
	struct ledger l = { .pid = getpid(), .thread = 0 };
	struct rlimit limit = { 512, 512 };
	pthread_t thread;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || setsid() < 0 || chdir("/usr") < 0)
		_exit(1);
	prctl(PR_SET_NAME, "a) (b");
	l.sid = getsid(0);
	l.pgid = getpgid(0);
	setrlimit(RLIMIT_NOFILE, &limit);
	open_files(&l);
	open_sockets(&l);
	pthread_create(&thread, NULL, second_thread, &l);
	while (!__atomic_load_n(&l.thread, __ATOMIC_SEQ_CST))
		usleep(100);
	if (write(to_parent, &l, sizeof l) != (ssize_t)sizeof l)
		_exit(1);
	for (;;)
		pause();
}

struct live {
	struct ledger l;
	struct told told;
	struct scan_stats stats;
	struct reconcile *seen;
};

static int set_up(void **state)
{
	struct live *v = calloc(1, sizeof *v);
	struct err err = { 0 };
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	pid_t pid = fork();
	if (pid == 0)
		child(ends[1]);
	assert_int_equal(read(ends[0], &v->l, sizeof v->l), sizeof v->l);
	close(ends[0]);
	close(ends[1]);
	v->seen = reconcile_new();
	struct scan_options opt = { .seen = v->seen };
	if (scan_host(&opt, told_put, &v->told, &v->stats, &err) < 0)
		fail_msg("%s", err.msg);
	*state = v;
	return 0;
}

static int tear_down(void **state)
{
	struct live *v = *state;

	kill((pid_t)v->l.pid, SIGKILL);
	waitpid((pid_t)v->l.pid, NULL, 0);
	told_deinit(&v->told);
	reconcile_free(v->seen);
	free(v);
	return 0;
}

static void the_process_is_what_it_knows_of_itself(void **state)
{
	const struct live *v = *state;
	const struct proc_entry *p = told_proc(&v->told, v->l.pid),
				*self = told_proc(&v->told, getpid());

	assert_non_null(p);
	assert_non_null(self);
	assert_int_equal(p->ptid, getpid());
	assert_int_equal(p->sid, v->l.sid);
	assert_int_equal(p->pgid, v->l.pgid);
	assert_int_equal(p->vpid, v->l.pid);
	assert_sv(p->comm, "a) (b");
	assert_sv(p->cwd, "/usr");
	assert_int_equal(p->fdlimit, 512);
	assert_int_equal(p->uid, geteuid());
	assert_int_equal(p->exe_ino, v->l.ino);
	assert_true(sv_eq(p->exepath, self->exepath));
	assert_true(sv_ends(p->exepath, SV("test_scan_live")));
	assert_true(p->exe_writable);
	assert_true(p->vmsize_kb > 0);
	assert_true(p->cgroups.n > 0 || self->cgroups.n == 0);
}

static void threads_are_told_with_odd_names(void **state)
{
	const struct live *v = *state;
	const struct proc_entry *t = told_proc(&v->told, v->l.thread);

	assert_non_null(t);
	assert_int_equal(t->pid, v->l.pid);
	assert_int_equal(t->ptid, getpid());
	assert_sv(t->comm, "odd\n\\name");
}

static void fds_of_every_kind_are_told(void **state)
{
	const struct live *v = *state;
	const struct ledger *l = &v->l;
	const struct {
		int fd;
		enum fd_type type;
		const char *name; /* NULL: not looked at */
	} wanted[] = {
		{ l->file, FD_FILE_V2, NULL },
		{ l->directory, FD_DIRECTORY, "/usr" },
		{ l->null, FD_FILE_V2, "/dev/null" },
		{ l->pipe, FD_FIFO, NULL },
		{ l->event, FD_EVENT, "" },
		{ l->epoll, FD_EVENTPOLL, "" },
		{ l->inotify, FD_INOTIFY, "" },
		{ l->timer, FD_TIMERFD, "" },
		{ l->signals, FD_SIGNALFD, "" },
		{ l->memfd, FD_MEMFD, "/memfd:scanned (deleted)" },
		{ l->pidfd, FD_PIDFD, "" },
	};

	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
		const struct fd_entry *fd = told_fd(&v->told, l->pid, wanted[i].fd);

		if (wanted[i].fd < 0)
			continue;
		assert_non_null(fd);
		assert_int_equal(fd->type, wanted[i].type);
		if (wanted[i].name)
			assert_true(sv_eq(fd->name, sv_of(wanted[i].name)));
	}
	const struct fd_entry *file = told_fd(&v->told, l->pid, l->file);
	assert_int_equal(file->ino, l->ino);
	assert_int_equal(file->open_flags, 1 | 1 << 12);
	assert_int_equal(told_fd(&v->told, l->pid, l->null)->open_flags, 3 | 1 << 6);
	assert_true(sv_ends(told_fd(&v->told, l->pid, l->deleted)->name, SV(" (deleted)")));
	assert_int_equal(told_fd(&v->told, l->pid, l->deleted)->open_flags & 15, 3 | 1 << 3);
}

static void sockets_are_told_with_both_ends(void **state)
{
	const struct live *v = *state;
	const struct fd_entry *listener = told_fd(&v->told, v->l.pid, v->l.listener);
	const struct fd_entry *client = told_fd(&v->told, v->l.pid, v->l.client);
	const struct fd_entry *accepted = told_fd(&v->told, v->l.pid, v->l.accepted);
	const struct fd_entry *named = told_fd(&v->told, v->l.pid, v->l.unix_socket);

	assert_int_equal(listener->type, FD_IPV4_SERVSOCK);
	assert_int_equal(listener->sport, v->l.listen_port);
	assert_int_equal(client->type, FD_IPV4_SOCK);
	assert_int_equal(client->l4, L4_TCP);
	assert_int_equal(client->sport, v->l.client_port);
	assert_int_equal(client->dport, v->l.listen_port);
	assert_int_equal(accepted->sport, v->l.listen_port);
	assert_int_equal(accepted->dport, v->l.client_port);
	assert_int_equal(named->type, FD_UNIX_SOCK);
	assert_true(sv_starts(named->name, SV("/tmp/saker scan ")));
	if (v->l.udp6 >= 0)
		assert_int_equal(told_fd(&v->told, v->l.pid, v->l.udp6)->type, FD_IPV6_SERVSOCK);
}

static void fds_come_behind_their_process(void **state)
{
	const struct live *v = *state;
	int64_t pid = 0;

	for (size_t i = 0; i < v->told.n; i++) {
		const struct record *r = &v->told.records[i];

		if (r->kind == RECORD_PROC)
			pid = r->proc.pid;
		if (r->kind == RECORD_FD)
			assert_int_equal(r->fd.tid, pid);
	}
}

static void an_event_older_than_the_scan_is_dropped(void **state)
{
	struct live *v = *state;
	struct event ev = { .tid = v->l.thread, .ts_ns = 1000, .type = EV_SYSCALL_CLOSE_X };

	assert_false(reconcile_keeps(v->seen, &ev));
	ev.ts_ns = UINT64_MAX - 1;
	assert_true(reconcile_keeps(v->seen, &ev));
}

static void a_loser_of_the_race_leaves_no_trace(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		struct told told = { 0 };
		struct err err = { 0 };
		struct scan_options opt = { 0 };
		pid_t pid = fork();

		if (pid == 0) {
			/* A storm of processes that end while they are read. */
			for (int k = 0; k < 100; k++) {
				pid_t one = fork();
				if (one == 0)
					_exit(0);
				waitpid(one, NULL, 0);
			}
			_exit(0);
		}
		assert_int_equal(scan_host(&opt, told_put, &told, NULL, &err), 0);
		for (size_t r = 0; r < told.n; r++) {
			const struct record *rec = &told.records[r];

			if (rec->kind == RECORD_PROC)
				assert_true(rec->proc.pid > 0 && rec->proc.vmsize_kb > 0);
		}
		told_deinit(&told);
		waitpid(pid, NULL, 0);
	}
}

#define ON_A_LIVING_PROCESS(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_A_LIVING_PROCESS(the_process_is_what_it_knows_of_itself),
		ON_A_LIVING_PROCESS(threads_are_told_with_odd_names),
		ON_A_LIVING_PROCESS(fds_of_every_kind_are_told),
		ON_A_LIVING_PROCESS(sockets_are_told_with_both_ends),
		ON_A_LIVING_PROCESS(fds_come_behind_their_process),
		ON_A_LIVING_PROCESS(an_event_older_than_the_scan_is_dropped),
		cmocka_unit_test(a_loser_of_the_race_leaves_no_trace),
	};

	if (access("/proc/self/stat", R_OK) < 0) {
		fprintf(stderr, "skipped: there is no /proc here\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
