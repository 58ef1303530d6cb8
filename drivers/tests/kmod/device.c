/* The device in the wrong hands: orders that make no sense, and a reader that writes whatever it
 * can. */
#include "drivers/tests/kmod/torture.h"

#include "capture/driver_backend.h"
#include "capture/driver_calls.h"
#include <linux/ioctl.h>

#include "drivers/kmod/device.h"
#include "drivers/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 4096, READERS = 4, READER_MS = 2500 };

static bool refused(long rc, int error)
{
	return rc < 0 && errno == error;
}

static void layouts_without_sense(struct torture *t, int fd)
{
	static const struct {
		uint32_t version, chunk_shift, nchunks;
		int error;
	} bad[] = {
		{ 0, 20, 1, EPROTO },
		{ KMOD_VERSION + 1, 20, 1, EPROTO },
		{ KMOD_VERSION, 0, 1, EINVAL },
		{ KMOD_VERSION, 19, 2, EINVAL },
		{ KMOD_VERSION, 23, 1, EINVAL },
		{ KMOD_VERSION, 0xffffffff, 1, EINVAL },
		{ KMOD_VERSION, 20, 0, EINVAL },
		{ KMOD_VERSION, 20, 3, EINVAL },
		{ KMOD_VERSION, 20, 0x80000000, EINVAL },
		{ KMOD_VERSION, 22, 1 << 10, EINVAL },
	};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct kmod_setup setup = { .version = bad[i].version,
					    .chunk_shift = bad[i].chunk_shift,
					    .nchunks = bad[i].nchunks };

		check(t, refused(ioctl(fd, KMOD_SETUP, &setup), bad[i].error),
		      "layout %zu without sense: %s", i, strerror(errno));
	}
	check(t, refused(ioctl(fd, KMOD_SETUP, NULL), EFAULT), "a layout at NULL");
	check(t, refused(ioctl(fd, KMOD_SETUP, 0xffff888000000000), EFAULT),
	      "a layout in the kernel");
	check(t, refused(ioctl(fd, 4711), ENOTTY), "an unknown order: %s", strerror(errno));
	check(t, refused(ioctl(fd, KMOD_START), EINVAL), "start before setup: %s", strerror(errno));
	check(t, ioctl(fd, KMOD_STOP) == 0, "stop before setup: %s", strerror(errno));
}

static void *map(int fd, uint64_t area, size_t n, int protection, int flags)
{
	return mmap(NULL, n, protection, flags, fd, (off_t)area);
}

static void maps_without_sense(struct torture *t, int fd, uint32_t ncpus, size_t ring_bytes)
{
	const int rw = PROT_READ | PROT_WRITE;
	const size_t rings = ring_bytes * ncpus;
	const struct {
		uint64_t area;
		size_t n;
		int protection, flags, error;
	} bad[] = {
		{ KMOD_SETTINGS, PAGE, rw, MAP_SHARED, EINVAL },
		{ KMOD_SETTINGS + PAGE, PAGE, rw, MAP_SHARED, EINVAL },
		{ KMOD_CPUS, PAGE * 64, rw, MAP_SHARED, EINVAL },
		{ KMOD_RINGS, PAGE, PROT_READ, MAP_SHARED, EINVAL },
		{ KMOD_RINGS, rings, rw, MAP_SHARED, EPERM },
		{ KMOD_RINGS, rings, PROT_READ, MAP_PRIVATE, EINVAL },
		{ KMOD_RINGS + PAGE, rings, PROT_READ, MAP_SHARED, EINVAL },
		{ 3 * KMOD_CPUS, PAGE, PROT_READ, MAP_SHARED, EINVAL },
		{ 1ull << 62, PAGE, PROT_READ, MAP_SHARED, EINVAL },
	};
	char *p;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		p = map(fd, bad[i].area, bad[i].n, bad[i].protection, bad[i].flags);
		check(t, p == MAP_FAILED && errno == bad[i].error, "mapping %zu without sense: %s",
		      i, strerror(errno));
	}
	p = map(fd, KMOD_RINGS, rings, PROT_READ, MAP_SHARED);
	check(t, p != MAP_FAILED, "mapping the rings: %s", strerror(errno));
	check(t, refused(mprotect(p, rings, rw), EACCES), "rings made writable: %s",
	      strerror(errno));
	check(t, mremap(p, PAGE, 2 * PAGE, MREMAP_MAYMOVE) == MAP_FAILED, "rings were stretched");
	madvise(p, rings, MADV_DONTNEED);
	madvise(p, rings, MADV_DOFORK);
	check(t, munmap(p + PAGE, PAGE) == 0 && munmap(p, rings) == 0, "unmapping in parts");
}

