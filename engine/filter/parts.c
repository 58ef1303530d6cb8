#include "engine/filter/parts.h"

#include "engine/filter/program.h"

static uint32_t size_of(const struct tree *t)
{
	uint32_t n = 1;

	for (size_t i = 0; i < t->nkids; i++)
		n += size_of(t->kids[i]);
	return n;
}

uint32_t program_parts(const struct program *p, uint32_t id)
{
	return size_of(p->conditions[id].tree);
}

struct trial {
	struct program *p;
	struct field_ctx *ctx;
	bool *says;
	uint32_t at;
};

/* reached: program_test would come here, too */
static bool try_part(struct trial *trial, const struct tree *t, bool reached)
{
	uint32_t own = trial->at++;
	bool any = t->kind == AST_OR, decided = false, holds;

	switch (t->kind) {
	case AST_CHECK:
		holds = t->check->result_use ? reached && check_test(t->check, trial->ctx)
					     : program_check(trial->p, t->check_id, trial->ctx);
		return trial->says[own] = holds;
	case AST_NOT:
		return trial->says[own] = !try_part(trial, t->kids[0], reached);
	case AST_AND:
	case AST_OR:
	case AST_IDENT:
		break;
	}
	for (size_t i = 0; i < t->nkids; i++)
		decided |= try_part(trial, t->kids[i], reached && !decided) == any;
	return trial->says[own] = decided ? any : !any;
}

bool program_test_parts(struct program *p, uint32_t id, struct field_ctx *ctx, bool *says)
{
	struct trial trial = { .p = p, .ctx = ctx, .says = says };

	program_next_event(p);
	return try_part(&trial, p->conditions[id].tree, true);
}

struct tallying {
	struct field_ctx *ctx;
	struct part_tally *tallies;
	uint64_t weight, now;
	uint64_t (*ticks)(void);
	uint32_t at;
};

/*
 * A part that took much longer than it usually does was interrupted: that is not its own cost, and
 * `weight` would make much of it.
 */
static uint64_t without_interruption(const struct part_tally *so_far, uint64_t ticks)
{
	enum { KNOWN = 8, MUCH = 8 };
	uint64_t limit;

	if (so_far->tried < KNOWN)
		return ticks;
	limit = MUCH * (so_far->ticks / so_far->tried + 1);
	return ticks < limit ? ticks : limit;
}

static bool tally_part(struct tallying *t, const struct tree *tree)
{
	struct part_tally *own = &t->tallies[t->at++];
	bool any = tree->kind == AST_OR, holds = !any;
	uint64_t now;

	switch (tree->kind) {
	case AST_CHECK:
		holds = check_test(tree->check, t->ctx);
		now = t->ticks();
		own->ticks += t->weight * without_interruption(own, now - t->now);
		t->now = now;
		break;
	case AST_NOT:
		holds = !tally_part(t, tree->kids[0]);
		break;
	case AST_AND:
	case AST_OR:
	case AST_IDENT:
		for (size_t i = 0; i < tree->nkids; i++) {
			if (holds == any)
				t->at += size_of(tree->kids[i]);
			else
				holds = tally_part(t, tree->kids[i]);
		}
		break;
	}
	own->tried += t->weight;
	own->held += holds ? t->weight : 0;
	return holds;
}

bool program_test_tallied(struct program *p, uint32_t id, struct field_ctx *ctx, uint64_t weight,
			  uint64_t (*ticks)(void), struct part_tally *tallies)
{
	struct tallying t = {
		.ctx = ctx, .tallies = tallies, .weight = weight, .now = ticks(), .ticks = ticks
	};

	return tally_part(&t, p->conditions[id].tree);
}

static const struct tree *find(const struct tree *t, uint32_t *part)
{
	const struct tree *found = NULL;

	if ((*part)-- == 0)
		return t;
	for (size_t i = 0; !found && i < t->nkids; i++)
		found = find(t->kids[i], part);
	return found;
}

bool program_part_value(const struct program *p, uint32_t id, uint32_t part, struct field_ctx *ctx,
			struct value *out, enum print_format *format)
{
	const struct tree *t = find(p->conditions[id].tree, &part);
	const struct value *items;
	size_t n;

	if (!t || t->kind != AST_CHECK)
		return false;
	*format = filter_operand_format(t->check->left);
	if (t->check->left_use) {
		*out = t->check->left_use->value;
		return t->check->left_use->result;
	}
	if (t->check->compare == COMPARE_VALUE)
		return expr_get(t->check->left, ctx, out);
	if (!field_candidates(expr_field(t->check->left), ctx, &items, &n) || n == 0)
		return false;
	*out = (struct value){ .type = items[0].type, .is_list = true, .list = { items, n } };
	return true;
}

uint32_t program_part_check(const struct program *p, uint32_t id, uint32_t part)
{
	const struct tree *t = find(p->conditions[id].tree, &part);

	return t && t->kind == AST_CHECK ? t->check_id : UINT32_MAX;
}
