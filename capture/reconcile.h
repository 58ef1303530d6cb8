/*
 * Between the scan of the living host and its events: which of the events that arrived while the
 * scan ran are told by the scan already?
 *
 * The driver starts first, then the scan, then the buffered events are read.  The recording of a
 * thread begins when the scan read it: an event of an older time would be met by a state newer than
 * itself and would spoil it (a clone would make a child anew that has called exec since, a close
 * would take away an fd that has been opened since), so it is dropped and counted.  Events of
 * processes that were born after the scan passed, and of those it never saw once it is over, are
 * kept.
 *
 *            driver on                 scan over
 *   ----------|--------------T(p)--------|----------------->
 *     nothing |  drop (p)    | keep (p)  |  keep all
 *
 * What makes a thread that the scan tells of is dropped, too, whenever it comes: the thread is
 * told.
 */
#ifndef SAKER_RECONCILE_H
#define SAKER_RECONCILE_H

#include "format/base/err.h"
#include "format/record.h"

struct reconcile;

struct reconcile_stats {
	uint64_t before_scan; /* dropped: older than the thread's own scan */
	uint64_t known_child; /* dropped: tells of a thread that the scan tells of */
	uint64_t gone;        /* dropped: of a process that ended before the scan came to it */
	uint64_t kept;        /* while reconciling */
};

/* NULL: no memory. */
struct reconcile *reconcile_new(void);
void reconcile_free(struct reconcile *r);

/* The scan began to read thread tid at from_ns (the clock of the events).  ERR_NOMEM only. */
int reconcile_seen(struct reconcile *r, int64_t tid, uint64_t from_ns, struct err *err);
/* The scan ended at end_ns: no event from then on is older than what was read. */
void reconcile_scanned(struct reconcile *r, uint64_t end_ns);

/*
 * Is this event to be taken in?  Events in the order of their times.  Two seconds behind the end of
 * the scan every answer is yes, at the price of one comparison.
 */
bool reconcile_keeps(struct reconcile *r, const struct event *ev);

struct reconcile_stats reconcile_stats(const struct reconcile *r);

#endif
