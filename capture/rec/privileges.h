/*
 * Giving up power.  Loading the driver needs much of it, taking stock of the host some, the rest
 * none.  Capabilities belong to threads: each gives up its own, and hands on what it has to
 * those that it starts.
 */
#ifndef SAKER_REC_PRIVILEGES_H
#define SAKER_REC_PRIVILEGES_H

#include "format/base/err.h"

/* What is kept of the capabilities that are there. */
enum privileges {
	PRIVILEGES_NONE,
	PRIVILEGES_SCAN, /* look into every process, read every file */
};

/* Of the calling thread.  It never gets more than it has. */
int privileges_keep(enum privileges which, struct err *err);

/*
 * Before there are other threads: no program started from here gains anything, and with `user`
 * (a name or a number, may be NULL) the process becomes that user, keeping capabilities for a scan.
 */
int privileges_settle(const char *user, struct err *err);

#endif
