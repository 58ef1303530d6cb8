#include "drivers/tests/kmod/hostile.h"
#include "drivers/tests/raw_call.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PAGE = 4096 };

static char *map(int pages, int protection)
{
	char *p = mmap(NULL, (size_t)pages * PAGE, protection,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* A page that can be read, before one that is not there. */
static char *map_edge(void)
{
	char *p = map(2, PROT_READ | PROT_WRITE);

	munmap(p + PAGE, PAGE);
	memset(p, 'e', PAGE);
	return p;
}

/* Behind the end of its file: reading it is a bus error. */
static char *map_past_end(void)
{
	int fd = open("empty", O_RDWR | O_CREAT | O_TRUNC, 0600);
	char *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_32BIT, fd, 0);

	close(fd);
	return p == MAP_FAILED ? NULL : p;
}

static uint64_t number(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

/* Addresses that no process can read. */
static const struct hostile nowhere[] = {
	{ "NULL", 0, true },
	{ "one", 1, true },
	{ "the page behind NULL", PAGE, true },
	{ "the end of 32 bits", 0xffffffff, true },
	{ "the last user address", 0x7fffffffefff, true },
	{ "the first address that is not the user's", 0x7ffffffff000, true },
	{ "the end of the lower half", 0x7fffffffffff, true },
	{ "not canonical, low", 0x800000000000, true },
	{ "not canonical", 0x8000000000000000, true },
	{ "not canonical, high", 0xffff7fffffffffff, true },
	{ "the first kernel address", 0xffff800000000000, true },
	{ "kernel memory", 0xffff888000001000, true },
	{ "kernel text", 0xffffffff81000000, true },
	{ "module text", 0xffffffffc0000000, true },
	{ "the vsyscall page", 0xffffffffff600000, true },
	{ "the last page", 0xfffffffffffff000, true },
	{ "minus eight", 0xfffffffffffffff8, true },
	{ "minus one", 0xffffffffffffffff, true },
};

/* What lies behind these can be read, and leads on to the addresses above. */
static char *map_words(void)
{
	uint64_t *words = (uint64_t *)(void *)map(1, PROT_READ | PROT_WRITE);

	for (uint32_t i = 0; i < PAGE / sizeof *words; i++)
		words[i] = nowhere[i * 5 % (sizeof nowhere / sizeof nowhere[0])].p;
	return (char *)words;
}

static char *map_vector(const char *good)
{
	struct iovec *iov = (struct iovec *)(void *)map(1, PROT_READ | PROT_WRITE);

	for (uint32_t i = 0; i < PAGE / sizeof *iov; i++) {
		iov[i].iov_base = (void *)(uintptr_t)(i % 2 ? nowhere[i % (sizeof nowhere /
									   sizeof nowhere[0])]
								      .p
							    : number(good));
		iov[i].iov_len = i % 7 == 6 ? SIZE_MAX : i * 16;
	}
	return (char *)iov;
}

/* Message headers with one bad member each. */
static char *map_messages(const char *good, const char *vector)
{
	struct {
		uint64_t name;
		uint32_t namelen, pad;
		uint64_t iov, iovlen, control, controllen, flags, len;
	} *m = (void *)map(1, PROT_READ | PROT_WRITE);

	for (uint32_t i = 0; i < PAGE / sizeof *m; i++) {
		uint64_t bad = nowhere[i % (sizeof nowhere / sizeof nowhere[0])].p;

		m[i].name = i % 3 == 0 ? bad : number(good);
		m[i].namelen = i % 3 == 0 ? 110 : 0;
		m[i].iov = i % 3 == 1 ? bad : number(vector);
		m[i].iovlen = i % 5 == 4 ? UINT64_MAX : 3;
		m[i].control = bad;
		m[i].controllen = i % 3 == 2 ? 0xffffffffff : 64;
	}
	return (char *)m;
}

uint64_t friendly_pointer(void)
{
	static char *p;

	if (!p) {
		p = map(4, PROT_READ | PROT_WRITE);
		strcpy(p, "./some-file");
	}
	return number(p);
}

uint32_t hostile_pointers(struct hostile out[HOSTILE_MAX])
{
	char *gone = map(2, PROT_READ), *readable = map(1, PROT_READ | PROT_WRITE);
	char *edge = map_edge(), *friend = (char *)(uintptr_t)friendly_pointer();
	char *vector = map_vector(friend);
	const struct hostile mapped[] = {
		{ "unmapped", number(gone), true },
		{ "no access", number(map(2, PROT_NONE)), true },
		{ "behind the end of a file", number(map_past_end()), true },
		{ "the last byte before a hole", number(edge + PAGE - 1), false },
		{ "seven bytes before a hole", number(edge + PAGE - 7), false },
		{ "hundred bytes before a hole", number(edge + PAGE - 100), false },
		{ "read-only", number(readable), false },
		{ "execute-only", number(map(1, PROT_EXEC)), false },
		{ "never touched", number(map(4, PROT_READ | PROT_WRITE)), false },
		{ "a long text", number(map(64, PROT_READ | PROT_WRITE)), false },
		{ "pointers to nowhere", number(map_words()), false },
		{ "a vector to nowhere", number(vector), false },
		{ "messages to nowhere", number(map_messages(friend, vector)), false },
		{ "unaligned messages", number(map_messages(friend, vector)) + 64 * 3 + 1, false },
	};
	uint32_t n = sizeof nowhere / sizeof nowhere[0], m = sizeof mapped / sizeof mapped[0];

	munmap(gone, 2 * PAGE);
	strcpy(readable, "./read-only");
	mprotect(readable, PAGE, PROT_READ);
	memset((char *)(uintptr_t)mapped[9].p, 'l', 64 * PAGE);
	memcpy(out, nowhere, sizeof nowhere);
	memcpy(out + n, mapped, sizeof mapped);
	return n + m;
}
