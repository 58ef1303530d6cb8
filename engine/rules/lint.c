/* Conditions and outputs that mean something, but perhaps not what was meant. */
#include "engine/rules/compile.h"

#include <stdio.h>

/* Fields that lost their meaning when enter events went away, and what to say about them. */
static const struct {
	struct sv name;
	const char *what;
} deprecated[] = {
#define NO_ENTER_EVENTS "field is not available due to the drop of enter events."
	{ { "evt.dir", 7 },
	  "due to the drop of enter events, 'evt.dir = <' always evaluates to true, and 'evt.dir = "
	  ">' "
	  "always evaluates to false. The rule expression can be simplified by removing the "
	  "condition "
	  "on 'evt.dir'" },
	{ { "evt.latency", 11 }, NO_ENTER_EVENTS },
	{ { "evt.latency.s", 13 }, NO_ENTER_EVENTS },
	{ { "evt.latency.ns", 14 }, NO_ENTER_EVENTS },
	{ { "evt.latency.human", 17 }, NO_ENTER_EVENTS },
	{ { "evt.wait_latency", 16 }, NO_ENTER_EVENTS },
#undef NO_ENTER_EVENTS
};
enum { NDEPRECATED = sizeof deprecated / sizeof deprecated[0] };

static void warn_deprecated(size_t which, const char *what, const struct context *ctx,
			    struct diag_list *dl)
{
	struct diag *d = diag_add(dl, LOAD_DEPRECATED_ITEM, "%s", what);

	if (d)
		d->deprecated_field = deprecated[which].name;
	diag_at(dl, d, ctx);
	while (ctx && ctx->type == ITEM_CONDITION_EXPRESSION)
		ctx = ctx->parent;
	diag_point_at(dl, d, deprecated[which].name, ctx);
}

void lint_output(struct sv output, const struct context *ctx, struct diag_list *dl)
{
	char what[120];

	for (size_t i = 0; i < NDEPRECATED; i++) {
		/* Anywhere in the text, as part of a longer name or a word, as well. */
		if (sv_find(output, deprecated[i].name) < 0)
			continue;
		snprintf(what, sizeof what,
			 "usage of deprecated field '%s' has been detected in the rule output",
			 deprecated[i].name.p);
		warn_deprecated(i, what, ctx, dl);
	}
}

struct lint {
	bool unsafe_na;
	bool deprecated[NDEPRECATED];
	bool last_is_unsafe;
};

static bool lint_operand(const struct ast_operand *o, void *arg)
{
	struct lint *l = arg;

	if (o->kind != OPERAND_FIELD)
		return true;
	/* Fields of plugins that answer "<NA>" where they have nothing to say. */
	l->last_is_unsafe = sv_starts(o->text, SV("ka.")) || sv_starts(o->text, SV("jevt."));
	for (size_t i = 0; i < NDEPRECATED; i++)
		l->deprecated[i] |= sv_eq(o->text, deprecated[i].name);
	return true;
}

static bool is_equality(enum ast_op op)
{
	return op == OP_EQ || op == OP_NE || op == OP_IN || op == OP_INTERSECTS || op == OP_PMATCH;
}

static bool lint_check(struct ast *a, void *arg)
{
	struct lint *l = arg;
	bool na = false;

	if (a->kind != AST_CHECK)
		return true;
	l->last_is_unsafe = false;
	ast_walk_operand(a->left, lint_operand, l);
	if (!l->last_is_unsafe || !is_equality(a->op) || a->mod != MOD_NONE)
		return true;
	if (a->right && a->right->kind != OPERAND_LITERAL)
		ast_walk_operand(a->right, lint_operand, l);
	else if (a->right)
		na = sv_eq(a->right->text, SV("<NA>"));
	for (size_t i = 0; i < a->nitems; i++)
		na |= sv_eq(a->items[i]->text, SV("<NA>"));
	l->unsafe_na |= na;
	return true;
}

void lint_condition(const struct ast *a, struct sv condition, const struct context *ctx,
		    struct arena *arena, struct diag_list *dl)
{
	struct lint l = { 0 };
	const struct context *at = context_condition(arena, ctx, condition, (struct ast_pos){ 0 });

