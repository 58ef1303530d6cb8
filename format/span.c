#include "format/span.h"

static void resolve(struct span_bound *b, uint64_t first_ts_ns)
{
	uint64_t at;

	if (b->kind != SPAN_AFTER)
		return;
	b->kind = SPAN_TIME;
	b->value = __builtin_add_overflow(first_ts_ns, b->value, &at) ? UINT64_MAX : at;
}

void span_resolve(struct span *s, uint64_t first_ts_ns)
{
	resolve(&s->from, first_ts_ns);
	resolve(&s->to, first_ts_ns);
}

bool span_may_meet(const struct span *s, uint64_t min_ts_ns, uint64_t max_ts_ns, uint64_t first_num,
		   uint64_t last_num)
{
	return !(s->from.kind == SPAN_TIME && max_ts_ns < s->from.value) &&
	       !(s->from.kind == SPAN_EVENT && last_num < s->from.value) &&
	       !(s->to.kind == SPAN_TIME && min_ts_ns >= s->to.value) &&
	       !(s->to.kind == SPAN_EVENT && first_num > s->to.value);
}

bool span_has(const struct span *s, const struct event *ev)
{
	return span_may_meet(s, ev->ts_ns, ev->ts_ns, ev->num, ev->num);
}
