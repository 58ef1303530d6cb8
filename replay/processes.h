/*
 * Collects the process tree of a trace into the store: who cloned whom, what was run, how it ended.
 */
#ifndef SAKER_REPLAY_PROCESSES_H
#define SAKER_REPLAY_PROCESSES_H

#include "replay/process_news.h"

struct processes;

/* For one run, which must have begun.  store is borrowed.  NULL: no memory. */
struct processes *processes_new(struct store *store);
void processes_free(struct processes *p);

/* Take in all news of the trace, in their order. */
int processes_take(struct processes *p, const struct process_news *n, struct err *err);
/* What the process runs now; 0 when there are too many processes to keep. */
int processes_program(struct processes *p, const struct lineage *who, int64_t *program_id,
		      struct err *err);

#endif
