/* Pointers that a process may hand to the kernel and that lead nowhere good. */
#ifndef SAKER_DRIVERS_TESTS_KMOD_HOSTILE_H
#define SAKER_DRIVERS_TESTS_KMOD_HOSTILE_H

#include <stdbool.h>
#include <stdint.h>

struct hostile {
	const char *name;
	uint64_t p;
	bool unreadable; /* for user space, whatever the length */
};

enum { HOSTILE_MAX = 40 };

/* Map what they need, below 4 GiB, so that 32-bit calls can be given them too; their number. */
uint32_t hostile_pointers(struct hostile out[HOSTILE_MAX]);
/* Something that can be read, as a path, and written. */
uint64_t friendly_pointer(void);

#endif
