#include "engine/filter/check.h"

#include "engine/filter/compare.h"

static int no_memory(struct err *err)
{
	return err_set(err, ERR_NOMEM, "out of memory compiling a condition");
}

/* Names that evt.type can have beside those of the event table. */
static bool is_event_type(struct sv name)
{
	/* async events carry their own name; two system call codes are called so */
	static const char *const others[] = { "container", "unknown", "" };

	for (uint32_t id = 0; id < EV_COUNT; id++)
		if (sv_eq(sv_of(schema_events[id].name), name))
			return true;
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		if (sv_eq(sv_of(others[i]), name))
			return true;
	return schema_syscall_by_name(name) != NULL;
}

static int check_event_types(const struct check *c, const struct sv *texts, size_t n,
			     struct err *err)
{
	const struct field_ref *field = expr_field(c->left);

	if (!field || strcmp(field->def->name, "evt.type") != 0)
		return 0;
	for (size_t i = 0; i < n; i++)
		if (!value_type_is_text(c->left->type) || !is_event_type(texts[i]))
			return err_set(err, ERR_CHECK, "unknown event type " SV_FMT,
				       SV_ARG(texts[i]));
	return 0;
}

/* The texts right of the operator, copied. */
static int copy_texts(const struct ast *a, struct arena *arena, struct sv **out, size_t *n,
		      struct err *err)
{
	*n = a->right_is_list ? a->nitems : 1;
	*out = arena_array(arena, struct sv, *n);
	if (!*out)
		return no_memory(err);
	for (size_t i = 0; i < *n; i++) {
		struct sv text = a->right_is_list ? a->items[i]->text
				 : a->right       ? a->right->text
						  : a->list_name;

		(*out)[i] = arena_sv(arena, text);
		if (!(*out)[i].p)
			return no_memory(err);
	}
	return 0;
}

/*
 * Fields that Falco compares by code of their own: there a modifier is forgotten and the first
 * value taken, and the length of a number is not known, so that it is found in no set.
 */
static void adapt_to_falco(struct check *c, enum ast_mod mod)
{
	bool set = c->op == OP_IN || c->op == OP_INTERSECTS;
	bool text = value_type_is_text(c->left->type);

	if (mod != MOD_NONE && (c->compare != COMPARE_VALUE || c->raw))
		match_only_first(&c->match);
	if (set && !text && (c->raw || c->compare == COMPARE_ANY_ANCESTOR))
		match_never(&c->match);
	if (set && c->compare == COMPARE_EITHER_END) {
		if (c->left->type == PT_IPNET)
			match_only_first(&c->match);
		else if (c->op == OP_INTERSECTS || c->left->type == PT_IPADDR)
			match_never(&c->match);
	}
}

static int compile_constants(const struct ast *a, struct check_env *env, struct check *c,
			     struct err *err)
{
	struct comparison with = {
		.op = a->op, .mod = a->mod, .type = c->left->type, .is_list = c->left->is_list
	};
	struct sv *texts;
	size_t n;

	if (copy_texts(a, env->arena, &texts, &n, err) < 0)
		return -1;
	with.texts = texts;
	with.n = n;
	if (c->compare == COMPARE_AROUND && n && a->op != OP_EQ)
		return err_set(err, ERR_CHECK, "evt.around supports only '=' comparison operator");
	if (c->raw && c->left->type == PT_BYTEBUF && n)
		return err_set(err, ERR_CHECK, "%s is bytes and knows no operator but exists",
			       c->left->name);
	if (match_compile(&c->match, &with, env->arena, env->regexes, err) < 0 ||
	    check_event_types(c, texts, n, err) < 0)
		return -1;
	c->match.clean = c->left->kind == EXPR_FIELD; /* value.h promises it of fields */
	adapt_to_falco(c, a->mod);
	return 0;
}

/* join, concat or getopt, maybe under other transformers. */
static bool is_multivalue(const struct expr *e)
{
	while (e->kind == EXPR_TRF && e->nargs == 1)
		e = e->args[0];
	return e->kind == EXPR_TRF;
}

static int compile_reference(const struct ast *a, struct check_env *env, struct check *c,
			     struct err *err)
{
	struct expr *right;

	if (expr_compile(a->right, env->arena, &right, err) < 0)
		return -1;
	if (a->op == OP_PMATCH || a->op == OP_REGEX)
		return err_set(err, ERR_CHECK,
			       "operator '%s' doesn't support right-hand side fields",
			       a->op == OP_REGEX ? "REGEX" : "PMATCH");
	if (c->left->type == PT_IPNET)
		return err_set(err, ERR_CHECK,
			       "field type 'IPNET' doesn't support right-hand side fields");
	if (c->left->flags & FF_NO_RHS)
		return err_set(err, ERR_CHECK, "field '%s' doesn't support right-hand side fields",
			       c->left->name);
	if (right->flags & FF_NO_RHS)
		return err_set(err, ERR_CHECK,
			       "field '%s' can't be used as a right-hand side field", right->name);
	c->right = right;
	/* Falco does not look what join, concat and getopt are compared with */
	if (!is_multivalue(c->left) &&
	    (c->left->type != right->type || c->left->is_list != right->is_list))
		return err_set(
			err, ERR_CHECK,
			"field '%s' has type '%s%s' while the right-hand side field '%s' has "
			"incompatible type '%s%s'",
			c->left->name, schema_type_name(c->left->type),
			c->left->is_list ? " (list)" : "", right->name,
			schema_type_name(right->type), right->is_list ? " (list)" : "");
	return 0;
}

