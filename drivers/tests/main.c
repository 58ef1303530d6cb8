/*
 * driver_test [kmod|bpf] [CASE...]: every case, or those named; --list names them.  Ends with
 * "N passed, N failed" and status 1 if any failed, 77 where there is no driver.
 */
#include "drivers/machine.h"
#include "drivers/tests/expect.h"
#include "format/base/arena.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

enum { WANTS_MAX = 64, SEEN_MAX = 10000, PATIENCE_MS = 5000 };
/* close(MARK - attempts so far) surrounds a case: no file has that descriptor. */
enum { MARK = -770077 };

struct expected {
	int64_t tid;
	uint32_t event, n;
	struct want want[EVENT_MAX_PARAMS];
	const char *where;
	bool compat;
};

struct test {
	struct driver *driver;
	struct arena arena; /* of the case */
	struct expected expected[WANTS_MAX];
	uint32_t nexpected;
	struct event *seen;
	uint32_t nseen;
	int64_t tid;
	int attempts;
	bool failed;
	const char *name;
	const char *dir;
	bool covered[EV_COUNT][2]; /* failure, success */
	unsigned passed, nfailed;
};

static void complain(struct test *t, const char *where, const char *what)
{
	printf("FAIL %s: %s: %s\n", t->name, where, what);
	t->failed = true;
}

void check_that(struct test *t, int holds, const char *what, const char *where)
{
	if (!holds)
		complain(t, where, what);
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
	return driver_paths(t->driver);
}

/* Can it be had here?  What x86_64 lacks, its 32-bit calls have. */
static bool has_event(uint32_t event)
{
#ifdef __x86_64__
	(void)event;
	return true;
#else
	bool of_a_call = false;

	for (uint32_t code = 1; code < SYSCALL_CODES; code++) {
		const struct syscall_desc *call = schema_syscall(code);

		if (!call || call->exit_event != event)
			continue;
		if (call->MACHINE_NR >= 0)
			return true;
		of_a_call = true;
	}
	return !of_a_call && (MACHINE_PAGE_FAULTS || event != EV_PAGE_FAULT_E);
#endif
}

static void add_expected(struct test *t, const struct expected *e, const struct want *wants)
{
	struct expected *own = &t->expected[t->nexpected];

	if (t->nexpected == WANTS_MAX) {
		complain(t, e->where, "too many expectations in one case");
		return;
	}
	t->nexpected++;
	*own = *e;
	if (!own->tid)
		own->tid = t->tid;
	for (uint32_t i = 0; i < e->n; i++) {
		own->want[i] = wants[i];
		if (wants[i].n)
			own->want[i].p =
				arena_sv(&t->arena, (struct sv){ wants[i].p, wants[i].n }).p;
	}
}

void expect_of(struct test *t, int64_t tid, uint32_t event, const struct want *wants, uint32_t n,
	       const char *where)
{
	const struct expected e = { .tid = tid, .event = event, .n = n, .where = where };

	if (has_event(event))
		add_expected(t, &e, wants);
}

void expect_32bit_of(struct test *t, int64_t tid, uint32_t event, const struct want *wants,
		     uint32_t n, const char *where)
{
	const struct expected e = {
		.tid = tid, .event = event, .n = n, .where = where, .compat = true
	};

	add_expected(t, &e, wants);
}

/* --- comparing --- */

static int64_t number_of(struct sv p)
{
	uint64_t v = 0;

	memcpy(&v, p.p, p.n <= 8 ? p.n : 8);
	return (int64_t)v;
}

static bool same_number(struct sv p, const struct param_desc *desc, const struct want *w)
{
	uint32_t size = schema_type_size((enum param_type)desc->type);
	int64_t v = p.n ? number_of(p) : 0;

	if (p.n != size)
		return false;
	if (w->kind == WANT_RANGE)
		return v >= w->i && v <= w->j;
	return memcmp(&v, &w->i, size) == 0;
}

static bool same(struct sv p, const struct param_desc *desc, const struct want *w)
{
	struct sv bytes = { w->p, w->n };

	switch (w->kind) {
	case WANT_INT:
	case WANT_RANGE:
		return same_number(p, desc, w);
	case WANT_BYTES:
		return sv_eq(p, bytes);
	case WANT_START:
		return sv_starts(p, bytes);
	case WANT_HOLDS:
		return sv_find(p, bytes) >= 0;
	case WANT_UNIX:
		return p.n == 17 + w->n && p.p[0] == 1 && memcmp(p.p + 17, w->p, w->n) == 0;
	}
	return false;
}

