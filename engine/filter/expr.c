#include "engine/filter/expr.h"

#include "engine/fields/render.h"
#include "engine/filter/transform.h"

static int no_memory(struct err *err)
{
	return err_set(err, ERR_NOMEM, "out of memory compiling a condition");
}

/* "name[arg]" in one piece, as field_parse wants it. */
static struct sv field_text(const struct ast_operand *o, struct arena *arena)
{
	size_t n = o->text.n + (o->has_arg ? o->arg.n + 2 : 0);
	char *p;

	if (!o->has_arg)
		return o->text;
	p = arena_bytes(arena, n);
	if (!p)
		return (struct sv){ 0 };
	memcpy(p, o->text.p, o->text.n);
	p[o->text.n] = '[';
	if (o->arg.n)
		memcpy(p + o->text.n + 1, o->arg.p, o->arg.n);
	p[n - 1] = ']';
	return (struct sv){ p, n };
}

static int compile_field(const struct ast_operand *o, struct arena *arena, struct expr *e,
			 struct err *err)
{
	struct sv text = field_text(o, arena);

	if (!text.p)
		return no_memory(err);
	if (field_parse(text, arena, &e->ref, err) < 0)
		return -1;
	e->kind = EXPR_FIELD;
	e->type = e->base_type = e->ref.type;
	e->is_list = e->base_list = e->ref.is_list;
	e->flags = e->ref.def->flags & (FF_NO_RHS | FF_NO_TRANSFORMER | FF_PER_USE |
					FF_THREAD_ONLY | FF_EVENT_TYPE_ONLY);
	e->name = e->ref.def->name;
	return 0;
}

static int refuse_type(const struct expr *arg, enum trf_kind trf, struct err *err)
{
	return err_set(
		err, ERR_CHECK,
		"can't add field transformer: type '%s' is not supported by '%s' transformer "
		"applied on %sfield '%s'",
		schema_type_name(arg->type), trf_name(trf), arg->is_list ? "list " : "", arg->name);
}

/* tolower, toupper, b64, basename, len: one argument, or each element of a list. */
static int compile_single(struct expr *e, struct err *err)
{
	const struct expr *arg = e->args[0];
	bool text = value_type_is_text(arg->type), fits = text;

	if (e->trf == TRF_JOIN || e->trf == TRF_CONCAT || e->trf == TRF_GETOPT)
		return err_set(err, ERR_CHECK, "unknown field transfomer '%s'", trf_name(e->trf));
	if (e->selector >= 0)
		return err_set(err, ERR_CHECK,
			       "filter error: transformer '%s' does not support field arguments",
			       trf_name(e->trf));
	if (arg->flags & FF_NO_TRANSFORMER)
		return err_set(err, ERR_CHECK, "field '%s' does not support transformers",
			       arg->name);
	if (e->trf == TRF_B64)
		fits = arg->type == PT_CHARBUF || arg->type == PT_BYTEBUF;
	if (e->trf == TRF_LEN)
		fits = text || arg->type == PT_BYTEBUF || arg->is_list;
	if (!fits)
		return refuse_type(arg, e->trf, err);
	e->type = e->trf == TRF_LEN ? PT_UINT64 : arg->type;
	e->is_list = e->trf != TRF_LEN && arg->is_list;
	e->base_type = arg->base_type;
	e->base_list = arg->base_list;
	e->name = arg->name;
	e->flags |= arg->flags & FF_NO_RHS;
	return 0;
}

static int compile_join(struct expr *e, struct err *err)
{
	if (e->nargs != 2)
		return err_set(err, ERR_CHECK,
			       "join() requires exactly 2 arguments: separator and list");
	if (e->args[0]->base_list)
		return err_set(
			err, ERR_CHECK,
			"join() first argument (separator) must be a single value, not a list");
	if (!e->args[1]->base_list)
		return err_set(err, ERR_CHECK, "join() second argument must be a list");
	return 0;
}

