/*
 * The last threads that exited: a clone's caller must not make a child again that is already gone.
 */
#ifndef SAKER_STATE_RECENT_EXITS_H
#define SAKER_STATE_RECENT_EXITS_H

#include <stdbool.h>
#include <stdint.h>

enum { RECENT_EXITS = 8192, RECENT_EXIT_NS = 2000000000 };

struct recent_exits {
	struct {
		uint64_t key, ts_ns;
		uint16_t next; /* of the same bucket: index + 1, 0 ends */
	} ring[RECENT_EXITS];
	uint16_t buckets[RECENT_EXITS]; /* index + 1 of the newest */
	uint32_t at;                    /* the oldest, overwritten next */
	bool full;
};

void recent_exits_clear(struct recent_exits *r);
void recent_exits_add(struct recent_exits *r, int64_t tid, int64_t ptid, uint64_t ts_ns);
/* The entries from the oldest to the newest: false at the end. */
bool recent_exits_entry(const struct recent_exits *r, uint32_t i, uint64_t *key, uint64_t *ts_ns);
void recent_exits_add_key(struct recent_exits *r, uint64_t key, uint64_t ts_ns);
/* Did tid, a child of ptid, exit less than RECENT_EXIT_NS before ts_ns? */
bool recent_exits_has(const struct recent_exits *r, int64_t tid, int64_t ptid, uint64_t ts_ns);

#endif
