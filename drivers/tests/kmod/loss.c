/* What is recorded and what is lost add up to what happened: per class and per CPU, to the last
 * call. */
#include "drivers/tests/kmod/torture.h"
#include "drivers/tests/raw_call.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CPUS = 2, EVENTS = 200000, BUSY_LOOPS = 40000 };

/* Calls without consequences, of many classes; the arguments make them fail or do nothing. */
static const struct call {
	long nr, a, b, c;
} calls[] = {
	{ SYS_getppid, 0, 0, 0 },   { SYS_close, -1, 0, 0 },    { SYS_getuid, 0, 0, 0 },
	{ SYS_shutdown, -1, 0, 0 }, { SYS_munlock, 0, 0, 0 },   { SYS_kill, 0, -1, 0 },
	{ SYS_setpgid, -1, 0, 0 },  { SYS_fchdir, -1, 0, 0 },   { SYS_lseek, -1, 0, 0 },
	{ SYS_ppoll, 8, 1, 0 },     { SYS_eventfd2, 0, -1, 0 }, { SYS_nanosleep, 0, 0, 0 },
};
enum { NCALLS = sizeof calls / sizeof calls[0] };

static uint32_t class_of(long nr)
{
	return schema_event(call_of_nr(nr)->exit_event)->category & EC_CLASS_MASK;
}

/*
 * Only the calls of the table, and neither exits nor signals: nobody else in the guest makes them.
 */
static struct driver_set only_these(void)
{
	struct driver_set set = { 0 };

	for (size_t i = 0; i < NCALLS; i++)
		driver_set_add(&set, call_of_nr(calls[i].nr)->code);
	return set;
}

/* A child per CPU that makes so many calls each time it is given a number. */
struct worker {
	pid_t pid;
	int go, done;
};

static void work(int cpu, int go, int done)
{
	uint32_t loops;

	pin_to_cpu(cpu);
	if (write(done, "", 1) != 1)
		_exit(1);
	while (read(go, &loops, sizeof loops) == sizeof loops) {
		for (uint32_t i = 0; i < loops; i++) {
			const struct call *c = &calls[i % NCALLS];

			syscall(c->nr, c->a, c->b, c->c);
		}
		if (write(done, "", 1) != 1)
			break;
	}
	_exit(0);
}

static bool give(struct worker *w, uint32_t loops)
{
	return write(w->go, &loops, sizeof loops) == sizeof loops;
}

static bool wait_for(struct worker *w)
{
	char c;

	return read(w->done, &c, 1) == 1;
}

static bool worker_begin(struct worker *w, int cpu)
{
	int go[2], done[2];

	if (pipe(go) < 0 || pipe(done) < 0)
		return false;
	w->pid = fork();
	if (w->pid == 0) {
		syscall(SYS_close, go[1]);
		work(cpu, go[0], done[1]);
	}
	syscall(SYS_close, go[0]);
	syscall(SYS_close, done[1]);
	w->go = go[1];
	w->done = done[0];
	return w->pid > 0 && wait_for(w); /* it makes no calls of its own from here on */
}

/* Calls per class that `loops` rounds make. */
static void expect_of(uint64_t *expected, uint32_t loops)
{
	for (uint32_t i = 0; i < NCALLS; i++)
		expected[class_of(calls[i].nr)] += loops / NCALLS + (i < loops % NCALLS);
}

struct recording {
	struct driver *driver;
	struct worker workers[CPUS];
	uint64_t read[CPUS][DRIVER_CLASSES];
	uint64_t nread;
	struct err err;
};

static bool recording_begin(struct recording *r, uint32_t ring_bytes)
{
	const struct driver_set set = only_these();
	const struct driver_options opt = {
		.kind = DRIVER_KMOD, .set = &set, .ring_bytes = ring_bytes, .timeout_ms = 20
	};

	memset(r, 0, sizeof *r);
	for (int i = 0; i < CPUS; i++) {
		if (!worker_begin(&r->workers[i], i)) {
			err_errno(&r->err, "workers");
			return false;
		}
	}
	return driver_open(&opt, &r->driver, &r->err) == 0 && driver_start(r->driver, &r->err) == 0;
}

static void recording_end(struct recording *r)
{
	driver_close(r->driver);
	/* The later ones hold the ends of the earlier ones, too. */
	for (int i = 0; i < CPUS; i++) {
		close(r->workers[i].go);
		close(r->workers[i].done);
	}
	for (int i = 0; i < CPUS; i++)
		waitpid(r->workers[i].pid, NULL, 0);
}

/* Read until nothing comes any more. */
static bool read_all(struct recording *r)
{
	struct record rec;

	for (;;) {
		switch (source_next(driver_source(r->driver), &rec, &r->err)) {
		case NEXT_ITEM:
			if (rec.event.cpu < CPUS)
				r->read[rec.event.cpu][rec.event.desc->category & EC_CLASS_MASK]++;
			r->nread++;
			break;
		case NEXT_IDLE:
			return true;
		default:
			return false;
		}
	}
}

