#include "engine/state/recent_exits.h"

#include "format/base/hash.h"

static uint64_t key_of(int64_t tid, int64_t ptid)
{
	return (uint64_t)ptid << 32 | (uint32_t)tid;
}

static uint32_t bucket_of(uint64_t key)
{
	return (uint32_t)hash_u64(key) % RECENT_EXITS;
}

void recent_exits_clear(struct recent_exits *r)
{
	*r = (struct recent_exits){ 0 };
}

static void unlink_oldest(struct recent_exits *r)
{
	uint16_t *link = &r->buckets[bucket_of(r->ring[r->at].key)];

	while (*link != r->at + 1)
		link = &r->ring[*link - 1].next;
	*link = r->ring[r->at].next;
}

void recent_exits_add(struct recent_exits *r, int64_t tid, int64_t ptid, uint64_t ts_ns)
{
	recent_exits_add_key(r, key_of(tid, ptid), ts_ns);
}

bool recent_exits_entry(const struct recent_exits *r, uint32_t i, uint64_t *key, uint64_t *ts_ns)
{
	if (i >= (r->full ? RECENT_EXITS : r->at))
		return false;
	uint32_t at = r->full ? (r->at + i) % RECENT_EXITS : i;
	*key = r->ring[at].key;
	*ts_ns = r->ring[at].ts_ns;
	return true;
}

void recent_exits_add_key(struct recent_exits *r, uint64_t key, uint64_t ts_ns)
{
	uint16_t *bucket = &r->buckets[bucket_of(key)];

	if (r->full)
		unlink_oldest(r);
	r->ring[r->at].key = key;
	r->ring[r->at].ts_ns = ts_ns;
	r->ring[r->at].next = *bucket;
	*bucket = (uint16_t)(r->at + 1);
	if (++r->at == RECENT_EXITS) {
		r->at = 0;
		r->full = true;
	}
}

bool recent_exits_has(const struct recent_exits *r, int64_t tid, int64_t ptid, uint64_t ts_ns)
{
	uint64_t key = key_of(tid, ptid);

	for (uint16_t i = r->buckets[bucket_of(key)]; i; i = r->ring[i - 1].next) {
		uint64_t exit_ns = r->ring[i - 1].ts_ns;

		if (r->ring[i - 1].key == key && ts_ns >= exit_ns &&
		    ts_ns - exit_ns < RECENT_EXIT_NS)
			return true;
	}
	return false;
}
