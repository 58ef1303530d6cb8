/*
 * A storm of processes that keeps a ledger of what it did: who made whom, who became what, which
 * path stood behind which fd.  A recording of it must tell the same (tools/tests/storm_test.py).
 *
 *   storm LEDGER DIRECTORY [SHORT]     SHORT: how many short processes (2000)
 *
 * Everything happens below DIRECTORY.  A ledger line is a word and its fields, bytes that are not
 * plain as %XX:
 *
 *   fork PARENT CHILD            thread PID TID            exit PID
 *   exec PID EXEPATH ARG...      open PID FD PATH          read PID FD PATH
 *   passed PID FD PATH
 *
 * A process writes what concerns itself, in one append.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 64 << 10, PATH_BYTES = 4096 };

static int ledger = -1; /* O_APPEND, and it stays open over exec */
static char own_exe[PATH_BYTES];
static const char *where;

/* --- the ledger --- */

struct line {
	char p[LINE_MAX_BYTES];
	size_t n;
};

static void put_field(struct line *l, const char *text, size_t n)
{
	static const char hex[] = "0123456789abcdef";

	l->p[l->n++] = ' ';
	for (size_t i = 0; i < n && l->n + 4 < sizeof l->p; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c > ' ' && c < 0x7f && c != '%') {
			l->p[l->n++] = (char)c;
			continue;
		}
		l->p[l->n++] = '%';
		l->p[l->n++] = hex[c >> 4];
		l->p[l->n++] = hex[c & 15];
	}
}

static void begin(struct line *l, const char *word)
{
	l->n = (size_t)snprintf(l->p, sizeof l->p, "%s", word);
}

static void put_number(struct line *l, long n)
{
	char text[24];

	put_field(l, text, (size_t)snprintf(text, sizeof text, "%ld", n));
}

static void end(struct line *l)
{
	l->p[l->n++] = '\n';
	if (write(ledger, l->p, l->n) != (ssize_t)l->n)
		_exit(99);
}

static void note(const char *word, long a, long b)
{
	struct line l;

	begin(&l, word);
	put_number(&l, a);
	if (b)
		put_number(&l, b);
	end(&l);
}

/* Its number where the recorder looks from, also inside another pid namespace: this /proc is the
 * host's. */
static long own_pid(void)
{
	char text[32];
	ssize_t n = readlink("/proc/self", text, sizeof text - 1);

	if (n <= 0)
		return getpid();
	text[n] = '\0';
	return strtol(text, NULL, 10);
}

/* What the kernel calls the file behind an fd. */
static void note_fd(const char *word, int fd, const char *path)
{
	struct line l;

	begin(&l, word);
	put_number(&l, own_pid());
	put_number(&l, fd);
	put_field(&l, path, strlen(path));
	end(&l);
}

static const char *path_of(int fd, char out[static PATH_BYTES])
{
	char link[64];

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, out, PATH_BYTES - 1);
	out[n < 0 ? 0 : n] = '\0';
	return out;
}

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "storm: %s: %s\n", what, strerror(errno));
	_exit(98);
}

static void leave(void)
{
	note("exit", own_pid(), 0);
	_exit(0);
}

static void await(pid_t pid)
{
	int status = 0;

	must(waitpid(pid, &status, 0) == pid, "waitpid");
	must(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a child failed");
}

/* --- become another program: this one, saying what it is --- */

static void note_exec(char **argv)
{
	struct line l;
	char exe[PATH_BYTES];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);

	begin(&l, "exec");
	put_number(&l, own_pid());
	put_field(&l, exe, n < 0 ? 0 : (size_t)n);
	for (char **a = argv; *a; a++)
		put_field(&l, *a, strlen(*a));
	end(&l);
}

/* argv[1] is "leaf" and argv[2] the ledger's fd: say what it became, and go. */
static int leaf(char **argv)
{
	ledger = atoi(argv[2]);
	note_exec(argv);
	leave();
	return 0;
}

static char ledger_text[16];

static void become(const char *path, const char *name, char *more)
{
	char word[] = "leaf";
	char *argv[] = { (char *)(uintptr_t)name, word, ledger_text, more, NULL };

	execv(path, argv);
	must(false, path);
}

/* --- the phases --- */

static pid_t make_child(void (*life)(long), long arg)
{
	long parent = own_pid();
	pid_t pid = fork();

	must(pid >= 0, "fork");
	if (pid == 0) {
		note("fork", parent, own_pid());
		life(arg);
		leave();
	}
	return pid;
}

static void live_tree(long depth)
{
	pid_t kids[3];

	if (depth == 0)
		return;
	for (int i = 0; i < 3; i++)
		kids[i] = make_child(live_tree, depth - 1);
	for (int i = 0; i < 3; i++)
		await(kids[i]);
}

static void live_short(long number)
{
	if (number % 16 == 0)
		become(own_exe, "short", NULL);
}

