/*
 * Writing a native trace: append-only, in bounded memory, into a file or a pipe.  SPEC 3 to 7.
 */
#ifndef SAKER_TRACE_WRITER_H
#define SAKER_TRACE_WRITER_H

#include "format/base/err.h"
#include "format/record.h"
#include "format/sink.h"

struct trace_writer;

/* Takes fd (closed by trace_writer_close, also when open fails); opt is copied. */
int trace_writer_open(int fd, const char *name, const struct sink_options *opt,
		      struct trace_writer **out, struct err *err);
/* Records in trace order; a RECORD_STATE begins a segment, and sums up all that was put before. */
int trace_writer_put(struct trace_writer *w, const struct record *rec, struct err *err);
/* What was put so far can be read from now on, whatever becomes of this process. */
int trace_writer_flush(struct trace_writer *w, struct err *err);
/* Size of the trace so far, but for what is pending. */
uint64_t trace_writer_bytes(const struct trace_writer *w);
/* Write what is pending, the index and the trailer; free.  w may be NULL. */
int trace_writer_close(struct trace_writer *w, struct err *err);

#endif
