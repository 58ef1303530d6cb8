/*
 * A deck of files: one of them, or one after the other with only the newest ones kept.  Each stands
 * alone: it begins with all that came before it.
 */
#ifndef SAKER_REC_TAPE_H
#define SAKER_REC_TAPE_H

#include "capture/rec/deck.h"

struct tape_options {
	const char *path; /* "-": standard output */
	int level;        /* of compression, 0: the default */
	struct sv manifest;
	uint64_t max_bytes;    /* stop when about this much is recorded; 0: no limit */
	uint64_t rotate_bytes; /* begin another file after about this much, 0: never */
	uint64_t rotate_ns;    /* or after this long, 0: never */
	uint32_t keep;         /* files; 0: all of them */
	uint64_t keep_bytes;   /* of all files together, 0: no limit */
	struct meter *meter;
};

/*
 * A file that is not followed by others has the name given; others have a number in it:
 * trace.000001.scap.  Numbers go on after those that are there, and what is there counts among the
 * files to keep.
 */
int tape_open(const struct tape_options *opt, struct deck **out, struct err *err);

#endif
