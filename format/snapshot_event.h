/*
 * Enter events that wait for their exit, in a snapshot.  SPEC 10.2.
 */
#ifndef SAKER_SNAPSHOT_EVENT_H
#define SAKER_SNAPSHOT_EVENT_H

#include "format/record.h"

/* Its type and parameters; the rest of the event is the caller's. */
void snapshot_put_event(struct snapshot *s, const struct event *ev);

/* Room for the parameters that a snapshot keeps as numbers. */
struct snapshot_ints {
	uint64_t of[EVENT_MAX_PARAMS];
};

/* Sets type, desc, nparams and params, whose bytes are in the snapshot and in room. */
void snapshot_take_event(struct snapshot_reader *r, struct event *ev, struct snapshot_ints *room);

#endif
