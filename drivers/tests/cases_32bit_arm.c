/*
 * 32-bit system calls of ARM.  A 64-bit process cannot make them; so a case lists its calls, and a
 * program of eight instructions, written into memory and executed, makes them one after the other.
 */
#include "drivers/tests/expect.h"

#ifdef __aarch64__

#include <elf.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

enum {
	CALLS_MAX = 32,
	DATA_MAX = 1024,
	BASE = 0x10000,
	HANDS_OVER = 4, /* write */
	ENDS = 1,       /* exit */
};

struct call32 {
	uint32_t nr, args[6], ret;
};

/* The whole program, as a file and in memory. */
struct image {
	Elf32_Ehdr head;
	Elf32_Phdr segment;
	uint32_t code[8], table;
	struct call32 calls[CALLS_MAX];
	char data[DATA_MAX];
};

static const uint32_t code[8] = {
	0xe59f8018, /*     ldr r8, table */
	0xe5987000, /* 1:  ldr r7, [r8] */
	0xe2889004, /*     add r9, r8, #4 */
	0xe899003f, /*     ldm r9, {r0-r5} */
	0xef000000, /*     svc #0 */
	0xe588001c, /*     str r0, [r8, #28] */
	0xe2888020, /*     add r8, r8, #32 */
	0xeafffff8, /*     b 1b */
};

/* What a case writes down, and then what came of it. */
struct program {
	struct image image;
	uint32_t ncalls, ndata;
	pid_t pid;
};

static uint32_t address_of(const struct program *p, const void *in_image)
{
	return BASE + (uint32_t)((const char *)in_image - (const char *)&p->image);
}

/* Room in the program; where in its memory. */
static uint32_t data(struct program *p, const void *bytes, size_t n)
{
	char *room = p->image.data + p->ndata;

	p->ndata += (uint32_t)(n + 7) & ~7u;
	if (bytes)
		memcpy(room, bytes, n);
	return address_of(p, room);
}

static uint32_t text(struct program *p, const char *s)
{
	return data(p, s, strlen(s) + 1);
}

#define CALL(p, nr, ...) add_call(p, nr, (const uint32_t[6]){ __VA_ARGS__ })
static uint32_t add_call(struct program *p, uint32_t nr, const uint32_t *args)
{
	struct call32 *c = &p->image.calls[p->ncalls];

	c->nr = nr;
	memcpy(c->args, args, sizeof c->args);
	return p->ncalls++;
}

/* What the call returned: errors are negative, addresses not. */
static int64_t result(const struct program *p, uint32_t call)
{
	uint32_t ret = p->image.calls[call].ret;

	return ret > (uint32_t)-4096 ? (int32_t)ret : (int64_t)ret;
}

static void finish_image(struct program *p, int out)
{
	struct image *i = &p->image;

	i->head = (Elf32_Ehdr){ .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS32,
					     ELFDATA2LSB, EV_CURRENT },
				.e_type = ET_EXEC,
				.e_machine = EM_ARM,
				.e_version = EV_CURRENT,
				.e_entry = BASE + offsetof(struct image, code),
				.e_phoff = offsetof(struct image, segment),
				.e_flags = EF_ARM_EABI_VER5,
				.e_ehsize = sizeof i->head,
				.e_phentsize = sizeof i->segment,
				.e_phnum = 1 };
	i->segment = (Elf32_Phdr){ .p_type = PT_LOAD,
				   .p_vaddr = BASE,
				   .p_filesz = sizeof *i,
				   .p_memsz = sizeof *i,
				   .p_flags = PF_R | PF_W | PF_X,
				   .p_align = 0x1000 };
	memcpy(i->code, code, sizeof code);
	i->table = address_of(p, i->calls);
	CALL(p, HANDS_OVER, (uint32_t)out, BASE, sizeof *i);
	CALL(p, ENDS, 0);
}

