#include "drivers/tests/kmod/torture.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int module_load(const char *file)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC), rc;

	if (fd < 0)
		return -1;
	rc = (int)syscall(SYS_finit_module, fd, "", 0);
	close(fd);
	return rc;
}

int module_unload(void)
{
	return (int)syscall(SYS_delete_module, "saker", O_NONBLOCK);
}

int module_users(void)
{
	FILE *f = fopen("/proc/modules", "re");
	char line[512], name[64];
	int users = -1, n;

	while (f && fgets(line, sizeof line, f)) {
		if (sscanf(line, "%63s %*u %d", name, &n) == 2 && strcmp(name, "saker") == 0)
			users = n;
	}
	if (f)
		fclose(f);
	return users;
}

long meminfo(const char *name)
{
	FILE *f = fopen("/proc/meminfo", "re");
	size_t n = strlen(name);
	char line[256];
	long kib = -1;

	while (f && fgets(line, sizeof line, f)) {
		if (strncmp(line, name, n) == 0 && line[n] == ':')
			kib = strtol(line + n + 1, NULL, 10);
	}
	if (f)
		fclose(f);
	return kib;
}

void pin_to_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof set, &set);
}

void sleep_ms(unsigned ms)
{
	struct timespec left = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

	while (nanosleep(&left, &left) < 0)
		;
}

bool recording_works(struct err *err)
{
	const struct driver_options opt = { .kind = DRIVER_KMOD,
					    .ring_bytes = 1 << 20,
					    .include_self = true };
	struct driver *d = NULL;
	struct record rec;
	bool seen = false;
	int idle = 0;

	if (driver_open(&opt, &d, err) < 0)
		return false;
	if (driver_start(d, err) == 0) {
		close(-4711);
		while (!seen && idle < 50) {
			enum next next = source_next(driver_source(d), &rec, err);

			if (next == NEXT_IDLE)
				idle++;
			if (next == NEXT_ERROR || next == NEXT_END)
				break;
			seen = next == NEXT_ITEM && rec.event.type == EV_SYSCALL_CLOSE_X &&
			       (int32_t)get_le32(rec.event.params[1].p) == -4711;
		}
		if (!seen && !err->msg[0])
			err_set(err, ERR_FORMAT, "the event did not come");
	}
	driver_close(d);
	return seen;
}
