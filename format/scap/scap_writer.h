/*
 * Writing stock .scap: the current block versions, plain or gzip, readable by current and older
 * readers of the format.
 */
#ifndef SAKER_SCAP_WRITER_H
#define SAKER_SCAP_WRITER_H

#include "format/base/err.h"
#include "format/record.h"

struct scap_writer;

struct scap_writer_options {
	bool gzip;
};

/* Takes fd (closed by scap_writer_close, also when open fails). */
int scap_writer_open(int fd, const char *name, const struct scap_writer_options *opt,
		     struct scap_writer **out, struct err *err);
/* Records in trace order; a section header is written before the first one by itself. */
int scap_writer_put(struct scap_writer *w, const struct record *rec, struct err *err);
/* Flush, close and free; the file is complete only if this returns 0.  w may be NULL. */
int scap_writer_close(struct scap_writer *w, struct err *err);

#endif