static void check_sums(struct torture *t, struct recording *r,
		       const uint64_t (*expected)[DRIVER_CLASSES], const char *when)
{
	for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
		struct driver_stats stats;

		driver_cpu_stats(r->driver, cpu, &stats);
		for (uint32_t class = 0; class < DRIVER_CLASSES; class ++) {
			const struct driver_tally *tally = &stats.by_class[class];

			if (!expected[cpu][class] && !tally->stored && !tally->lost)
				continue;
			check(t, tally->stored + tally->lost == expected[cpu][class],
			      "%s, CPU %u, %s: stored %llu + lost %llu, made %llu", when, cpu,
			      schema_category_name(class), (unsigned long long)tally->stored,
			      (unsigned long long)tally->lost,
			      (unsigned long long)expected[cpu][class]);
			check(t, r->read[cpu][class] == tally->stored,
			      "%s, CPU %u, %s: stored %llu, read %llu", when, cpu,
			      schema_category_name(class), (unsigned long long)tally->stored,
			      (unsigned long long)r->read[cpu][class]);
		}
	}
}

/* The reader sleeps until the rings have overflown, then reads, then keeps up again. */
static void all_losses_are_counted(struct torture *t)
{
	static struct recording r;
	uint64_t expected[CPUS][DRIVER_CLASSES] = { 0 };
	struct driver_stats asleep, after;

	if (!check(t, recording_begin(&r, 1 << 20), "recording: %s", r.err.msg)) {
		recording_end(&r);
		return;
	}
	for (int i = 0; i < CPUS; i++) {
		uint32_t loops = BUSY_LOOPS + 7 * (uint32_t)i; /* the CPUs differ */

		expect_of(expected[i], loops);
		give(&r.workers[i], loops);
	}
	for (int i = 0; i < CPUS; i++)
		check(t, wait_for(&r.workers[i]), "worker %d died", i);
	asleep = driver_stats(r.driver);
	check(t, asleep.all.lost > 0, "a sleeping reader lost nothing of %llu",
	      (unsigned long long)asleep.all.stored);
	check(t, read_all(&r), "reading what is left: %s", r.err.msg);
	check_sums(t, &r, (const uint64_t(*)[DRIVER_CLASSES])expected, "asleep");
	for (int i = 0; i < CPUS; i++) {
		for (int k = 0; k < 20; k++) {
			expect_of(expected[i], 100);
			give(&r.workers[i], 100);
			check(t, wait_for(&r.workers[i]) && read_all(&r), "awake: %s", r.err.msg);
		}
	}
	after = driver_stats(r.driver);
	check(t, after.all.lost == asleep.all.lost, "losses went on after the reader woke: %llu",
	      (unsigned long long)(after.all.lost - asleep.all.lost));
	check(t, after.all.stored == asleep.all.stored + (uint64_t)CPUS * 20 * 100,
	      "after it woke %llu events were stored",
	      (unsigned long long)(after.all.stored - asleep.all.stored));
	check_sums(t, &r, (const uint64_t(*)[DRIVER_CLASSES])expected, "awake");
	figure("reader asleep: %llu calls, %llu stored, %llu lost, 0 uncounted",
	       (unsigned long long)(asleep.all.stored + asleep.all.lost),
	       (unsigned long long)asleep.all.stored, (unsigned long long)asleep.all.lost);
	recording_end(&r);
}

/* Two CPUs as fast as they can, through rings that hold a part of it. */
static bool read_along(struct torture *t, struct recording *r, bool last_try)
{
	uint64_t expected[CPUS][DRIVER_CLASSES] = { 0 };
	struct driver_stats stats;

	if (!recording_begin(r, 4 << 20)) {
		check(t, false, "recording: %s", r->err.msg);
		return true;
	}
	for (int i = 0; i < CPUS; i++) {
		expect_of(expected[i], EVENTS / CPUS);
		give(&r->workers[i], EVENTS / CPUS);
	}
	/* A worker may stand still for a while: only when it has ended is what it did complete. */
	for (int i = 0; i < CPUS; i++) {
		struct pollfd done = { .fd = r->workers[i].done, .events = POLLIN };

		while (poll(&done, 1, 0) == 0 && read_all(r) &&
		       driver_stats(r->driver).all.lost == 0)
			;
	}
	read_all(r);
	stats = driver_stats(r->driver);
	if (stats.all.lost && !last_try)
		return false;
	check(t, stats.all.lost == 0, "%llu of %d events lost while the reader read",
	      (unsigned long long)stats.all.lost, EVENTS);
	check(t, r->nread == EVENTS, "%llu events read of %d: %s", (unsigned long long)r->nread,
	      EVENTS, r->err.msg);
	check(t, stats.late == 0, "%llu events came late", (unsigned long long)stats.late);
	check_sums(t, r, (const uint64_t(*)[DRIVER_CLASSES])expected, "reading along");
	figure("reader keeps up: %llu of %d events, %llu lost", (unsigned long long)r->nread,
	       EVENTS, (unsigned long long)stats.all.lost);
	return true;
}

void torture_loss(struct torture *t)
{
	static struct recording r;

	/* A crowded machine may hold the emulator's reader up; that is counted, and no fault. */
	for (int i = 0; i < 4; i++) {
		bool done = read_along(t, &r, i == 3);

		recording_end(&r);
		if (done)
			break;
	}
	all_losses_are_counted(t);
}
