/* Loading, opening, closing, dying and unloading, while the machine is busy. */
#include "drivers/tests/kmod/torture.h"

#include <linux/ioctl.h>
#include <linux/types.h>

#include "drivers/kmod/device.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LOADS = 100, KILLS = 15, OPENS = 200 };

static const struct driver_options small_rings = { .kind = DRIVER_KMOD, .ring_bytes = 1 << 20 };

/* One life of the module: a recording in it sees events, and while it lasts the module stays. */
static bool live_once(struct torture *t, int i)
{
	struct driver *d = NULL;
	struct err err = { 0 };
	struct record rec;
	int seen = 0, idle = 0;

	if (module_load(t->module) < 0)
		return check(t, false, "load %d: %s", i, strerror(errno));
	if (driver_open(&small_rings, &d, &err) < 0 || driver_start(d, &err) < 0)
		return check(t, false, "recording %d: %s", i, err.msg);
	while (seen < 200 && idle < 50) {
		switch (source_next(driver_source(d), &rec, &err)) {
		case NEXT_ITEM:
			seen++;
			break;
		case NEXT_IDLE:
			idle++;
			break;
		default:
			idle = 50;
		}
	}
	if (seen < 200)
		check(t, false, "recording %d: only %d events: %s", i, seen, err.msg);
	if (module_users() != 1 || module_unload() == 0 || errno != EWOULDBLOCK)
		check(t, false, "unloading %d was not refused while a recording ran", i);
	driver_close(d);
	if (module_users() != 0)
		check(t, false, "after recording %d the module has %d users", i, module_users());
	if (module_unload() < 0)
		return check(t, false, "unload %d: %s", i, strerror(errno));
	return true;
}

static void loads_and_unloads_under_a_storm(struct torture *t)
{
	const long tolerance_kib = 4096; /* a storm's own memory comes and goes */
	long vmalloc, percpu, slab;
	unsigned failed = t->failed;
	pid_t storm = storm_begin();
	int i;

	module_unload();
	for (i = 0; i < 5 && live_once(t, i); i++)
		;
	vmalloc = meminfo("VmallocUsed");
	percpu = meminfo("Percpu");
	slab = meminfo("SUnreclaim");
	for (i = 0; i < LOADS && live_once(t, i); i++)
		;
	check(t, i == LOADS && t->failed == failed, "%d loads and unloads under a storm", i);
	vmalloc = meminfo("VmallocUsed") - vmalloc;
	percpu = meminfo("Percpu") - percpu;
	slab = meminfo("SUnreclaim") - slab;
	storm_end(storm);
	check(t, vmalloc < 512 && percpu < 512 && slab < tolerance_kib,
	      "%d loads leak: vmalloc %ld KiB, percpu %ld KiB, slab %ld KiB", LOADS, vmalloc,
	      percpu, slab);
	figure("%d loads and unloads under a storm: vmalloc %+ld KiB, percpu %+ld KiB, slab %+ld "
	       "KiB",
	       LOADS, vmalloc, percpu, slab);
	check(t, module_load(t->module) == 0, "load again: %s", strerror(errno));
}

static void opens_and_closes(struct torture *t)
{
	long vmalloc, slab;
	struct err err = { 0 };
	int i = 0;

	for (int round = 0; round < 2; round++) {
		vmalloc = meminfo("VmallocUsed");
		slab = meminfo("SUnreclaim");
		for (i = 0; i < OPENS; i++) {
			struct driver *d;

			if (driver_open(&small_rings, &d, &err) < 0)
				break;
			driver_close(d);
		}
	}
	check(t, i == OPENS, "open %d: %s", i, err.msg);
	vmalloc = meminfo("VmallocUsed") - vmalloc;
	slab = meminfo("SUnreclaim") - slab;
	check(t, vmalloc < 256 && slab < 256, "%d opens leak: vmalloc %ld KiB, slab %ld KiB", OPENS,
	      vmalloc, slab);
}

/* A reader that reads until it is killed; it tells by a byte that events flow. */
static pid_t reader_begin(int *told)
{
	int pipe_fds[2];
	pid_t reader;

	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return -1;
	reader = fork();
	if (reader == 0) {
		struct driver *d = NULL;
		struct err err = { 0 };
		struct record rec;

		if (driver_open(&small_rings, &d, &err) < 0 || driver_start(d, &err) < 0)
			_exit(1);
		while (source_next(driver_source(d), &rec, &err) == NEXT_IDLE)
			;
		if (write(pipe_fds[1], "", 1) != 1)
			_exit(1);
		while (source_next(driver_source(d), &rec, &err) != NEXT_ERROR)
			;
		_exit(1);
	}
	close(pipe_fds[1]);
	*told = pipe_fds[0];
	return reader;
}

static void readers_are_killed_under_load(struct torture *t)
{
	pid_t storm = storm_begin();
	struct err err = { 0 };
	int i;

	for (i = 0; i < KILLS; i++) {
		int told, status;
		pid_t reader = reader_begin(&told);
		char c;

		if (read(told, &c, 1) != 1) {
			check(t, false, "reader %d did not read", i);
			break;
		}
		close(told);
		sleep_ms((unsigned)i * 7 % 40);
		kill(reader, SIGKILL);
		waitpid(reader, &status, 0);
		if (module_users() != 0) {
			check(t, false, "a killed reader left %d users", module_users());
			break;
		}
	}
	check(t, i == KILLS, "%d readers killed", i);
	check(t, recording_works(&err), "a recording after killed readers: %s", err.msg);
	storm_end(storm);
}

/* Run in a child: what it returns is its status. */
static int in_child(int (*run)(void))
{
	pid_t child = fork();
	int status = 255;

	if (child == 0)
		_exit(run());
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

static int open_unprivileged(void)
{
	struct driver *d;
	struct err err = { 0 };

	if (setgid(65534) < 0 || setuid(65534) < 0)
		return 2;
	if (open(KMOD_DEVICE, O_RDWR) >= 0 || errno != EPERM)
		return 3;
	if (driver_open(&small_rings, &d, &err) == 0)
		return 4;
	return strstr(err.msg, "CAP_BPF") ? 0 : 5;
}

static void others_are_refused(struct torture *t)
{
	struct driver *first = NULL, *second = NULL;
	struct err err = { 0 };
	int rc;

	check(t, driver_open(&small_rings, &first, &err) == 0, "the first opener: %s", err.msg);
	rc = driver_open(&small_rings, &second, &err);
	check(t, rc < 0 && strstr(err.msg, "serves another process already"),
	      "the second opener gets: %s", err.msg);
	driver_close(first);
	/* The file's mode must not be what refuses. */
	chmod(KMOD_DEVICE, 0666);
	rc = in_child(open_unprivileged);
	check(t, rc == 0, "an opener without privileges: step %d went wrong", rc);
	chmod(KMOD_DEVICE, 0600);
}

void torture_life(struct torture *t)
{
	others_are_refused(t);
	opens_and_closes(t);
	readers_are_killed_under_load(t);
	loads_and_unloads_under_a_storm(t);
}