/* Not more than a few at a time, so that each is gone before its number is given anew. */
static void shorts(long count)
{
	enum { AT_ONCE = 8 };
	pid_t kids[AT_ONCE];

	for (long done = 0; done < count; done += AT_ONCE) {
		for (int i = 0; i < AT_ONCE; i++)
			kids[i] = make_child(live_short, done + i);
		for (int i = 0; i < AT_ONCE; i++)
			await(kids[i]);
	}
}

static void *thread_life(void *arg)
{
	(void)arg;
	note("thread", own_pid(), (long)syscall(SYS_gettid));
	return NULL;
}

static void live_threads(long count)
{
	pthread_t t[16];

	for (long done = 0; done < count; done += 16) {
		for (int i = 0; i < 16; i++)
			must(pthread_create(&t[i], NULL, thread_life, NULL) == 0, "pthread_create");
		for (int i = 0; i < 16; i++)
			pthread_join(t[i], NULL);
	}
}

/* The thread that runs a program ends the other, which must have written its line before. */
static void *sleep_in_thread(void *both_known)
{
	thread_life(NULL);
	pthread_barrier_wait(both_known);
	sleep(60);
	return NULL;
}

static void *exec_in_thread(void *both_known)
{
	thread_life(NULL);
	pthread_barrier_wait(both_known);
	become(own_exe, "from-a-thread", NULL);
	return NULL;
}

static void live_exec_from_thread(long arg)
{
	pthread_barrier_t both_known;
	pthread_t other, t;

	(void)arg;
	must(pthread_barrier_init(&both_known, NULL, 2) == 0, "pthread_barrier_init");
	must(pthread_create(&other, NULL, sleep_in_thread, &both_known) == 0, "pthread_create");
	must(pthread_create(&t, NULL, exec_in_thread, &both_known) == 0, "pthread_create");
	pthread_join(t, NULL);
}

static void live_vfork(long arg)
{
	(void)arg;
	for (int i = 0; i < 4; i++) {
		pid_t pid = vfork();

		if (pid == 0)
			become(own_exe, "vforked", NULL);
		must(pid > 0, "vfork");
		note("fork", own_pid(), pid);
		await(pid);
	}
}

static int in_namespace(void *arg)
{
	int *pipe_end = arg;
	char go;

	/* The creator writes who made whom first. */
	must(read(*pipe_end, &go, 1) == 1, "read");
	pid_t kid = make_child(live_tree, 1);
	await(kid);
	become(own_exe, "in-a-namespace", NULL);
	return 0;
}

static void live_namespaces(long arg)
{
	static char stack[256 << 10];
	int ends[2];

	(void)arg;
	must(pipe(ends) == 0, "pipe");
	pid_t pid = clone(in_namespace, stack + sizeof stack,
			  CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | SIGCHLD, &ends[0]);
	if (pid < 0)
		return; /* not allowed here */
	note("fork", own_pid(), pid);
	must(write(ends[1], "", 1) == 1, "write");
	await(pid);
}

static int make_file(const char *path)
{
	int fd = open(path, O_CREAT | O_RDWR, 0600);

	must(fd >= 0, path);
	note_fd("open", fd, path);
	return fd;
}

static void use(int fd, const char *path)
{
	char byte;

	note_fd("read", fd, path);
	must(pread(fd, &byte, 1, 0) >= 0, "pread");
}

static void live_paths(long arg)
{
	char path[PATH_BYTES], buf[PATH_BYTES];
	int dir = open(where, O_RDONLY | O_DIRECTORY);

	(void)arg;
	must(dir >= 0, where);
	mkdirat(dir, "sub", 0700);
	mkdirat(dir, "sub/deep", 0700);
	int fd = openat(dir, "sub/./deep/../x", O_CREAT | O_RDWR, 0600);
	must(fd >= 0, "openat");
	note_fd("open", fd, path_of(fd, buf));
	must(chdir(where) == 0 && chdir("sub") == 0, "chdir");
	fd = open("deep/../../y", O_CREAT | O_RDWR, 0600);
	must(fd >= 0, "open");
	note_fd("open", fd, path_of(fd, buf));
	must(fchdir(dir) == 0, "fchdir");
	fd = open("./z", O_CREAT | O_RDWR, 0600);
	must(fd >= 0, "open");
	note_fd("open", fd, path_of(fd, path));
	int copy = dup(fd), far = dup3(fd, 200, O_CLOEXEC), other = fcntl(fd, F_DUPFD, 100);
	use(copy, path);
	use(far, path);
	use(other, path);
	must(close(fd) == 0, "close");
	use(copy, path);
}

static void live_odd_names(long arg)
{
	static const char *const names[] = {
		"a b",      "new\nline", "tab\t",   "bell\a",      "esc\033[31m",
		"\xff\xfe", "%41",       "quo\"te", "back\\slash", "\xc3\xa4\xe2\x82\xac"
	};
	char path[PATH_BYTES];

	(void)arg;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "%s/%s", where, names[i]);
		use(make_file(path), path);
	}
}

static void live_deleted(long arg)
{
	char path[PATH_BYTES];

	(void)arg;
	snprintf(path, sizeof path, "%s/short-lived", where);
	int fd = make_file(path);
	must(unlink(path) == 0, "unlink");
	use(fd, path);
}

