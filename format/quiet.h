/*
 * Events that nobody looks at: whose they were is all that is left of them.
 */
#ifndef SAKER_QUIET_H
#define SAKER_QUIET_H

#include <stdint.h>

struct quiet_event {
	int64_t tid;
	int64_t param; /* the one of column_need.params, as a 64-bit number; -1: none */
	uint16_t type;
};

/* At least one of them, in the order of the trace. */
struct quiet_run {
	const struct quiet_event *events;
	uint32_t n;
	uint64_t first_ts_ns; /* of events[0] */
	uint64_t min_ts_ns, max_ts_ns;
};

#endif
