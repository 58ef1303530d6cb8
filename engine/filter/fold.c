/* What the type of an event decides about a condition before there is an event. */
#include "engine/filter/program.h"

#include <stdlib.h>

enum verdict { OPEN, MISSING, KNOWN };

/* Is the operand's value the same at all events of the type? */
static enum verdict expr_verdict(const struct expr *e, uint32_t type, struct value *out)
{
	bool missing;

	if (e->flags & FF_PER_USE)
		return OPEN; /* extracting it has an effect */
	switch (e->kind) {
	case EXPR_FIELD:
		if (!field_decided_by_type(&e->ref, type, &missing, out))
			return OPEN;
		return missing ? MISSING : KNOWN;
	case EXPR_LITERAL:
		*out = (struct value){ .type = PT_CHARBUF, .s = e->literal };
		return KNOWN;
	case EXPR_LIST:
	case EXPR_TRF:
		break;
	}
	/* nothing comes from a missing argument */
	for (size_t i = 0; i < e->nargs; i++)
		if (expr_verdict(e->args[i], type, out) == MISSING)
			return MISSING;
	return OPEN;
}

/* Fields that are compared by their candidates have none where there is no fd. */
static bool no_candidates(const struct check *c, uint32_t type)
{
	const struct field_ref *field = expr_field(c->left);
	const struct event_desc *desc = schema_event(type);

	return field && desc && (field->def->flags & FF_NEEDS_FD) &&
	       !(desc->flags & (EF_CREATES_FD | EF_USES_FD | EF_DESTROYS_FD));
}

/*
 * Events are numbered from 1, so that "evt.num = 0" never holds: rule files write it where a macro
 * is still to be filled in.  False: it depends.
 */
static bool decided_by_numbering(const struct check *c, bool *holds)
{
	uint64_t n;

	if (c->left->kind != EXPR_FIELD || strcmp(c->left->ref.def->name, "evt.num") != 0 ||
	    c->right || c->match.n != 1)
		return false;
	n = c->match.constants[0].u;
	*holds = c->op == OP_NE || c->op == OP_GT || c->op == OP_GE;
	switch (c->op) {
	case OP_EQ:
	case OP_NE:
	case OP_LE:
	case OP_GT:
	case OP_IN:
	case OP_INTERSECTS:
		return n == 0;
	case OP_LT:
	case OP_GE:
		return n <= 1;
	default:
		return false;
	}
}

static uint32_t fold_check(struct program *p, uint32_t id, uint32_t type)
{
	const struct check *c = p->checks[p->nodes[id].first].check;
	struct value left, right;
	enum verdict of_left, of_right;
	bool holds;

	if (c->result_use)
		return id;
	if (decided_by_numbering(c, &holds))
		return holds ? NODE_TRUE_ID : NODE_FALSE_ID;
	if (c->compare != COMPARE_VALUE)
		return no_candidates(c, type) ? NODE_FALSE_ID : id;
	of_left = expr_verdict(c->left, type, &left);
	of_right = c->right ? expr_verdict(c->right, type, &right) : KNOWN;
	if (of_left == MISSING || of_right == MISSING)
		return NODE_FALSE_ID;
	if (of_left == OPEN || (of_right == OPEN && c->op != OP_EXISTS))
		return id;
	holds = c->op == OP_EXISTS ||
		(c->right ? check_values(c, &left, &right) : check_value(c, &left));
	return holds ? NODE_TRUE_ID : NODE_FALSE_ID;
}

uint32_t node_fold(struct program *p, uint32_t node, uint32_t type, uint32_t *memo)
{
	struct node n = p->nodes[node];
	uint32_t *kids, id;

	if (memo[node])
		return memo[node] - 1;
	if (n.kind == NODE_FALSE || n.kind == NODE_TRUE)
		return node;
	if (n.kind == NODE_CHECK) {
		id = fold_check(p, node, type);
	} else {
		kids = malloc(n.n * sizeof *kids);
		if (!kids)
			return NO_ID;
		/* p->kids may move while kids are folded */
		for (uint32_t i = 0; i < n.n; i++)
			kids[i] = node_fold(p, p->kids[n.first + i], type, memo);
		if (n.kind == NODE_NOT)
			id = node_not(p, kids[0]);
		else
			id = node_chain(p, n.kind, kids, n.n);
		free(kids);
	}
	memo[node] = id + 1;
	return id;
}
