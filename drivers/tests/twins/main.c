/*
 * driver_twins [COMMAND]: both drivers at once, and what happens recorded by both must be the same,
 * parameter by parameter: the cases of the driver test, each in a process of its own, and COMMAND
 * in a shell.  Ends with "N passed, N failed" and status 1 if any failed, 77 where a driver is
 * missing.
 *
 * Times are left out, since one driver comes after the other, and so are page faults and context
 * switches, which the drivers cause each other.
 */
#include "capture/driver.h"
#include "drivers/tests/expect.h"
#include "format/base/arena.h"

#include <stdlib.h>
#include <sys/wait.h>

enum { EVENTS_MAX = 100000, RING_BYTES = 32 << 20, COMPLAINTS = 5, QUIET_MS = 60 };

struct stream {
	struct driver *driver;
	struct arena arena;
	struct event *events;
	uint32_t n;
};

struct test {
	struct stream twin[2]; /* eBPF, module */
	char dir[64];
	struct arena arena; /* of names */
	unsigned passed, failed;
	uint64_t events;
	enum driver_paths paths; /* of both; asked before, as children do not have the memory */
};

/* --- what the cases need: here nothing is expected of a single driver --- */

void expect_of(struct test *t, int64_t tid, uint32_t event, const struct want *wants, uint32_t n,
	       const char *where)
{
	(void)t;
	(void)tid;
	(void)event;
	(void)wants;
	(void)n;
	(void)where;
}

void expect_32bit_of(struct test *t, int64_t tid, uint32_t event, const struct want *wants,
		     uint32_t n, const char *where)
{
	expect_of(t, tid, event, wants, n, where);
}

void check_that(struct test *t, int holds, const char *what, const char *where)
{
	(void)t;
	if (!holds)
		printf("%s: %s\n", where, what);
}

const char *scratch(struct test *t, const char *name)
{
	size_t n = strlen(t->dir) + strlen(name) + 2;
	char *path = arena_bytes(&t->arena, n);

	snprintf(path, n, "%s/%s", t->dir, name);
	return path;
}

enum driver_paths paths_read(const struct test *t)
{
	return t->paths;
}

/* --- the streams --- */

static void keep(struct stream *s, const struct event *ev)
{
	struct event *copy = &s->events[s->n];

	if (s->n == EVENTS_MAX)
		return;
	*copy = *ev;
	for (uint32_t i = 0; i < ev->nparams; i++)
		copy->params[i] = arena_sv(&s->arena, ev->params[i]);
	s->n++;
}

/* All that has come until nothing comes any more. */
static bool collect(struct stream *s)
{
	struct err err = { 0 };
	struct record rec;
	enum next next;

	arena_reset(&s->arena);
	s->n = 0;
	while ((next = source_next(driver_source(s->driver), &rec, &err)) == NEXT_ITEM)
		keep(s, &rec.event);
	if (next == NEXT_ERROR)
		printf("FAIL %s: %s\n", driver_name(s->driver), err.msg);
	return next == NEXT_IDLE && s->n < EVENTS_MAX;
}

/* Each thread in the order of its own events: between threads on two CPUs there is none. */
static int by_thread(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	if (x->tid != y->tid)
		return x->tid < y->tid ? -1 : 1;
	return x->num < y->num ? -1 : 1;
}

static void print_param(const char *driver, struct sv p)
{
	printf("     %s: %zu bytes \"", driver, p.n);
	for (size_t i = 0; i < p.n && i < 120; i++)
		printf(p.p[i] >= 32 && p.p[i] < 127 ? "%c" : "\\%03o", (unsigned char)p.p[i]);
	printf("\"\n");
}

static bool same_params(const char *name, const struct event *x, const struct event *y)
{
	for (uint32_t i = 0; i < x->nparams; i++) {
		if (sv_eq(x->params[i], y->params[i]))
			continue;
		printf("FAIL %s: %s.%s of thread %lld\n", name, x->desc->symbol,
		       x->desc->params[i].name, (long long)x->tid);
		print_param("bpf", x->params[i]);
		print_param("kmod", y->params[i]);
		return false;
	}
	return true;
}

