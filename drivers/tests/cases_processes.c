/* Processes: birth, exec, death, signals, and what they do to each other. */
#include "drivers/tests/expect.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/wait.h>

#define MEMORY  RANGE(1, 64 << 20), RANGE(0, 64 << 20), RANGE(0, 64 << 20)
#define CGROUPS HOLDS("=/")

static int64_t fd_limit(void)
{
	struct rlimit l;

	return getrlimit(RLIMIT_NOFILE, &l) < 0 ? 0 : (int64_t)l.rlim_cur;
}

/* This program's command line in two parts, as events have it. */
static struct {
	char bytes[4096];
	size_t exe, n;
} self;

static void look_at_self(void)
{
	int fd = open("/proc/self/cmdline", O_RDONLY);
	ssize_t n = read(fd, self.bytes, sizeof self.bytes);

	close(fd);
	self.n = n > 0 ? (size_t)n : 0;
	self.exe = strnlen(self.bytes, self.n) + 1;
}

#define EXE_ARGS                                                                                   \
	B(self.bytes, self.exe), B(self.bytes + self.exe, self.n > self.exe ? self.n - self.exe : 0)

static const char *own_comm(void)
{
	static char comm[17];

	prctl(PR_GET_NAME, comm);
	return comm;
}

#define UNKNOWN_START I(0)

static void forks(struct test *t)
{
	const char *comm = own_comm();
	long child;

	look_at_self();
	child = SYS_fork == NO_CALL ? fork() : SYS(SYS_fork);
	if (child == 0)
		sys6(SYS_exit_group, 0x25, 0, 0, 0, 0, 0);
	waitpid((pid_t)child, NULL, 0);
	EXPECT(SYSCALL_FORK_20_X, I(child), EXE_ARGS, I(getpid()), I(getpid()), I(getppid()), NONE,
	       I(fd_limit()), NUMBER, NUMBER, MEMORY, T(comm), CGROUPS, I(0), I(geteuid()),
	       I(getegid()), I(getpid()), I(getpid()), UNKNOWN_START);
	EXPECT_OF(child, SYSCALL_FORK_20_X, I(0), EXE_ARGS, I(child), I(child), I(getpid()), NONE,
		  I(fd_limit()), NUMBER, NUMBER, MEMORY, T(comm), CGROUPS, I(0), I(geteuid()),
		  I(getegid()), I(child), I(child), NUMBER);
	EXPECT_OF(child, PROCEXIT_1_E, I(0x2500), I(0x25), I(0), I(0), I(0));
	child = vfork();
	if (child == 0)
		_exit(3);
	waitpid((pid_t)child, NULL, 0);
	EXPECT_OF(child, SYSCALL_VFORK_20_X, I(0), EXE_ARGS, I(child), I(child), I(getpid()), NONE,
		  I(fd_limit()), NUMBER, NUMBER, MEMORY, T(comm), CGROUPS, I(0), I(geteuid()),
		  I(getegid()), I(child), I(child), NUMBER);
	EXPECT(SYSCALL_VFORK_20_X, I(child), EXE_ARGS, I(getpid()), I(getpid()), I(getppid()), NONE,
	       I(fd_limit()), NUMBER, NUMBER, MEMORY, T(comm), CGROUPS, I(0), I(geteuid()),
	       I(getegid()), I(getpid()), I(getpid()), UNKNOWN_START);
}

