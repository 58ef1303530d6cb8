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

/* Hand out every text but environments, and every address, of a record that is not an event. */
void meta_visit(const struct record *rec, void (*text)(void *arg, struct sv text),
		void (*address)(void *arg, const struct ip *ip), void *arg);

#endif