/* False: this processor or kernel runs no 32-bit programs. */
static bool run_program(struct test *t, struct program *p)
{
	static const char *argv[] = { "program", NULL };
	enum { NO_32_BITS = 77 };
	int file = (int)SYS(SYS_memfd_create, "program", 0), ends[2], status = 0;
	bool finished = false;
	struct image after;

	CHECK(pipe(ends) == 0);
	finish_image(p, ends[1]);
	CHECK(write(file, &p->image, sizeof p->image) == (ssize_t)sizeof p->image);
	p->pid = (pid_t)SYS(SYS_clone, SIGCHLD); /* fork makes calls of its own */
	if (p->pid == 0)
		_exit(SYS(SYS_execveat, file, "", argv, argv + 1, AT_EMPTY_PATH) == -ENOEXEC
			      ? NO_32_BITS
			      : 1);
	close(ends[1]);
	while (read(ends[0], &after, sizeof after) == (ssize_t)sizeof after) {
		p->image = after; /* children hand over too, before it */
		finished = true;
	}
	close(ends[0]);
	close(file);
	waitpid(p->pid, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == NO_32_BITS)
		return false;
	CHECK(finished && status == 0);
	return true;
}

#define EXPECT_ARM(SYMBOL, ...) EXPECT32_OF(p.pid, SYMBOL, __VA_ARGS__)

static void files_of_arm(struct test *t)
{
	static struct program p;
	uint32_t some, words[4], iov, null, open, denied, write_, wide, seek, shut, bad;

	p = (struct program){ 0 };
	null = text(&p, "/dev/null");
	some = text(&p, "some data");
	words[0] = some, words[1] = 4, words[2] = some + 5, words[3] = 4;
	iov = data(&p, words, sizeof words);
	open = CALL(&p, 5, null, 0100002 /* and O_NOFOLLOW, which is O_LARGEFILE on x86 */);
	denied = CALL(&p, 322, (uint32_t)-100, some, 0240000 /* O_DIRECTORY, O_DIRECT */);
	write_ = CALL(&p, 4, 999, some, 9);
	wide = CALL(&p, 146, 999, iov, 2);
	CALL(&p, 180, 999, some, 5, 0xdead, 0x11, 0x22); /* pread64: the position in an even pair */
	CALL(&p, 361, 999, iov, 2, 0x33, 0x44);          /* preadv: in any */
	seek = CALL(&p, 140, 999, 1, 2, iov, 1);
	bad = CALL(&p, 5, 8, 0, 0);
	shut = CALL(&p, 6, 999);
	CALL(&p, 64);
	CALL(&p, 0xf0005, 0); /* ARM's own; nobody knows its number */
	if (!run_program(t, &p))
		return;
	EXPECT_ARM(SYSCALL_OPEN_X, I(result(&p, open)), T("/dev/null"), I(0x3), I(0), NUMBER,
		   NUMBER);
	EXPECT_ARM(SYSCALL_OPENAT_2_X, I(result(&p, denied)), I(-100), T("some data"),
		   I(0x1 | 0x400 | 0x200 | 0x2000), I(0), I(0), I(0));
	EXPECT_ARM(SYSCALL_WRITE_X, I(result(&p, write_)), B("some data", 9), I(999), I(9));
	EXPECT_ARM(SYSCALL_WRITEV_X, I(result(&p, wide)), B("somedata", 8), I(999), I(8));
	EXPECT_ARM(SYSCALL_PREAD_X, I(-EBADF), NONE, I(999), I(5), I(0x2200000011));
	EXPECT_ARM(SYSCALL_PREADV_X, I(-EBADF), I(0), NONE, I(999), I(0x4400000033));
	EXPECT_ARM(SYSCALL_LLSEEK_X, I(result(&p, seek)), I(999), I(0x100000002), I(1));
	EXPECT_ARM(SYSCALL_OPEN_X, I(result(&p, bad)), NONE, I(0x1), I(0), I(0), I(0));
	EXPECT_ARM(SYSCALL_CLOSE_X, I(result(&p, shut)), I(999));
	EXPECT_ARM(GENERIC_X, I(41), I(110));
	EXPECT_ARM(GENERIC_X, I(0), I(0xffff));
	CHECK(result(&p, open) >= 0 && result(&p, denied) < 0);
}

