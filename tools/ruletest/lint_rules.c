/* Checks of what rules mean. */
#include "engine/filter/need.h"
#include "engine/rules/origin.h"
#include "tools/ruletest/lint_checks.h"

struct linter {
	struct findings *f;
	struct buf a, b;
};

static const char *printed(struct buf *b, const struct ast *a)
{
	buf_clear(b);
	ast_print(a, b);
	return buf_cstr(b);
}

/* "==" is "=". */
static void check_doubled(struct linter *l, const struct clause *c)
{
	const struct lint_file *file = findings_file(l->f, c->file);
	struct finding *x;

	if (!c->ast->doubled)
		return;
	x = findings_add(l->f, FINDING_STYLE, "doubled-equals", c->file, c->line, c->col,
			 "\"==\" is written \"=\" everywhere else");
	size_t from = file && c->col ? lint_offset(file, c->line, c->col) : SIZE_MAX;
	if (!x || from == SIZE_MAX)
		return;
	struct sv rest = { file->text.p + from, file->text.n - from };
	const char *nl = memchr(rest.p, '\n', rest.n);
	if (nl)
		rest.n = (size_t)(nl - rest.p);
	ptrdiff_t at = sv_find(rest, SV("=="));
	if (at < 0)
		return;
	x->from = from + (size_t)at;
	x->to = x->from + 2;
	x->with = SV("=");
}

static void check_single(struct linter *l, const struct clause *c)
{
	if (c->ast->op == OP_IN && c->ast->right_is_list && c->ast->nitems == 1 && !c->nlists &&
	    c->ast->mod == MOD_NONE && c->nthrough == 0 && c->col)
		findings_add(l->f, FINDING_STYLE, "single-item", c->file, c->line, c->col,
			     "\"in\" with a single item: \"=\" says the same");
	if (c->ast->right_is_list && c->ast->nitems == 0)
		findings_add(l->f, FINDING_WARNING, "empty-list", c->file, c->line, c->col,
			     "the list is empty: this never holds");
}

static void check_items(struct linter *l, const struct clause *c)
{
	for (size_t i = 0; i < c->ast->nitems && c->nlists < 2; i++) {
		for (size_t k = 0; k < i; k++) {
			if (!sv_eq(c->ast->items[i]->text, c->ast->items[k]->text))
				continue;
			if (c->nlists == 0)
				findings_add(l->f, FINDING_WARNING, "doubled-item", c->file,
					     c->line, c->col, "%.*s is named twice",
					     SV_ARG(c->ast->items[i]->text));
			break;
		}
	}
}

/* One value cannot be two. */
static bool contradict(const struct ast *a, const struct ast *b)
{
	struct buf x = { 0 }, y = { 0 };
	bool out = false;

	if (a->kind == AST_CHECK && b->kind == AST_CHECK && a->op == OP_EQ && b->op == OP_EQ &&
	    a->mod == MOD_NONE && b->mod == MOD_NONE && a->right && b->right &&
	    a->right->kind == OPERAND_LITERAL && b->right->kind == OPERAND_LITERAL &&
	    (sv_starts(a->left->text, SV("evt.type")) ||
	     sv_starts(a->left->text, SV("proc.name")) ||
	     sv_starts(a->left->text, SV("fd.typechar")))) {
		ast_print_operand(a->left, &x);
		ast_print_operand(b->left, &y);
		out = sv_eq(buf_sv(&x), buf_sv(&y)) && !sv_eq(a->right->text, b->right->text);
	}
	buf_deinit(&x);
	buf_deinit(&y);
	return out;
}

/* Kids of a chain against each other. */
static void check_chain(struct linter *l, const struct clause *c)
{
	for (size_t i = 1; i < c->nkids; i++) {
		const char *text = printed(&l->a, c->kids[i]->ast);

		for (size_t k = 0; k < i; k++) {
			if (strcmp(text, printed(&l->b, c->kids[k]->ast)) == 0) {
				findings_add(l->f, FINDING_WARNING, "doubled-clause",
					     c->kids[i]->file, c->kids[i]->line, c->kids[i]->col,
					     "stands in this chain already: %.200s", text);
				break;
			}
			if (c->ast->kind == AST_AND && contradict(c->kids[i]->ast, c->kids[k]->ast))
				findings_add(l->f, FINDING_WARNING, "contradiction",
					     c->kids[i]->file, c->kids[i]->line, c->kids[i]->col,
					     "cannot hold together with %.200s",
					     printed(&l->b, c->kids[k]->ast));
		}
	}
}

static void check(struct linter *l, const struct clause *c)
{
	if (c->ast->kind == AST_CHECK) {
		check_doubled(l, c);
		check_single(l, c);
		check_items(l, c);
	} else {
		check_chain(l, c);
	}
	for (size_t i = 0; i < c->nkids; i++)
		check(l, c->kids[i]);
}

/* --- whole rules --- */

static void mark_live(void *arg, uint32_t id)
{
	bool *live = arg;

	live[id] = true;
}

static void check_reachable(struct linter *l, const struct ruleset *rs, const struct rule *rules,
			    size_t n)
{
	bool *live = arena_array(&l->f->arena, bool, n + 1);

	if (!live) {
		l->f->failed = true;
		return;
	}
	for (uint32_t type = 0; type < EV_COUNT; type++) {
		if (type != EV_ASYNCEVENT_E)
			program_live(ruleset_program(rs), type, mark_live, live);
	}
	for (size_t i = 0; i < n; i++) {
		struct type_set types = { 0 };

		if (rules[i].enabled && !live[rules[i].condition_id] &&
		    ast_event_types(rules[i].ast, &types, NULL) == 0 &&
		    !type_set_has(&types, EV_ASYNCEVENT_E))
			findings_add(l->f, FINDING_WARNING, "unreachable", rules[i].condition_file,
				     rules[i].condition_line, 0, "no event can fulfil rule %.*s",
				     SV_ARG(rules[i].name));
	}
}

static void check_duplicates(struct linter *l, const struct rule *rules, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		const char *text = printed(&l->a, rules[i].ast);

		for (size_t k = 0; k < i; k++) {
			if (strcmp(text, printed(&l->b, rules[k].ast)) != 0)
				continue;
			findings_add(l->f, FINDING_WARNING, "duplicate", rules[i].condition_file,
				     rules[i].condition_line, 0,
				     "rule %.*s has the condition of %.*s", SV_ARG(rules[i].name),
				     SV_ARG(rules[k].name));
			break;
		}
	}
}

int lint_rules(struct findings *f, const struct ruleset *rs, struct err *err)
{
	struct linter l = { .f = f };
	const struct rule *rules;
	size_t n = ruleset_rules(rs, &rules);

	for (size_t i = 0; i < n; i++) {
		const struct clause *tree = clause_tree(rs, &rules[i], &f->arena);

		if (tree)
			check(&l, tree);
		else
			f->failed = true;
	}
	check_reachable(&l, rs, rules, n);
	check_duplicates(&l, rules, n);
	f->failed |= l.a.failed || l.b.failed;
	buf_deinit(&l.a);
	buf_deinit(&l.b);
	return f->failed ? err_set(err, ERR_NOMEM, "out of memory") : 0;
}