/* --- per-use fields --- */

static struct check_use *use_for(struct check_env *env, struct sv text)
{
	struct check_use *u;

	for (u = env->uses; u; u = u->next)
		if (sv_eq(u->text, text))
			return u;
	u = arena_new(env->arena, struct check_use);
	if (!u || !(u->text = arena_sv(env->arena, text)).p)
		return NULL;
	u->next = env->uses;
	env->uses = u;
	return u;
}

static struct check_use *use_of_operand(struct check_env *env, const struct ast_operand *o)
{
	struct buf text = { 0 };
	struct check_use *u;

	/* val() is not seen */
	ast_print_operand(o->kind == OPERAND_TRF && o->trf == TRF_VAL ? o->args[0] : o, &text);
	u = text.failed ? NULL : use_for(env, buf_sv(&text));
	buf_deinit(&text);
	return u;
}

static int share_uses(const struct ast *a, struct check_env *env, struct check *c, struct err *err)
{
	struct buf text = { 0 };

	if (!((c->left->flags | (c->right ? c->right->flags : 0)) & FF_PER_USE))
		return 0;
	ast_print(a, &text);
	c->result_use = text.failed ? NULL : use_for(env, buf_sv(&text));
	buf_deinit(&text);
	c->left_use = use_of_operand(env, a->left);
	if (!c->result_use || !c->left_use)
		return no_memory(err);
	if (c->right && !(c->right_use = use_of_operand(env, a->right)))
		return no_memory(err);
	return 0;
}

static int compile(const struct ast *a, struct check_env *env, struct check *c, struct err *err)
{
	const struct field_ref *field;
	struct expr *left;

	if (expr_compile(a->left, env->arena, &left, err) < 0)
		return -1;
	c->left = left;
	c->op = a->op;
	field = expr_field(left);
	c->compare = field ? field_compare_kind(field) : COMPARE_VALUE;
	c->raw = field && field->def->type == PT_DYN;
	if (compare_allowed(a->op, left->type, left->is_list, err) < 0)
		return -1;
	if (a->op != OP_EXISTS) {
		bool reference = a->right && a->right->kind != OPERAND_LITERAL;

		if ((reference ? compile_reference : compile_constants)(a, env, c, err) < 0)
			return -1;
	}
	return share_uses(a, env, c, err);
}

int check_compile(const struct ast *a, struct check_env *env, struct check **out, struct err *err)
{
	struct check *c = arena_new(env->arena, struct check);
	struct err own = { 0 };

	*out = NULL;
	if (!c)
		return no_memory(err);
	if (compile(a, env, c, &own) < 0)
		return err_at(err, own.code, ast_err_pos(a->pos), "%s", own.msg);
	*out = c;
	return 0;
}

/* --- keys --- */

/* Lengths in front make a key unambiguous whatever the texts hold. */
static void put_part(struct buf *out, char kind, struct sv text)
{
	buf_printf(out, "%c%zu:", kind, text.n);
	buf_putsv(out, text);
}

bool check_operand_key(const struct ast_operand *o, struct buf *out)
{
	if (o->kind == OPERAND_TRF && o->trf == TRF_VAL)
		return check_operand_key(o->args[0], out);
	buf_printf(out, "(%d", o->kind);
	if (o->kind == OPERAND_TRF)
		buf_puts(out, trf_name(o->trf));
	else
		put_part(out, 't', o->text);
	if (o->has_arg)
		put_part(out, 'a', o->arg);
	for (size_t i = 0; i < o->nargs; i++)
		check_operand_key(o->args[i], out);
	buf_putc(out, ')');
	return !out->failed;
}

bool check_key(const struct ast *a, struct buf *out)
{
	check_operand_key(a->left, out);
	buf_printf(out, "%d.%d", a->op, a->mod);
	if (a->right)
		check_operand_key(a->right, out);
	for (size_t i = 0; i < a->nitems; i++)
		put_part(out, 'i', a->items[i]->text);
	if (a->list_name.n)
		put_part(out, 'i', a->list_name);
	return !out->failed;
}

uint32_t check_flags(const struct check *c)
{
	return c->right ? c->left->flags & c->right->flags : c->left->flags;
}

/* --- testing --- */

/*
 * The first constant as Falco compares it with evt.rawarg: the bytes that hold it, taken for a
 * value of the type that the parameter has in this event.
 */
