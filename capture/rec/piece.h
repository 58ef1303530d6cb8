/*
 * A stretch of the recent past: a small trace of its own in memory, which begins with all that came
 * before it.  Shared between the thread that records and the one that saves.
 */
#ifndef SAKER_REC_PIECE_H
#define SAKER_REC_PIECE_H

#include "format/record.h"

#include <stdatomic.h>

struct sink;

struct piece {
	struct piece *next; /* of whatever list it is in */
	_Atomic unsigned refs;
	struct sink *sink; /* while it is being written */
	int fd;
	uint64_t bytes;
	uint64_t begun_ns;          /* monotonic */
	uint64_t first_ns, last_ns; /* times of its events; 0: none yet */
	uint64_t events;
};

/* Of one reference. */
int piece_new(struct sv manifest, int level, struct piece **out, struct err *err);
struct piece *piece_ref(struct piece *p);
void piece_unref(struct piece *p);

/* Append a record; by the thread that made the piece only. */
int piece_put(struct piece *p, const struct record *rec, struct err *err);
/* Bytes so far, about. */
uint64_t piece_bytes(const struct piece *p);
/* Nothing more is put: it can be read from now on. */
int piece_finish(struct piece *p, struct err *err);

#endif
