/*
 * A file read from front to back by a thread of its own, so that whoever looks at the bytes does
 * not wait for them.
 */
#ifndef SAKER_TRACE_READ_AHEAD_H
#define SAKER_TRACE_READ_AHEAD_H

#include "format/base/err.h"
#include "format/base/sv.h"

struct read_ahead;

/* fd stays the caller's and is read from where it stands. */
int read_ahead_open(int fd, const char *name, struct read_ahead **out, struct err *err);
/* The next bytes of the file, valid until the next call. */
enum next read_ahead_next(struct read_ahead *r, struct sv *chunk, struct err *err);
/* May be called before the end. */
void read_ahead_close(struct read_ahead *r);

#endif
