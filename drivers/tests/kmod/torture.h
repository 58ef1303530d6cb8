/*
 * Torture of the kernel module, as root and, because it may end badly, in an emulator.  Each part
 * makes checks; what the kernel says of it in its log is looked at by whoever started the guest.
 */
#ifndef SAKER_DRIVERS_TESTS_KMOD_TORTURE_H
#define SAKER_DRIVERS_TESTS_KMOD_TORTURE_H

#include "capture/driver.h"

#include <sys/syscall.h>
#include <sys/types.h>

struct torture {
	const char *module; /* file of saker.ko */
	unsigned passed, failed;
};

/* A check has a name, said in full when it fails, with the values. */
__attribute__((format(printf, 3, 4))) bool check(struct torture *t, bool holds, const char *format,
						 ...);
/* A figure for whoever reads the log. */
__attribute__((format(printf, 1, 2))) void figure(const char *format, ...);

void torture_life(struct torture *t);
void torture_loss(struct torture *t);
void torture_pointers(struct torture *t);
void torture_races(struct torture *t);
void torture_device(struct torture *t);
void torture_hostile_reader(struct torture *t);
void torture_cost(struct torture *t);

/* --- storm.c: processes that make system calls, until they are killed --- */

pid_t storm_begin(void);
void storm_end(pid_t storm);

/* --- tools.c --- */

int module_load(const char *file);
/* Not waiting: -1 and errno EWOULDBLOCK while it is used. */
int module_unload(void);
/* Of /proc/modules; -1 when it is not loaded. */
int module_users(void);
/* A line of /proc/meminfo, in KiB. */
long meminfo(const char *name);
void pin_to_cpu(int cpu);
void sleep_ms(unsigned ms);
/* Does a recording, from open to close, see what this process does? */
bool recording_works(struct err *err);

#endif
