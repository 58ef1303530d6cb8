#include "tools/ruletest/advice.h"

#include "engine/filter/need.h"

#include <stdlib.h>

/* Less than this many percent saved, or of a rule below 1/200 of all, is not worth a change. */
enum { WORTH_PERCENT = 25, WORTH_SHARE = 200, TYPES_MANY = 100, TYPES_FEW = 12 };

const char *advice_name(enum advice_kind kind)
{
	static const char *const names[] = { "event-type", "order", "unreachable", "duplicate",
					     "shadowed" };

	return names[kind];
}

static int no_memory(struct err *err)
{
	return err_set(err, ERR_NOMEM, "out of memory");
}

static int add(struct advices *a, struct advice advice, struct err *err)
{
	struct advice *items = vec_room(&a->arena, a->items, a->n, &a->cap, sizeof *items);

	if (!items)
		return no_memory(err);
	a->items = items;
	items[a->n++] = advice;
	return 0;
}

static const struct rule *rule_of(const struct subject *s, size_t i)
{
	return &s->rules[s->number[i]];
}

/* --- what needs no trial --- */

static void mark_live(void *arg, uint32_t id)
{
	bool *live = arg;

	live[id] = true;
}

static int unreachable(struct advices *a, const struct subject *s, const struct cost *c,
		       struct err *err)
{
	bool *live = arena_array(&a->arena, bool, c->n);

	if (!live)
		return no_memory(err);
	/* To the program any rule may hold at asynchronous events: there the rule itself counts. */
	for (uint32_t type = 0; type < EV_COUNT; type++) {
		if (type != EV_ASYNCEVENT_E)
			program_live(c->program, type, mark_live, live);
	}
	for (size_t i = 0; i < c->n; i++) {
		struct type_set types = { 0 };

		if (ast_event_types(rule_of(s, i)->ast, &types, NULL) < 0 ||
		    type_set_has(&types, EV_ASYNCEVENT_E))
			continue;
		if (!live[i] &&
		    add(a, (struct advice){ .kind = ADVICE_UNREACHABLE, .rule = i }, err) < 0)
			return -1;
	}

	return 0;
}

static int duplicates(struct advices *a, const struct subject *s, struct err *err)
{
	struct sv *texts = arena_array(&a->arena, struct sv, s->n);

	if (!texts)
		return no_memory(err);
	for (size_t i = 0; i < s->n; i++) {
		struct buf text = { 0 };

		ast_print(rule_of(s, i)->ast, &text);
		texts[i] = arena_sv(&a->arena, buf_sv(&text));
		buf_deinit(&text);
		if (!texts[i].p)
			return no_memory(err);
		for (size_t k = 0; k < i; k++) {
			const struct advice same = { .kind = ADVICE_DUPLICATE,
						     .rule = i,
						     .other = k };

			if (sv_eq(texts[i], texts[k])) {
				if (add(a, same, err) < 0)
					return -1;
				break;
			}
		}
	}
	return 0;
}

static int shadowed(struct advices *a, const struct cost *c, struct err *err)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct cost_rule *r = &c->rules[i];
		const struct advice advice = { .kind = ADVICE_SHADOWED, .rule = i, .other = r->by };

		if (r->matches && r->shadowed == r->matches && r->one_shadow &&
		    add(a, advice, err) < 0)
			return -1;
	}
	return 0;
}

/* --- trials --- */

/* A condition that might do better. */
struct trial {
	struct advice advice;
	uint64_t matches[2]; /* of the old and the new one */
	bool differs;
};

struct trials {
	struct trial *items;
	size_t n;
	struct cost cost; /* condition 2i: as it is, 2i+1: as it might be */
	uint64_t held_at; /* the event at which only the old one of `held` has held so far */
	uint32_t held;
};

/* "evt.type in (...)" */
static struct ast *type_check(const struct type_set *types, struct arena *arena)
{
	struct buf text = { 0 };
	struct ast *a = NULL;
	struct sv_list names = { 0 };

