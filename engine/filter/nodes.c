/* The graph of conditions: every node exists once. */
#include "engine/filter/program.h"

#include <stdlib.h>

/* A growing list of node ids; on the heap, for as long as a chain is being built. */
struct ids {
	uint32_t *p;
	uint32_t n, cap;
	bool failed;
};

static void ids_add(struct ids *l, uint32_t id)
{
	if (!program_grow((void **)&l->p, &l->cap, l->n + 1, sizeof *l->p)) {
		l->failed = true;
		return;
	}
	l->p[l->n++] = id;
}

/* --- the table --- */

static uint64_t node_hash(const struct node *n, const uint32_t *kids)
{
	uint64_t h = hash_u64(n->kind);

	if (n->kind == NODE_CHECK)
		return hash_u64(h ^ n->first);
	for (uint32_t i = 0; i < n->n; i++)
		h = hash_u64(h ^ kids[i]);
	return h;
}

static bool same_node(const struct program *p, const struct node *a, const struct node *b,
		      const uint32_t *kids)
{
	if (a->kind != b->kind || a->n != b->n)
		return false;
	if (b->kind == NODE_CHECK)
		return a->first == b->first;
	return b->n == 0 || memcmp(p->kids + a->first, kids, b->n * sizeof *kids) == 0;
}

static bool rehash(struct program *p)
{
	uint32_t size = p->node_table_size ? 2 * p->node_table_size : 256;
	uint32_t *table = calloc(size, sizeof *table);

	if (!table)
		return false;
	for (uint32_t id = 0; id < p->nnodes; id++) {
		const struct node *n = &p->nodes[id];
		uint64_t i = node_hash(n, p->kids + (n->kind == NODE_CHECK ? 0 : n->first));

		while (table[i & (size - 1)])
			i++;
		table[i & (size - 1)] = id + 1;
	}
	free(p->node_table);
	p->node_table = table;
	p->node_table_size = size;
	return true;
}

/* The id of this node; kids are copied if it is new. */
static uint32_t intern(struct program *p, struct node n, const uint32_t *kids)
{
	uint64_t i;

	if (2 * (p->nnodes + 1) > p->node_table_size && !rehash(p))
		return NO_ID;
	for (i = node_hash(&n, kids);; i++) {
		uint32_t at = p->node_table[i & (p->node_table_size - 1)];

		if (!at)
			break;
		if (same_node(p, &p->nodes[at - 1], &n, kids))
			return at - 1;
	}
	if (!program_grow((void **)&p->nodes, &p->nodes_cap, p->nnodes + 1, sizeof *p->nodes) ||
	    !program_grow((void **)&p->kids, &p->kids_cap, p->nkids + n.n, sizeof *p->kids))
		return NO_ID;
	if (n.kind != NODE_CHECK) {
		n.first = p->nkids;
		if (n.n)
			memcpy(p->kids + p->nkids, kids, n.n * sizeof *kids);
		p->nkids += n.n;
	}
	n.bit = NO_ID;
	p->nodes[p->nnodes] = n;
	p->node_table[i & (p->node_table_size - 1)] = p->nnodes + 1;
	return p->nnodes++;
}

bool nodes_init(struct program *p)
{
	return intern(p, (struct node){ .kind = NODE_FALSE }, NULL) == NODE_FALSE_ID &&
	       intern(p, (struct node){ .kind = NODE_TRUE }, NULL) == NODE_TRUE_ID;
}

/* --- building --- */

/* A guess at nanoseconds, for the order of evaluation only. */
static uint32_t check_cost(const struct check *c)
{
	static const uint8_t op_costs[OP_COUNT] = {
		[OP_GLOB] = 20,      [OP_IGLOB] = 25,     [OP_CONTAINS] = 15,   [OP_ICONTAINS] = 30,
		[OP_BCONTAINS] = 15, [OP_STARTSWITH] = 3, [OP_BSTARTSWITH] = 3, [OP_ENDSWITH] = 3,
		[OP_REGEX] = 60,     [OP_IN] = 6,         [OP_INTERSECTS] = 6,  [OP_PMATCH] = 25,
	};
	const struct field_ref *field = expr_field(c->left);
	uint32_t cost = op_costs[c->op];

	if (c->match.n > 1 && c->op != OP_IN && c->op != OP_INTERSECTS && c->op != OP_PMATCH)
		cost *= c->match.n;
	if (value_type_is_text(c->left->type) || c->left->type == PT_BYTEBUF)
		cost += 8;
	if (c->compare == COMPARE_ANY_ANCESTOR)
		cost += 60;
	if (c->right)
		cost += 30;
	if (c->left->kind != EXPR_FIELD || !field)
		cost += 60;
	else if (field->param_index || field->arg_is_index)
		cost += 20; /* parameters are rendered to text first */
	return cost + 2;
}

static uint32_t node_of_check(struct program *p, uint32_t check_id)
{
	const struct check *c = p->checks[check_id].check;
	struct node n = {
		.kind = NODE_CHECK,
		.first = check_id,
		.per_use = c->result_use,
		.thread_only = !c->result_use && (check_flags(c) & FF_THREAD_ONLY),
		.cost = check_cost(c),
	};

	return intern(p, n, NULL);
}