static void clones(struct test *t)
{
	const char *comm = own_comm();
	struct clone_args args = { .flags = CLONE_NEWPID | CLONE_NEWUTS, .exit_signal = SIGCHLD };
	long child;

	look_at_self();
	child = SYS(SYS_clone, CLONE_FILES | CLONE_FS | SIGCHLD, 0, 0, 0, 0);
	if (child == 0)
		_exit(0);
	waitpid((pid_t)child, NULL, 0);
	EXPECT(SYSCALL_CLONE_20_X, I(child), EXE_ARGS, I(getpid()), I(getpid()), I(getppid()), NONE,
	       I(fd_limit()), NUMBER, NUMBER, MEMORY, T(comm), CGROUPS, I(0x3), I(geteuid()),
	       I(getegid()), I(getpid()), I(getpid()), UNKNOWN_START);
	EXPECT_OF(child, SYSCALL_CLONE_20_X, I(0), EXE_ARGS, I(child), I(child), I(getpid()), NONE,
		  I(fd_limit()), NUMBER, NUMBER, MEMORY, T(comm), CGROUPS, I(0x3), I(geteuid()),
		  I(getegid()), I(child), I(child), NUMBER);
	EXPECT(SYSCALL_CLONE_20_X, I(SYS(SYS_clone, CLONE_THREAD, 0, 0, 0, 0)), NONE, NONE,
	       I(getpid()), I(getpid()), I(getppid()), NONE, I(fd_limit()), NUMBER, NUMBER, MEMORY,
	       T(comm), CGROUPS, I(0x2000), I(geteuid()), I(getegid()), I(getpid()), I(getpid()),
	       UNKNOWN_START);
	child = SYS(435, &args, sizeof args);
	if (child == 0)
		_exit(0);
	waitpid((pid_t)child, NULL, 0);
	EXPECT(SYSCALL_CLONE3_X, I(child), EXE_ARGS, I(getpid()), I(getpid()), I(getppid()), NONE,
	       I(fd_limit()), NUMBER, NUMBER, MEMORY, T(comm), CGROUPS, I(0x40 | 0x80),
	       I(geteuid()), I(getegid()), I(getpid()), I(getpid()), UNKNOWN_START);
	/* In its namespace it is number 1, and that began with it. */
	EXPECT_OF(child, SYSCALL_CLONE3_X, I(0), EXE_ARGS, I(child), I(child), I(getpid()), NONE,
		  I(fd_limit()), NUMBER, NUMBER, MEMORY, T(comm), CGROUPS,
		  I(0x20000000 | 0x40 | 0x80), I(geteuid()), I(getegid()), I(1), I(1),
		  RANGE(1, INT64_MAX));
	args.flags = CLONE_SIGHAND;
	EXPECT(SYSCALL_CLONE3_X, I(SYS(435, &args, sizeof args)), NONE, NONE, I(getpid()),
	       I(getpid()), I(getppid()), NONE, I(fd_limit()), NUMBER, NUMBER, MEMORY, T(comm),
	       CGROUPS, I(0x800), I(geteuid()), I(getegid()), I(getpid()), I(getpid()),
	       UNKNOWN_START);
}

#define ANY_CAPS RANGE(0, INT64_MAX), RANGE(0, INT64_MAX), RANGE(0, INT64_MAX)

static int64_t nanoseconds(struct timespec ts)
{
	return ts.tv_sec * 1000000000L + ts.tv_nsec;
}

static void execs(struct test *t)
{
	static const char *argv[] = { "what it calls itself", "--first", "", "third \377", NULL };
	static const char *envp[] = { "ONE=1", "TWO=", NULL };
	char path[4096] = { 0 };
	struct stat st = { 0 };
	pid_t child;

	CHECK(readlink("/proc/self/exe", path, sizeof path - 1) > 0 && stat(path, &st) == 0);
	/* driver_test with --list: says its names and ends */
	argv[1] = "--list";
	argv[2] = NULL;
	child = fork();
	if (child == 0) {
		int null = open("/dev/null", O_WRONLY);

		dup2(null, 1);
		SYS(SYS_execve, path, argv, envp);
		_exit(1);
	}
	waitpid(child, NULL, 0);
	EXPECT_OF(child, SYSCALL_EXECVE_19_X, I(0), T("what it calls itself"), B("--list", 7),
		  I(child), I(child), I(getpid()), NONE, I(fd_limit()), NUMBER, NUMBER, MEMORY,
		  STARTS("driver_test"), CGROUPS, B("ONE=1\0TWO=", 11), NUMBER, I(getpgrp()),
		  NUMBER, I(1), ANY_CAPS, I(st.st_ino), I(nanoseconds(st.st_ctim)),
		  I(nanoseconds(st.st_mtim)), I(geteuid()), T(path), I(getpgrp()), I(getegid()),
		  T(path));
}

