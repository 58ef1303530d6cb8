/*
 * The lists at the start of a section; engine/state only.
 */
#ifndef SAKER_STATE_LOAD_H
#define SAKER_STATE_LOAD_H

#include "engine/state/tables.h"

/* Nothing is known of threads, interfaces and times any more. */
void state_begin_section(struct state *s);
/* They are complete: link threads with their groups and parents, tell clients from servers. */
void state_settle(struct state *s);

#endif
