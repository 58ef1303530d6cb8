/* All conditions at one event. */
#include "engine/filter/program.h"

#include <stdlib.h>

/*
 * What was found out about a thread: per bit whether it is known, and what it is.  Good as long as
 * the thread and its relatives stay what they are.
 */
struct memory {
	uint64_t fingerprint; /* of the program */
	uint64_t version, tree_version;
	uint64_t words[]; /* known, then holds */
};

static size_t words_of(const struct program *p)
{
	return (p->nbits + 63) / 64;
}

/* Set p->known and p->holds to the memory of the event's thread, or to NULL. */
static void recall(struct program *p, const struct state *s, bool use)
{
	struct thread *t = s->now.thread;
	size_t words = words_of(p), size = sizeof(struct memory) + 2 * words * sizeof(uint64_t);
	struct memory *m;

	p->known = p->holds = NULL;
	if (!use || !t || words == 0)
		return;
	m = t->memo;
	if (!m || t->memo_size != size) {
		free(m);
		m = t->memo = calloc(1, size);
		t->memo_size = m ? (uint32_t)size : 0;
		if (!m)
			return;
	}
	if (m->fingerprint != p->fingerprint || m->version != t->version ||
	    m->tree_version != s->tree_version) {
		m->fingerprint = p->fingerprint;
		m->version = t->version;
		m->tree_version = s->tree_version;
		memset(m->words, 0, words * sizeof *m->words);
	}
	p->known = m->words;
	p->holds = m->words + words;
}

bool program_check(struct program *p, uint32_t id, struct field_ctx *ctx)
{
	const struct shared_check *shared = &p->checks[id];
	struct slot *slot;

	if (shared->slot == NO_ID)
		return check_test(shared->check, ctx);
	slot = &p->slots[shared->slot];
	if (slot->generation != p->generation) {
		slot->generation = p->generation;
		slot->present = expr_get(slot->expr, ctx, &slot->value);
	}
	if (!slot->present || shared->check->op == OP_EXISTS)
		return slot->present;
	return check_value(shared->check, &slot->value);
}

static bool test_node(struct program *p, uint32_t id, struct field_ctx *ctx);

static bool test_chain(struct program *p, const struct node *n, struct field_ctx *ctx, bool any)
{
	const uint32_t *kids = p->kids + n->first;

	for (uint32_t i = 0; i < n->n; i++)
		if (test_node(p, kids[i], ctx) == any)
			return any;
	return !any;
}

static bool compute(struct program *p, const struct node *n, struct field_ctx *ctx)
{
	switch ((enum node_kind)n->kind) {
	case NODE_FALSE:
		return false;
	case NODE_TRUE:
		return true;
	case NODE_CHECK:
		return program_check(p, n->first, ctx);
	case NODE_NOT:
		return !test_node(p, p->kids[n->first], ctx);
	case NODE_AND:
		return test_chain(p, n, ctx, false);
	case NODE_OR:
		return test_chain(p, n, ctx, true);
	}
	return false;
}

/* A bit of the thread's memory, found out now if it is not known. */
static inline bool test_bit(struct program *p, uint32_t id, uint32_t bit, struct field_ctx *ctx)
{
	uint64_t mask = (uint64_t)1 << (bit % 64), *holds = &p->holds[bit / 64];
	bool result;

	if (p->known[bit / 64] & mask)
		return *holds & mask;
	result = compute(p, &p->nodes[id], ctx);
	p->known[bit / 64] |= mask;
	*holds = result ? *holds | mask : *holds & ~mask;
	return result;
}

static bool test_node(struct program *p, uint32_t id, struct field_ctx *ctx)
{
	const struct node *n = &p->nodes[id];
	bool result;

	if (n->bit != NO_ID && p->known)
		return test_bit(p, id, n->bit, ctx);
	if (n->per_use)
		return compute(p, n, ctx);
	if (p->results[id] >> 1 == p->generation)
		return p->results[id] & 1;
	result = compute(p, n, ctx);
	p->results[id] = p->generation << 1 | result;
	return result;
}

/* Go through the steps; was there anything to tell? */
static bool run_steps(struct program *p, const struct type_plan *plan, struct field_ctx *ctx)
{
	bool any = false;

	for (uint32_t i = 0; i < plan->n;) {
		const struct step *s = &plan->steps[i];

		switch ((enum step_kind)s->kind) {
		case STEP_BIT:
			if (p->known) {
				i = test_bit(p, s->node, s->bit, ctx) ? i + 1 : s->otherwise;
				continue;
			}
			/* fallthrough */
		case STEP_TEST:
			i = test_node(p, s->node, ctx) ? i + 1 : s->otherwise;
			continue;
		case STEP_LATER:
			p->later[s->id] = s->node;
			break;
		case STEP_HOLDS:
			break;
		}
		p->hits[s->id / 64] |= (uint64_t)1 << (s->id % 64);
		any = true;
		i++;
	}
	return any;
}

/* Tell what holds, in ascending order of the conditions. */
static void tell(struct program *p, struct field_ctx *ctx, program_hit *hit, void *arg)
{
	bool go_on = true;

	for (uint32_t word = 0; word <= p->n / 64; word++) {
		uint64_t bits = p->hits[word];

		p->hits[word] = 0;
		for (; bits; bits &= bits - 1) {
			uint32_t id = word * 64 + (uint32_t)__builtin_ctzll(bits),
				 node = p->later[id];

			p->later[id] = 0;
			if (go_on && (!node || test_node(p, node, ctx)))
				go_on = hit(arg, id);
		}
	}
}

void program_next_event(struct program *p)
{
	p->generation++;
}

void program_run(struct program *p, struct field_ctx *ctx, program_hit *hit, void *arg)
{
	const struct type_plan *plan = &p->plans[ctx->state->now.ev->type];

	if (plan->n == 0)
		return;
	program_next_event(p);
	recall(p, ctx->state, !plan->no_memory_of_threads);
	if (run_steps(p, plan, ctx))
		tell(p, ctx, hit, arg);
}