static void failed_execs(struct test *t)
{
	static const char *argv[] = { "zero", "one", "two", NULL },
			  *envp[] = { "A=b", "C=d", NULL };
	const char *comm = own_comm();
	char path[4096] = { 0 };
	struct stat st = { 0 };

	CHECK(readlink("/proc/self/exe", path, sizeof path - 1) > 0 && stat(path, &st) == 0);
	EXPECT(SYSCALL_EXECVE_19_X, I(SYS(SYS_execve, "/no/program", argv, envp)), T("zero"),
	       B("one\0two", 8), I(getpid()), I(getpid()), I(getppid()), NONE, I(fd_limit()),
	       NUMBER, NUMBER, MEMORY, T(comm), CGROUPS, B("A=b\0C=d", 8), NUMBER, I(getpgrp()),
	       NUMBER, I(1), ANY_CAPS, I(st.st_ino), I(nanoseconds(st.st_ctim)),
	       I(nanoseconds(st.st_mtim)), I(geteuid()), T(path), I(getpgrp()), I(getegid()),
	       T("/no/program"));
	EXPECT(SYSCALL_EXECVEAT_X, I(SYS(SYS_execveat, -1, "x", 0, 0, 0)), T(""), NONE, I(getpid()),
	       I(getpid()), I(getppid()), NONE, I(fd_limit()), NUMBER, NUMBER, MEMORY, T(comm),
	       CGROUPS, NONE, NUMBER, I(getpgrp()), NUMBER, I(1), ANY_CAPS, I(st.st_ino),
	       I(nanoseconds(st.st_ctim)), I(nanoseconds(st.st_mtim)), I(geteuid()), T(path),
	       I(getpgrp()), I(getegid()));
}

static void exec_of_memory(struct test *t)
{
	static const char *argv[] = { "ghost", "--list", NULL }, *envp[] = { NULL };
	int memory = (int)SYS(SYS_memfd_create, "ghost", 0), exe = open("/proc/self/exe", O_RDONLY);
	struct stat st = { 0 };
	pid_t child;

	CHECK(fstat(exe, &st) == 0);
	for (off_t left = st.st_size; left > 0;) {
		char buf[65536];
		ssize_t n = read(exe, buf, sizeof buf);

		if (n <= 0 || write(memory, buf, (size_t)n) != n)
			break;
		left -= n;
	}
	CHECK(fstat(memory, &st) == 0);
	child = fork();
	if (child == 0) {
		int null = open("/dev/null", O_WRONLY);

		dup2(null, 1);
		SYS(SYS_execveat, memory, "", argv, envp, AT_EMPTY_PATH);
		_exit(1);
	}
	waitpid(child, NULL, 0);
	EXPECT_OF(child, SYSCALL_EXECVE_19_X, I(0), T("ghost"), B("--list", 7), I(child), I(child),
		  I(getpid()), NONE, I(fd_limit()), NUMBER, NUMBER, MEMORY, STARTS(""), CGROUPS,
		  NONE, NUMBER, I(getpgrp()), NUMBER, I(0x1 | 0x4), ANY_CAPS, I(st.st_ino), NUMBER,
		  NUMBER, I(geteuid()), T("memfd:ghost"), I(getpgrp()), I(getegid()),
		  STARTS("/dev/fd/"));
	close(memory);
	close(exe);
}

static void end_by_signal(int sig)
{
	_exit(sig);
}

/* A signal that is caught is delivered as what it is; one that kills, as SIGKILL of nobody. */
static void signals(struct test *t)
{
	int ready[2];
	pid_t child;
	char c;

	CHECK(pipe(ready) == 0);
	child = fork();
	if (child == 0) {
		signal(SIGTERM, end_by_signal);
		close(ready[0]);
		close(ready[1]);
		for (;;)
			pause();
	}
	close(ready[1]);
	CHECK(read(ready[0], &c, 1) == 0);
	close(ready[0]);
	kill(child, SIGTERM);
	waitpid(child, NULL, 0);
	EXPECT_OF(child, SIGNALDELIVER_E, I(getpid()), I(child), I(SIGTERM));
	EXPECT_OF(child, PROCEXIT_1_E, I(SIGTERM << 8), I(SIGTERM), I(0), I(0), I(0));
}

static void exits(struct test *t)
{
	pid_t child = fork();

	if (child == 0) {
		for (;;)
			pause();
	}
	EXPECT(SYSCALL_KILL_X, I(SYS(SYS_kill, child, SIGTERM)), I(child), I(SIGTERM));
	waitpid(child, NULL, 0);
	EXPECT_OF(child, SIGNALDELIVER_E, I(0), I(child), I(SIGKILL));
	EXPECT_OF(child, PROCEXIT_1_E, I(SIGTERM), I(0), I(SIGTERM), I(0), I(0));
	EXPECT(SYSCALL_KILL_X, I(SYS(SYS_kill, -77777777, 0)), I(-77777777), I(0));
	EXPECT(SYSCALL_TKILL_X, I(SYS(SYS_tkill, getpid(), 0)), I(getpid()), I(0));
	EXPECT(SYSCALL_TKILL_X, I(SYS(SYS_tkill, -1, 9)), I(-1), I(9));
	EXPECT(SYSCALL_TGKILL_X, I(SYS(SYS_tgkill, getpid(), getpid(), 0)), I(getpid()),
	       I(getpid()), I(0));
	EXPECT(SYSCALL_TGKILL_X, I(SYS(SYS_tgkill, getpid(), -5, 12)), I(getpid()), I(-5), I(12));
}

