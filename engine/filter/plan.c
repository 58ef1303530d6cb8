/*
 * From the conditions of one type of event to the steps that test them together.
 *
 * Every condition is a conjunction.  A conjunct that many of them have is tested once, in front of
 * them all; when it fails, they are skipped together.  What it does not matter to follows later:
 *
 *	0  is fd.num >= 0 ?             else go to 7
 *	1    is evt.is_open_write ?     else go to 5
 *	2      thread bit 14 ?          else go to 4
 *	3        condition 8 holds
 *	4      ...
 */
#include "engine/filter/program.h"

#include <stdlib.h>

/* Conjuncts that cost more are not worth being tested before the cheaper ones of each condition. */
enum { MAX_SHARED_COST = 20 };

struct todo {
	uint32_t id;    /* of the condition */
	uint32_t first; /* of its conjuncts in planner.conjuncts */
	uint32_t n;     /* what is left of them */
};

struct planner {
	struct program *p;
	struct step *steps;
	uint32_t n, cap;
	bool failed;
	uint32_t *counts; /* per node, all zero between uses */
};

static uint32_t emit(struct planner *pl, struct step step)
{
	if (!program_grow((void **)&pl->steps, &pl->cap, pl->n + 1, sizeof *pl->steps)) {
		pl->failed = true;
		return 0;
	}
	pl->steps[pl->n] = step;
	return pl->n++;
}

static struct step test_step(const struct program *p, uint32_t node)
{
	const struct node *n = &p->nodes[node];

	return (struct step){ .kind = n->bit == NO_ID ? STEP_TEST : STEP_BIT,
			      .node = node,
			      .bit = n->bit };
}

/* From here on the test that failed goes where the next step will be. */
static void land(struct planner *pl, uint32_t step)
{
	if (!pl->failed)
		pl->steps[step].otherwise = pl->n;
}

/* All that is left of one condition. */
static void plan_one(struct planner *pl, const struct todo *t, const uint32_t *conjuncts)
{
	uint32_t start = pl->n;

	for (uint32_t i = 0; i < t->n; i++)
		emit(pl, test_step(pl->p, conjuncts[t->first + i]));
	emit(pl, (struct step){ .kind = STEP_HOLDS, .id = t->id });
	for (uint32_t i = 0; i < t->n; i++)
		land(pl, start + i);
}

static uint32_t worth(const struct program *p, uint32_t node, uint32_t count)
{
	uint32_t cost = p->nodes[node].bit == NO_ID ? p->nodes[node].cost : 4;

	return count < 2 || cost > MAX_SHARED_COST ? 0 : count * 1000 / (cost + 10);
}

/* The conjunct that is best tested for several of these at once; NO_ID if there is none. */
static uint32_t best_shared(struct planner *pl, const struct todo *todo, uint32_t n,
			    const uint32_t *conjuncts)
{
	uint32_t best = NO_ID, best_worth = 0;

	for (uint32_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < todo[i].n; k++)
			pl->counts[conjuncts[todo[i].first + k]]++;
	for (uint32_t i = 0; i < n; i++) {
		for (uint32_t k = 0; k < todo[i].n; k++) {
			uint32_t node = conjuncts[todo[i].first + k];
			uint32_t node_worth = worth(pl->p, node, pl->counts[node]);

			pl->counts[node] = 0;
			if (node_worth > best_worth) {
				best = node;
				best_worth = node_worth;
			}
		}
	}
	return best;
}

/* Take `node` out of the condition's conjuncts, keeping their order; was it there? */
static bool take_out(struct todo *t, uint32_t *conjuncts, uint32_t node)
{
	uint32_t *own = conjuncts + t->first;

	for (uint32_t i = 0; i < t->n; i++) {
		if (own[i] == node) {
			t->n--;
			memmove(own + i, own + i + 1, (t->n - i) * sizeof *own);
			return true;
		}
	}
	return false;
}

static void plan_all(struct planner *pl, struct todo *todo, uint32_t n, uint32_t *conjuncts)
{
	while (n && !pl->failed) {
		uint32_t shared = best_shared(pl, todo, n, conjuncts), with = 0, step;

		if (shared == NO_ID) {
			for (uint32_t i = 0; i < n; i++)
				plan_one(pl, &todo[i], conjuncts);
			return;
		}
		/* those that have it to the front */
		for (uint32_t i = 0; i < n; i++) {
			if (take_out(&todo[i], conjuncts, shared)) {
				struct todo t = todo[i];

				memmove(todo + with + 1, todo + with, (i - with) * sizeof t);
				todo[with++] = t;
			}
		}
		step = emit(pl, test_step(pl->p, shared));
		plan_all(pl, todo, with, conjuncts);
		land(pl, step);
		todo += with;
		n -= with;
	}
}

static uint32_t conjuncts_of(const struct program *p, uint32_t node, uint32_t *out)
{
	const struct node *n = &p->nodes[node];

	/* what the thread decides alone is one test */
	if (n->kind == NODE_TRUE)
		return 0;
	if (n->kind != NODE_AND || n->bit != NO_ID) {
		out[0] = node;
		return 1;
	}
	memcpy(out, p->kids + n->first, n->n * sizeof *out);
	return n->n;
}

static bool plan(struct planner *pl, const struct root *roots, uint32_t n, struct todo *todo,
		 uint32_t *conjuncts)
{
	uint32_t at = 0, ntodo = 0;

	for (uint32_t i = 0; i < n; i++) {
		struct todo t = { .id = roots[i].id, .first = at };

		/* tested where it stands among the conditions that hold */
		if (pl->p->nodes[roots[i].node].per_use) {
			emit(pl, (struct step){ .kind = STEP_LATER,
						.node = roots[i].node,
						.id = roots[i].id });
			continue;
		}
		t.n = conjuncts_of(pl->p, roots[i].node, conjuncts + at);
		at += t.n;
		todo[ntodo++] = t;
	}
	plan_all(pl, todo, ntodo, conjuncts);
	return !pl->failed;
}

bool plan_type(struct program *p, struct type_plan *out, const struct root *roots, uint32_t n)
{
	struct planner pl = { .p = p };
	uint32_t nconjuncts = 1;
	struct todo *todo;
	uint32_t *conjuncts;
	bool done = false;

	for (uint32_t i = 0; i < n; i++)
		nconjuncts += p->nodes[roots[i].node].n + 1;
	todo = malloc((n + 1) * sizeof *todo);
	conjuncts = malloc(nconjuncts * sizeof *conjuncts);
	pl.counts = calloc(p->nnodes, sizeof *pl.counts);
	if (todo && conjuncts && pl.counts && plan(&pl, roots, n, todo, conjuncts)) {
		struct step *steps = arena_array(&p->arena, struct step, pl.n);

		done = steps;
		if (steps && pl.n)
			memcpy(steps, pl.steps, pl.n * sizeof *steps);
		out->steps = steps;
		out->n = pl.n;
	}
	free(pl.steps);
	free(pl.counts);
	free(conjuncts);
	free(todo);
	return done;
}