	for (uint32_t i = 0; i < EV_COUNT; i++) {
		struct sv name = sv_of(schema_event(i)->name);
		bool known = false;

		for (size_t k = 0; k < names.n; k++)
			known |= sv_eq(names.items[k], name);
		if (type_set_has(types, i) && !known)
			sv_list_push(arena, &names, name);
	}
	buf_puts(&text, "evt.type in (");
	for (size_t i = 0; i < names.n; i++)
		buf_printf(&text, "%s" SV_FMT, i ? ", " : "", SV_ARG(names.items[i]));
	buf_putc(&text, ')');
	struct sv kept = arena_sv(arena, buf_sv(&text));
	if (names.n && kept.p && ast_parse(kept, arena, &a, NULL) < 0)
		a = NULL;
	buf_deinit(&text);
	return a;
}

static struct ast *both(struct ast *first, struct ast *second, struct arena *arena)
{
	struct ast *a = arena_new(arena, struct ast);

	if (a)
		a->kids = arena_array(arena, struct ast *, 2);
	if (!a || !a->kids || !first)
		return NULL;
	a->kind = AST_AND;
	a->nkids = 2;
	a->kids[0] = first;
	a->kids[1] = second;
	return a;
}

static size_t type_count(const struct type_set *types)
{
	size_t n = 0;

	for (uint32_t i = 0; i < EV_COUNT; i++)
		n += type_set_has(types, i);
	return n;
}

/* Time and outcome of a whole clause, its parts numbered from `part` on. */
struct clause_cost {
	uint32_t parts;
	uint64_t ns;
	double tried, passed;
};

static struct clause_cost cost_of(const struct ast *a, const struct cost_rule *r, uint32_t part)
{
	struct clause_cost out = { .parts = 1,
				   .ns = r->parts[part].ticks,
				   .tried = (double)r->parts[part].tried,
				   .passed = (double)r->parts[part].held };

	for (size_t i = 0; i < a->nkids; i++) {
		struct clause_cost kid = cost_of(a->kids[i], r, part + out.parts);

		out.parts += kid.parts;
		out.ns += kid.ns;
	}
	return out;
}

/* The cheaper and the more selective the earlier: cost / (share that fails). */
struct ranked {
	struct ast *kid;
	double rank;
};

/* Kids of the top conjunction in the best order; NULL: they are, or no memory. */
static struct ast *reordered(const struct ast *cond, const struct cost_rule *r, struct arena *arena)
{
	struct ranked *kids;
	struct ast *out;
	uint32_t part = 1;
	bool changed = false;

	if (cond->kind != AST_AND)
		return NULL;
	kids = arena_array(arena, struct ranked, cond->nkids);
	out = ast_dup(cond, arena);
	if (!kids || !out)
		return NULL;
	for (size_t i = 0; i < cond->nkids; i++) {
		struct clause_cost c = cost_of(cond->kids[i], r, part);
		double fails = c.tried > 0 ? 1 - c.passed / c.tried : 0;

		part += c.parts;
		kids[i].kid = out->kids[i];
		kids[i].rank = c.tried > 0 ? (double)c.ns / c.tried / (fails > 1e-6 ? fails : 1e-6)
					   : 1e300;
	}
	/* The first is what narrows events down: it stays. */
	for (size_t i = 2; i < cond->nkids; i++) {
		struct ranked item = kids[i];
		size_t k = i;

		for (; k > 1 && kids[k - 1].rank > item.rank; k--) {
			kids[k] = kids[k - 1];
			changed = true;
		}
		kids[k] = item;
	}
	for (size_t i = 0; i < cond->nkids; i++)
		out->kids[i] = kids[i].kid;
	return changed ? out : NULL;
}

static int propose(struct trials *t, const struct subject *s, const struct cost *c,
		   const struct type_set *matched, struct arena *arena, struct err *err)
{
	uint64_t total_ns = 0;

	t->items = arena_array(arena, struct trial, 2 * c->n);
	if (!t->items)
		return no_memory(err);
	for (size_t i = 0; i < c->n; i++)
		total_ns += c->rules[i].ns;
	for (size_t i = 0; i < c->n; i++) {
		const struct rule *r = rule_of(s, i);
		const struct cost_rule *costs = &c->rules[i];
		bool narrow = costs->matches && type_count(&matched[i]) <= TYPES_FEW &&
			      type_count(program_types(c->program, (uint32_t)i)) > TYPES_MANY;
		struct ast *a = narrow ? both(type_check(&matched[i], arena), r->ast, arena) : NULL;

		if (a)
			t->items[t->n++].advice =
				(struct advice){ .kind = ADVICE_EVENT_TYPE, .rule = i, .cond = a };
		a = costs->ns < total_ns / WORTH_SHARE ? NULL : reordered(r->ast, costs, arena);
		if (a)
			t->items[t->n++].advice =
				(struct advice){ .kind = ADVICE_ORDER, .rule = i, .cond = a };
	}
	return 0;
}

