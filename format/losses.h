/*
 * The loss ledger of a trace: which events are known to be missing, gathered from its records.
 *
 * Losses come as records of their own and, in stock traces of recorders that sampled under load, as
 * a pair of "drop" events, between which an unknown number of events is missing.
 */
#ifndef SAKER_LOSSES_H
#define SAKER_LOSSES_H

#include "format/base/arena.h"
#include "format/base/err.h"
#include "format/record.h"

/* More entries than this are added up in the last one. */
enum { LOSSES_MAX = 1 << 20 };

struct losses {
	struct loss_entry *items; /* in the order of the trace; their texts are the ledger's */
	size_t n, cap;
	struct arena texts;
	bool dropping;      /* the last "drop" event began a gap, which is items[drop] */
	bool fresh_section; /* a section began before anything was entered */
	size_t drop;
};

/* Times between which something is missing, both included. */
struct loss_gap {
	uint64_t from_ns, to_ns;
};

/* Does this record belong into a ledger?  Meant for every record of a trace. */
static inline bool losses_concern(const struct record *rec)
{
	if (rec->kind == RECORD_EVENT)
		return rec->event.type == EV_DROP_E || rec->event.type == EV_DROP_X;
	return rec->kind == RECORD_LOSS || rec->kind == RECORD_SECTION;
}

/* Enter a record that concerns it.  last_ns: the latest event so far. */
int losses_record(struct losses *l, const struct record *rec, uint64_t last_ns, struct err *err);
/* Append what a later part of the same trace came to, read by itself. last_ns: as above. */
int losses_join(struct losses *l, const struct losses *later, uint64_t last_ns, struct err *err);
void losses_deinit(struct losses *l);

/* Events lost in all; *at_least: there are losses of unknown count as well. */
uint64_t losses_count(const struct losses *l, bool *at_least);
/*
 * The times that losses cover, in order and disjoint; *out is the caller's, NULL if there are none.
 */
int losses_gaps(const struct losses *l, struct loss_gap **out, size_t *n, struct err *err);
bool loss_gaps_hold(const struct loss_gap *gaps, size_t n, uint64_t ts_ns);

#endif
