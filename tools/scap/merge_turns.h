/*
 * Several traces in turns: the one with the earliest event comes first, and goes on until another
 * one has waited for too long.  Each turn is a section of its own, with what is known of its host
 * by then.
 */
#ifndef SAKER_SCAP_MERGE_TURNS_H
#define SAKER_SCAP_MERGE_TURNS_H

#include "tools/scap/trace_out.h"

/* wait_ns: no event is put behind another one that is later by more than this. */
int merge_turns(char *const *paths, int n, uint64_t wait_ns, struct trace_out *out,
		struct err *err);

#endif
