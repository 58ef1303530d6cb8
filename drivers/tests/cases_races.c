/*
 * What a call was given changes before the call ends, by another thread or, of a clone that returns
 * twice, by the caller: what the kernel went by is in the event.
 */
#include "drivers/tests/expect.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#ifndef SYS_openat2
#define SYS_openat2 437
#endif

/* Whoever waits in a call on `given`, and how to let it go on. */
struct changer {
	pthread_t thread;
	long tid;
	char *given;
	const char *fifo; /* to open, or */
	int listener;     /* to accept from */
};

/* Does the thread sleep?  It does nothing else before its call ends. */
static bool sleeps(long tid)
{
	char path[64], line[512];
	const char *state;
	ssize_t n;
	int fd;

	/*
	 * Without memory of its own, which would change the size of the process that others tell.
	 */
	snprintf(path, sizeof path, "/proc/self/task/%ld/stat", tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = read(fd, line, sizeof line - 1);
	close(fd);
	if (n < 0)
		return false;
	line[n] = 0;
	state = strrchr(line, ')');
	return state && state[1] == ' ' && state[2] == 'S';
}

static void *change(void *arg)
{
	struct changer *c = arg;

	while (!sleeps(c->tid))
		usleep(1000);
	c->given[strlen(c->given) - 1] = '!';
	close(c->fifo ? open(c->fifo, O_RDWR) : accept(c->listener, NULL, NULL));
	return NULL;
}

static void start(struct test *t, struct changer *c)
{
	c->tid = syscall(SYS_gettid);
	CHECK(pthread_create(&c->thread, NULL, change, c) == 0);
}

/* The numbers of a file and its device are not what this is about. */
static void opens_of_changed_paths(struct test *t)
{
	const char *fifo = scratch(t, "fifo");
	struct open_how how = { .flags = O_RDONLY };
	char given[4096];
	struct changer c = { .given = given, .fifo = fifo };
	long fd;

	if (paths_read(t) == DRIVER_PATHS_AT_EXIT)
		return;
	CHECK(mkfifo(fifo, 0600) == 0);
	strcpy(given, fifo);
	start(t, &c);
	fd = SYS(SYS_openat, AT_FDCWD, given, O_RDONLY, 0);
	pthread_join(c.thread, NULL);
	EXPECT(SYSCALL_OPENAT_2_X, I(fd), I(-100), T(fifo), I(1), I(0), NUMBER, NUMBER);
	close((int)fd);
	strcpy(given, fifo);
	start(t, &c);
	fd = SYS(SYS_openat2, AT_FDCWD, given, &how, sizeof how);
	pthread_join(c.thread, NULL);
	EXPECT(SYSCALL_OPENAT2_X, I(fd), I(-100), T(fifo), I(1), I(0), I(0), NUMBER, NUMBER);
	close((int)fd);
	unlink(fifo);
}

/* The same of the calls before openat. */
static void old_opens_of_changed_paths(struct test *t)
{
	const char *fifo = scratch(t, "fifo");
	char given[4096];
	struct changer c = { .given = given, .fifo = fifo };
	long fd;

	if (paths_read(t) == DRIVER_PATHS_AT_EXIT || SYS_open == NO_CALL)
		return;
	CHECK(mkfifo(fifo, 0600) == 0);
	strcpy(given, fifo);
	start(t, &c);
	fd = SYS(SYS_open, given, O_RDONLY, 0);
	pthread_join(c.thread, NULL);
	EXPECT(SYSCALL_OPEN_X, I(fd), T(fifo), I(1), I(0), NUMBER, NUMBER);
	close((int)fd);
	strcpy(given, fifo);
	start(t, &c);
	fd = SYS(SYS_creat, given, 0600);
	pthread_join(c.thread, NULL);
	EXPECT(SYSCALL_CREAT_X, I(fd), T(fifo), I(0600), NUMBER, NUMBER, I(0));
	close((int)fd);
	unlink(fifo);
}

/* Text in memory that nobody has touched: reading it needs the file behind it. */
static char *untouched(struct test *t, const void *bytes, size_t n)
{
	int fd = memfd_create("untouched", 0);
	char *p;

	CHECK(write(fd, bytes, n) == (ssize_t)n);
	p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	CHECK(p != MAP_FAILED);
	close(fd);
	return p;
}

/* What is not in memory when the call begins, and something else when it ends. */
static void paths_that_are_not_in_memory(struct test *t)
{
	const char *fifo = scratch(t, "fifo");
	struct changer c = { .fifo = fifo };
	long fd;

	if (paths_read(t) != DRIVER_PATHS_AT_USE)
		return;
	CHECK(mkfifo(fifo, 0600) == 0);
	c.given = untouched(t, fifo, strlen(fifo) + 1);
	start(t, &c);
	fd = SYS(SYS_openat, AT_FDCWD, c.given, O_RDONLY, 0);
	pthread_join(c.thread, NULL);
	EXPECT(SYSCALL_OPENAT_2_X, I(fd), I(-100), T(fifo), I(1), I(0), NUMBER, NUMBER);
	close((int)fd);
	munmap(c.given, strlen(fifo) + 1);
	unlink(fifo);
}

enum { OPENS = 40 };

struct flipper {
	pthread_t thread;
	char *last; /* character of a path */
	atomic_bool stop;
};

static void *flip(void *arg)
{
	struct flipper *f = arg;

	while (!atomic_load(&f->stop))
		*(volatile char *)f->last ^= 'a' ^ 'b';
	return NULL;
}

/* Of two files it is recorded which one was opened, however often the path changes. */
static void opens_of_paths_that_keep_changing(struct test *t)
{
	const char *names[2] = { scratch(t, "flip-a"), scratch(t, "flip-b") };
	struct flipper f = { .stop = false };
	char given[4096];
	struct stat st[2], opened;

	if (paths_read(t) != DRIVER_PATHS_AT_USE)
		return;
	for (int i = 0; i < 2; i++) {
		CHECK(mknod(names[i], S_IFREG | 0600, 0) == 0 && stat(names[i], &st[i]) == 0);
	}
	strcpy(given, names[0]);
	f.last = given + strlen(given) - 1;
	CHECK(pthread_create(&f.thread, NULL, flip, &f) == 0);
	for (int i = 0; i < OPENS; i++) {
		long fd = SYS(SYS_openat, AT_FDCWD, given, O_RDONLY, 0);

		CHECK(fstat((int)fd, &opened) == 0);
		EXPECT(SYSCALL_OPENAT_2_X, I(fd), I(-100), T(names[opened.st_ino == st[1].st_ino]),
		       I(1), I(0), NUMBER, I(opened.st_ino));
		close((int)fd);
	}
	atomic_store(&f.stop, true);
	pthread_join(f.thread, NULL);
	unlink(names[0]);
	unlink(names[1]);
}

/* execve looks up a path too; nothing is looked up where there is no number for the file. */
static void opens_that_fail_before_the_path_is_used(struct test *t)
{
	struct rlimit before, none = { 0 };
	char given[] = "/no/such/first";
	struct open_how how = { .flags = O_RDONLY };

	CHECK(getrlimit(RLIMIT_NOFILE, &before) == 0);
	none.rlim_max = before.rlim_max;
	SYS(SYS_execve, given, NULL, NULL);
	strcpy(given, "/no/such/other");
	CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0);
	EXPECT(SYSCALL_OPENAT_2_X, I(SYS(SYS_openat, AT_FDCWD, given, O_RDONLY, 0)), I(-100),
	       T("/no/such/other"), I(1), I(0), I(0), I(0));
	CHECK(setrlimit(RLIMIT_NOFILE, &before) == 0);
	EXPECT(SYSCALL_OPENAT_2_X, I(SYS(SYS_openat, AT_FDCWD, given, O_RDONLY, 0)), I(-100),
	       T("/no/such/other"), I(1), I(0), I(0), I(0));
	strcpy(given, "/no/such/third");
	how.resolve = ~0ull;
	EXPECT(SYSCALL_OPENAT2_X, I(SYS(SYS_openat2, AT_FDCWD, given, &how, sizeof how)), I(-100),
	       T("/no/such/third"), I(1), I(0), NUMBER, I(0), I(0));
}

