/*
 * Reference-counted text.  A clone copies command line, paths and cgroups of its parent: here it
 * copies pointers.  Never changed after it was made.  A NULL text is the empty one.
 */
#ifndef SAKER_STATE_TEXT_H
#define SAKER_STATE_TEXT_H

#include "format/base/sv.h"

#include <stdint.h>

struct text {
	uint32_t refs;
	uint32_t n;
	char p[]; /* n bytes and a NUL */
};

/* One reference for the caller; NULL for an empty s, and when there is no memory. */
struct text *text_new(struct sv s);
struct text *text_ref(struct text *t);
void text_unref(struct text *t);
/* Let *slot hold t instead of what it holds: takes one reference of t, gives back the old one. */
void text_set(struct text **slot, struct text *take_t);

static inline struct sv text_sv(const struct text *t)
{
	return t ? (struct sv){ t->p, t->n } : (struct sv){ "", 0 };
}

#endif
