/*
 * News and alerts copied into a buffer, for another thread to hand to the sinks.
 *
 * A process is described only where the reader may not know it: when it comes first in a lineage
 * for the first time since the parcels began, and whenever it is above another one.
 */
#ifndef SAKER_REPLAY_PARCEL_H
#define SAKER_REPLAY_PARCEL_H

#include "replay/alert.h"

/* Packs what comes out of one stretch of records. */
struct parcel_writer {
	struct buf out;            /* the parcel so far; may be taken away at any time */
	bool with_processes;       /* somebody wants to know who did it */
	struct told_process *told; /* open addressing by pid */
	uint32_t ntold, room;
	struct buf cmdline;
};

void parcel_writer_deinit(struct parcel_writer *w);
/* Failures stay in w->out.failed. */
void parcel_put_alert(struct parcel_writer *w, const struct alert *a);
void parcel_put_news(struct parcel_writer *w, const struct process_news *n);

/* {0} is a new one; its room is used again and again. */
struct parcel_reader {
	struct ancestor chain[LINEAGE_MAX];
	struct process_look looks[LINEAGE_MAX], look;
	struct sv *values;
	size_t room;
};

void parcel_reader_deinit(struct parcel_reader *r);

struct parcel_item {
	bool is_alert;
	struct alert alert;
	struct process_news news;
};

/*
 * Cut the next item off the front of `parcel`, which it borrows from; valid until the next call.
 * alerts: of the same rules as the writer's.
 */
enum next parcel_next(struct parcel_reader *r, const struct alerts *alerts, struct sv *parcel,
		      struct parcel_item *out, struct err *err);

#endif
