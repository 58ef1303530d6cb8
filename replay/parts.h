/*
 * Traces cut into parts that can be replayed by themselves: native ones at their segments, all
 * others in one piece.
 */
#ifndef SAKER_REPLAY_PARTS_H
#define SAKER_REPLAY_PARTS_H

#include "format/source.h"

struct trace_map;

struct parts {
	char *const *paths; /* borrowed */
	size_t n;
	struct span span;
	const struct column_need *need; /* of all of them; borrowed */
	bool whole;                     /* do not cut */
	unsigned jobs;                  /* threads that share the parts */
	uint64_t events;                /* that a part should have, 0: the usual number */

	/* Own. */
	size_t at;             /* the trace to go on with */
	struct trace_map *map; /* of it, NULL: not cut */
	size_t segment;        /* of it, to go on with */
};

struct part_plan {
	size_t trace; /* index of its path */
	struct source_options options;
	bool last; /* of its trace */
};

void parts_deinit(struct parts *p);
/* The next part in the order of the traces; false: there are no more. */
bool parts_next(struct parts *p, struct part_plan *out);
/* Is there but one, or none? */
bool parts_are_one(struct parts *p);
/* Leave out what is left of this trace. */
void parts_skip(struct parts *p, size_t trace);

#endif