/*
 * A listener without room makes the second client wait; what it was given changes meanwhile.  That is
 * memory which nobody has touched before, or `un` itself.
 */
static void connect_and_wait(struct test *t, bool is_untouched)
{
	int server = socket(AF_UNIX, SOCK_STREAM, 0), first = socket(AF_UNIX, SOCK_STREAM, 0);
	int second = socket(AF_UNIX, SOCK_STREAM, 0);
	struct sockaddr_un un = { .sun_family = AF_UNIX }, *given = &un;
	struct changer c = { .listener = server };
	char address[110] = { AF_UNIX };
	long ret;

	snprintf(un.sun_path, sizeof un.sun_path, "%s", scratch(t, "full"));
	strcpy(address + 1, un.sun_path);
	CHECK(bind(server, (struct sockaddr *)&un, sizeof un) == 0 && listen(server, 0) == 0);
	EXPECT(SOCKET_CONNECT_X, I(SYS(SYS_connect, first, &un, sizeof un)), UNIX(address + 1),
	       I(first), B(address, strlen(address + 1) + 2));
	if (is_untouched)
		given = (void *)untouched(t, &un, sizeof un);
	c.given = given->sun_path;
	start(t, &c);
	ret = SYS(SYS_connect, second, given, sizeof un);
	pthread_join(c.thread, NULL);
	EXPECT(SOCKET_CONNECT_X, I(ret), UNIX(address + 1), I(second),
	       B(address, strlen(address + 1) + 2));
	if (is_untouched)
		munmap(given, sizeof un);
	close(server);
	close(first);
	close(second);
	unlink(address + 1);
}

