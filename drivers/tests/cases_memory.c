/* Memory, users, modules, semaphores, limits, and whatever has no event of its own. */
#include "drivers/tests/expect.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

/* Sizes in KiB: more than nothing, and less than this program will ever be. */
#define MEMORY RANGE(64, 64 << 20), RANGE(4, 64 << 20), RANGE(0, 64 << 20)

static void mappings(struct test *t)
{
	long p;

	EXPECT(SYSCALL_BRK_4_X, I(SYS(SYS_brk, 0)), MEMORY, I(0));
	EXPECT(SYSCALL_BRK_4_X, I(SYS(SYS_brk, 0x1000)), MEMORY, I(0x1000));
	p = SYS(SYS_mmap, 0, 8192, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	EXPECT(SYSCALL_MMAP_X, I(p), MEMORY, I(0), I(8192), I(3), I(0x2 | 0x8 | 0x40), I(-1), I(0));
	EXPECT(SYSCALL_MMAP_X, I(SYS(SYS_mmap, 0x10000, 4096, PROT_EXEC, MAP_SHARED, 555, 4096)),
	       MEMORY, I(0x10000), I(4096), I(4), I(1), I(555), I(4096));
	EXPECT(SYSCALL_MPROTECT_X, I(SYS(SYS_mprotect, p, 4096, PROT_READ)), I(p), I(4096), I(1));
	EXPECT(SYSCALL_MPROTECT_X, I(SYS(SYS_mprotect, 7, 4096, PROT_READ | PROT_EXEC)), I(7),
	       I(4096), I(5));
	EXPECT(SYSCALL_MLOCK_X, I(SYS(SYS_mlock, p, 4096)), I(p), I(4096));
	EXPECT(SYSCALL_MLOCK_X, I(SYS(SYS_mlock, 0x1000, 1)), I(0x1000), I(1));
	EXPECT(SYSCALL_MLOCK2_X, I(SYS(SYS_mlock2, p, 4096, 1)), I(p), I(4096), I(1));
	EXPECT(SYSCALL_MLOCK2_X, I(SYS(SYS_mlock2, p, 4096, 8)), I(p), I(4096), I(0));
	EXPECT(SYSCALL_MUNLOCK_X, I(SYS(SYS_munlock, p, 4096)), I(p), I(4096));
	EXPECT(SYSCALL_MUNLOCK_X, I(SYS(SYS_munlock, 0x1000, 1)), I(0x1000), I(1));
	EXPECT(SYSCALL_MLOCKALL_X, I(SYS(SYS_mlockall, MCL_FUTURE | 4)), I(6));
	EXPECT(SYSCALL_MLOCKALL_X, I(SYS(SYS_mlockall, 0)), I(0));
	EXPECT(SYSCALL_MUNLOCKALL_X, I(SYS(SYS_munlockall)));
	EXPECT(SYSCALL_MUNMAP_X, I(SYS(SYS_munmap, p, 8192)), MEMORY, I(p), I(8192));
	EXPECT(SYSCALL_MUNMAP_X, I(SYS(SYS_munmap, 3, 5)), MEMORY, I(3), I(5));
}

static void user_ids(struct test *t)
{
	uint32_t r, e, s;

	EXPECT(SYSCALL_GETUID_X, I(SYS(SYS_getuid)));
	EXPECT(SYSCALL_GETEUID_X, I(SYS(SYS_geteuid)));
	EXPECT(SYSCALL_GETGID_X, I(SYS(SYS_getgid)));
	EXPECT(SYSCALL_GETEGID_X, I(SYS(SYS_getegid)));
	long ret = SYS(SYS_getresuid, &r, &e, &s);

	EXPECT(SYSCALL_GETRESUID_X, I(ret), I(r), I(e), I(s));
	EXPECT(SYSCALL_GETRESUID_X, I(SYS(SYS_getresuid, 8, 8, 8)), I(0), I(0), I(0));
	ret = SYS(SYS_getresgid, &r, &e, &s);
	EXPECT(SYSCALL_GETRESGID_X, I(ret), I(r), I(e), I(s));
	EXPECT(SYSCALL_GETRESGID_X, I(SYS(SYS_getresgid, 8, 8, 8)), I(0), I(0), I(0));
}

/* In a child, which first may do as it likes, and then no more. */
static void set_ids(struct test *t)
{
	pid_t child = fork();

	if (child == 0) {
		SYS(SYS_setregid, 5, 6);
		SYS(SYS_setresgid, 1, 2, 3);
		SYS(SYS_setgid, 4);
		SYS(SYS_setreuid, 0, 0);
		SYS(SYS_setresuid, 0, 0, 0);
		SYS(SYS_setuid, 9);
		SYS(SYS_setuid, 0);
		SYS(SYS_setgid, 0);
		SYS(SYS_setreuid, 7, -1);
		SYS(SYS_setregid, -1, 8);
		SYS(SYS_setresuid, -1, 11, 12);
		SYS(SYS_setresgid, 13, -1, 14);
		_exit(0);
	}
	waitpid(child, NULL, 0);
	EXPECT_OF(child, SYSCALL_SETREGID_X, I(0), I(5), I(6));
	EXPECT_OF(child, SYSCALL_SETRESGID_X, I(0), I(1), I(2), I(3));
	EXPECT_OF(child, SYSCALL_SETGID_X, I(0), I(4));
	EXPECT_OF(child, SYSCALL_SETREUID_X, I(0), I(0), I(0));
	EXPECT_OF(child, SYSCALL_SETRESUID_X, I(0), I(0), I(0), I(0));
	EXPECT_OF(child, SYSCALL_SETUID_X, I(0), I(9));
	EXPECT_OF(child, SYSCALL_SETUID_X, I(-EPERM), I(0));
	EXPECT_OF(child, SYSCALL_SETGID_X, I(-EPERM), I(0));
	EXPECT_OF(child, SYSCALL_SETREUID_X, I(-EPERM), I(7), I(-1));
	EXPECT_OF(child, SYSCALL_SETREGID_X, I(-EPERM), I(-1), I(8));
	EXPECT_OF(child, SYSCALL_SETRESUID_X, I(-EPERM), I(-1), I(11), I(12));
	EXPECT_OF(child, SYSCALL_SETRESGID_X, I(-EPERM), I(13), I(-1), I(14));
}

static void capabilities(struct test *t)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];

	CHECK(SYS(SYS_capget, &head, data) == 0);
	uint64_t inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32;
	uint64_t permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
	uint64_t effective = data[0].effective | (uint64_t)data[1].effective << 32;

	EXPECT(SYSCALL_CAPSET_X, I(SYS(SYS_capset, &head, data)), I(inheritable), I(permitted),
	       I(effective));
	EXPECT(SYSCALL_CAPSET_X, I(SYS(SYS_capset, 8, data)), I(inheritable), I(permitted),
	       I(effective));
}

