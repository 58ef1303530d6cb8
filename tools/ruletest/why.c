#include "tools/ruletest/why.h"

#include "tools/ruletest/explain.h"

#include <stdlib.h>

/* One case under investigation. */
struct query {
	struct test_case *c;
	const struct suite_run *run;
	size_t rule;
	struct sv where;
	const struct ast *cond;
	uint64_t at;    /* this event; 0: the closest one */
	uint64_t after; /* that comes later than this */
	struct anatomy anatomy;
	bool *blamed;
	uint32_t best;
	struct buf text;
	bool concerned, told;
};

struct inquiry {
	struct query *queries;
	size_t n;
};

/* What to ask about a case; false: nothing. */
static bool make_query(struct session *s, struct test_case *c, struct query *q)
{
	const struct expectation *e = c->expect;
	ptrdiff_t probe = c->probe;

	*q = (struct query){ .c = c, .run = c->run, .rule = c->rule, .best = UINT32_MAX };
	if (c->use == SIZE_MAX || !c->run->uses[c->use].trace ||
	    (c->status != CASE_FAILED && c->status != CASE_WARNED))
		return false;
	if (c->kind == CASE_REST && c->nextras) {
		q->rule = c->extras[0].rule;
		probe = c->run->probes[q->rule];
		q->at = c->nshown ? c->shown[0].num : 0;
	} else if (c->kind == CASE_COUNT) {
		q->where = e->where;
		if (c->count > e->most)
			q->at = c->nshown ? c->shown[0].num : 0;
	} else if (c->kind == CASE_SEQUENCE) {
		ptrdiff_t rule = rulebook_find(c->run->book, e->steps[c->count].rule);

		q->rule = rule < 0 ? SIZE_MAX : (size_t)rule;
		q->where = e->steps[c->count].where;
		q->after = c->nshown ? c->shown[c->nshown - 1].num : 0;
		probe = c->steps[c->count];
	}
	if (probe < 0 || q->rule == SIZE_MAX)
		return false;
	q->cond = s->plan.probes[probe].cond;
	return true;
}

static int dissect(struct session *s, struct query *q, struct program *program, uint32_t id,
		   struct err *err)
{
	const struct rule *rule = &q->run->rules[q->rule];
	struct clause *tree = clause_tree(q->run->book->rules, rule, &s->arena);

	if (q->where.n)
		tree = clause_join(q->cond, tree, clause_plain(q->cond->kids[1], &s->arena),
				   &s->arena);
	if (anatomy_new(&q->anatomy, tree, program, id, &s->arena, err) < 0)
		return -1;
	q->blamed = arena_array(&s->arena, bool, q->anatomy.nparts);
	return q->blamed ? 0 : err_set(err, ERR_NOMEM, "out of memory");
}

static void look(struct query *q, struct field_ctx *ctx)
{
	struct explanation x = { .a = &q->anatomy, .ctx = ctx, .blamed = q->blamed };
	const struct event *ev = ctx->state->now.ev;
	uint32_t cost;

	if (q->at ? ev->num != q->at
		  : ev->num <= q->after || !anatomy_concerns(&q->anatomy, ev->type))
		return;
	cost = anatomy_look(&q->anatomy, ctx);
	q->concerned = true;
	if (!q->at && (cost == 0 || cost >= q->best))
		return;
	q->best = cost;
	q->told = true;
	buf_clear(&q->text);
	anatomy_blame(&q->anatomy, q->blamed);
	buf_puts(&q->text, q->at ? "it holds because of\n" : "closest was ");
	if (!q->at) {
		explain_put_event(&q->text, ctx);
		buf_putc(&q->text, '\n');
	}
	explain_put_blame(&q->text, &x);
}

static int on_event(void *arg, struct field_ctx *ctx, struct err *err)
{
	struct inquiry *in = arg;

	(void)err;
	for (size_t i = 0; i < in->n; i++)
		look(&in->queries[i], ctx);
	return 0;
}

/* All queries about one trace. */
static int play(struct session *s, struct trace *t, struct inquiry *in, struct err *err)
{
	const struct panel_watch watch = { .event = on_event, .arg = in };
	struct probe *probes = arena_array(&s->arena, struct probe, in->n);
	struct trace_span span;
	struct panel *panel = NULL;
	struct source *source = NULL;
	int rc = 0;

	if (!probes)
		return err_set(err, ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < in->n; i++)
		probes[i].cond = in->queries[i].cond;
	rc = panel_new(probes, in->n, &panel, err);
	for (size_t i = 0; rc == 0 && i < in->n; i++)
		rc = dissect(s, &in->queries[i], panel_program(panel), (uint32_t)i, err);
	if (rc == 0)
		rc = trace_open(t, NULL, &source, err);
	if (rc == 0)
		rc = panel_run(panel, source, &watch, &span, err);
	source_close(source);
	panel_free(panel);
	return rc;
}

static int keep(struct session *s, struct query *q, struct err *err)
{
	if (!q->told && !q->at) {
		buf_clear(&q->text);
		buf_puts(&q->text, q->concerned ? "it holds at every event it looks at\n"
						: "no event is of a type that it looks at\n");
	}
	q->c->why = arena_sv(&s->arena, buf_sv(&q->text));
	bool ok = !q->text.failed && q->c->why.p;
	buf_deinit(&q->text);
	return ok ? 0 : err_set(err, ERR_NOMEM, "out of memory");
}

int why_explain(struct session *s, struct err *err)
{
	struct query *queries = arena_array(&s->arena, struct query, WHY_MAX_CASES);
	size_t left = WHY_MAX_CASES;
	int rc = 0;

	if (!queries)
		return err_set(err, ERR_NOMEM, "out of memory");
	for (size_t i = 0; rc == 0 && left && i < s->plan.corpus.n; i++) {
		struct trace *t = s->plan.corpus.items[i];
		struct inquiry in = { .queries = queries };

		for (size_t k = 0; k < s->ncases && in.n < left; k++) {
			const struct test_case *c = &s->cases[k];

			if (c->use != SIZE_MAX && c->run->uses[c->use].trace == t &&
			    make_query(s, &s->cases[k], &queries[in.n]))
				in.n++;
		}
		if (in.n == 0)
			continue;
		left -= in.n;
		rc = play(s, t, &in, err);
		for (size_t k = 0; k < in.n; k++) {
			if (keep(s, &queries[k], err) < 0)
				rc = -1;
		}
	}
	return rc;
}