static void print_bytes(struct sv p)
{
	printf("%zu bytes", p.n);
	if (p.n && p.n <= 8)
		printf(" = %lld", (long long)number_of(p));
	printf(" \"");
	for (size_t i = 0; i < p.n && i < 160; i++)
		printf(p.p[i] >= 32 && p.p[i] < 127 ? "%c" : "\\%03o", (unsigned char)p.p[i]);
	printf("\"");
}

static void print_want(const struct want *w)
{
	if (w->kind == WANT_INT)
		printf("%lld", (long long)w->i);
	else if (w->kind == WANT_RANGE)
		printf("%lld..%lld", (long long)w->i, (long long)w->j);
	else
		print_bytes((struct sv){ w->p, w->n });
}

static void compare(struct test *t, const struct expected *e, const struct event *ev)
{
	if (ev->nparams != ev->desc->nparams || ev->nparams != e->n) {
		printf("FAIL %s: %s: %s has %u parameters, %u in the schema, %u expected\n",
		       t->name, e->where, ev->desc->symbol, ev->nparams, ev->desc->nparams, e->n);
		t->failed = true;
		return;
	}
	if (ev->flags != (e->compat ? EVENT_COMPAT : 0)) {
		printf("FAIL %s: %s: %s has the flags %#x\n", t->name, e->where, ev->desc->symbol,
		       ev->flags);
		t->failed = true;
	}
	for (uint32_t i = 0; i < e->n; i++) {
		if (same(ev->params[i], &ev->desc->params[i], &e->want[i]))
			continue;
		printf("FAIL %s: %s: %s.%s is ", t->name, e->where, ev->desc->symbol,
		       ev->desc->params[i].name);
		print_bytes(ev->params[i]);
		printf(", expected ");
		print_want(&e->want[i]);
		printf("\n");
		t->failed = true;
	}
}

/* A first parameter that is a result tells success from failure. */
static void cover(struct test *t, const struct event *ev)
{
	bool ok = true;

	if (ev->nparams && ev->params[0].n == 8)
		ok = number_of(ev->params[0]) >= 0;
	t->covered[ev->type][ok] = true;
}

static void compare_all(struct test *t)
{
	bool *used = arena_array(&t->arena, bool, SEEN_MAX);

	for (uint32_t i = 0; i < t->nexpected; i++) {
		const struct expected *e = &t->expected[i];
		uint32_t k = 0;

		while (k < t->nseen &&
		       (used[k] || t->seen[k].type != e->event || t->seen[k].tid != e->tid))
			k++;
		if (k == t->nseen) {
			printf("FAIL %s: %s: no event %s of thread %lld\n", t->name, e->where,
			       schema_event(e->event)->symbol, (long long)e->tid);
			t->failed = true;
			continue;
		}
		used[k] = true;
		compare(t, e, &t->seen[k]);
		cover(t, &t->seen[k]);
	}
}

/* --- running --- */

static void mark(const struct test *t)
{
	sys6(SYS_close, MARK - t->attempts, 0, 0, 0, 0, 0);
}

static bool is_mark(const struct test *t, const struct event *ev)
{
	int64_t fd;

	return ev->type == EV_SYSCALL_CLOSE_X && ev->tid == t->tid && event_i64(ev, 1, &fd) &&
	       fd == MARK - t->attempts;
}

/*
 * A call that was interrupted and that the kernel makes again (ERESTARTSYS, NOINTR, NOHAND,
 * RESTARTBLOCK of linux/errno.h): recorded as it is, but nothing that the case did.  Slow guests
 * see it when work for the task comes in the middle.
 */
static bool is_made_again(const struct event *ev)
{
	int64_t res;

	return event_is_exit(ev->type) && event_i64(ev, 0, &res) &&
	       (res == -512 || res == -513 || res == -514 || res == -516);
}

/*
 * A busy host does more than can be kept: of events that nothing is expected of, nothing is needed.
 */
static bool is_wanted(const struct test *t, const struct event *ev)
{
	for (uint32_t i = 0; i < t->nexpected; i++) {
		if (t->expected[i].event == ev->type && t->expected[i].tid == ev->tid)
			return true;
	}
	return false;
}

static void keep(struct test *t, const struct event *ev)
{
	struct event *copy = &t->seen[t->nseen];

	if (!is_wanted(t, ev) || is_made_again(ev))
		return;
	if (t->nseen == SEEN_MAX) {
		complain(t, "driver", "more events than this test can keep");
		return;
	}
	*copy = *ev;
	for (uint32_t i = 0; i < ev->nparams; i++)
		copy->params[i] = arena_sv(&t->arena, ev->params[i]);
	t->nseen++;
}

