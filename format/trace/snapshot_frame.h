/* A snapshot as the payload of a frame.  SPEC 6. */
#ifndef SAKER_TRACE_SNAPSHOT_FRAME_H
#define SAKER_TRACE_SNAPSHOT_FRAME_H

#include "format/snapshot.h"
#include "format/trace/column.h"

/* *num: number of the event before it, as its intake rows tell. */
int snapshot_frame_put(struct packer *p, const struct snapshot_view *v, struct buf *out,
		       uint64_t *num, struct err *err);

/* The columns of a snapshot that has been read. */
struct snapshot_columns {
	struct buf columns[SNAPSHOT_COLUMNS];
};

void snapshot_columns_deinit(struct snapshot_columns *c);
/* *out: views of c. */
int snapshot_frame_take(struct packer *p, struct sv payload, struct snapshot_columns *c,
			struct snapshot_view *out, uint64_t *num, struct err *err);

#endif