static void copy_self(int to)
{
	char buf[64 << 10];
	int from = open(own_exe, O_RDONLY);
	ssize_t n;

	must(from >= 0, own_exe);
	while ((n = read(from, buf, sizeof buf)) > 0)
		must(write(to, buf, (size_t)n) == n, "write");
	close(from);
}

static void live_memfd(long arg)
{
	int fd = memfd_create("storm", 0);
	char word[] = "leaf", name[] = "from-memory";
	char *argv[] = { name, word, ledger_text, NULL };

	(void)arg;
	must(fd >= 0, "memfd_create");
	copy_self(fd);
	fexecve(fd, argv, environ);
	must(false, "fexecve");
}

static void live_deleted_program(long arg)
{
	char path[PATH_BYTES], word[] = "leaf", name[] = "deleted";
	char *argv[] = { name, word, ledger_text, NULL };

	(void)arg;
	snprintf(path, sizeof path, "%s/program", where);
	int out = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0700);
	must(out >= 0, path);
	copy_self(out);
	close(out);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	must(fd >= 0 && unlink(path) == 0, path);
	fexecve(fd, argv, environ);
	must(false, "fexecve");
}

static void live_long_args(long arg)
{
	static char word[4096 + 1];

	memset(word, 'x', (size_t)arg);
	become(own_exe, "long", word);
}

/* Paths are told as the process sees them. */
static void live_chroot(long arg)
{
	char path[PATH_BYTES];

	(void)arg;
	long pid = own_pid();
	snprintf(path, sizeof path, "%s/jail", where);
	mkdir(path, 0700);
	if (chroot(path) < 0)
		return; /* not allowed here */
	must(chdir("/") == 0, "chdir");
	int fd = open("/inside", O_CREAT | O_RDWR, 0600);
	must(fd >= 0, "/inside");
	struct line l;
	begin(&l, "open");
	put_number(&l, pid);
	put_number(&l, fd);
	put_field(&l, "/inside", 7);
	end(&l);
	note("exit", pid, 0);
	_exit(0);
}

static void send_fd(int socket, int fd)
{
	char byte = 'x', room[CMSG_SPACE(sizeof fd)] = { 0 };
	struct iovec io = { &byte, 1 };
	struct msghdr m = {
		.msg_iov = &io, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(c), &fd, sizeof fd);
	must(sendmsg(socket, &m, 0) == 1, "sendmsg");
}

static int receive_fd(int socket)
{
	char byte, room[CMSG_SPACE(sizeof(int))];
	struct iovec io = { &byte, 1 };
	struct msghdr m = {
		.msg_iov = &io, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room
	};
	int fd;

	must(recvmsg(socket, &m, 0) == 1 && CMSG_FIRSTHDR(&m), "recvmsg");
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof fd);
	return fd;
}

static int pass_ends[2];

static void live_receiver(long arg)
{
	char buf[PATH_BYTES];
	int fd = receive_fd(pass_ends[1]);

	(void)arg;
	note_fd("passed", fd, path_of(fd, buf));
	must(pread(fd, buf, 1, 0) >= 0, "pread");
}

static void live_pass(long arg)
{
	char path[PATH_BYTES];

	(void)arg;
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pass_ends) == 0, "socketpair");
	snprintf(path, sizeof path, "%s/handed-on", where);
	int fd = make_file(path);
	pid_t kid = make_child(live_receiver, 0);
	send_fd(pass_ends[0], fd);
	await(kid);
}

static const struct {
	void (*life)(long arg);
	long arg;
} phases[] = {
	{ live_tree, 4 },
	{ live_threads, 256 },
	{ live_exec_from_thread, 0 },
	{ live_vfork, 0 },
	{ live_namespaces, 0 },
	{ live_paths, 0 },
	{ live_odd_names, 0 },
	{ live_deleted, 0 },
	{ live_memfd, 0 },
	{ live_deleted_program, 0 },
	{ live_long_args, 4096 },
	{ live_long_args, 100 },
	{ live_chroot, 0 },
	{ live_pass, 0 },
};

int main(int argc, char **argv)
{
	if (argc >= 3 && strcmp(argv[1], "leaf") == 0)
		return leaf(argv);
	if (argc < 3) {
		fprintf(stderr, "usage: storm LEDGER DIRECTORY [SHORT]\n");
		return 2;
	}
	where = argv[2];
	ledger = open(argv[1], O_CREAT | O_WRONLY | O_APPEND, 0600);
	must(ledger >= 0, argv[1]);
	snprintf(ledger_text, sizeof ledger_text, "%d", ledger);
	must(readlink("/proc/self/exe", own_exe, sizeof own_exe - 1) > 0, "/proc/self/exe");
	note_exec(argv);
	for (size_t i = 0; i < sizeof phases / sizeof *phases; i++)
		await(make_child(phases[i].life, phases[i].arg));
	shorts(argc > 3 ? strtol(argv[3], NULL, 10) : 2000);
	leave();
}