/* Who gets the child of a process that ends before it. */
static void orphans(struct test *t)
{
	int ends[2];
	pid_t child;

	CHECK(pipe(ends) == 0 && prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
	child = fork();
	if (child == 0) {
		if (fork() == 0) {
			char c;

			close(ends[1]);
			_exit(read(ends[0], &c, 1) < 0); /* until all others are gone */
		}
		_exit(0);
	}
	waitpid(child, NULL, 0);
	EXPECT_OF(child, PROCEXIT_1_E, I(0), I(0), I(0), I(0), I(getpid()));
	close(ends[1]);
	wait(NULL);
	close(ends[0]);
	prctl(PR_SET_CHILD_SUBREAPER, 0);
}

static void groups(struct test *t)
{
	pid_t child = fork();

	if (child == 0) {
		SYS(SYS_setsid);
		SYS(SYS_setsid);
		SYS(SYS_setpgid, 0, 0);
		SYS(SYS_setpgid, -3, 4);
		_exit(0);
	}
	waitpid(child, NULL, 0);
	EXPECT_OF(child, SYSCALL_SETSID_X, I(child));
	EXPECT_OF(child, SYSCALL_SETSID_X, I(-EPERM));
	EXPECT_OF(child, SYSCALL_SETPGID_X, I(-EPERM), I(0), I(0));
	EXPECT_OF(child, SYSCALL_SETPGID_X, I(-ESRCH), I(-3), I(4));
	child = fork();
	if (child == 0) {
		SYS(SYS_setpgid, 0, 0);
		_exit(0);
	}
	waitpid(child, NULL, 0);
	EXPECT_OF(child, SYSCALL_SETPGID_X, I(0), I(0), I(0));
}

static void namespaces(struct test *t)
{
	int fd = open("/proc/self/ns/uts", O_RDONLY);

	EXPECT(SYSCALL_SETNS_X, I(SYS(SYS_setns, fd, CLONE_NEWUTS)), I(fd), I(0x80));
	EXPECT(SYSCALL_SETNS_X, I(SYS(SYS_setns, -1, CLONE_NEWNET)), I(-1), I(0x10));
	EXPECT(SYSCALL_UNSHARE_X, I(SYS(SYS_unshare, CLONE_NEWCGROUP | 0x1)), I(0x10000000));
	EXPECT(SYSCALL_UNSHARE_X, I(SYS(SYS_unshare, 0)), I(0));
	close(fd);
}

static void controls(struct test *t)
{
	uint32_t array[12] = { 2, 4, 4, 1 }; /* BPF_MAP_TYPE_ARRAY: key, value, entries */
	char name[16] = { 0 };
	int reaper = 7;
	long ret;

	EXPECT(SYSCALL_PRCTL_X, I(SYS(SYS_prctl, PR_SET_NAME, "driver_test")), I(15),
	       T("driver_test"), I(0));
	ret = SYS(SYS_prctl, PR_GET_NAME, name);
	EXPECT(SYSCALL_PRCTL_X, I(ret), I(16), T(name), I(0));
	ret = SYS(SYS_prctl, PR_GET_CHILD_SUBREAPER, &reaper);
	EXPECT(SYSCALL_PRCTL_X, I(ret), I(37), NONE, I(reaper));
	EXPECT(SYSCALL_PRCTL_X, I(SYS(SYS_prctl, PR_SET_DUMPABLE, 55)), I(4), NONE, I(55));
	EXPECT(SYSCALL_SECCOMP_X, I(SYS(SYS_seccomp, 2, 0, (int[]){ 0x7fff0000 })), I(2), I(0));
	EXPECT(SYSCALL_SECCOMP_X, I(SYS(SYS_seccomp, 99, 0xffffffff00000003, 0)), I(99), I(3));
	EXPECT(SYSCALL_BPF_2_X, I(SYS(SYS_bpf, 9999, 0, 0)), I(9999));
	ret = SYS(SYS_bpf, 0, array, sizeof array);
	EXPECT(SYSCALL_BPF_2_X, I(ret), I(0));
	close((int)ret);
}

static void keys(struct test *t)
{
	EXPECT(SYSCALL_KEYCTL_X, I(SYS(SYS_keyctl, 0, -3, 0)), I(0),
	       B("\0\xfd\xff\xff\xff\xff\xff\xff\xff", 9), B("\0\0\0\0\0\0\0\0\0", 9),
	       B("\0\0\0\0\0\0\0\0\0", 9), B("\0\0\0\0\0\0\0\0\0", 9));
	EXPECT(SYSCALL_KEYCTL_X, I(SYS(SYS_keyctl, 10, 1, "user", "name", 2)), I(10),
	       B("\0\1\0\0\0\0\0\0\0", 9), B("\1user", 6), B("\1name", 6),
	       B("\0\2\0\0\0\0\0\0\0", 9));
	EXPECT(SYSCALL_KEYCTL_X, I(SYS(SYS_keyctl, 777, 1, 2, 3, 4)), I(777),
	       B("\0\0\0\0\0\0\0\0\0", 9), B("\0\0\0\0\0\0\0\0\0", 9), B("\0\0\0\0\0\0\0\0\0", 9),
	       B("\0\0\0\0\0\0\0\0\0", 9));
}

static void traces(struct test *t)
{
	static uint64_t word = 0x1122334455667788;
	uint64_t got = 0;
	char data[9] = { 0 };
	pid_t child = fork();

	if (child == 0) {
		for (;;)
			pause();
	}
	EXPECT(SYSCALL_PTRACE_X, I(SYS(SYS_ptrace, PTRACE_ATTACH, child, 0, 0)),
	       B("\0\0\0\0\0\0\0\0\0", 9), B("\0\0\0\0\0\0\0\0\0", 9), I(0xb), I(child));
	waitpid(child, NULL, 0);
	long ret = SYS(SYS_ptrace, PTRACE_PEEKDATA, child, &word, &got);
	uint64_t address = (uintptr_t)&word;
	char where[9] = { 0 };

	memcpy(where + 1, &address, 8);
	memcpy(data + 1, &word, 8);
	EXPECT(SYSCALL_PTRACE_X, I(ret), B(where, 9), B(data, 9), I(0x3), I(child));
	EXPECT(SYSCALL_PTRACE_X, I(SYS(SYS_ptrace, PTRACE_CONT, child, 0, SIGKILL)),
	       B("\0\0\0\0\0\0\0\0\0", 9), B("\1\11", 2), I(0x8), I(child));
	waitpid(child, NULL, 0);
	EXPECT(SYSCALL_PTRACE_X, I(SYS(SYS_ptrace, 0x4206, -1, 3, 4)), B("\0\0\0\0\0\0\0\0\0", 9),
	       B("\0\0\0\0\0\0\0\0\0", 9), I(0x14), I(-1));
}

static void other_memory(struct test *t)
{
	char from[10] = "far away", to[10];
	struct iovec local = { to, 9 }, remote = { from, 9 };
	long ret = SYS(SYS_process_vm_readv, getpid(), &local, 1, &remote, 1, 0);

	EXPECT(SYSCALL_PROCESS_VM_READV_X, I(ret), I(getpid()), B("far away", 9));
	EXPECT(SYSCALL_PROCESS_VM_READV_X,
	       I(SYS(SYS_process_vm_readv, -1, &local, 1, &remote, 1, 0)), I(-1), NONE);
	EXPECT(SYSCALL_PROCESS_VM_WRITEV_X,
	       I(SYS(SYS_process_vm_writev, getpid(), &remote, 1, &local, 1, 0)), I(getpid()),
	       B("far away", 9));
	EXPECT(SYSCALL_PROCESS_VM_WRITEV_X,
	       I(SYS(SYS_process_vm_writev, -1, &local, 1, &remote, 1, 0)), I(-1), NONE);
}

static void futexes(struct test *t)
{
	uint32_t word = 1;

	EXPECT(SYSCALL_FUTEX_X, I(SYS(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 3)), I((intptr_t)&word),
	       I(0x81), I(3));
	EXPECT(SYSCALL_FUTEX_X,
	       I(SYS(SYS_futex, &word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 2, 0, 0, 5)),
	       I((intptr_t)&word), I(0x109), I(2));
}

const struct test_case cases_processes[] = {
	{ "forks", forks },
	{ "clones", clones },
	{ "execs", execs },
	{ "failed_execs", failed_execs },
	{ "exec_of_memory", exec_of_memory },
	{ "signals", signals },
	{ "exits", exits },
	{ "orphans", orphans },
	{ "groups", groups },
	{ "namespaces", namespaces },
	{ "controls", controls },
	{ "keys", keys },
	{ "traces", traces },
	{ "other_memory", other_memory },
	{ "futexes", futexes },
	{ NULL, NULL },
};
