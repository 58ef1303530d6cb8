/*
 * The host at one moment of a trace, for people and for programs.
 */
#ifndef SAKER_SCAP_STATE_PRINT_H
#define SAKER_SCAP_STATE_PRINT_H

#include "engine/state/state.h"
#include "format/base/buf.h"

struct state_view {
	const struct state *state;
	struct thread **threads; /* state->nthreads of them, ascending tids */
	uint64_t num, ts_ns;     /* of the last event that counts; 0: none */
};

void state_print_text(struct buf *out, const struct state_view *v);
void state_print_json(struct buf *out, const struct state_view *v);

/* A process is listed under its leader, or under a thread whose leader is unknown. */
bool state_lists(const struct thread *t);
/* "tcp", "udp", ...; "" unknown. */
const char *state_protocol(const struct fd *f);

#endif
