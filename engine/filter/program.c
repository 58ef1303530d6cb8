#include "engine/filter/program.h"

#include <stdlib.h>

enum { MAX_TREE_DEPTH = 4000 }; /* macros of macros may go deeper than any text */

struct program *program_new(void)
{
	return calloc(1, sizeof(struct program));
}

void program_free(struct program *p)
{
	if (!p)
		return;
	for (struct regex_list *r = p->regexes; r; r = r->next)
		regex_free(r->re);
	arena_deinit(&p->arena);
	free(p->conditions);
	free(p);
}

static int no_memory(struct err *err)
{
	return err_set(err, ERR_NOMEM, "out of memory compiling a condition");
}

static int build_tree(const struct ast *a, struct check_env *env, uint32_t depth, struct tree **out,
		      struct err *err)
{
	struct tree *t = arena_new(env->arena, struct tree);

	if (!t || !(t->kids = arena_array(env->arena, struct tree *, a->nkids)))
		return no_memory(err);
	if (depth > MAX_TREE_DEPTH)
		return err_at(err, ERR_LIMIT, ast_err_pos(a->pos), "nested too deeply");
	t->kind = a->kind;
	t->nkids = a->nkids;
	*out = t;
	switch (a->kind) {
	case AST_CHECK:
		return check_compile(a, env, &t->check, err);
	case AST_IDENT:
		return err_at(err, ERR_CHECK, ast_err_pos(a->pos), "there is no macro '" SV_FMT "'",
			      SV_ARG(a->ident));
	case AST_AND:
	case AST_OR:
	case AST_NOT:
		break;
	}
	for (size_t i = 0; i < a->nkids; i++)
		if (build_tree(a->kids[i], env, depth + 1, &t->kids[i], err) < 0)
			return -1;
	return 0;
}

int program_add(struct program *p, const struct ast *cond, uint32_t *id, struct err *err)
{
	struct check_env env = { .arena = &p->arena, .regexes = &p->regexes };
	struct condition c = { 0 };

	if (build_tree(cond, &env, 0, &c.tree, err) < 0)
		return -1;
	/* what the search for event types cannot answer may hold at any */
	if (ast_event_types(cond, &c.types, NULL) < 0)
		memset(&c.types, 0xFF, sizeof c.types);
	type_set_add(&c.types, EV_ASYNCEVENT_E);
	if (p->n == p->cap) {
		uint32_t cap = p->cap ? 2 * p->cap : 16;
		struct condition *grown = realloc(p->conditions, cap * sizeof *grown);

		if (!grown)
			return no_memory(err);
		p->conditions = grown;
		p->cap = cap;
	}
	p->conditions[p->n] = c;
	*id = p->n++;
	return 0;
}

const struct type_set *program_types(const struct program *p, uint32_t id)
{
	return &p->conditions[id].types;
}

int program_seal(struct program *p, struct err *err)
{
	for (uint32_t type = 0; type < EV_COUNT; type++) {
		p->by_type[type] = arena_array(&p->arena, uint32_t, p->n);
		if (!p->by_type[type])
			return no_memory(err);
		for (uint32_t id = 0; id < p->n; id++)
			if (type_set_has(&p->conditions[id].types, type))
				p->by_type[type][p->by_type_n[type]++] = id;
	}
	return 0;
}

static bool test_tree(const struct tree *t, struct field_ctx *ctx)
{
	bool any = t->kind == AST_OR;

	if (t->kind == AST_CHECK)
		return check_test(t->check, ctx);
	if (t->kind == AST_NOT)
		return !test_tree(t->kids[0], ctx);
	for (size_t i = 0; i < t->nkids; i++)
		if (test_tree(t->kids[i], ctx) == any)
			return any;
	return !any;
}

bool program_test(struct program *p, uint32_t id, struct field_ctx *ctx)
{
	return test_tree(p->conditions[id].tree, ctx);
}

void program_run(struct program *p, struct field_ctx *ctx, program_hit *hit, void *arg)
{
	uint16_t type = ctx->state->now.ev->type;

	for (uint32_t i = 0; i < p->by_type_n[type]; i++)
		if (program_test(p, p->by_type[type][i], ctx) && !hit(arg, p->by_type[type][i]))
			return;
}
