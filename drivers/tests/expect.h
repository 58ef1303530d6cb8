/*
 * Driver tests: a case makes system calls with known arguments and says what the driver must have
 * recorded of them, parameter by parameter.  The same program runs on the build machine and, linked
 * statically, in a virtual one.
 */
#ifndef SAKER_DRIVERS_TESTS_EXPECT_H
#define SAKER_DRIVERS_TESTS_EXPECT_H

#include "capture/driver.h"

#include "drivers/tests/old_calls.h"
#include "drivers/tests/raw_call.h"

#include <errno.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What one parameter must be. */
enum want_kind {
	WANT_INT,   /* this number, in the width of the parameter's type */
	WANT_RANGE, /* a number from i to j */
	WANT_BYTES, /* exactly these; with none: empty */
	WANT_UNIX,  /* a socket tuple of two unix sockets and this path */
	WANT_START, /* bytes that begin like this */
	WANT_HOLDS, /* bytes that have these somewhere */
};

struct want {
	enum want_kind kind;
	int64_t i, j;
	const void *p;
	size_t n;
};

/* A literal where a pointer to changeable bytes is wanted, though nobody will change them. */
#define TEXT(literal) ((void *)(uintptr_t)(literal))

#define I(v) ((struct want){ .kind = WANT_INT, .i = (int64_t)(v) })
#define RANGE(low, up)                                                                             \
	((struct want){ .kind = WANT_RANGE, .i = (int64_t)(low), .j = (int64_t)(up) })
#define NUMBER         RANGE(INT64_MIN, INT64_MAX)
#define B(bytes, size) ((struct want){ .kind = WANT_BYTES, .p = (bytes), .n = (size) })
#define T(text)        want_text(WANT_BYTES, text, 1)
#define NONE           ((struct want){ .kind = WANT_BYTES })
#define UNIX(path)     want_text(WANT_UNIX, path, 1)
#define STARTS(text)   want_text(WANT_START, text, 0)
#define HOLDS(text)    want_text(WANT_HOLDS, text, 0)

static inline struct want want_text(enum want_kind kind, const char *text, size_t nul)
{
	return (struct want){ .kind = kind, .p = text, .n = strlen(text) + nul };
}

struct test;

/*
 * The calling thread (or `tid`) must have caused this event, after those expected before; unless it
 * is one that this processor has no system call for.
 */
void expect_of(struct test *t, int64_t tid, uint32_t event, const struct want *wants, uint32_t n,
	       const char *where);

#define EXPECT_LINE_(line) #line
#define EXPECT_LINE(line)  EXPECT_LINE_(line)
#define EXPECT_OF(tid, SYMBOL, ...)                                                                \
	expect_of(t, tid, EV_##SYMBOL, (const struct want[]){ __VA_ARGS__ },                       \
		  sizeof((const struct want[]){ __VA_ARGS__ }) / sizeof(struct want),              \
		  __FILE__ ":" EXPECT_LINE(__LINE__))
#define EXPECT(SYMBOL, ...) EXPECT_OF(0, SYMBOL, __VA_ARGS__)
/* The same from a 32-bit call, which may be one that 64 bits have not. */
void expect_32bit_of(struct test *t, int64_t tid, uint32_t event, const struct want *wants,
		     uint32_t n, const char *where);
#define EXPECT32_OF(tid, SYMBOL, ...)                                                              \
	expect_32bit_of(t, tid, EV_##SYMBOL, (const struct want[]){ __VA_ARGS__ },                 \
			sizeof((const struct want[]){ __VA_ARGS__ }) / sizeof(struct want),        \
			__FILE__ ":" EXPECT_LINE(__LINE__))
#define EXPECT32(SYMBOL, ...) EXPECT32_OF(0, SYMBOL, __VA_ARGS__)

/* A check that is not about an event. */
void check_that(struct test *t, int holds, const char *what, const char *where);
#define CHECK(what) check_that(t, (what), #what, __FILE__ ":" EXPECT_LINE(__LINE__))

struct test_case {
	const char *name;
	void (*run)(struct test *t);
};

/* One table per family of system calls; the last row is empty. */
extern const struct test_case cases_files[], cases_fds[], cases_sockets[], cases_processes[],
	cases_memory[], cases_races[], cases_32bit[];

#define SYS_N(nr, a, b, c, d, e, f, ...)                                                           \
	sys6(nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define SYS(...) SYS_N(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)

/* A fresh name below the test's own directory; valid until the case ends. */
const char *scratch(struct test *t, const char *name);
/* When paths are read. */
enum driver_paths paths_read(const struct test *t);
/* The number of bytes that the driver keeps of a buffer. */
enum { TEST_SNAPLEN = 64 };

#endif
