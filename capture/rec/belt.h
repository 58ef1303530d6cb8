/*
 * A ring of batches that go through stages, one thread each: the first stage fills them, every
 * other one works on what the stage before it has passed on, and what the last one passes on is
 * free again.  Bounded: when the last stage is slow, the first one finds no free batch, and what
 * waits before it (the driver's rings) has to hold.
 */
#ifndef SAKER_REC_BELT_H
#define SAKER_REC_BELT_H

#include "capture/rec/batch.h"

enum { BELT_MAX_STAGES = 4 };

struct belt;

int belt_new(size_t batches, size_t batch_bytes, unsigned stages, struct belt **out,
	     struct err *err);
void belt_free(struct belt *b);

/*
 * The batch that `stage` is to work on next; NULL when there is none within timeout_ms (< 0: wait
 * for ever), and for good when the stage before it has finished.
 */
struct batch *belt_take(struct belt *b, unsigned stage, int timeout_ms);
/* Done with the batch taken last. */
void belt_pass(struct belt *b, unsigned stage);
/* Nothing more will come from this stage.  Of the last one: nothing more will be taken. */
void belt_finish(struct belt *b, unsigned stage);
/* Has the stage before this one finished, and everything it passed on been taken? */
bool belt_ended(struct belt *b, unsigned stage);

#endif