uint32_t node_not(struct program *p, uint32_t kid)
{
	const struct node *k;
	struct node n = { .kind = NODE_NOT, .n = 1 };

	if (kid == NO_ID)
		return NO_ID;
	k = &p->nodes[kid];
	if (kid == NODE_FALSE_ID || kid == NODE_TRUE_ID)
		return kid == NODE_FALSE_ID ? NODE_TRUE_ID : NODE_FALSE_ID;
	if (k->kind == NODE_NOT)
		return p->kids[k->first];
	n.thread_only = k->thread_only;
	n.per_use = k->per_use;
	n.cost = k->cost;
	return intern(p, n, &kid);
}

/* What asking a thread's memory costs, compared with asking the event. */
enum { THREAD_COST = 6 };

static uint32_t place_of(const struct program *p, uint32_t id)
{
	return p->nodes[id].thread_only ? THREAD_COST : p->nodes[id].cost;
}

/* Stable, and chains are short. */
static void sort_by_cost(const struct program *p, uint32_t *ids, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++) {
		uint32_t id = ids[i], k = i;

		for (; k > 0 && place_of(p, ids[k - 1]) > place_of(p, id); k--)
			ids[k] = ids[k - 1];
		ids[k] = id;
	}
}

static uint32_t make_chain(struct program *p, enum node_kind kind, const uint32_t *ids, uint32_t n)
{
	struct node chain = { .kind = (uint8_t)kind, .n = n, .thread_only = true };

	if (n == 1)
		return ids[0];
	for (uint32_t i = 0; i < n; i++) {
		const struct node *k = &p->nodes[ids[i]];

		chain.thread_only &= k->thread_only;
		chain.per_use |= k->per_use;
		chain.cost += k->cost;
	}
	return intern(p, chain, ids);
}

/*
 * Kids of the same kind give their own kids; a deciding constant ends the list, a neutral one
 * leaves it.  False when the answer is *decided already.
 */
static bool flatten(const struct program *p, enum node_kind kind, const uint32_t *kids, uint32_t n,
		    struct ids *out)
{
	uint32_t decides = kind == NODE_AND ? NODE_FALSE_ID : NODE_TRUE_ID;
	uint32_t neutral = kind == NODE_AND ? NODE_TRUE_ID : NODE_FALSE_ID;

	for (uint32_t i = 0; i < n; i++) {
		const struct node *k = &p->nodes[kids[i]];

		if (kids[i] == neutral)
			continue;
		if (k->kind == kind) {
			if (!flatten(p, kind, p->kids + k->first, k->n, out))
				return false;
			continue;
		}
		ids_add(out, kids[i]);
		if (kids[i] == decides)
			return false;
	}
	return true;
}

static bool contains(const uint32_t *ids, uint32_t n, uint32_t id)
{
	for (uint32_t i = 0; i < n; i++)
		if (ids[i] == id)
			return true;
	return false;
}

/* Nothing depends on when it is tested: drop doubles, put what the thread decides into one node. */
static uint32_t arrange(struct program *p, enum node_kind kind, struct ids *all)
{
	struct ids thread = { 0 }, event = { 0 };
	uint32_t id = NO_ID;

	for (uint32_t i = 0; i < all->n; i++)
		if (!contains(all->p, i, all->p[i]))
			ids_add(p->nodes[all->p[i]].thread_only ? &thread : &event, all->p[i]);
	sort_by_cost(p, event.p, event.n);
	if (thread.n > 1 && event.n) {
		id = make_chain(p, kind, thread.p, thread.n);
		thread.p[0] = id;
		thread.n = id == NO_ID ? 0 : 1;
	}
	for (uint32_t i = 0; i < thread.n; i++)
		ids_add(&event, thread.p[i]);
	sort_by_cost(p, event.p, event.n);
	if (!thread.failed && !event.failed && (thread.n == 0 || thread.p[0] != NO_ID))
		id = make_chain(p, kind, event.p, event.n);
	free(thread.p);
	free(event.p);
	return id;
}

uint32_t node_chain(struct program *p, enum node_kind kind, const uint32_t *kids, uint32_t n)
{
	uint32_t decides = kind == NODE_AND ? NODE_FALSE_ID : NODE_TRUE_ID;
	uint32_t neutral = kind == NODE_AND ? NODE_TRUE_ID : NODE_FALSE_ID, id;
	struct ids all = { 0 };
	bool per_use = false;

	if (contains(kids, n, NO_ID))
		return NO_ID;
	bool open = flatten(p, kind, kids, n, &all);
	for (uint32_t i = 0; i < all.n; i++)
		per_use |= p->nodes[all.p[i]].per_use;
	if (all.failed)
		id = NO_ID;
	else if (!open && !per_use)
		id = decides; /* whatever stands before it has no effects */
	else if (all.n == 0)
		id = neutral;
	else if (per_use)
		id = make_chain(p, kind, all.p, all.n);
	else
		id = arrange(p, kind, &all);
	free(all.p);
	return id;
}

uint32_t node_of_tree(struct program *p, const struct tree *t)
{
	struct ids kids = { 0 };
	uint32_t id;

	if (t->kind == AST_CHECK)
		return node_of_check(p, t->check_id);
	if (t->kind == AST_NOT)
		return node_not(p, node_of_tree(p, t->kids[0]));
	for (size_t i = 0; i < t->nkids; i++)
		ids_add(&kids, node_of_tree(p, t->kids[i]));
	id = kids.failed ? NO_ID
			 : node_chain(p, t->kind == AST_AND ? NODE_AND : NODE_OR, kids.p, kids.n);
	free(kids.p);
	return id;
}