static void limits(struct test *t)
{
	struct {
		uint64_t soft, hard;
	} l = { 0 }, other = { 0 };
	long ret = SYS(SYS_getrlimit, 3, &l);

	EXPECT(SYSCALL_GETRLIMIT_X, I(ret), I(l.soft), I(l.hard), I(3));
	EXPECT(SYSCALL_GETRLIMIT_X, I(SYS(SYS_getrlimit, 99, &l)), I(-1), I(-1), I(0xff));
	EXPECT(SYSCALL_SETRLIMIT_X, I(SYS(SYS_setrlimit, 3, &l)), I(l.soft), I(l.hard), I(3));
	EXPECT(SYSCALL_SETRLIMIT_X, I(SYS(SYS_setrlimit, 9, 8)), I(0), I(0), I(9));
	ret = SYS(SYS_prlimit64, 0, 3, &l, &other);
	EXPECT(SYSCALL_PRLIMIT_X, I(ret), I(l.soft), I(l.hard), I(other.soft), I(other.hard), I(0),
	       I(3));
	EXPECT(SYSCALL_PRLIMIT_X, I(SYS(SYS_prlimit64, -2, 7, &l, 0)), I(l.soft), I(l.hard), I(-1),
	       I(-1), I(-2), I(7));
}

static void modules(struct test *t)
{
	EXPECT(SYSCALL_INIT_MODULE_X, I(SYS(SYS_init_module, "not a module", 12, "a=1 b=2")),
	       B("not a module", 12), I(12), T("a=1 b=2"));
	EXPECT(SYSCALL_FINIT_MODULE_X, I(SYS(SYS_finit_module, -1, "c=3", 3)), I(-1), T("c=3"),
	       I(3));
	EXPECT(SYSCALL_DELETE_MODULE_X, I(SYS(SYS_delete_module, "nosuch", 04000 | 01000)),
	       T("nosuch"), I(3));
}

