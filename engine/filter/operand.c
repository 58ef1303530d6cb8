/* Operands outside of conditions: what output templates print. */
#include "engine/filter/expr.h"
#include "engine/filter/filter.h"

int filter_operand_compile(const struct ast_operand *op, struct arena *arena, struct expr **out,
			   struct err *err)
{
	return expr_compile(op, arena, out, err);
}

bool filter_operand_get(const struct expr *e, struct field_ctx *ctx, struct value *out)
{
	struct value *items;

	if (!expr_get(e, ctx, out))
		return false;
	if (!value_type_is_text(out->type))
		return true;
	if (!out->is_list) {
		out->s = sv_upto_nul(out->s);
		return true;
	}
	items = arena_array(&ctx->scratch, struct value, out->list.n);
	if (!items)
		return false;
	for (size_t i = 0; i < out->list.n; i++) {
		items[i] = out->list.items[i];
		items[i].s = sv_upto_nul(items[i].s);
	}
	out->list.items = items;
	return true;
}

enum param_type filter_operand_type(const struct expr *e)
{
	return e->type;
}

const struct field_ref *filter_operand_field(const struct expr *e)
{
	return expr_field(e);
}

enum print_format filter_operand_format(const struct expr *e)
{
	const struct field_ref *field = expr_field(e);

	return field ? (enum print_format)field->def->format : PF_NA;
}