/* Keep what lies between the two marks; a mark may be among what was lost. */
static bool collect(struct test *t, uint64_t lost)
{
	struct source *source = driver_source(t->driver);
	struct err err = { 0 };
	struct record rec;
	int marks = 0, idle_ms = 0;

	while (marks < 2 && idle_ms < PATIENCE_MS && driver_stats(t->driver).all.lost == lost) {
		switch (source_next(source, &rec, &err)) {
		case NEXT_ITEM:
			if (is_mark(t, &rec.event))
				marks++;
			else if (marks == 1)
				keep(t, &rec.event);
			break;
		case NEXT_IDLE:
			idle_ms += 100;
			break;
		default:
			printf("FAIL %s: %s\n", t->name, err.msg);
			return false;
		}
	}
	return marks == 2;
}

/* Read what has come until now: nobody reads while a case runs, and a full ring stays full. */
static void make_room(struct test *t)
{
	uint64_t now = driver_now_ns(t->driver);
	struct err err = { 0 };
	struct record rec;

	while (source_next(driver_source(t->driver), &rec, &err) == NEXT_ITEM &&
	       rec.event.ts_ns < now)
		;
}

static bool attempt(struct test *t, const struct test_case *c)
{
	uint64_t lost = driver_stats(t->driver).all.lost;

	arena_reset(&t->arena);
	t->name = c->name;
	t->nexpected = t->nseen = 0;
	t->failed = false;
	t->attempts++;
	mark(t);
	c->run(t);
	mark(t);
	if (!collect(t, lost) && driver_stats(t->driver).all.lost == lost)
		complain(t, "driver", "the events did not come");
	if (driver_stats(t->driver).all.lost != lost)
		return false;
	compare_all(t);
	return true;
}

static void run_case(struct test *t, const struct test_case *c)
{
	int tries = 5;

	/* A crowded machine may overflow a ring; that is counted, and no fault. */
	while (tries > 0 && !attempt(t, c)) {
		make_room(t);
		tries--;
	}
	if (tries == 0)
		complain(t, "driver", "events were lost each time");
	fflush(stdout);
	t->passed += !t->failed;
	t->nfailed += t->failed;
}

/* --- is every event there? --- */

/* Failures or successes that cannot be had, with the reason. */
static const struct {
	uint32_t event;
	bool success;
	const char *why;
} exempt[] = {
	{ EV_SYSCALL_EXECVEAT_X, true, "is an execve then" },
	{ EV_SYSCALL_INIT_MODULE_X, true, "needs a module for the running kernel" },
	{ EV_SYSCALL_FINIT_MODULE_X, true, "needs a module for the running kernel" },
	{ EV_SYSCALL_DELETE_MODULE_X, true, "needs a module for the running kernel" },
	{ EV_SYSCALL_QUOTACTL_X, true, "needs a filesystem with quotas" },
	{ EV_SYSCALL_KEYCTL_X, true, "needs a kernel with keys" },
	{ EV_SYSCALL_USERFAULTFD_X, true, "may be switched off" },
	{ EV_SYSCALL_IO_URING_SETUP_X, true, "may be switched off" },
	{ EV_SYSCALL_IO_URING_ENTER_X, true, "may be switched off" },
	{ EV_SYSCALL_IO_URING_REGISTER_X, true, "may be switched off" },
	{ EV_SYSCALL_OPEN_BY_HANDLE_AT_X, true, "needs a filesystem with handles" },
	{ EV_SYSCALL_MUNLOCKALL_X, false, "never fails" },
	{ EV_SYSCALL_INOTIFY_INIT_X, false, "fails only out of resources" },
	{ EV_SYSCALL_FORK_20_X, false, "fails only out of resources" },
	{ EV_SYSCALL_VFORK_20_X, false, "fails only out of resources" },
	{ EV_SYSCALL_BRK_4_X, false, "never fails: its result is an address" },
	{ EV_PROCEXIT_1_E, false, "no call" },
	{ EV_SIGNALDELIVER_E, false, "no call" },
	{ EV_PAGE_FAULT_E, false, "no call" },
	{ EV_SCHEDSWITCH_6_E, false, "no call" },
	{ EV_GENERIC_X, false, "has no result" },
	{ EV_SYSCALL_GETUID_X, false, "never fails" },
	{ EV_SYSCALL_GETEUID_X, false, "never fails" },
	{ EV_SYSCALL_GETGID_X, false, "never fails" },
	{ EV_SYSCALL_GETEGID_X, false, "never fails" },
	{ EV_SOCKET_GETSOCKNAME_X, false, "has no parameters" },
	{ EV_SOCKET_GETPEERNAME_X, false, "has no parameters" },
};

