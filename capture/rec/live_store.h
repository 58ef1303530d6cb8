/*
 * Matches of a living host into the SQLite store, with the processes around them, by a thread of
 * its own: what does not fit into its queue while the disk is slow is not stored, and counted.
 */
#ifndef SAKER_REC_LIVE_STORE_H
#define SAKER_REC_LIVE_STORE_H

#include "capture/rec/meter.h"
#include "capture/rec/rulebook.h"

struct live_store;

struct live_store_options {
	const char *db;
	const char *trace;  /* being recorded; NULL: none is */
	struct sv manifest; /* of it: identifies this recording */
	struct sv options;  /* JSON, as in store_run */
	struct meter *meter;
};

int live_store_open(const struct live_store_options *opt, struct live_store **out, struct err *err);
/*
 * News and alerts of these rules, as replay/parcel.h packs them.  False: there is no room, all of
 * it is lost.  Never waits for the disk.
 */
bool live_store_put(struct live_store *s, struct rulebook *rules, struct sv parcel);
/* Store what waits, end the run, free. */
int live_store_close(struct live_store *s, struct err *err);

#endif
