/*
 * Records on their way from one thread to the next: copies of them, back to back in one block of
 * memory.  Filling one takes no memory from anywhere.
 */
#ifndef SAKER_REC_BATCH_H
#define SAKER_REC_BATCH_H

#include "format/base/err.h"
#include "format/record.h"

/* Not worth keeping, found out on the way: readers pass over it. */
enum { ITEM_DROPPED = 1 };

/* In front of every record; 8-byte aligned. */
struct item {
	uint32_t size; /* with this header and the padding behind it */
	uint16_t kind; /* enum record_kind */
	uint16_t flags;
};

struct batch {
	char *mem;
	size_t n, cap;
	uint32_t events;
	/* What a stage tells the next ones. */
	struct snapshot
		*snapshot; /* all that came before this batch, or NULL; freed by its taker */
	uint64_t match_ns; /* of the last match in it, 0: none */
};

/* Memory for cap bytes of records and their headers. */
int batch_init(struct batch *p, size_t cap, struct err *err);
void batch_deinit(struct batch *p);

static inline void batch_clear(struct batch *p)
{
	p->n = 0;
	p->events = 0;
	p->match_ns = 0;
}

/* Bytes that rec takes in a batch. */
size_t batch_need(const struct record *rec);
/* Copy rec, which is no RECORD_STATE, to the end; false when there is no room. */
bool batch_put(struct batch *p, const struct record *rec);

/* Walks through a batch; {0} stands before its first record. */
struct batch_cursor {
	size_t at;
	struct item *item; /* of the record handed out last */
};

/* The next record that is not dropped; its views point into the batch.  False at the end. */
bool batch_next(const struct batch *p, struct batch_cursor *c, struct record *rec);
/* The event handed out last changes the state, but is not to be shown. */
void batch_hide(struct batch_cursor *c);

#endif