static bool same_event(const char *name, const struct event *x, const struct event *y)
{
	if (x->tid == y->tid && x->type == y->type && x->nparams == y->nparams &&
	    x->flags == y->flags)
		return same_params(name, x, y);
	printf("FAIL %s: %s of thread %lld from eBPF, %s of thread %lld from the module\n", name,
	       x->desc->symbol, (long long)x->tid, y->desc->symbol, (long long)y->tid);
	return false;
}

static bool same_streams(struct test *t, const char *name)
{
	struct stream *a = &t->twin[0], *b = &t->twin[1];
	unsigned complaints = 0;

	qsort(a->events, a->n, sizeof *a->events, by_thread);
	qsort(b->events, b->n, sizeof *b->events, by_thread);
	for (uint32_t i = 0; i < a->n && i < b->n && complaints < COMPLAINTS; i++)
		complaints += !same_event(name, &a->events[i], &b->events[i]);
	if (a->n != b->n)
		printf("FAIL %s: %u events from eBPF, %u from the module\n", name, a->n, b->n);
	printf("%s: %u events\n", name, a->n);
	t->events += a->n;
	return complaints == 0 && a->n == b->n;
}

static uint64_t lost(const struct test *t)
{
	return driver_stats(t->twin[0].driver).all.lost + driver_stats(t->twin[1].driver).all.lost;
}

/* --- running --- */

static void compare(struct test *t, const char *name, pid_t child)
{
	int status = 0;
	bool ok;

	waitpid(child, &status, 0);
	if (status != 0)
		printf("FAIL %s: it ended with status %#x\n", name, (unsigned)status);
	ok = collect(&t->twin[0]) && status == 0;
	ok = collect(&t->twin[1]) && ok;
	if (lost(t) > 0)
		printf("FAIL %s: %llu events lost\n", name, (unsigned long long)lost(t));
	ok = ok && lost(t) == 0 && same_streams(t, name);
	fflush(stdout);
	t->passed += ok;
	t->failed += !ok;
}

static void run_case(struct test *t, const struct test_case *c)
{
	pid_t child = fork();

	if (child == 0) {
		c->run(t);
		_exit(0);
	}
	compare(t, c->name, child);
}

static void run_command(struct test *t, const char *command)
{
	pid_t child = fork();

	if (child == 0) {
		execlp("sh", "sh", "-c", command, NULL);
		_exit(127);
	}
	compare(t, command, child);
}

static const struct test_case *const families[] = { cases_files,     cases_fds,    cases_sockets,
						    cases_processes, cases_memory, cases_races,
						    cases_32bit };

static bool start(struct stream *s, enum driver_kind kind, struct err *err)
{
	const struct driver_options opt = { .kind = kind,
					    .ring_bytes = RING_BYTES,
					    .timeout_ms = QUIET_MS };

	s->events = calloc(EVENTS_MAX, sizeof *s->events);
	return s->events && driver_open(&opt, &s->driver, err) == 0 &&
	       driver_start(s->driver, err) == 0;
}

int main(int argc, char **argv)
{
	static struct test t = { .dir = "/tmp/twins-XXXXXX" };
	struct err err = { 0 };

	if (argc == 2 && strcmp(argv[1], "--list") == 0)
		return 0; /* a case that executes itself */
	if (!mkdtemp(t.dir) || !start(&t.twin[0], DRIVER_BPF, &err) ||
	    !start(&t.twin[1], DRIVER_KMOD, &err)) {
		printf("skipped: %s\n", err.msg);
		return 77;
	}
	t.paths = driver_paths(t.twin[0].driver);
	if (driver_paths(t.twin[1].driver) < t.paths)
		t.paths = driver_paths(t.twin[1].driver);
	/* What one of them saw while the other was not there yet. */
	collect(&t.twin[0]);
	collect(&t.twin[1]);
	for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
		for (const struct test_case *c = families[i]; c->name; c++)
			run_case(&t, c);
	}
	for (int i = 1; i < argc; i++)
		run_command(&t, argv[i]);
	printf("%llu events\n", (unsigned long long)t.events);
	printf("%u passed, %u failed\n", t.passed, t.failed);
	for (int i = 0; i < 2; i++) {
		driver_close(t.twin[i].driver);
		arena_deinit(&t.twin[i].arena);
		free(t.twin[i].events);
	}
	arena_deinit(&t.arena);
	rmdir(t.dir);
	return t.failed ? 1 : 0;
}
