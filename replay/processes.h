/*
 * Collects the process tree of a trace into the store: who cloned whom, what was run, how it ended.
 */
#ifndef SAKER_REPLAY_PROCESSES_H
#define SAKER_REPLAY_PROCESSES_H

#include "engine/state/state.h"
#include "replay/store.h"

struct processes;

/* For one run, which must have begun.  store is borrowed.  NULL: no memory. */
struct processes *processes_new(struct store *store);
void processes_free(struct processes *p);

/* Take in every record of the trace, after the state has. */
int processes_record(struct processes *p, const struct record *rec, const struct state *state,
		     struct err *err);
/* What thread t runs now; 0 when there are too many processes to keep. */
int processes_program(struct processes *p, const struct state *state, const struct thread *t,
		      int64_t *program_id, struct err *err);

#endif