static void connects_to_changed_addresses(struct test *t)
{
	if (paths_read(t) != DRIVER_PATHS_AT_EXIT)
		connect_and_wait(t, false);
}

static void connects_to_addresses_that_are_not_in_memory(struct test *t)
{
	if (paths_read(t) == DRIVER_PATHS_AT_USE)
		connect_and_wait(t, true);
}

enum { CLONES = 20, STACK_BYTES = 16384, SYS_CLONE3 = 435 };

/* A thread that ends at once; its caller forgets what it asked for as soon as it is back. */
static long start_and_forget(struct clone_args *args)
{
#ifdef __x86_64__
	long ret;

	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "mov %[exit], %%eax\n\t"
			 "xor %%edi, %%edi\n\t"
			 "syscall\n"
			 "1:\n\t"
			 "movq $0, (%[args])"
			 : "=a"(ret)
			 : "0"((long)SYS_CLONE3), "D"(args),
			   "S"(sizeof *args), [exit] "i"(SYS_exit), [args] "r"(args)
			 : "rcx", "r11", "memory");
	return ret;
#else
	register long x8 __asm__("x8") = SYS_CLONE3;
	register long x0 __asm__("x0") = (long)args;
	register long x1 __asm__("x1") = sizeof *args;

	__asm__ volatile("svc #0\n\t"
			 "cbnz x0, 1f\n\t"
			 "mov x8, %[exit]\n\t"
			 "svc #0\n"
			 "1:\n\t"
			 "str xzr, [%[args]]"
			 : "+r"(x0), "+r"(x8)
			 : "r"(x1), [exit] "i"(SYS_exit), [args] "r"(args)
			 : "memory");
	return x0;
#endif
}

/* On one CPU the caller is often back before the child begins. */
static void threads_of_changed_arguments(struct test *t)
{
	static char stack[CLONES][STACK_BYTES] __attribute__((aligned(16)));
	struct clone_args args = { .stack_size = STACK_BYTES };
	cpu_set_t before, one;
	long child[CLONES];

	CHECK(sched_getaffinity(0, sizeof before, &before) == 0);
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	CHECK(sched_setaffinity(0, sizeof one, &one) == 0);
	for (int i = 0; i < CLONES; i++) {
		args.flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
			     CLONE_SYSVSEM;
		args.stack = (uintptr_t)stack[i];
		child[i] = start_and_forget(&args);
	}
	CHECK(sched_setaffinity(0, sizeof before, &before) == 0);
	for (int i = 0; i < CLONES; i++)
		EXPECT_OF(child[i], SYSCALL_CLONE3_X, I(0), STARTS(""), STARTS(""), I(child[i]),
			  I(getpid()), I(getppid()), NONE, NUMBER, NUMBER, NUMBER, NUMBER, NUMBER,
			  NUMBER, STARTS(""), STARTS(""), I(0xb803), I(geteuid()), I(getegid()),
			  I(child[i]), I(getpid()), NUMBER);
	for (int i = 0; i < CLONES; i++) {
		while (SYS(SYS_tgkill, getpid(), child[i], 0) == 0)
			usleep(1000);
	}
}

const struct test_case cases_races[] = {
	{ "threads_of_changed_arguments", threads_of_changed_arguments },
	{ "opens_of_changed_paths", opens_of_changed_paths },
	{ "old_opens_of_changed_paths", old_opens_of_changed_paths },
	{ "paths_that_are_not_in_memory", paths_that_are_not_in_memory },
	{ "opens_of_paths_that_keep_changing", opens_of_paths_that_keep_changing },
	{ "opens_that_fail_before_the_path_is_used", opens_that_fail_before_the_path_is_used },
	{ "connects_to_changed_addresses", connects_to_changed_addresses },
	{ "connects_to_addresses_that_are_not_in_memory",
	  connects_to_addresses_that_are_not_in_memory },
	{ NULL, NULL },
};