static int compile_concat(struct expr *e, struct err *err)
{
	for (size_t i = 0; i < e->nargs; i++)
		if (e->args[i]->base_type != PT_CHARBUF || e->args[i]->base_list)
			return err_set(err, ERR_CHECK, "concat() arguments must be strings");
	return 0;
}

static int compile_getopt(struct expr *e, struct arena *arena, struct err *err)
{
	struct expr_options *options;

	if (e->nargs != 2)
		return err_set(err, ERR_CHECK,
			       "getopt() requires exactly 2 arguments: args list and optstring");
	if (!e->args[0]->base_list)
		return err_set(err, ERR_CHECK, "getopt() first argument must be a list");
	if (e->args[1]->base_list)
		return err_set(err, ERR_CHECK,
			       "getopt() second argument (optstring) must be a single value");
	if (e->args[0]->base_type != PT_CHARBUF || e->args[1]->base_type != PT_CHARBUF)
		return err_set(err, ERR_CHECK, "getopt() arguments must be strings");
	e->is_list = e->selector < 0;
	if (e->args[1]->kind == EXPR_LITERAL) {
		options = arena_new(arena, struct expr_options);
		if (!options)
			return no_memory(err);
		transform_options(e->args[1]->literal, options);
		e->options = options;
	}
	return 0;
}

static int compile_args(const struct ast_operand *o, struct arena *arena, struct expr *e,
			struct err *err)
{
	uint32_t common = FF_THREAD_ONLY | FF_EVENT_TYPE_ONLY;

	e->args = arena_array(arena, struct expr *, o->nargs);
	if (!e->args)
		return no_memory(err);
	e->nargs = o->nargs;
	for (size_t i = 0; i < o->nargs; i++) {
		if (expr_compile(o->args[i], arena, &e->args[i], err) < 0)
			return -1;
		if (e->args[i]->kind != EXPR_LITERAL)
			common &= e->args[i]->flags;
		e->flags |= e->args[i]->flags & FF_PER_USE;
	}
	e->flags |= common;
	return 0;
}

static int compile_trf(const struct ast_operand *o, struct arena *arena, struct expr *e,
		       struct err *err)
{
	e->kind = EXPR_TRF;
	e->trf = o->trf;
	e->selector = -1;
	if (compile_args(o, arena, e, err) < 0)
		return -1;
	if (o->has_arg) {
		if (o->arg.n != 1 && o->trf == TRF_GETOPT)
			return err_set(err, ERR_CHECK,
				       "getopt() field argument must be a single option character");
		e->selector = o->arg.n ? (unsigned char)o->arg.p[0] : 0;
	}
	if (e->nargs == 1)
		return compile_single(e, err);
	if (e->selector >= 0 && e->trf != TRF_GETOPT)
		return err_set(err, ERR_CHECK,
			       "filter error: transformer '%s' does not support field arguments",
			       trf_name(e->trf));
	e->type = e->base_type = PT_CHARBUF;
	e->name = trf_name(e->trf);
	if (e->trf == TRF_JOIN)
		return compile_join(e, err);
	if (e->trf == TRF_CONCAT)
		return compile_concat(e, err);
	if (e->trf == TRF_GETOPT)
		return compile_getopt(e, arena, err);
	return err_set(err, ERR_CHECK, "transformer %s takes one argument", trf_name(e->trf));
}

int expr_compile(const struct ast_operand *o, struct arena *arena, struct expr **out,
		 struct err *err)
{
	struct expr *e = arena_new(arena, struct expr);
	int rc = 0;

