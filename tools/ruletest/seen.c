#include "tools/ruletest/seen.h"

#include <stdlib.h>

static int no_memory(struct err *err)
{
	return err_set(err, ERR_NOMEM, "out of memory");
}

/* --- before --- */

static void mark_negated(struct seen_rule *r, const struct clause *c, bool negated)
{
	r->negated[c->part] = negated;
	for (size_t i = 0; i < c->nkids; i++)
		mark_negated(r, c->kids[i], negated != (c->ast->kind == AST_NOT));
}

static int open_rule(struct seen *s, size_t i, struct err *err)
{
	struct subject *sub = s->subject;
	struct seen_rule *r = &s->rules[i];

	r->rule = &sub->rules[sub->number[i]];
	if (anatomy_new(&r->anatomy, clause_tree(sub->book->rules, r->rule, &s->arena),
			panel_program(sub->panel), (uint32_t)i, &s->arena, err) < 0)
		return -1;
	r->held = arena_array(&s->arena, bool, r->anatomy.nparts);
	r->negated = arena_array(&s->arena, bool, r->anatomy.nparts);
	if (!r->held || !r->negated)
		return no_memory(err);
	mark_negated(r, r->anatomy.tree, false);
	return 0;
}

/* "left op item" for every item of a check. */
static int add_items(struct seen *s, struct seen_check *check, const struct clause *c,
		     struct err *err)
{
	check->items = arena_array(&s->arena, struct seen_item, c->ast->nitems);
	check->lists = c->lists;
	check->nlists = c->nlists;
	if (!check->items)
		return no_memory(err);
	for (size_t i = 0; i < c->ast->nitems; i++) {
		struct ast one = *c->ast;
		struct seen_item *item = &check->items[check->n];

		one.items = &c->ast->items[i];
		one.nitems = 1;
		item->text = c->ast->items[i]->text;
		/* What cannot stand alone (an odd constant) is not followed. */
		if (program_add(s->items, &one, &item->id, &(struct err){ 0 }) == 0)
			check->n++;
	}
	check->left = check->n;
	return 0;
}

static int open_checks(struct seen *s, struct err *err)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct anatomy *a = &s->rules[i].anatomy;

		for (uint32_t k = 0; k < a->nparts; k++) {
			uint32_t check = program_part_check(a->program, a->id, k);

			if (check != UINT32_MAX && check >= s->nchecks)
				s->nchecks = check + 1;
		}
	}
	s->checks = arena_array(&s->arena, struct seen_check, s->nchecks);
	s->items = program_new();
	if (!s->checks || !s->items)
		return no_memory(err);
	for (size_t i = 0; i < s->n; i++) {
		const struct anatomy *a = &s->rules[i].anatomy;

		for (uint32_t k = 0; k < a->nparts; k++) {
			uint32_t check = program_part_check(a->program, a->id, k);

			if (check == UINT32_MAX || s->checks[check].n ||
			    !a->parts[k]->ast->right_is_list)
				continue;
			if (add_items(s, &s->checks[check], a->parts[k], err) < 0)
				return -1;
		}
	}
	return program_seal(s->items, err);
}

static int open_lists(struct seen *s, struct err *err)
{
	const struct list_item *lists;

	s->nlists = ruleset_lists(s->subject->book->rules, &lists);
	s->lists = arena_array(&s->arena, struct seen_list, s->nlists);
	if (!s->lists)
		return no_memory(err);
	for (size_t i = 0; i < s->nlists; i++) {
		s->lists[i].list = &lists[i];
		s->lists[i].hit = arena_array(&s->arena, bool, lists[i].n);
		if (!s->lists[i].hit)
			return no_memory(err);
	}
	return 0;
}

/* --- while --- */

static void try_items(struct seen *s, struct seen_check *c, struct field_ctx *ctx)
{
	for (size_t i = 0; i < c->n && c->left; i++) {
		if (c->items[i].hit || !program_test(s->items, c->items[i].id, ctx))
			continue;
		c->items[i].hit = true;
		c->left--;
	}
}

static void look(struct seen *s, struct seen_rule *r, struct field_ctx *ctx)
{
	const struct anatomy *a = &r->anatomy;
	bool complete = true;

	r->looked++;
	program_test_parts(a->program, a->id, ctx, a->says);
	for (uint32_t k = 0; k < a->nparts; k++) {
		if (a->parts[k]->ast->kind != AST_CHECK)
			continue;
		struct seen_check *c = &s->checks[program_part_check(a->program, a->id, k)];

		r->held[k] |= a->says[k];
		if (a->says[k] && c->left)
			try_items(s, c, ctx);
		complete &= r->held[k] && c->left == 0;
	}
	r->complete = complete;
}

