/*
 * Is a native trace whole, and as it was written?  Its frames are hashed as they come off the disk,
 * nothing is inflated or kept: bounded memory, and the speed of the hash.  SPEC 3.
 */
#ifndef SAKER_TRACE_VERIFY_H
#define SAKER_TRACE_VERIFY_H

#include "format/base/err.h"
#include "format/trace/frame.h"

struct trace_verdict {
	uint64_t frames, blocks; /* intact ones, before any damage; blocks of events */
	uint64_t events;         /* as the trailer says; 0: it was not reached */
	uint64_t valid_bytes;    /* length of the prefix that is whole and as it was written */
	uint8_t chain[FRAME_HASH_SIZE]; /* of its last frame: vouches for every byte of it */
};

/*
 * Reads fd, which stays the caller's, from where it stands to its end; a pipe will do.  0: all of
 * it is intact.  -1: err says what is wrong first, *out what stands before it.
 */
int trace_verify(int fd, const char *name, struct trace_verdict *out, struct err *err);

#endif
