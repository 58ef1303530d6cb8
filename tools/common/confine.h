/*
 * A trace comes from a host that may be in an intruder's hands: before the first byte of it is
 * looked at, the process gives up what it does not need.  From then on it may read the files it was
 * asked to read, write those it was asked to write, and do nothing else to the system: no programs,
 * no network, no other processes.  Landlock restricts files, seccomp system calls.
 *
 * For the whole process, for good, and for threads begun later; to be called before there are any.
 * What the kernel cannot do is left out: an old kernel gives less protection, not an error.
 */
#ifndef SAKER_TOOLS_CONFINE_H
#define SAKER_TOOLS_CONFINE_H

#include "format/base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum { CONFINE_MAX_PATHS = 4096 };

enum confine_right {
	CONFINE_READ,   /* this file, or everything below this folder */
	CONFINE_WRITE,  /* this file; it may have to be made, so its folder, if it is not there */
	CONFINE_FOLDER, /* files in the folder of this file may be made, read, written, removed */
};

struct confine_path {
	const char *path; /* borrowed */
	enum confine_right right;
};

/* What is in force now. */
struct confinement {
	bool files, calls;
};

/*
 * "-" and paths that are not there need no right.  -1 only when the kernel has the means and
 * refuses: going on would be without the protection that was asked for.
 */
int confine(const struct confine_path *paths, size_t n, struct confinement *out, struct err *err);

#endif
