/*
 * Follows the records of a trace for its writer, to the point at which a reader would be: numbers
 * and old events as format/intake, the host as engine/state.  So that the writer can put down, at
 * any moment, all that somebody needs who starts to read there.
 *
 * Events are taken as they stand in the file; upgraded ones are as welcome as old ones.
 */
#ifndef SAKER_TRACKER_H
#define SAKER_TRACKER_H

#include "engine/state/state.h"

struct tracker;

struct tracker *tracker_new(void); /* NULL: no memory */
void tracker_free(struct tracker *t);

/*
 * Take one record.  An event that no reader could upgrade ends all tracking: a reader does not get
 * past it, either.  -1: no memory, or a RECORD_STATE that is damaged.
 */
int tracker_record(struct tracker *t, const struct record *rec, struct err *err);

/* Save what the records so far have come to.  1: tracking has ended.  Has the signature of
 * sink_options.snapshot; t is a struct tracker. */
int tracker_snapshot(void *t, struct snapshot *out, struct err *err);

/*
 * The same as records that any trace can hold: state_records, then the enter events that wait for
 * their exit, for the state only.  ts_ns is their time: that of the event to come.
 */
int tracker_records(const struct tracker *t, uint64_t ts_ns, state_teller *tell, void *arg,
		    struct err *err);

/* state_rewrite, and the enter events that wait for their exit. */
int tracker_rewrite(struct tracker *t, state_rewriter *rewriter, void *arg, struct err *err);
/* evt.num of the last event so far. */
uint64_t tracker_num(const struct tracker *t);
/* The last event as a reader sees it, current and numbered; NULL: readers do not see it. */
const struct event *tracker_event(const struct tracker *t);
/* The latest time of an event of this section; 0: none yet. */
uint64_t tracker_last_ns(const struct tracker *t);
const struct state *tracker_state(const struct tracker *t);

#endif