static int on_hit(void *arg, uint32_t i, struct field_ctx *ctx, struct err *err)
{
	struct trials *t = arg;
	struct trial *trial = &t->items[i / 2];

	trial->matches[i % 2]++;
	/* Hits come in ascending order: the new one right behind the old one. */
	if (i % 2 == 0) {
		if (t->held_at)
			t->items[t->held / 2].differs = true;
		t->held_at = t->cost.events;
		t->held = i;
	} else if (t->held_at == t->cost.events && t->held == i - 1) {
		t->held_at = 0;
	} else {
		trial->differs = true;
	}
	return cost_hit(&t->cost, i, ctx, err);
}

static int on_event(void *arg, struct field_ctx *ctx, struct err *err)
{
	struct trials *t = arg;

	return cost_event(&t->cost, ctx, err);
}

static int try_all(struct trials *t, struct subject *s, struct arena *arena, struct err *err)
{
	const struct panel_watch watch = { .event = on_event, .hit = on_hit, .arg = t };
	struct probe *probes = arena_array(arena, struct probe, 2 * t->n);
	struct panel *panel = NULL;
	int rc;

	if (!probes)
		return no_memory(err);
	for (size_t i = 0; i < t->n; i++) {
		probes[2 * i].cond = rule_of(s, t->items[i].advice.rule)->ast;
		probes[2 * i + 1].cond = t->items[i].advice.cond;
	}
	rc = panel_new(probes, 2 * t->n, &panel, err);
	if (rc == 0)
		rc = cost_init(&t->cost, panel, 2 * t->n, err);
	for (size_t i = 0; rc == 0 && i < s->corpus.n; i++) {
		struct trace_span span;

		rc = subject_play(s->corpus.items[i], panel, &watch, &span, err);
	}
	if (rc == 0)
		cost_settle(&t->cost);
	if (t->held_at)
		t->items[t->held / 2].differs = true;
	panel_free(panel);
	return rc;
}

/* Keep what was the same and cheaper; of two ways for one rule the better one. */
static int keep_good(struct advices *a, struct trials *t, struct err *err)
{
	for (size_t i = 0; i < t->n; i++) {
		struct trial *trial = &t->items[i];
		struct advice *x = &trial->advice;

		x->before_ns = t->cost.rules[2 * i].ns;
		x->after_ns = t->cost.rules[2 * i + 1].ns;
		if (trial->differs || trial->matches[0] != trial->matches[1] || x->before_ns == 0 ||
		    x->after_ns > x->before_ns / 100 * (100 - WORTH_PERCENT))
			continue;
		if (add(a, *x, err) < 0)
			return -1;
	}
	return 0;
}

/* Types of the events at which each rule matched: another pass, but a cheap one. */
struct matched {
	struct type_set *types;
};

static int note_type(void *arg, uint32_t i, struct field_ctx *ctx, struct err *err)
{
	struct matched *m = arg;

	(void)err;
	type_set_add(&m->types[i], ctx->state->now.ev->type);
	return 0;
}

int advise(struct advices *a, struct subject *s, const struct cost *c, struct err *err)
{
	struct matched m = { .types = arena_array(&a->arena, struct type_set, c->n) };
	const struct panel_watch watch = { .hit = note_type, .arg = &m };
	struct trials t = { 0 };
	int rc = m.types ? 0 : no_memory(err);

	if (rc < 0 || unreachable(a, s, c, err) < 0 || duplicates(a, s, err) < 0 ||
	    shadowed(a, c, err) < 0)
		return -1;
	for (size_t i = 0; rc == 0 && i < s->corpus.n; i++) {
		struct trace_span span;

		rc = subject_play(s->corpus.items[i], s->panel, &watch, &span, err);
	}
	if (rc == 0)
		rc = propose(&t, s, c, m.types, &a->arena, err);
	if (rc == 0 && t.n)
		rc = try_all(&t, s, &a->arena, err);
	if (rc == 0 && t.n)
		rc = keep_good(a, &t, err);
	cost_deinit(&t.cost);
	return rc;
}

void advices_deinit(struct advices *a)
{
	arena_deinit(&a->arena);
}
