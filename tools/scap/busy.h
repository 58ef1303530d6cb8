/*
 * Which programs the events of a trace are about, by the names that the trace gives their threads.
 */
#ifndef SAKER_SCAP_BUSY_H
#define SAKER_SCAP_BUSY_H

#include "format/base/arena.h"
#include "format/base/strmap.h"
#include "format/record.h"

struct busy_name {
	struct sv comm;
	uint64_t events;
};

/* {0} is empty. */
struct busy {
	struct arena arena;
	struct strmap names; /* comm -> index into list */
	struct busy_name *list;
	uint32_t n, cap;
	struct busy_thread {
		int64_t tid;
		uint32_t name; /* index + 1; 0: free */
	} * threads;
	uint32_t nthreads, nslots;
	bool nomem; /* what was counted until then stays true */
};

void busy_deinit(struct busy *b);
void busy_record(struct busy *b, const struct record *rec);
/* Most events first, equal ones by name. */
void busy_sort(struct busy *b);

#endif
