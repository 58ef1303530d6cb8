/* Two events are the same but for their numbers: every byte that a trace keeps of them. */
#ifndef SAKER_SAME_EVENT_H
#define SAKER_SAME_EVENT_H

#include "format/record.h"
#include "format/tests/test.h"

static inline void assert_same_event(const struct event *a, const struct event *b)
{
	assert_int_equal(a->ts_ns, b->ts_ns);
	assert_int_equal(a->tid, b->tid);
	assert_int_equal(a->type, b->type);
	assert_int_equal(a->cpu, b->cpu);
	assert_int_equal(a->flags, b->flags);
	assert_int_equal(a->nparams, b->nparams);
	for (uint32_t i = 0; i < a->nparams; i++)
		assert_true(sv_eq(a->params[i], b->params[i]));
}

#endif
