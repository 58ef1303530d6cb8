/*
 * One of several equal shares of a set of traces, for processes or machines that divide it among
 * them without a word to each other.
 */
#ifndef SAKER_REPLAY_SHARD_H
#define SAKER_REPLAY_SHARD_H

#include "replay/inputs.h"

enum { SHARDS_MAX = 1024 };

struct shard {
	unsigned number, of; /* 1 .. of; of 0: everything */
};

/* "2/5".  ERR_USAGE when it is none. */
int shard_parse(const char *text, struct shard *out, struct err *err);

/*
 * Keep what is this shard's, in the same order.  Whole traces go where least has gone so far, the
 * largest first: the same names and sizes in the same order give the same shards everywhere.
 */
int shard_keep(const struct shard *s, struct inputs *in, struct err *err);

#endif
