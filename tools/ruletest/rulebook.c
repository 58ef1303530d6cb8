#include "tools/ruletest/rulebook.h"

#include "tools/ruletest/load.h"

#include <stdio.h>

ptrdiff_t rulebook_find(const struct rulebook *b, struct sv rule)
{
	const struct rule *rules;
	size_t n = ruleset_rules(b->rules, &rules);

	for (size_t i = 0; i < n; i++) {
		if (sv_eq(rules[i].name, rule))
			return (ptrdiff_t)i;
	}
	return -1;
}

void rulebooks_deinit(struct rulebooks *all)
{
	for (size_t i = 0; i < all->n; i++) {
		ruleset_free(all->items[i]->rules);
		diag_list_deinit(&all->items[i]->diags);
	}
	arena_deinit(&all->arena);
	*all = (struct rulebooks){ 0 };
}

static int load(struct rulebook *b, char **paths, size_t n, struct buf *said, struct err *err)
{
	b->rules = ruleset_new();
	if (!b->rules)
		return err_set(err, ERR_NOMEM, "out of memory");
	if (load_rule_files(b->rules, paths, (int)n, &b->diags, err) < 0)
		return -1;
	if (b->diags.nerrors == 0 && ruleset_compile(b->rules, NULL, &b->diags) == 0)
		return 0;
	diag_print_text(&b->diags, said);
	return err_set(err, ERR_CHECK, "the rules do not load");
}

int rulebooks_get(struct rulebooks *all, const struct sv *paths, size_t n,
		  const struct rulebook **out, struct buf *said, struct err *err)
{
	struct buf key = { 0 };
	struct rulebook *b = NULL;
	int rc = -1;

	*out = NULL;
	for (size_t i = 0; i < n; i++) {
		buf_putsv(&key, paths[i]);
		buf_putc(&key, '\n');
	}
	for (size_t i = 0; i < all->n && !b; i++) {
		if (sv_eq(all->items[i]->key, buf_sv(&key)))
			b = all->items[i];
	}
	if (b) {
		buf_deinit(&key);
		*out = b;
		return 0;
	}
	struct rulebook **items =
		vec_room(&all->arena, all->items, all->n, &all->cap, sizeof *items);
	char **operands = arena_array(&all->arena, char *, n + 1);
	b = arena_new(&all->arena, struct rulebook);
	if (!key.failed && items && operands && b) {
		rc = 0;
		b->key = arena_sv(&all->arena, buf_sv(&key));
		for (size_t i = 0; i < n; i++) {
			operands[i] = (char *)arena_sv(&all->arena, paths[i]).p;
			rc = operands[i] ? rc : -1;
		}
	}
	buf_deinit(&key);
	if (rc < 0)
		return err_set(err, ERR_NOMEM, "out of memory");
	rc = load(b, operands, n, said, err);
	if (rc < 0) {
		ruleset_free(b->rules);
		diag_list_deinit(&b->diags);
		return -1;
	}
	all->items = items;
	all->items[all->n++] = b;
	*out = b;
	return 0;
}

int rulebook_load(struct rulebooks *all, const struct sv_list *paths, const struct rulebook **out,
		  struct err *err)
{
	struct buf said = { 0 };
	int rc;

	if (paths->n == 0)
		return err_set(err, ERR_USAGE, "missing rule files (option --rules)");
	rc = rulebooks_get(all, paths->items, paths->n, out, &said, err);
	buf_write(&said, stderr);
	buf_deinit(&said);
	return rc;
}
