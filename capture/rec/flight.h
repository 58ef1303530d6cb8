/*
 * A deck that forgets: it keeps the recent past in memory, and when something matches, saves what
 * was before it and what comes after.
 */
#ifndef SAKER_REC_FLIGHT_H
#define SAKER_REC_FLIGHT_H

#include "capture/rec/deck.h"

struct flight_options {
	const char *path; /* files get numbers */
	struct sv manifest;
	int level;
	uint64_t before_ns, after_ns;
	uint64_t room_bytes; /* of the past in memory, compressed; it is shorter than asked when
			      * that is too little */
	uint64_t max_bytes;  /* stop when about this much is saved; 0: no limit */
	uint32_t keep;       /* files; 0: all */
	struct meter *meter;
};

int flight_open(const struct flight_options *opt, struct deck **out, struct err *err);

#endif
