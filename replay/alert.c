#include "replay/alert.h"

#include "engine/fields/render.h"

#include <stdlib.h>

/* The fields of one rule: those of its output, of the prefix, and the extra ones. */
struct plan {
	struct alert_key *keys; /* ascending, each once */
	size_t n;
};

struct alerts {
	const struct rule *rules;
	size_t nrules;
	struct arena arena;
	struct plan *plans; /* NULL: values are not wanted */
	struct format *prefix;
	struct buf text, json;
	struct sv *values; /* room for the longest plan */
	size_t *ends;
};

void alerts_free(struct alerts *a)
{
	if (!a)
		return;
	arena_deinit(&a->arena);
	buf_deinit(&a->text);
	buf_deinit(&a->json);
	free(a);
}

static bool is_of_match(struct sv key)
{
	return sv_eq(key, SV("evt.num")) || sv_eq(key, SV("evt.time"));
}

static bool is_of_thread(const struct format_field *f)
{
	return !f->expr && f->ref && (f->ref->def->flags & FF_THREAD_ONLY);
}

/* Keep the plan sorted; of equal keys the later one counts, as in Falco. */
static void plan_put(struct plan *p, const struct format_field *f)
{
	size_t at = 0;
	int order = -1;

	while (at < p->n && (order = sv_cmp(p->keys[at].name, f->key)) < 0)
		at++;
	if (at == p->n || order != 0) {
		memmove(p->keys + at + 1, p->keys + at, (p->n - at) * sizeof *p->keys);
		p->n++;
	}
	p->keys[at] = (struct alert_key){ .name = f->key,
					  .field = f,
					  .of_match = is_of_match(f->key),
					  .of_thread = is_of_thread(f) };
}

static int make_plan(struct alerts *a, const struct ruleset *rs, size_t i, struct err *err)
{
	const struct format_field *own = NULL, *prefix, *extra;
	size_t nown = a->rules[i].format ? format_fields(a->rules[i].format, &own) : 0;
	size_t nprefix = format_fields(a->prefix, &prefix);
	size_t nextra = ruleset_extra_fields(rs, &extra);
	struct plan *p = &a->plans[i];

	p->keys = arena_array(&a->arena, struct alert_key, nown + nprefix + nextra + 1);
	if (!p->keys)
		return err_set(err, ERR_NOMEM, "out of memory");
	for (size_t k = 0; k < nown; k++)
		plan_put(p, &own[k]);
	for (size_t k = 0; k < nprefix; k++)
		plan_put(p, &prefix[k]);
	for (size_t k = 0; k < nextra; k++)
		plan_put(p, &extra[k]);
	return 0;
}

static int make_plans(struct alerts *a, const struct ruleset *rs, struct err *err)
{
	size_t longest = 0;

	a->plans = arena_array(&a->arena, struct plan, a->nrules + 1);
	if (!a->plans)
		return err_set(err, ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < a->nrules; i++) {
		if (make_plan(a, rs, i, err) < 0)
			return -1;
		if (a->plans[i].n > longest)
			longest = a->plans[i].n;
	}
	a->values = arena_array(&a->arena, struct sv, longest + 1);
	a->ends = arena_array(&a->arena, size_t, longest + 1);
	return a->values && a->ends ? 0 : err_set(err, ERR_NOMEM, "out of memory");
}

int alerts_new(const struct ruleset *rs, bool with_values, struct alerts **out, struct err *err)
{
	struct alerts *a = calloc(1, sizeof *a);

	*out = NULL;
	if (!a)
		return err_set(err, ERR_NOMEM, "out of memory");
	a->nrules = ruleset_rules(rs, &a->rules);
	if (format_compile(SV("*%evt.time: "), &a->arena, &a->prefix, err) < 0 ||
	    (with_values && make_plans(a, rs, err) < 0)) {
		alerts_free(a);
		return -1;
	}
	*out = a;
	return 0;
}

static void render_values(struct alerts *a, const struct plan *p, struct field_ctx *ctx)
{
	buf_clear(&a->json);
	for (size_t i = 0; i < p->n; i++) {
		const struct format_field *f = p->keys[i].field;
		struct value v;
		bool has = format_field_get(f, ctx, &v);

		render_value_json(&a->json, has ? &v : NULL, f->print);
		a->ends[i] = a->json.n;
	}
	for (size_t i = 0, at = 0; i < p->n && !a->json.failed; i++) {
		a->values[i] = (struct sv){ a->json.p + at, a->ends[i] - at };
		at = a->ends[i];
	}
}

bool alerts_of_rule(const struct alerts *a, uint32_t rule_index, struct alert *out)
{
	if (!a || rule_index >= a->nrules)
		return false;
	out->rule = &a->rules[rule_index];
	out->rule_index = rule_index;
	out->keys = a->plans ? a->plans[rule_index].keys : NULL;
	out->nvalues = a->plans ? a->plans[rule_index].n : 0;
	return true;
}

int alerts_render(struct alerts *a, const struct match *m, struct alert *out, struct err *err)
{
	const struct state *state = m->ctx->state;
	const struct thread *thread = state->now.thread;
	uint32_t index = (uint32_t)(m->rule - a->rules);

	buf_clear(&a->text);
	format_print(a->prefix, m->ctx, &a->text);
	buf_puts(&a->text, priority_name(m->rule->priority));
	size_t prefix = a->text.n;

	if (m->rule->format)
		format_print(m->rule->format, m->ctx, &a->text);
	*out = (struct alert){ .num = m->ev->num,
			       .ts_ns = m->ev->ts_ns,
			       .tid = thread ? thread->tid : m->ev->tid,
			       .has_process = thread,
			       .process = { .state = state, .thread = thread },
			       .hostname = state->machine.hostname };
	alerts_of_rule(a, index, out);
	if (a->plans) {
		render_values(a, &a->plans[index], m->ctx);
		out->values = a->values;
	}
	if (a->text.failed || a->json.failed)
		return err_set(err, ERR_NOMEM, "out of memory");
	out->prefix = (struct sv){ a->text.p, prefix };
	out->message = (struct sv){ a->text.p + prefix, a->text.n - prefix };
	return 0;
}
