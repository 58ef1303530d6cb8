/*
 * Enter events of old traces that wait for the exit of their call: one of each thread.
 *
 * The table is bounded.  At its limit an enter event is not kept, and its exit does without.
 */
#ifndef SAKER_SCAP_ENTER_TABLE_H
#define SAKER_SCAP_ENTER_TABLE_H

#include "format/record.h"

enum {
	ENTER_MAX_PARAMS = 8, /* no conversion stores an enter event with more; a test checks it */
	ENTER_SMALL = 40,
};

/* The last enter event of one thread. */
struct enter {
	int64_t tid;
	bool used;   /* this place of the table belongs to tid */
	bool stored; /* and holds an enter event that no exit has taken yet */
	bool passed; /* which was also shown */
	uint8_t nparams;
	uint16_t type;
	uint32_t cap; /* of heap */
	char *heap;   /* the parameters, one behind the other, when they do not fit in `small` */
	uint32_t lens[ENTER_MAX_PARAMS];
	char small[ENTER_SMALL];
};

/* {0} is an empty one. */
struct enter_table {
	struct enter *slots; /* open addressing by tid, at most half full */
	uint32_t nslots;     /* a power of two */
	uint32_t nused;
	size_t heap_bytes;
};

/* Forget them all and release their memory. */
void enter_table_clear(struct enter_table *t);

/* Keep a copy of *ev (at most ENTER_MAX_PARAMS parameters) in place of the thread's last one. */
void enter_table_store(struct enter_table *t, const struct event *ev, bool passed);

/* What the thread's exit may take; NULL if there is nothing.  Valid until the next store. */
struct enter *enter_table_find(const struct enter_table *t, int64_t tid);

/* It was taken.  Its bytes stay until the next store. */
static inline void enter_take(struct enter *e)
{
	e->stored = false;
}

/* Parameter i < e->nparams; valid as long as e is. */
struct sv enter_param(const struct enter *e, uint32_t i);

/* How many threads have one that no exit has taken. */
uint32_t enter_table_count(const struct enter_table *t);

/* One after the other, ascending tids; only tid, type and parameters of *ev are set. */
int enter_table_each(const struct enter_table *t,
		     int (*take)(void *arg, const struct event *ev, bool passed, struct err *err),
		     void *arg, struct err *err);

#endif
