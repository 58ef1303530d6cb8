/*
 * When the matches of a trace happened, kept small: a loss may be told of long after the matches
 * that it puts in doubt.
 */
#ifndef SAKER_REPLAY_MATCH_TIMES_H
#define SAKER_REPLAY_MATCH_TIMES_H

#include "format/base/buf.h"
#include "format/losses.h"

/* Some twenty million matches. */
enum { MATCH_TIMES_MAX_BYTES = 64 << 20 };

struct match_times {
	struct buf steps; /* zigzag varints, each from the time before */
	uint64_t last_ns;
	bool incomplete; /* there were more */
};

void match_times_add(struct match_times *t, uint64_t ts_ns);
/* How many lie within gaps; more may, if it is incomplete. */
uint64_t match_times_within(const struct match_times *t, const struct loss_gap *gaps, size_t n);
void match_times_clear(struct match_times *t);
void match_times_deinit(struct match_times *t);

#endif
