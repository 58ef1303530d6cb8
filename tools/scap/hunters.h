/*
 * Threads that search stretches of traces for events, and hand out what they found in the order of
 * the stretches: nothing depends on which thread was faster.
 */
#ifndef SAKER_SCAP_HUNTERS_H
#define SAKER_SCAP_HUNTERS_H

#include "format/base/buf.h"
#include "format/source.h"

#include <stdbool.h>

enum { HUNTERS_MAX = 256 };

/* What is looked for, and how it is told. */
struct quarry {
	const char *condition;
	const char *line;   /* NULL: JSON with these fields: */
	const char *fields; /* separated by commas */
};

/* A part of a trace that is searched in one go, with a fresh state. */
struct stretch {
	size_t trace; /* index of it */
	const char *path;
	struct source_options options; /* what they point at is borrowed */
	struct buf before;             /* in front of every match */
	uint64_t segments, bytes;      /* that are read for it */

	/* What came of it. */
	struct buf out; /* lines that are not written yet */
	uint64_t matches;
	struct err damage; /* the trace could not be read to the end of the stretch */
};

struct hunters_options {
	struct quarry quarry;
	unsigned jobs;  /* threads, the caller's included; 1 .. HUNTERS_MAX */
	uint64_t count; /* stop after so many matches; less than all: jobs is 1 */
	/* The next stretch in the order of the traces; false: there are no more. */
	bool (*next)(void *arg, struct stretch *out);
	/*
	 * Take what a stretch has found so far (`out`; the hunters empty it); `done`: that is all.
	 * In order, each after all before it.  -1: everybody stops.
	 */
	int (*take)(void *arg, const struct stretch *s, bool done, struct err *err);
	void *arg; /* of both, which are called by one thread at a time */
};

/* -1: take failed, the quarry is wrong, or memory ran out. */
int hunters_run(const struct hunters_options *o, struct err *err);

#endif