	*out = NULL;
	if (!e)
		return no_memory(err);
	switch (o->kind) {
	case OPERAND_FIELD:
		rc = compile_field(o, arena, e, err);
		break;
	case OPERAND_LITERAL:
		e->kind = EXPR_LITERAL;
		e->type = e->base_type = PT_CHARBUF;
		e->literal = arena_sv(arena, o->text);
		e->name = "a literal";
		rc = e->literal.p ? 0 : no_memory(err);
		break;
	case OPERAND_LIST:
		e->kind = EXPR_LIST;
		e->type = e->base_type = PT_CHARBUF;
		e->is_list = e->base_list = true;
		e->name = "a literal list";
		rc = compile_args(o, arena, e, err);
		break;
	case OPERAND_TRF:
		if (o->trf == TRF_VAL) {
			if (o->has_arg)
				return err_set(err, ERR_CHECK,
					       "filter error: transformer 'val' does not support "
					       "field arguments");
			return expr_compile(o->args[0], arena, out, err);
		}
		rc = compile_trf(o, arena, e, err);
		break;
	}
	if (rc == 0)
		*out = e;
	return rc;
}

const struct field_ref *expr_field(const struct expr *e)
{
	while (e->kind == EXPR_TRF && e->nargs == 1)
		e = e->args[0];
	return e->kind == EXPR_FIELD ? &e->ref : NULL;
}

/* --- values --- */

/* Only these are written out as numbers in a literal list. */
static bool prints_in_list(const struct expr *e)
{
	return e->kind == EXPR_FIELD &&
	       (e->base_type == PT_PID || e->base_type == PT_INT64 || e->base_type == PT_UINT64);
}

static bool print_number(const struct expr *e, struct field_ctx *ctx, struct value *v)
{
	struct buf text = { 0 };
	struct sv copy;

	render_value(&text, v, e->ref.def->format);
	copy = arena_sv(&ctx->scratch, buf_sv(&text));
	buf_deinit(&text);
	*v = (struct value){ .type = PT_CHARBUF, .s = copy };
	return copy.p;
}

/* The elements, those of nested lists included; what is missing makes the list missing. */
static bool get_list(const struct expr *e, struct field_ctx *ctx, struct value *out)
{
	struct value *parts = arena_array(&ctx->scratch, struct value, e->nargs), *items;
	size_t n = 0;

	if (!parts)
		return false;
	for (size_t i = 0; i < e->nargs; i++) {
		if (!expr_get(e->args[i], ctx, &parts[i]) ||
		    (prints_in_list(e->args[i]) && !print_number(e->args[i], ctx, &parts[i])))
			return false;
		n += parts[i].is_list ? parts[i].list.n : 1;
	}
	items = arena_array(&ctx->scratch, struct value, n);
	if (!items)
		return false;
	*out = (struct value){ .type = PT_CHARBUF, .is_list = true, .list = { items, n } };
	n = 0;
	for (size_t i = 0; i < e->nargs; i++) {
		const struct value *from = parts[i].is_list ? parts[i].list.items : &parts[i];
		size_t count = parts[i].is_list ? parts[i].list.n : 1;

		for (size_t k = 0; k < count; k++, n++) {
			items[n].type = PT_CHARBUF;
			items[n].s = transform_bytes(&from[k], &ctx->scratch);
		}
	}
	return true;
}

static bool get_trf(const struct expr *e, struct field_ctx *ctx, struct value *out)
{
	struct value *args = arena_array(&ctx->scratch, struct value, e->nargs);

	if (!args)
		return false;
	for (size_t i = 0; i < e->nargs; i++)
		if (!expr_get(e->args[i], ctx, &args[i]))
			return false;
	return transform(e, args, &ctx->scratch, out);
}

bool expr_get(const struct expr *e, struct field_ctx *ctx, struct value *out)
{
	switch (e->kind) {
	case EXPR_FIELD:
		return field_get(&e->ref, ctx, out);
	case EXPR_LITERAL:
		*out = (struct value){ .type = PT_CHARBUF, .s = e->literal };
		return true;
	case EXPR_LIST:
		return get_list(e, ctx, out);
	case EXPR_TRF:
		return get_trf(e, ctx, out);
	}
	return false;
}