static bool is_exempt(uint32_t event, bool success)
{
	if (!has_event(event))
		return true;
	for (size_t i = 0; i < sizeof exempt / sizeof exempt[0]; i++) {
		if (exempt[i].event == event && exempt[i].success == success)
			return true;
	}
	return false;
}

/* What the driver captures, as its own table says. */
static const uint32_t captured[] = {
#define CAPTURE(SYMBOL, steps) EV_##SYMBOL,
#include "drivers/capture.def"
	EV_GENERIC_X, EV_PROCEXIT_1_E, EV_SIGNALDELIVER_E, EV_PAGE_FAULT_E, EV_SCHEDSWITCH_6_E,
};

static bool is_captured(uint32_t event)
{
	for (size_t i = 0; i < sizeof captured / sizeof captured[0]; i++) {
		if (captured[i] == event)
			return true;
	}
	return false;
}

/* Every system call of the schema that this machine has leads to an event that is captured ... */
static void check_schema(struct test *t)
{
	t->name = "schema";
	t->failed = false;
	for (uint32_t code = 0; code < SYSCALL_CODES; code++) {
		const struct syscall_desc *call = schema_syscall(code);

		if (call && call->MACHINE_NR >= 0 && call->exit_event &&
		    !is_captured(call->exit_event))
			complain(t, call->name, "its event has no row in capture.def");
	}
	t->passed += !t->failed;
	t->nfailed += t->failed;
}

/* ... and every event that is captured has a case, for success and for failure. */
static void check_coverage(struct test *t)
{
	t->name = "coverage";
	t->failed = false;
	for (size_t i = 0; i < sizeof captured / sizeof captured[0]; i++) {
		for (int success = 0; success < 2; success++) {
			if (!t->covered[captured[i]][success] && !is_exempt(captured[i], success))
				complain(t, schema_event(captured[i])->symbol,
					 success ? "no case in which it succeeds"
						 : "no case in which it fails");
		}
	}
	t->passed += !t->failed;
	t->nfailed += t->failed;
}

static const struct test_case *const families[] = { cases_files,     cases_fds,    cases_sockets,
						    cases_processes, cases_memory, cases_races,
						    cases_32bit };

static bool is_named(const char *name, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], name) == 0)
			return true;
	}
	return argc == 1;
}

static int run_all(struct test *t, int argc, char **argv)
{
	bool list = argc == 2 && strcmp(argv[1], "--list") == 0;

	for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
		for (const struct test_case *c = families[i]; c->name; c++) {
			if (list)
				puts(c->name);
			else if (is_named(c->name, argc, argv))
				run_case(t, c);
		}
	}
	if (list)
		return 0;
	if (argc == 1) {
		check_schema(t);
		check_coverage(t);
	}
	printf("%u passed, %u failed\n", t->passed, t->nfailed);
	return t->nfailed ? 1 : 0;
}

/* A first argument that names a driver asks for it; it is taken away. */
static enum driver_kind driver_asked_for(int *argc, char ***argv)
{
	enum driver_kind kind = DRIVER_AUTO;

	if (*argc > 1 && strcmp((*argv)[1], "kmod") == 0)
		kind = DRIVER_KMOD;
	else if (*argc > 1 && strcmp((*argv)[1], "bpf") == 0)
		kind = DRIVER_BPF;
	*argc -= kind != DRIVER_AUTO;
	*argv += kind != DRIVER_AUTO;
	return kind;
}

int main(int argc, char **argv)
{
	static struct test t;
	struct driver_set set = driver_set_all();
	const struct driver_options opt = { .kind = driver_asked_for(&argc, &argv),
					    .set = &set,
					    .snaplen = TEST_SNAPLEN,
					    /* page faults and switches of a busy host come too */
					    .ring_bytes = 4 * DRIVER_RING_BYTES,
					    .include_self = true };
	char dir[] = "/tmp/driver-test-XXXXXX";
	struct err err = { 0 };
	int status;

	set.page_faults = MACHINE_PAGE_FAULTS;
	set.switches = true;
	t.tid = getpid();
	t.dir = mkdtemp(dir);
	t.seen = calloc(SEEN_MAX, sizeof *t.seen);
	if (!t.dir || !t.seen || driver_open(&opt, &t.driver, &err) < 0 ||
	    driver_start(t.driver, &err) < 0) {
		printf("skipped: %s\n", err.msg);
		if (t.dir)
			rmdir(t.dir);
		return 77;
	}
	status = run_all(&t, argc, argv);
	driver_close(t.driver);
	arena_deinit(&t.arena);
	free(t.seen);
	rmdir(dir);
	return status;
}
