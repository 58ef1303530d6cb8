/*
 * What could be better about a rule.  A change of its condition is only advised after it was tried:
 * it answers the same on the whole corpus, and costs less.
 */
#ifndef SAKER_RULETEST_ADVICE_H
#define SAKER_RULETEST_ADVICE_H

#include "tools/ruletest/cost.h"

enum advice_kind {
	ADVICE_EVENT_TYPE,  /* name the types of events: tried */
	ADVICE_ORDER,       /* put clauses in another order: tried */
	ADVICE_UNREACHABLE, /* no event can fulfil it */
	ADVICE_DUPLICATE,   /* the condition of another rule */
	ADVICE_SHADOWED,    /* another rule always answers first */
};

struct advice {
	enum advice_kind kind;
	size_t rule;            /* number in the subject's panel */
	size_t other;           /* of DUPLICATE, SHADOWED */
	const struct ast *cond; /* of EVENT_TYPE, ORDER: the condition that is better */
	uint64_t before_ns, after_ns;
};

struct advices {
	struct arena arena;
	struct advice *items;
	size_t n, cap;
};

/* Plays the corpus once more if there is something to try. */
int advise(struct advices *a, struct subject *s, const struct cost *c, struct err *err);
void advices_deinit(struct advices *a);
const char *advice_name(enum advice_kind kind);

#endif
