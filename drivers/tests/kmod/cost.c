/*
 * What a system call costs with either driver, in turns on one CPU.  The rings are emptied by
 * moving the reader's mark: no second thread disturbs the measurement.
 */
#include "drivers/tests/kmod/torture.h"

#include "capture/driver_backend.h"
#include "capture/driver_calls.h"

#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 3, BURSTS = 5, BURST = 1500 };

static uint64_t cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void call_getppid(void)
{
	syscall(SYS_getppid);
}

static void call_open_close(void)
{
	long fd = syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY, 0);

	syscall(SYS_close, fd);
}

static void empty_rings(const struct driver_loaded *l)
{
	for (uint32_t i = 0; l && i < l->mem.ncpus; i++)
		__atomic_store_n(&l->mem.cpus[i].tail,
				 __atomic_load_n(&l->mem.cpus[i].head, __ATOMIC_ACQUIRE),
				 __ATOMIC_RELEASE);
}

static double ns_per_call(void (*call)(void), const struct driver_loaded *l)
{
	uint64_t best = UINT64_MAX;

	for (int i = 0; i < BURSTS; i++) {
		uint64_t begin;

		empty_rings(l);
		begin = cpu_ns();
		for (int k = 0; k < BURST; k++)
			call();
		begin = cpu_ns() - begin;
		best = begin < best ? begin : best;
	}
	return (double)best / BURST;
}

enum { BARE, BPF, KMOD, NDRIVERS };

struct contender {
	const struct driver_backend *backend; /* NULL: no driver */
	struct driver_loaded loaded;
};

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void measure(struct torture *t, struct contender *c, const char *calls, void (*call)(void),
		    const char *how)
{
	double ns[NDRIVERS][ROUNDS] = { 0 }, median[NDRIVERS];
	struct err err = { 0 };

	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < NDRIVERS; i++) {
			if (c[i].backend && c[i].backend->attach(&c[i].loaded, &err) < 0)
				continue;
			ns[i][round] = ns_per_call(call, c[i].backend ? &c[i].loaded : NULL);
			if (c[i].backend)
				c[i].backend->detach(&c[i].loaded);
		}
	}
	for (int i = 0; i < NDRIVERS; i++) {
		qsort(ns[i], ROUNDS, sizeof(double), by_size);
		median[i] = ns[i][ROUNDS / 2] - (i ? median[BARE] : 0);
	}
	figure("%s, paths read %s: bare %.0f ns, eBPF +%.0f ns, module +%.0f ns: ratio %.2f", calls,
	       how, median[BARE], median[BPF], median[KMOD], median[KMOD] / median[BPF]);
	check(t, median[KMOD] <= median[BPF], "%s, paths read %s: the module costs more than eBPF",
	      calls, how);
}

/* With paths read at the end of calls or before. */
static void compare(struct torture *t, bool entry)
{
	static const char *const when[] = { [WIRE_AT_EXIT] = "when calls end",
					    [WIRE_AT_ENTRY] = "when calls begin",
					    [WIRE_AT_USE] = "when used" };
	struct contender c[NDRIVERS] = {
		[BPF] = { .backend = &driver_bpf }, [KMOD] = { .backend = &driver_kmod }
	};
	const struct driver_set all = driver_set_all();
	struct err err = { 0 };
	int rc = 0;

	for (int i = BPF; i < NDRIVERS && rc == 0; i++) {
		rc = c[i].backend->load(8 << 20, entry, &all, &c[i].loaded, &err);
		if (!check(t, rc == 0, "loading the driver %s: %s", c[i].backend->name, err.msg))
			break;
		c[i].loaded.settings->snaplen = DRIVER_SNAPLEN;
		driver_calls_fill(c[i].loaded.settings, &all);
		c[i].loaded.settings->entries = c[i].loaded.mem.layout.paths != WIRE_AT_EXIT;
	}
	if (rc == 0) {
		const char *how = when[c[BPF].loaded.mem.layout.paths];

		measure(t, c, "getppid", call_getppid, how);
		measure(t, c, "open and close", call_open_close, how);
	}
	for (int i = BPF; i < NDRIVERS; i++)
		c[i].backend->unload(&c[i].loaded);
}

void torture_cost(struct torture *t)
{
	pin_to_cpu(0);
	compare(t, true);
	compare(t, false);
}
