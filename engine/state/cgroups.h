/*
 * Control groups of a thread, as "subsys=path" items.
 */
#ifndef SAKER_STATE_CGROUPS_H
#define SAKER_STATE_CGROUPS_H

#include "format/base/buf.h"
#include "format/base/sv.h"
#include "format/container_match.h"

/*
 * Recorded items into `out` with the subsystem names of today ("perf" is perf_event, ...), each
 * ended by NUL.  False: an item is none; then all are to be ignored.
 */
bool cgroups_normalise(struct sv recorded, struct buf *out);

#endif
