/* From conditions to what program_run looks at. */
#include "engine/filter/program.h"

#include <stdlib.h>

static int no_memory(struct err *err)
{
	return err_set(err, ERR_NOMEM, "out of memory compiling conditions");
}

/*
 * Events made by the recorder may speak of a container of their own: then what is a matter of the
 * thread otherwise is a matter of the event.
 */
static bool speaks_for_itself(uint32_t type)
{
	return schema_events[type].category & EC_METAEVENT;
}

/*
 * A thread remembers the outermost of the nodes that it decides: those with a parent that depends
 * on more than the thread.
 */
static void give_bits(struct program *p, uint32_t id, bool *seen)
{
	struct node *n = &p->nodes[id];

	if (seen[id])
		return;
	seen[id] = true;
	if (n->thread_only && n->kind > NODE_TRUE) {
		n->bit = p->nbits++;
		return;
	}
	if (n->kind == NODE_CHECK)
		return;
	for (uint32_t i = 0; i < n->n; i++)
		give_bits(p, p->kids[n->first + i], seen);
}

/* Two programs with equal fingerprints mean the same by the same bits. */
static uint64_t fingerprint(const struct program *p)
{
	uint64_t h = p->nbits;

	for (uint32_t i = 0; i < p->check_ids.n; i++)
		h = hash_u64(h ^ p->check_ids.entries[i].hash);
	for (uint32_t i = 0; i < p->nnodes; i++)
		h = hash_u64(h ^ ((uint64_t)p->nodes[i].kind << 32 | p->nodes[i].first));
	for (uint32_t i = 0; i < p->nkids; i++)
		h = hash_u64(h ^ p->kids[i]);
	return h | 1;
}

/* What is left of every condition at events of this type; *n of them are left. */
static struct root *fold_type(struct program *p, uint32_t type, const uint32_t *nodes,
			      uint32_t *memo, uint32_t *n)
{
	struct root *roots = malloc((p->n + 1) * sizeof *roots);

	*n = 0;
	for (uint32_t i = 0; roots && i < p->n; i++) {
		uint32_t id;

		if (!type_set_has(&p->conditions[i].types, type))
			continue;
		id = node_fold(p, nodes[i], type, memo);
		if (id == NO_ID) {
			free(roots);
			return NULL;
		}
		if (id != NODE_FALSE_ID)
			roots[(*n)++] = (struct root){ id, i };
	}
	return roots;
}

static bool fold_all(struct program *p, const uint32_t *nodes, struct root **roots,
		     uint32_t *counts)
{
	uint32_t unfolded = p->nnodes;
	uint32_t *memo = malloc(unfolded * sizeof *memo);
	bool done = memo;

	for (uint32_t type = 0; done && type < EV_COUNT; type++) {
		memset(memo, 0, unfolded * sizeof *memo);
		roots[type] = fold_type(p, type, nodes, memo, &counts[type]);
		done = roots[type];
	}
	free(memo);
	return done;
}

static bool plan_all_types(struct program *p, struct root *const *roots, const uint32_t *counts)
{
	bool *seen = calloc(p->nnodes, sizeof *seen);
	bool done = seen;

	for (uint32_t type = 0; done && type < EV_COUNT; type++)
		for (uint32_t i = 0; i < counts[type]; i++)
			give_bits(p, roots[type][i].node, seen);
	for (uint32_t type = 0; done && type < EV_COUNT; type++) {
		p->plans[type].no_memory_of_threads = speaks_for_itself(type);
		done = plan_type(p, &p->plans[type], roots[type], counts[type]);
	}
	free(seen);
	return done;
}

static bool build(struct program *p, uint32_t *nodes)
{
	struct root *roots[EV_COUNT] = { 0 };
	uint32_t counts[EV_COUNT] = { 0 };
	bool done = nodes_init(p);

	for (uint32_t i = 0; done && i < p->n; i++) {
		nodes[i] = node_of_tree(p, p->conditions[i].tree);
		done = nodes[i] != NO_ID;
	}
	done = done && fold_all(p, nodes, roots, counts) && plan_all_types(p, roots, counts);
	for (uint32_t type = 0; type < EV_COUNT; type++)
		free(roots[type]);
	if (!done)
		return false;
	p->results = arena_array(&p->arena, uint64_t, p->nnodes);
	p->hits = arena_array(&p->arena, uint64_t, p->n / 64 + 1);
	p->later = arena_array(&p->arena, uint32_t, p->n);
	p->fingerprint = fingerprint(p);
	return p->results && p->hits && p->later;
}

int program_seal(struct program *p, struct err *err)
{
	uint32_t *nodes = malloc((p->n + 1) * sizeof *nodes);
	int rc;

	if (!nodes)
		return no_memory(err);
	rc = build(p, nodes) ? 0 : no_memory(err);
	free(nodes);
	return rc;
}
