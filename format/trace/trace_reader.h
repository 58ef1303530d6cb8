/*
 * A native trace as a source.  Every hash and the chain are checked on the way; everything before
 * the first wrong or missing byte is delivered.  SPEC 3 to 6.
 */
#ifndef SAKER_TRACE_READER_H
#define SAKER_TRACE_READER_H

#include "format/source.h"

#include <stdint.h>

/*
 * Takes fd (closed by source_close, also on failure), from which the file's first bytes, `head`,
 * have been read already.
 */
int trace_reader_open(int fd, struct sv head, const char *name, const struct source_options *opt,
		      struct source **out, struct err *err);

/* What a native trace was found to be made of, so far. */
struct trace_layout {
	uint64_t frames, blocks;
	uint8_t chain[32]; /* of the last frame: vouches for every byte before it */
};

/* NULL when s is not a native trace. */
const struct trace_layout *trace_reader_layout(const struct source *s);

/*
 * Check the frames and hashes of a native trace without inflating anything: SPEC 3.
 * *valid: length in bytes of the prefix that is whole and as it was written.  0 when that is all of
 * the file; -1 with the first thing that is wrong, *layout then telling what stands before it.
 */
int trace_verify(int fd, const char *name, struct trace_layout *layout, uint64_t *valid,
		 struct err *err);

#endif