	ast_walk((struct ast *)a, lint_check, &l);
	if (l.unsafe_na)
		diag_at(dl, diag_add(dl, LOAD_UNSAFE_NA_CHECK, "%s", ""), at);
	for (size_t i = 0; i < NDEPRECATED; i++) {
		if (l.deprecated[i])
			warn_deprecated(i, deprecated[i].what, at, dl);
	}
}

/* --- constants that look like something else --- */

struct constants {
	struct sv condition;
	struct buf squeezed; /* a constant without its blanks */
	const struct context *ctx;
	struct arena *arena;
	struct diag_list *dl;
};

static void warn(struct constants *k, struct ast_pos pos, struct sv v, struct diag *d)
{
	diag_at(k->dl, d, context_condition(k->arena, k->ctx, k->condition, pos));
	diag_point_at(k->dl, d, v, k->ctx);
}

/* A pattern that says no more than "=", contains, startswith or endswith could. */
static bool is_simple_regex(struct sv v)
{
	for (size_t i = 0; i < v.n; i++) {
		char c = v.p[i];

		if ((i == 0 && c == '^') || (i == v.n - 1 && c == '$'))
			continue;
		if (c == '.' && ((i == 0 && v.n > 1) || i + 2 == v.n) &&
		    memchr("+*?", v.p[i + 1], 4)) {
			i++;
			continue;
		}
		if (memchr(".+*?^$()[]{}|\\", c, 15))
			return false;
	}
	return true;
}

static bool is_field_name(struct sv text)
{
	struct arena scratch = { 0 };
	struct field_ref ref;

	/* Most constants are plain words: spare them the look-up. */
	if (text.n == 0 || !memchr(text.p, '.', text.n))
		return false;
	bool ok = field_parse(text, &scratch, &ref, NULL) == 0;

	arena_deinit(&scratch);
	return ok;
}

static bool is_transformer_call(struct sv text, enum trf_kind trf)
{
	struct sv name = sv_of(trf_name(trf));

	return text.n >= name.n + 2 && text.p[text.n - 1] == ')' && sv_starts(text, name) &&
	       text.p[name.n] == '(';
}

static void lint_constant(struct constants *k, enum ast_op op, struct ast_pos pos, struct sv v)
{
	if (op == OP_REGEX && is_simple_regex(v))
		warn(k, pos, v,
		     diag_add(k->dl, LOAD_COMPILE_CONDITION,
			      "regex check with '" SV_FMT "' may be optimized with simpler "
			      "operators such as '=', 'contains', 'startswith', 'endswith'",
			      SV_ARG(v)));
	buf_clear(&k->squeezed);
	for (size_t i = 0; i < v.n; i++) {
		if (!memchr(" \t\n\v\f\r", v.p[i], 6))
			buf_putc(&k->squeezed, v.p[i]);
	}
	struct sv text = buf_sv(&k->squeezed);
	if (is_field_name(text))
		warn(k, pos, v,
		     diag_add(k->dl, LOAD_COMPILE_CONDITION,
			      "'" SV_FMT "' may be a valid field misused as a const string value",
			      SV_ARG(v)));
	for (enum trf_kind trf = 0; trf < TRF_COUNT; trf++) {
		if (is_transformer_call(text, trf))
			warn(k, pos, v,
			     diag_add(k->dl, LOAD_COMPILE_CONDITION,
				      "'" SV_FMT "' may be a valid field transformer misused as a "
				      "const string value",
				      SV_ARG(v)));
	}
}

static bool lint_check_constants(struct ast *a, void *arg)
{
	struct constants *k = arg;

	if (a->kind != AST_CHECK)
		return true;
	if (a->right && a->right->kind == OPERAND_LITERAL)
		lint_constant(k, a->op, a->right_pos, a->right->text);
	for (size_t i = 0; i < a->nitems; i++)
		lint_constant(k, a->op, a->right_pos, a->items[i]->text);
	if (a->list_name.n)
		lint_constant(k, a->op, a->right_pos, a->list_name);
	return true;
}

void lint_constants(const struct ast *a, struct sv condition, const struct context *ctx,
		    struct arena *arena, struct diag_list *dl)
{
	struct constants k = { .condition = condition, .ctx = ctx, .arena = arena, .dl = dl };

	ast_walk((struct ast *)a, lint_check_constants, &k);
	buf_deinit(&k.squeezed);
}
