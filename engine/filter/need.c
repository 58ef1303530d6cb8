#include "engine/filter/need.h"

#include "engine/filter/program.h"

#include <stdlib.h>

uint64_t expr_params(const struct expr *e, uint32_t event_type)
{
	uint64_t params = 0;

	switch (e->kind) {
	case EXPR_FIELD:
		return field_params(&e->ref, event_type);
	case EXPR_LITERAL:
		return 0;
	case EXPR_LIST:
	case EXPR_TRF:
		break;
	}
	for (size_t i = 0; i < e->nargs; i++)
		params |= expr_params(e->args[i], event_type);
	return params;
}

/* A walk over the graph; every node is visited once. */
struct visit {
	const struct program *p;
	uint32_t type;
	bool *seen; /* per node */
	uint64_t params;
};

static void visit_node(struct visit *v, uint32_t id)
{
	const struct program *p = v->p;
	const struct node *n = &p->nodes[id];

	if (v->seen[id])
		return;
	v->seen[id] = true;
	if (n->kind == NODE_CHECK) {
		const struct check *c = p->checks[n->first].check;

		v->params |= expr_params(c->left, v->type);
		v->params |= c->right ? expr_params(c->right, v->type) : 0;
		return;
	}
	for (uint32_t i = 0; i < n->n; i++)
		visit_node(v, p->kids[n->first + i]);
}

uint64_t program_params(const struct program *p, uint32_t event_type)
{
	const struct type_plan *plan = &p->plans[event_type];
	struct visit v = { .p = p, .type = event_type };

	if (plan->n == 0)
		return 0;
	v.seen = calloc(p->nnodes, sizeof *v.seen);
	if (!v.seen)
		return UINT64_MAX;
	for (uint32_t i = 0; i < plan->n; i++)
		if (plan->steps[i].kind != STEP_HOLDS)
			visit_node(&v, plan->steps[i].node);
	free(v.seen);
	return v.params;
}

bool program_is_quiet(const struct program *p, uint32_t event_type)
{
	return p->plans[event_type].n == 0;
}

void program_live(const struct program *p, uint32_t event_type,
		  void (*live)(void *arg, uint32_t id), void *arg)
{
	const struct type_plan *plan = &p->plans[event_type];

	for (uint32_t i = 0; i < plan->n; i++)
		if (plan->steps[i].kind == STEP_HOLDS || plan->steps[i].kind == STEP_LATER)
			live(arg, plan->steps[i].id);
}