void torture_device(struct torture *t)
{
	struct kmod_setup setup = { .version = KMOD_VERSION, .chunk_shift = 20, .nchunks = 1 };
	struct err err = { 0 };
	int fd = open(KMOD_DEVICE, O_RDWR | O_CLOEXEC);

	if (!check(t, fd >= 0, "open: %s", strerror(errno)))
		return;
	check(t, map(fd, KMOD_SETTINGS, PAGE, PROT_READ, MAP_SHARED) == MAP_FAILED,
	      "mapping before setup");
	layouts_without_sense(t, fd);
	check(t, ioctl(fd, KMOD_SETUP, &setup) == 0, "setup: %s", strerror(errno));
	check(t, refused(ioctl(fd, KMOD_SETUP, &setup), EALREADY), "setup twice: %s",
	      strerror(errno));
	maps_without_sense(t, fd, setup.ncpus, 1 << 20);
	for (int i = 0; i < 3; i++) {
		check(t, ioctl(fd, KMOD_START) == 0 && ioctl(fd, KMOD_START) == 0,
		      "start twice: %s", strerror(errno));
		check(t, ioctl(fd, KMOD_STOP) == 0 && ioctl(fd, KMOD_STOP) == 0, "stop twice: %s",
		      strerror(errno));
	}
	check(t, ioctl(fd, KMOD_START) == 0, "start: %s", strerror(errno));
	close(fd);
	check(t, module_users() == 0, "closed while it runs, it has %d users", module_users());
	/* More than the machine has. */
	fd = open(KMOD_DEVICE, O_RDWR | O_CLOEXEC);
	setup = (struct kmod_setup){ .version = KMOD_VERSION,
				     .chunk_shift = 22,
				     .nchunks = 1 << 8 };
	check(t, refused(ioctl(fd, KMOD_SETUP, &setup), ENOMEM), "rings of 1 GiB per CPU: %s",
	      strerror(errno));
	check(t, refused(ioctl(fd, KMOD_START), EINVAL), "start without memory: %s",
	      strerror(errno));
	close(fd);
	check(t, recording_works(&err), "a recording after all this: %s", err.msg);
}

/* --- a reader that writes whatever it can --- */

struct vandal {
	struct driver_loaded *loaded;
	uint64_t random;
};

static uint64_t next_random(struct vandal *v)
{
	v->random ^= v->random << 13;
	v->random ^= v->random >> 7;
	v->random ^= v->random << 17;
	return v->random;
}

static void scribble(struct vandal *v, void *area, size_t bytes)
{
	static const uint64_t odd[] = {
		0, 1, UINT64_MAX, INT64_MAX, 0xffff888000000000, 1ull << 32
	};
	uint64_t *words = area;

	for (size_t i = 0; i < 64; i++) {
		uint64_t r = next_random(v);

		words[r % (bytes / sizeof *words)] = r & 1 << 20 ? r : odd[r >> 21 & 3];
	}
}

/* Positions near those that the kernel goes by do more than others. */
static void move_tails(struct vandal *v)
{
	const struct driver_memory *mem = &v->loaded->mem;

	for (uint32_t i = 0; i < mem->ncpus; i++) {
		uint64_t r = next_random(v);

		mem->cpus[i].tail =
			mem->cpus[i].head + (r & 7 ? 0 : r >> 40) - (r & 8 ? r >> 44 : 0);
		mem->cpus[i].head += r & 16 ? r >> 50 : 0;
		mem->cpus[i].busy = (uint32_t)r;
	}
}

static void *vandalize(void *arg)
{
	struct vandal *v = arg;
	struct wire_settings *settings = v->loaded->settings;
	struct driver_set all = driver_set_all();

	all.page_faults = all.switches = true;
	for (uint32_t i = 0;; i++) {
		scribble(v, settings, sizeof *settings);
		scribble(v, v->loaded->mem.cpus,
			 sizeof *v->loaded->mem.cpus * v->loaded->mem.ncpus);
		move_tails(v);
		if (i % 16)
			continue;
		/* Sane for a while, but for the snaplen, or soon nothing would be recorded. */
		driver_calls_fill(settings, &all);
		settings->nexcluded = 0;
		settings->snaplen = (uint32_t)next_random(v) % 3 ? 80 : UINT32_MAX;
		move_tails(v);
		usleep((unsigned)(next_random(v) % 300));
	}
	return NULL;
}

/* Does all that until it is killed. */
static void be_hostile(uint64_t seed)
{
	const struct driver_set all = driver_set_all();
	struct driver_loaded loaded;
	struct vandal vandals[2];
	struct err err = { 0 };
	pthread_t thread;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (driver_kmod.load(1 << 20, false, &all, &loaded, &err) < 0)
		_exit(1);
	loaded.settings->page_faults = MACHINE_PAGE_FAULTS;
	loaded.settings->switches = 1;
	if (driver_kmod.attach(&loaded, &err) < 0)
		_exit(2);
	for (int i = 0; i < 2; i++)
		vandals[i] = (struct vandal){ &loaded, seed * 1000003 + (uint64_t)i };
	pthread_create(&thread, NULL, vandalize, &vandals[0]);
	vandalize(&vandals[1]);
}

void torture_hostile_reader(struct torture *t)
{
	pid_t storm = storm_begin();
	struct err err = { 0 };

	for (uint64_t i = 1; i <= READERS; i++) {
		pid_t reader = fork();
		int status = 0;

		if (reader == 0)
			be_hostile(i);
		sleep_ms(READER_MS);
		kill(reader, SIGKILL);
		waitpid(reader, &status, 0);
		check(t, WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL,
		      "hostile reader %d ended by itself: status %x", (int)i, (unsigned)status);
		check(t, module_users() == 0, "a hostile reader left %d users", module_users());
	}
	check(t, recording_works(&err), "a recording after hostile readers: %s", err.msg);
	storm_end(storm);
	figure("hostile readers: %d for %d ms each", READERS, READER_MS);
}
