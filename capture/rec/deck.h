/*
 * Where the recording goes.  The writer thread hands over every record in order, and now and then
 * all that came before, in one piece, when the deck has asked for it.
 */
#ifndef SAKER_REC_DECK_H
#define SAKER_REC_DECK_H

#include "capture/rec/meter.h"
#include "format/record.h"

struct deck;

/* What is not written yet can be lost, and takes memory: less of it than is usual in traces. */
enum { DECK_BLOCK_EVENTS = 1 << 16 };

struct deck_ops {
	int (*put)(struct deck *d, const struct record *rec, struct err *err);
	/* Here a reader can start; the deck did ask. */
	int (*snapshot)(struct deck *d, const struct snapshot_view *s, struct err *err);
	bool (*wants_snapshot)(const struct deck *d);
	/* A match at this time; the events up to it are put. */
	int (*match)(struct deck *d, uint64_t ts_ns, struct err *err);
	/* Between batches, and several times a second when there are none. */
	int (*tick)(struct deck *d, uint64_t now_ns, struct err *err);
	int (*close)(struct deck *d, struct err *err);
};

/* First member of every concrete deck. */
struct deck {
	const struct deck_ops *ops;
	bool full; /* all that was asked for is recorded: stop */
};

static inline int deck_close(struct deck *d, struct err *err)
{
	return d ? d->ops->close(d, err) : 0;
}

#endif
