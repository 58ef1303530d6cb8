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

#endif
