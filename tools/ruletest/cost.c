#include "tools/ruletest/cost.h"

#include <time.h>

/* Of every type these many events are tried, then one in EVERY. */
enum { FIRST = 16, EVERY = 512, CALIBRATE = 256 };

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* What reading the clock costs is not the rules'. */
static uint64_t clock_cost(void)
{
	uint64_t begin = now_ns();

	for (int i = 1; i < CALIBRATE; i++)
		now_ns();
	return (now_ns() - begin) / CALIBRATE;
}

int cost_init(struct cost *c, struct panel *panel, size_t n, struct err *err)
{
	*c = (struct cost){ .program = panel_program(panel), .n = n };
	c->rules = arena_array(&c->arena, struct cost_rule, n);
	if (!c->rules)
		return err_set(err, ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < n; i++) {
		struct cost_rule *r = &c->rules[i];

		r->nparts = program_parts(c->program, (uint32_t)i);
		r->parts = arena_array(&c->arena, struct part_tally, r->nparts);
		if (!r->parts)
			return err_set(err, ERR_NOMEM, "out of memory");
	}
	c->overhead_ns = clock_cost();
	return 0;
}

void cost_deinit(struct cost *c)
{
	arena_deinit(&c->arena);
}

int cost_event(void *arg, struct field_ctx *ctx, struct err *err)
{
	struct cost *c = arg;
	uint32_t type = ctx->state->now.ev->type;
	uint64_t seen = ++c->seen[type], weight;

	(void)err;
	c->events++;
	if (seen > FIRST && seen % EVERY != 0)
		return 0;
	weight = seen - c->sampled_at[type];
	c->sampled_at[type] = seen;
	/* Who comes first pays for what is fetched first: take turns. */
	bool back = (seen > FIRST ? seen / EVERY : seen) & 1;
	for (size_t k = 0; k < c->n; k++) {
		size_t i = back ? c->n - 1 - k : k;
		struct cost_rule *r = &c->rules[i];

		if (!type_set_has(program_types(c->program, (uint32_t)i), type))
			continue;
		r->tried += weight;
		program_test_tallied(c->program, (uint32_t)i, ctx, weight, now_ns, r->parts);
	}
	return 0;
}

int cost_hit(void *arg, uint32_t i, struct field_ctx *ctx, struct err *err)
{
	struct cost *c = arg;
	struct cost_rule *r = &c->rules[i];
	uint64_t num = c->events;

	(void)ctx;
	(void)err;
	r->matches++;
	if (c->last_num != num) {
		c->last_num = num;
		c->first = i;
		return 0;
	}
	r->one_shadow = r->shadowed++ == 0 || (r->one_shadow && r->by == c->first);
	r->by = c->first;
	return 0;
}

void cost_settle(struct cost *c)
{
	for (size_t i = 0; i < c->n; i++) {
		struct cost_rule *r = &c->rules[i];

		r->ns = 0;
		for (uint32_t k = 0; k < r->nparts; k++) {
			struct part_tally *p = &r->parts[k];
			uint64_t clock = p->ticks ? p->tried * c->overhead_ns : 0;

			p->ticks = p->ticks > clock ? p->ticks - clock : 0;
			r->ns += p->ticks;
		}
	}
}