static int on_event(void *arg, struct field_ctx *ctx, struct err *err)
{
	struct seen *s = arg;

	(void)err;
	for (size_t i = 0; i < s->n; i++) {
		struct seen_rule *r = &s->rules[i];

		if (!r->complete && anatomy_concerns(&r->anatomy, ctx->state->now.ev->type))
			look(s, r, ctx);
	}
	return 0;
}

static int on_hit(void *arg, uint32_t i, struct field_ctx *ctx, struct err *err)
{
	struct seen *s = arg;

	(void)ctx;
	(void)err;
	s->rules[i].matches++;
	s->by_trace[s->trace]++;
	return 0;
}

/* --- after --- */

static struct seen_list *find_list(struct seen *s, struct sv name)
{
	for (size_t i = 0; i < s->nlists; i++) {
		if (sv_eq(s->lists[i].list->name, name))
			return &s->lists[i];
	}
	return NULL;
}

static void mark_hit(struct seen_list *l, struct sv item)
{
	for (size_t i = 0; i < l->list->n; i++)
		l->hit[i] |= sv_eq(l->list->items[i], item);
}

static void settle_lists(struct seen *s)
{
	for (uint32_t c = 0; c < s->nchecks; c++) {
		const struct seen_check *check = &s->checks[c];

		for (size_t i = 0; i < check->nlists; i++) {
			struct seen_list *l = find_list(s, check->lists[i].name);

			if (!l)
				continue;
			l->used = true;
			for (size_t k = 0; k < check->n; k++) {
				if (check->items[k].hit)
					mark_hit(l, check->items[k].text);
			}
		}
	}
}

/* "T1059", "T1059.004", "mitre_execution", "TA0002" */
static bool is_of_attack(struct sv tag)
{
	size_t at = 1 + (tag.n > 1 && tag.p[1] == 'A');

	return sv_starts(tag, SV("mitre_")) ||
	       (tag.n >= at + 4 && tag.p[0] == 'T' && tag.p[at] >= '0' && tag.p[at] <= '9');
}

static int by_name(const void *a, const void *b)
{
	const struct seen_tag *x = a, *y = b;

	return sv_cmp(x->name, y->name);
}

static int add_tag(struct seen *s, struct sv name, const struct seen_rule *r, struct err *err)
{
	struct seen_tag *tag = NULL;

	for (size_t i = 0; i < s->ntags && !tag; i++) {
		if (sv_eq(s->tags[i].name, name))
			tag = &s->tags[i];
	}
	if (!tag) {
		struct seen_tag *tags =
			vec_room(&s->arena, s->tags, s->ntags, &s->cap_tags, sizeof *tags);

		if (!tags)
			return no_memory(err);
		s->tags = tags;
		tag = &tags[s->ntags++];
		*tag = (struct seen_tag){ .name = name };
	}
	tag->rules++;
	tag->answered += r->matches > 0;
	tag->matches += r->matches;
	return 0;
}

static int settle_tags(struct seen *s, struct err *err)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct rule *r = s->rules[i].rule;

		for (size_t k = 0; k < r->ntags; k++) {
			if (is_of_attack(r->tags[k]) &&
			    add_tag(s, r->tags[k], &s->rules[i], err) < 0)
				return -1;
		}
	}
	if (s->ntags)
		qsort(s->tags, s->ntags, sizeof *s->tags, by_name);
	return 0;
}

int seen_collect(struct seen *s, struct err *err)
{
	const struct panel_watch watch = { .event = on_event, .hit = on_hit, .arg = s };
	struct subject *sub = s->subject;

	if (subject_panel(sub, err) < 0)
		return -1;
	s->n = sub->n;
	s->rules = arena_array(&s->arena, struct seen_rule, s->n);
	s->by_trace = arena_array(&s->arena, uint64_t, sub->corpus.n);
	if (!s->rules || !s->by_trace)
		return no_memory(err);
	for (size_t i = 0; i < s->n; i++) {
		if (open_rule(s, i, err) < 0)
			return -1;
	}
	if (open_checks(s, err) < 0 || open_lists(s, err) < 0)
		return -1;
	for (s->trace = 0; s->trace < sub->corpus.n; s->trace++) {
		struct trace_span span;

		if (subject_play(sub->corpus.items[s->trace], sub->panel, &watch, &span, err) < 0)
			return -1;
		s->events += span.events;
	}
	settle_lists(s);
	return settle_tags(s, err);
}

void seen_deinit(struct seen *s)
{
	program_free(s->items);
	arena_deinit(&s->arena);
}
