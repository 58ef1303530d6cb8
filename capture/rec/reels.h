/*
 * The numbered files of one recording: their names, and which of them are old enough to go.
 */
#ifndef SAKER_REC_REELS_H
#define SAKER_REC_REELS_H

#include "format/base/buf.h"
#include "format/base/err.h"

struct reel {
	uint64_t number, bytes;
};

struct reels {
	char *stem, *suffix; /* "dir/trace", ".scap" */
	struct reel *all;    /* oldest first */
	size_t n, cap;
};

/* Those that are there already: path with a number before its suffix. */
int reels_open(const char *path, struct reels *out, struct err *err);
void reels_deinit(struct reels *r);

/* Name of the reel with this number, in out. */
const char *reels_name(const struct reels *r, uint64_t number, struct buf *out);
/* One more, which becomes the newest. */
int reels_add(struct reels *r, struct err *err);
/* Remove the oldest ones until at most `keep` and at most `bytes` are left (0: any number); the
 * newest one always stays.  How many went. */
size_t reels_trim(struct reels *r, uint32_t keep, uint64_t bytes);

static inline struct reel *reels_newest(struct reels *r)
{
	return r->n ? &r->all[r->n - 1] : NULL;
}

#endif
