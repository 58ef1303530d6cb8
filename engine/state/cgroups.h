/*
 * Control groups of a thread, as "subsys=path" items.
 */
#ifndef SAKER_STATE_CGROUPS_H
#define SAKER_STATE_CGROUPS_H

#include "format/base/buf.h"
#include "format/base/sv.h"

/* The part behind the first '='; empty when there is none. */
static inline struct sv cgroup_path(struct sv item)
{
	const char *eq = item.n ? memchr(item.p, '=', item.n) : NULL;

	if (!eq)
		return SV("");
	return (struct sv){ eq + 1, item.n - (size_t)(eq + 1 - item.p) };
}

/*
 * Recorded items into `out` with the subsystem names of today ("perf" is perf_event, ...), each
 * ended by NUL.  False: an item is none; then all are to be ignored.
 */
bool cgroups_normalise(struct sv recorded, struct buf *out);

#endif