static void semaphores(struct test *t)
{
	const struct sembuf ops[2] = { { 0, 1, 0 }, { 1, 2, IPC_NOWAIT | SEM_UNDO } };
	long id;

	EXPECT(SYSCALL_SEMGET_X, I(id = SYS(SYS_semget, 0x5a4b, 2, IPC_CREAT | IPC_EXCL | 0600)),
	       I(0x5a4b), I(2), I(0x6000));
	EXPECT(SYSCALL_SEMGET_X, I(SYS(SYS_semget, 0x5a4b, -3, IPC_CREAT)), I(0x5a4b), I(-3),
	       I(0x2000));
	EXPECT(SYSCALL_SEMOP_X, I(SYS(SYS_semop, id, ops, 1)), I(1), I(0), I(1), I(0), I(0), I(0),
	       I(0), I(id));
	EXPECT(SYSCALL_SEMOP_X, I(SYS(SYS_semop, id, ops, 2)), I(2), I(0), I(1), I(0), I(1), I(2),
	       I(3), I(id));
	EXPECT(SYSCALL_SEMOP_X, I(SYS(SYS_semop, -1, ops, 2)), I(2), I(0), I(0), I(0), I(0), I(0),
	       I(0), I(-1));
	EXPECT(SYSCALL_SEMCTL_X, I(SYS(SYS_semctl, id, 1, SETVAL, 5)), I(id), I(1), I(0x1000),
	       I(5));
	EXPECT(SYSCALL_SEMCTL_X, I(SYS(SYS_semctl, id, 0, IPC_RMID, 7)), I(id), I(0), I(4), I(0));
	EXPECT(SYSCALL_SEMCTL_X, I(SYS(SYS_semctl, -1, 0, GETVAL, 0)), I(-1), I(0), I(0x200), I(0));
}

static void sleeps(struct test *t)
{
	struct timespec ts = { 0, 1234 }, bad = { 3, -5 };

	EXPECT(SYSCALL_NANOSLEEP_X, I(SYS(SYS_nanosleep, &ts, 0)), I(1234));
	EXPECT(SYSCALL_NANOSLEEP_X, I(SYS(SYS_nanosleep, &bad, 0)), I(2999999995));
}

static void generic(struct test *t)
{
	char buf[8];

	/* By their numbers on x86_64, whatever they are here. */
	SYS(SYS_getppid);
	EXPECT(GENERIC_X, I(41), I(110));
	SYS(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", buf, 8);
	EXPECT(GENERIC_X, I(schema_syscall_by_name(SV("readlinkat"))->code), I(267));
	SYS(499); /* nobody knows this one */
	EXPECT(GENERIC_X, I(0), I(499));
}

static void page_faults(struct test *t)
{
	volatile char *p =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	/* There may be others before it; those are of other pages. */
	*p = 1;
	(void)t;
	munmap((void *)p, 4096);
	EXPECT(PAGE_FAULT_E, NUMBER, NUMBER, RANGE(1, 0xff));
}

static void switches(struct test *t)
{
	struct timespec ts = { 0, 2000000 };
	struct rusage before, now;

	/* On a crowded host the time may be over before the CPU is given away. */
	getrusage(RUSAGE_SELF, &before);
	do {
		SYS(SYS_nanosleep, &ts, 0);
		getrusage(RUSAGE_SELF, &now);
	} while (now.ru_nvcsw == before.ru_nvcsw);
	EXPECT(SCHEDSWITCH_6_E, RANGE(0, 1 << 22), NUMBER, NUMBER, RANGE(0, 64 << 20),
	       RANGE(0, 64 << 20), RANGE(0, 64 << 20));
}

const struct test_case cases_memory[] = {
	{ "mappings", mappings },         { "user_ids", user_ids }, { "set_ids", set_ids },
	{ "capabilities", capabilities }, { "limits", limits },     { "modules", modules },
	{ "semaphores", semaphores },     { "sleeps", sleeps },     { "generic", generic },
	{ "page_faults", page_faults },   { "switches", switches }, { NULL, NULL },
};
