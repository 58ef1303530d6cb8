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
	strmap_deinit(&p->check_ids);
	strmap_deinit(&p->slot_ids);
	free(p->checks);
	free(p->slots);
	free(p->nodes);
	free(p->kids);
	free(p->node_table);
	arena_deinit(&p->arena);
	free(p->conditions);
	free(p);
}

static int no_memory(struct err *err)
{
	return err_set(err, ERR_NOMEM, "out of memory compiling a condition");
}

bool program_grow(void **items, uint32_t *cap, uint32_t need, size_t size)
{
	uint32_t more = *cap ? *cap : 16;
	void *grown;

	if (need <= *cap)
		return true;
	while (more < need)
		more *= 2;
	grown = realloc(*items, more * size);
	if (!grown)
		return false;
	*items = grown;
	*cap = more;
	return true;
}

/* Remember under a copy of this key; false: no memory. */
static bool put_id(struct program *p, struct strmap *map, const struct buf *key, uint32_t id)
{
	struct sv copy = arena_sv(&p->arena, buf_sv(key));

	return copy.p && strmap_put(map, copy, id);
}

/* The slot for the left side's value, if checks can share it. */
static int find_slot(struct program *p, const struct ast *a, const struct check *c, uint32_t *slot,
		     struct err *err)
{
	struct buf key = { 0 };
	int rc = 0;

	*slot = NO_ID;
	if (c->compare != COMPARE_VALUE || c->right || c->result_use)
		return 0;
	if (check_operand_key(a->left, &key))
		*slot = strmap_get(&p->slot_ids, buf_sv(&key), NO_ID);
	if (*slot == NO_ID) {
		if (key.failed ||
		    !program_grow((void **)&p->slots, &p->slots_cap, p->nslots + 1,
				  sizeof *p->slots) ||
		    !put_id(p, &p->slot_ids, &key, p->nslots)) {
			rc = no_memory(err);
		} else {
			p->slots[p->nslots] = (struct slot){ .expr = c->left };
			*slot = p->nslots++;
		}
	}
	buf_deinit(&key);
	return rc;
}

static int add_check(struct program *p, const struct ast *a, struct check_env *env,
		     const struct buf *key, uint32_t *id, struct err *err)
{
	struct shared_check shared;

	if (!program_grow((void **)&p->checks, &p->checks_cap, p->nchecks + 1, sizeof *p->checks))
		return no_memory(err);
	if (check_compile(a, env, &shared.check, err) < 0 ||
	    find_slot(p, a, shared.check, &shared.slot, err) < 0)
		return -1;
	/* uses of fields that remember are never shared */
	if (!shared.check->result_use && !put_id(p, &p->check_ids, key, p->nchecks))
		return no_memory(err);
	p->checks[p->nchecks] = shared;
	*id = p->nchecks++;
	return 0;
}

/* The check of this meaning, compiled if there is none yet. */
static int find_check(struct program *p, const struct ast *a, struct check_env *env, uint32_t *id,
		      struct err *err)
{
	struct buf key = { 0 };
	int rc = 0;

	*id = check_key(a, &key) ? strmap_get(&p->check_ids, buf_sv(&key), UINT32_MAX) : UINT32_MAX;
	if (key.failed)
		rc = no_memory(err);
	else if (*id == UINT32_MAX)
		rc = add_check(p, a, env, &key, id, err);
	buf_deinit(&key);
	return rc;
}

static int build_tree(struct program *p, const struct ast *a, struct check_env *env, uint32_t depth,
		      struct tree **out, struct err *err)
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
		if (find_check(p, a, env, &t->check_id, err) < 0)
			return -1;
		t->check = p->checks[t->check_id].check;
		return 0;
	case AST_IDENT:
		return err_at(err, ERR_CHECK, ast_err_pos(a->pos), "there is no macro '" SV_FMT "'",
			      SV_ARG(a->ident));
	case AST_AND:
	case AST_OR:
	case AST_NOT:
		break;
	}
	for (size_t i = 0; i < a->nkids; i++)
		if (build_tree(p, a->kids[i], env, depth + 1, &t->kids[i], err) < 0)
			return -1;
	return 0;
}

int program_add(struct program *p, const struct ast *cond, uint32_t *id, struct err *err)
{
	struct check_env env = { .arena = &p->arena, .regexes = &p->regexes };
	struct condition c = { 0 };

	if (build_tree(p, cond, &env, 0, &c.tree, err) < 0)
		return -1;
	/* what the search for event types cannot answer may hold at any */
	if (ast_event_types(cond, &c.types, NULL) < 0)
		memset(&c.types, 0xFF, sizeof c.types);
	type_set_add(&c.types, EV_ASYNCEVENT_E);
	if (!program_grow((void **)&p->conditions, &p->cap, p->n + 1, sizeof *p->conditions))
		return no_memory(err);
	p->conditions[p->n] = c;
	*id = p->n++;
	return 0;
}

const struct type_set *program_types(const struct program *p, uint32_t id)
{
	return &p->conditions[id].types;
}

bool program_remembers(const struct program *p)
{
	for (uint32_t i = 0; i < p->nchecks; i++)
		if (p->checks[i].check->result_use)
			return true;
	return false;
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
