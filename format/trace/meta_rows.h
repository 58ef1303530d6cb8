/*
 * Records that are not events (machine, interfaces, users, processes, fds, losses), written one
 * after the other: the payload of a META or LOSS frame before compression.  SPEC 4.
 */
#ifndef SAKER_TRACE_META_ROWS_H
#define SAKER_TRACE_META_ROWS_H

#include "format/base/buf.h"
#include "format/base/err.h"
#include "format/record.h"

/* rec->kind is not RECORD_EVENT. Out of memory shows in out->failed. */
void meta_put(struct buf *out, const struct record *rec);
/* Cut the next record off *in; its views point into *in. ERR_FORMAT when it ends early. */
int meta_take(struct sv *in, struct record *rec, struct err *err);

#endif
