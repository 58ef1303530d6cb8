/*
 * Alerts on their way from the rules to the outside: rendered, copied, bounded.  A full queue
 * refuses, so that whoever is slow out there never holds up the recording.
 */
#ifndef SAKER_REC_ALERT_QUEUE_H
#define SAKER_REC_ALERT_QUEUE_H

#include "engine/rules/ruleset.h"
#include "format/base/err.h"

struct alert_note {
	struct alert_note *next; /* of the queue */
	enum priority priority;
	struct sv line; /* in the note's own memory */
	void *about;    /* whatever the putter hung on it; the taker's business */
};

enum { ALERT_QUEUE_MAX = 8192, ALERT_QUEUE_BYTES = 8 << 20 };

struct alert_queue;

int alert_queue_new(struct alert_queue **out, struct err *err);
void alert_queue_free(struct alert_queue *q);

/* A copy of line joins the queue; false when it is full or there is no memory.  Never waits. */
bool alert_queue_put(struct alert_queue *q, enum priority priority, struct sv line, void *about);
/* The oldest one, which is the caller's to free with alert_note_free; NULL when none comes within
 * timeout_ms, or the queue is closed and empty. */
struct alert_note *alert_queue_take(struct alert_queue *q, int timeout_ms);
void alert_note_free(struct alert_note *note);
/* Nothing more will be put. */
void alert_queue_close(struct alert_queue *q);
bool alert_queue_ended(struct alert_queue *q);

#endif