static struct value raw_constant(const struct check *c, enum param_type type)
{
	struct value v = { .type = (uint8_t)type };
	const union constant *constant = &c->match.constants[0];
	uint32_t width = schema_type_size(c->left->type);
	struct sv bytes = width ? (struct sv){ (const char *)&constant->u, width } : constant->s;

	if (value_type_is_integer(type)) {
		uint32_t n = schema_type_size(type);

		if (bytes.n)
			memcpy(&v.u, bytes.p, bytes.n < n ? bytes.n : n);
		v.u = constant_cut(v.u, type);
	} else {
		v.s = value_type_is_text(type) ? sv_upto_nul(bytes) : bytes;
	}
	return v;
}

/*
 * evt.rawarg: the constant was read as the type of the first parameter called so in the
 * vocabulary, the comparison is made as the event's own parameter is.
 */
static bool test_raw(const struct check *c, const struct value *value)
{
	struct value v = *value, constant;

	if (c->op == OP_IN || c->op == OP_INTERSECTS || c->op == OP_PMATCH || c->op == OP_REGEX)
		return value_type_is_text(v.type) && value_type_is_text(c->left->type) &&
		       match_test(&c->match, &v);
	if (c->match.n == 0)
		return false;
	constant = raw_constant(c, v.type);
	if (v.type == PT_UID || v.type == PT_GID)
		v.type = constant.type = PT_UINT32;
	/* Falco has lost the length of the bytes by then, and takes them for none. */
	if (v.type == PT_BYTEBUF)
		v.s.n = 0;
	return compare_values(c->op, &v, &constant);
}

bool check_value(const struct check *c, const struct value *left)
{
	return c->raw ? test_raw(c, left) : match_test(&c->match, left);
}

bool check_values(const struct check *c, const struct value *left, const struct value *right)
{
	/* Falco never finds the result of join, concat or getopt in a set that is no constant */
	if (is_multivalue(c->left) && (c->op == OP_IN || c->op == OP_INTERSECTS))
		return left->is_list && left->list.n == 0 && c->op == OP_IN;
	return left->type == right->type && compare_values(c->op, left, right);
}

/* It is enough that one end matches; with != both must. */
static bool test_either_end(const struct check *c, const struct value *items, size_t n)
{
	if (c->op == OP_NE) {
		for (size_t i = 0; i < n; i++)
			if (!match_test(&c->match, &items[i]))
				return false;
		return n > 0;
	}
	/* In Falco only sockets with one end, listening ones, intersect with a network. */
	if (c->op == OP_INTERSECTS && n > 1)
		return false;
	for (size_t i = 0; i < n; i++)
		if (match_test(&c->match, &items[i]))
			return true;
	return false;
}

static bool test_candidates(const struct check *c, struct field_ctx *ctx)
{
	const struct field_ref *field = expr_field(c->left);
	const struct value *items;
	uint64_t delta_ns, ts_ns;
	size_t n;

	if (!field_candidates(field, ctx, &items, &n))
		return false;
	if (c->compare == COMPARE_AROUND) {
		/* the last constant counts; without one it is the very moment */
		delta_ns = c->match.n ? c->match.constants[c->match.n - 1].u * 1000000 : 0;
		ts_ns = items[0].u;
		return (uint64_t)field->index >= ts_ns - delta_ns &&
		       (uint64_t)field->index <= ts_ns + delta_ns;
	}
	if (c->op == OP_EXISTS)
		return true;
	if (c->compare == COMPARE_EITHER_END)
		return test_either_end(c, items, n);
	for (size_t i = 0; i < n; i++)
		if (match_test(&c->match, &items[i]))
			return true;
	return false;
}

/* An operand's value, from another use of it at this event if there was one. */
static bool get_operand(const struct expr *e, struct check_use *use, struct field_ctx *ctx,
			struct value *out)
{
	uint64_t evt_num = ctx->state->now.ev->num;

	if (!use)
		return expr_get(e, ctx, out);
	if (use->evt_num != evt_num) {
		use->result = expr_get(e, ctx, &use->value);
		use->evt_num = evt_num;
	}
	*out = use->value;
	return use->result;
}

static bool test_now(const struct check *c, struct field_ctx *ctx)
{
	struct value left, right;

	if (c->compare != COMPARE_VALUE)
		return test_candidates(c, ctx);
	if (!get_operand(c->left, c->left_use, ctx, &left))
		return false;
	if (c->op == OP_EXISTS)
		return true;
	if (!c->right)
		return check_value(c, &left);
	return get_operand(c->right, c->right_use, ctx, &right) && check_values(c, &left, &right);
}

bool check_test(const struct check *c, struct field_ctx *ctx)
{
	uint64_t evt_num = ctx->state->now.ev->num;

	if (!c->result_use)
		return test_now(c, ctx);
	if (c->result_use->evt_num != evt_num) {
		c->result_use->result = test_now(c, ctx);
		c->result_use->evt_num = evt_num;
	}
	return c->result_use->result;
}
