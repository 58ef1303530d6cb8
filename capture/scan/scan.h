/*
 * What is there before the first event: machine, interfaces, users, groups, processes, threads,
 * fds and sockets of the living host, as the records with which a section begins:
 *
 *   SECTION MACHINE IFACES_BEGIN IFACE* USERS_BEGIN USER* GROUP* { PROC+ FD* }*
 *
 * The threads of a process (the leader first) are followed by its fds, so that both are of nearly
 * the same moment.  Kernel threads and zombies are left out, as Falco leaves them out.
 */
#ifndef SAKER_SCAN_H
#define SAKER_SCAN_H

#include "capture/reconcile.h"
#include "format/base/err.h"
#include "format/record.h"

struct scan_options {
	const char *root;       /* in front of /proc, /sys and /etc; NULL: the living host */
	struct reconcile *seen; /* told when each thread was read; may be NULL */
	/* The clock of the events, ns since the epoch; NULL: CLOCK_REALTIME. */
	uint64_t (*now_ns)(void *arg);
	void *now_arg;
	uint32_t max_fds; /* of one process; 0: all */
};

struct scan_stats {
	uint64_t processes, threads, fds;
	uint64_t vanished;   /* processes that ended while they were read: not told */
	uint64_t unreadable; /* processes of which something could not be read: told without it */
	uint64_t sockets_unknown; /* fds of sockets that no table of the kernel lists: not told */
	uint32_t passes;          /* over the list of processes */
};

/* Takes a record; views in it are valid during the call.  -1 with err filled ends the scan. */
typedef int scan_put(void *arg, const struct record *rec, struct err *err);

/*
 * Hand all of it to put(arg).  ERR_IO when there is no /proc, ERR_NOMEM, or what put said; the
 * state of single processes never fails the scan.  stats may be NULL.
 */
int scan_host(const struct scan_options *opt, scan_put *put, void *arg, struct scan_stats *stats,
	      struct err *err);

#endif
