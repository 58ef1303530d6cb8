#include "engine/engine.h"

#include <stdlib.h>

struct engine {
	struct state *state;
	struct ruleset *rules; /* borrowed, may be NULL */
	enum rule_matching matching;
	engine_gate *gate; /* may be NULL */
	void *gate_arg;
	struct field_ctx ctx;
};

struct engine *engine_new(struct ruleset *rs, enum rule_matching matching)
{
	struct engine *e = calloc(1, sizeof *e);

	if (!e)
		return NULL;
	e->state = state_new();
	e->rules = rs;
	e->matching = matching;
	e->ctx = (struct field_ctx){ .state = e->state, .time_mode = 'h' };
	if (!e->state) {
		engine_free(e);
		return NULL;
	}
	return e;
}

void engine_free(struct engine *e)
{
	if (!e)
		return;
	state_free(e->state);
	arena_deinit(&e->ctx.scratch);
	free(e);
}

void engine_set_rules(struct engine *e, struct ruleset *rs)
{
	e->rules = rs;
}

void engine_set_gate(struct engine *e, engine_gate *gate, void *arg)
{
	e->gate = gate;
	e->gate_arg = arg;
}

struct state *engine_state(struct engine *e)
{
	return e->state;
}

struct field_ctx *engine_ctx(struct engine *e)
{
	return &e->ctx;
}

/* What one event's run of the program needs to hand a hit on as a match. */
struct run {
	struct engine *e;
	engine_match *on_match;
	void *arg;
	struct err *err;
	int rc;
};

static bool on_hit(void *arg, uint32_t id)
{
	struct run *run = arg;
	struct match m = {
		.rule = ruleset_rule_of(run->e->rules, id),
		.ev = run->e->state->now.ev,
		.ctx = &run->e->ctx,
	};

	run->rc = run->on_match(run->arg, &m, run->err);
	return run->rc == 0 && run->e->matching == MATCH_ALL;
}

int engine_quiet(struct engine *e, const struct quiet_run *run, struct err *err)
{
	return state_quiet(e->state, run, err);
}

int engine_record(struct engine *e, const struct record *rec, engine_match *on_match, void *arg,
		  struct err *err)
{
	struct run run = { .e = e, .on_match = on_match, .arg = arg, .err = err };

	if (rec->kind != RECORD_EVENT)
		return state_meta(e->state, rec, err);
	if (state_event(e->state, &rec->event, err) < 0)
		return -1;
	if (!e->state->now.shown || (!e->rules && !e->gate))
		return 0;
	arena_reset(&e->ctx.scratch);
	if (e->gate && !e->gate(e->gate_arg, &e->ctx))
		return 0;
	if (!e->rules)
		return 0;
	program_run(ruleset_program(e->rules), &e->ctx, on_hit, &run);
	return run.rc;
}
