/*
 * A native trace as a source.  Every hash and the chain are checked on the way; everything before
 * the first wrong or missing byte is delivered.  SPEC 3 to 6.
 */
#ifndef SAKER_TRACE_READER_H
#define SAKER_TRACE_READER_H

#include "format/source.h"

/*
 * Takes fd (closed by source_close, also on failure), from which the file's first bytes, `head`,
 * have been read already.
 */
int trace_reader_open(int fd, struct sv head, const char *name, const struct source_options *opt,
		      struct source **out, struct err *err);

#endif
