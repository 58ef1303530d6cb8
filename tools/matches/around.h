/* The events around a match, read again from its trace. */
#ifndef SAKER_MATCHES_AROUND_H
#define SAKER_MATCHES_AROUND_H

#include "format/base/buf.h"
#include "format/base/err.h"

struct around {
	const char *trace;  /* path */
	const char *sha256; /* of the trace that was replayed */
	uint64_t evt_num;   /* the match's */
	uint64_t before, after;
	int64_t only_tid; /* -1: events of all threads; before and after count these only */
};

/*
 * Append a line for each event.  ERR_IO when the trace is not there, ERR_CHECK when it is another
 * file now; what can be read of a damaged trace is shown.
 */
int around_print(const struct around *a, size_t width, struct buf *out, struct err *err);

#endif
