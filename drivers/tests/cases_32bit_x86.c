/*
 * 32-bit system calls of x86, made by int 0x80 from 64-bit code with all memory below 4 GiB: other
 * numbers, other layouts, and socketcall.
 */
#include "drivers/tests/expect.h"

#include <sys/mman.h>
#include <sys/socket.h>

#ifdef __x86_64__

static long sys32(long nr, uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e)
{
	return raw_call_32bit(nr, a, b, c, d, e);
}

struct low {
	char text[256];
	uint32_t words[16];
	char data[64];
};

static struct low *low_memory(struct test *t)
{
	struct low *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

#define LOW(p) ((uint32_t)(uintptr_t)(p))

static void files32(struct test *t)
{
	struct low *m = low_memory(t);
	long fd;

	strcpy(m->text, "/dev/null");
	strcpy(m->data, "some data");
	fd = sys32(5, LOW(m->text), 02, 0, 0, 0);
	EXPECT32(SYSCALL_OPEN_X, I(fd), T("/dev/null"), I(0x3), I(0), NUMBER, NUMBER);
	EXPECT32(SYSCALL_WRITE_X, I(sys32(4, (uint32_t)fd, LOW(m->data), 9, 0, 0)),
		 B("some data", 9), I(fd), I(9));
	m->words[0] = LOW(m->data);
	m->words[1] = 4;
	m->words[2] = LOW(m->data + 5);
	m->words[3] = 4;
	EXPECT32(SYSCALL_WRITEV_X, I(sys32(146, (uint32_t)fd, LOW(m->words), 2, 0, 0)),
		 B("somedata", 8), I(fd), I(8));
	/* pread64: the position comes in halves */
	EXPECT32(SYSCALL_PREAD_X, I(sys32(180, (uint32_t)fd, LOW(m->data), 5, 0x11, 0x22)), NONE,
		 I(fd), I(5), I(0x2200000011));
	EXPECT32(SYSCALL_LLSEEK_X, I(sys32(140, (uint32_t)fd, 1, 2, LOW(m->words), 1)), I(fd),
		 I(0x100000002), I(1));
	EXPECT32(SYSCALL_LLSEEK_X, I(sys32(140, (uint32_t)-1, 0, 7, LOW(m->words), 2)), I(-1), I(7),
		 I(2));
	EXPECT32(SYSCALL_CLOSE_X, I(sys32(6, (uint32_t)fd, 0, 0, 0, 0)), I(fd));
	EXPECT32(SYSCALL_NANOSLEEP_X,
		 I((m->words[0] = 0, m->words[1] = 77, sys32(162, LOW(m->words), 0, 0, 0, 0))),
		 I(77));
	sys32(64, 0, 0, 0, 0, 0);
	EXPECT32(GENERIC_X, I(41), I(110)); /* getppid, under the 64-bit number */
	munmap(m, 4096);
}

static long socketcall(struct low *m, int call, uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
	m->words[0] = a;
	m->words[1] = b;
	m->words[2] = c;
	m->words[3] = d;
	m->words[4] = m->words[5] = 0;
	return sys32(102, (uint32_t)call, LOW(m->words), 0, 0, 0);
}

static void sockets32(struct test *t)
{
	struct low *m = low_memory(t);
	int fds[2] = { -1, -1 };
	long ret;

	ret = socketcall(m, 8, AF_UNIX, SOCK_DGRAM, 0, LOW(m->data)); /* socketpair */
	memcpy(fds, m->data, sizeof fds);
	EXPECT32(SOCKET_SOCKETPAIR_X, I(ret), I(fds[0]), I(fds[1]), NUMBER, NUMBER, I(1),
		 I(SOCK_DGRAM), I(0));
	strcpy(m->text, "over the wire");
	EXPECT32(SOCKET_SEND_X, I(socketcall(m, 9, (uint32_t)fds[0], LOW(m->text), 13, 0)),
		 B("over the wire", 13), I(fds[0]), I(13), UNIX(""));
	EXPECT32(SOCKET_SEND_X, I(socketcall(m, 9, (uint32_t)-1, LOW(m->text), 13, 0)),
		 B("over the wire", 13), I(-1), I(13), NONE);
	EXPECT32(SOCKET_RECV_X, I(socketcall(m, 10, (uint32_t)fds[1], LOW(m->data), 20, 0)),
		 B("over the wire", 13), I(fds[1]), I(20), UNIX(""));
	EXPECT32(SOCKET_RECV_X, I(socketcall(m, 10, (uint32_t)-1, LOW(m->data), 20, 0)), NONE,
		 I(-1), I(20), NONE);
	close(fds[0]);
	close(fds[1]);
	munmap(m, 4096);
}

static void mappings32(struct test *t)
{
	struct low *m = low_memory(t);
	const uint32_t args[6] = { 0, 4096, 1, 0x22, (uint32_t)-1, 0 };

	memcpy(m->words, args, sizeof args);
	EXPECT(SYSCALL_MMAP_X, I((intptr_t)m), NUMBER, NUMBER, NUMBER, I(0), I(4096), I(3),
	       I(0x2 | 0x8 | 0x10), I(-1), I(0));
	EXPECT32(SYSCALL_MMAP_X, I((uint32_t)sys32(90, LOW(m->words), 0, 0, 0, 0)), NUMBER, NUMBER,
		 NUMBER, I(0), I(4096), I(1), I(0x2 | 0x8), I(-1), I(0));
	munmap(m, 4096);
}

const struct test_case cases_32bit[] = {
	{ "files32", files32 },
	{ "sockets32", sockets32 },
	{ "mappings32", mappings32 },
	{ NULL, NULL },
};

#endif
