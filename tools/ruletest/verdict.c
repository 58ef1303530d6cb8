#include "tools/ruletest/verdict.h"

#include "engine/fields/render.h"
#include "tools/common/human.h"

/* An event of another type is further away than one that differs in a value. */
enum { WEIGHT = 1, WEIGHT_TYPE = 8 };

static void number(struct anatomy *a, const struct clause *c)
{
	a->parts[c->part] = c;
	for (size_t i = 0; i < c->nkids; i++)
		number(a, c->kids[i]);
}

int anatomy_new(struct anatomy *a, const struct clause *tree, struct program *program, uint32_t id,
		struct arena *arena, struct err *err)
{
	*a = (struct anatomy){ .tree = tree, .program = program, .id = id };
	a->nparts = program_parts(program, id);
	a->parts = arena_array(arena, const struct clause *, a->nparts);
	a->says = arena_array(arena, bool, a->nparts);
	a->to_hold = arena_array(arena, uint32_t, a->nparts);
	a->to_fail = arena_array(arena, uint32_t, a->nparts);
	if (!a->tree || !a->parts || !a->says || !a->to_hold || !a->to_fail)
		return err_set(err, ERR_NOMEM, "out of memory");
	number(a, a->tree);
	return 0;
}

bool anatomy_concerns(const struct anatomy *a, uint32_t event_type)
{
	return type_set_has(program_types(a->program, a->id), event_type);
}

static bool is_about_type(const struct ast *check)
{
	return check->left->kind == OPERAND_FIELD && sv_eq(check->left->text, SV("evt.type"));
}

static void weigh(struct anatomy *a, const struct clause *c)
{
	uint32_t *hold = &a->to_hold[c->part], *fail = &a->to_fail[c->part];
	uint32_t sum_hold = 0, sum_fail = 0, min_hold = UINT32_MAX, min_fail = UINT32_MAX;

	for (size_t i = 0; i < c->nkids; i++) {
		uint32_t kid = c->kids[i]->part;

		weigh(a, c->kids[i]);
		sum_hold += a->to_hold[kid];
		sum_fail += a->to_fail[kid];
		min_hold = a->to_hold[kid] < min_hold ? a->to_hold[kid] : min_hold;
		min_fail = a->to_fail[kid] < min_fail ? a->to_fail[kid] : min_fail;
	}
	switch (c->ast->kind) {
	case AST_AND:
		*hold = sum_hold;
		*fail = min_fail;
		break;
	case AST_OR:
		*hold = min_hold;
		*fail = sum_fail;
		break;
	case AST_NOT:
		*hold = sum_fail;
		*fail = sum_hold;
		break;
	case AST_CHECK:
	case AST_IDENT:
		*hold = a->says[c->part] ? 0 : is_about_type(c->ast) ? WEIGHT_TYPE : WEIGHT;
		*fail = a->says[c->part] ? WEIGHT : 0;
		break;
	}
}

uint32_t anatomy_look(struct anatomy *a, struct field_ctx *ctx)
{
	program_test_parts(a->program, a->id, ctx, a->says);
	weigh(a, a->tree);
	return a->to_hold[a->tree->part];
}

static void blame(const struct anatomy *a, const struct clause *c, bool hold, bool *blamed)
{
	const uint32_t *cost = hold ? a->to_hold : a->to_fail;
	bool all;

	if (cost[c->part] == 0)
		return;
	if (c->ast->kind == AST_CHECK) {
		blamed[c->part] = true;
		return;
	}
	if (c->ast->kind == AST_NOT) {
		blame(a, c->kids[0], !hold, blamed);
		return;
	}
	/* All kids must change, or one of those that need the least. */
	all = (c->ast->kind == AST_AND) == hold;
	for (size_t i = 0; i < c->nkids; i++) {
		if (all || cost[c->kids[i]->part] == cost[c->part])
			blame(a, c->kids[i], hold, blamed);
	}
}

void anatomy_blame(struct anatomy *a, bool *blamed)
{
	memset(blamed, 0, a->nparts * sizeof *blamed);
	blame(a, a->tree, !a->says[a->tree->part], blamed);
}

void clause_put_check(struct buf *out, const struct clause *c, size_t width)
{
	struct buf text = { 0 };
	size_t at = out->n;

	ast_print(c->ast, &text);
	human_text(out, buf_sv(&text));
	if (width)
		human_cut(out, at, width);
	out->failed |= text.failed;
	buf_deinit(&text);
}

bool anatomy_put_value(const struct anatomy *a, uint32_t part, struct field_ctx *ctx,
		       struct buf *out)
{
	enum print_format format;
	struct value v;

	if (!program_part_value(a->program, a->id, part, ctx, &v, &format))
		return false;
	render_value(out, &v, format);
	return true;
}
