/*
 * The recorder at work: a thread that drains the driver, one that judges, one that writes, one that
 * delivers alerts, with bounded buffers in between.
 */
#ifndef SAKER_REC_RECORDER_H
#define SAKER_REC_RECORDER_H

#include "capture/rec/deck.h"
#include "capture/rec/drain.h"
#include "capture/rec/judge.h"
#include "capture/rec/outlets.h"

struct recorder;

/* All borrowed, and closed by the caller after recorder_finish. */
struct recorder_options {
	struct drain *drain;
	struct belt *belt; /* of RECORDER_STAGES stages */
	struct judge *judge;
	struct deck *deck;          /* NULL: nothing is recorded */
	struct alert_queue *alerts; /* NULL: no rules */
	struct outlets *outlets;    /* with alerts */
	struct meter *meter;
};

enum { RECORDER_STAGES = 3 };

/* Start the threads.  -1: none of them runs. */
int recorder_start(const struct recorder_options *opt, struct recorder **out, struct err *err);
/* Has a thread ended for whatever reason: an error, a full deck, the end of the driver? */
bool recorder_ended(const struct recorder *r);
/* Stop the driver, let everything run dry, join the threads.  -1: the first thing that failed. */
int recorder_finish(struct recorder *r, struct err *err);

#endif