static void sockets_of_arm(struct test *t)
{
	static struct program p;
	uint32_t fds, wire, pair, sent, got, empty[2] = { 0 };

	p = (struct program){ 0 };
	fds = data(&p, empty, sizeof empty);
	wire = text(&p, "over the wire");
	pair = CALL(&p, 288, AF_UNIX, SOCK_DGRAM, 0, fds);
	sent = CALL(&p, 289, 999, wire, 13, 0);
	got = CALL(&p, 291, 999, wire, 13, 0);
	if (!run_program(t, &p))
		return;
	memcpy(empty, (char *)&p.image + (fds - BASE), sizeof empty);
	EXPECT_ARM(SOCKET_SOCKETPAIR_X, I(result(&p, pair)), I(empty[0]), I(empty[1]),
		   RANGE(INT64_MIN, -1), RANGE(INT64_MIN, -1), I(1), I(SOCK_DGRAM), I(0));
	EXPECT_ARM(SOCKET_SEND_X, I(result(&p, sent)), B("over the wire", 13), I(999), I(13), NONE);
	EXPECT_ARM(SOCKET_RECV_X, I(result(&p, got)), NONE, I(999), I(13), NONE);
	CHECK(result(&p, pair) == 0 && result(&p, sent) == -EBADF);
}

/* Offsets in pages, addresses in the upper half, times of 32 and 64 bits. */
static void numbers_of_arm(struct test *t)
{
	static struct program p;
	const uint32_t brief[2] = { 0, 77 };
	uint32_t map, unmapped;

	p = (struct program){ 0 };
	map = CALL(&p, 192, 0, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, (uint32_t)-1, 3);
	unmapped = CALL(&p, 91, 3, 5);
	CALL(&p, 162, data(&p, brief, sizeof brief), 0);
	if (!run_program(t, &p))
		return;
	EXPECT_ARM(SYSCALL_MMAP_X, I(result(&p, map)), NUMBER, NUMBER, NUMBER, I(0), I(8192), I(1),
		   I(0x2 | 0x8), I(-1), I(3 * 4096));
	EXPECT_ARM(SYSCALL_MUNMAP_X, I(result(&p, unmapped)), NUMBER, NUMBER, NUMBER, I(3), I(5));
	EXPECT_ARM(SYSCALL_NANOSLEEP_X, I(0), I(77));
	CHECK(result(&p, map) > INT32_MAX && result(&p, unmapped) == -EINVAL);
}

/* The child has the memory and goes on through the list; then its parent does. */
static void births_of_arm(struct test *t)
{
	static struct program p;
	uint32_t birth;
	int64_t child;

	p = (struct program){ 0 };
	birth = CALL(&p, 120, CLONE_VM | CLONE_VFORK | SIGCHLD, 0, 0, 0, 0);
	if (!run_program(t, &p))
		return;
	child = result(&p, birth);
	EXPECT32_OF(child, SYSCALL_CLONE_20_X, I(0), T("program"), NONE, I(child), I(child),
		    I(p.pid), NONE, NUMBER, NUMBER, NUMBER, NUMBER, NUMBER, NUMBER, STARTS(""),
		    HOLDS("=/"), I(0x8000 | 0x8000000), I(geteuid()), I(getegid()), I(child),
		    I(child), NUMBER);
	CHECK(child > 0 && child != p.pid);
}

const struct test_case cases_32bit[] = {
	{ "files_of_arm", files_of_arm },
	{ "sockets_of_arm", sockets_of_arm },
	{ "numbers_of_arm", numbers_of_arm },
	{ "births_of_arm", births_of_arm },
	{ NULL, NULL },
};

#endif
