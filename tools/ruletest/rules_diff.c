#include "tools/ruletest/rules_diff.h"

struct differ {
	struct rules_diff *d;
	struct change now;
	struct buf text;
	bool failed; /* no memory */
};

const char *thing_name(enum thing_kind kind)
{
	static const char *const names[] = { "rule", "macro", "list" };

	return names[kind];
}

const char *change_name(enum change_kind kind)
{
	static const char *const names[] = { "added", "removed", "changed" };

	return names[kind];
}

static void begin(struct differ *f, enum thing_kind thing, enum change_kind kind, struct sv name)
{
	f->now = (struct change){ .thing = thing, .kind = kind, .name = name };
}

static void line(struct differ *f, char sign, struct sv text)
{
	struct change_line *lines =
		vec_room(&f->d->arena, f->now.lines, f->now.n, &f->now.cap, sizeof *lines);
	struct sv kept = arena_sv(&f->d->arena, text);

	if (!lines || !kept.p) {
		f->failed = true;
		return;
	}
	f->now.lines = lines;
	lines[f->now.n++] = (struct change_line){ sign, kept };
}

/* A property of which only the values are told. */
static void property(struct differ *f, const char *name, struct sv before, struct sv after)
{
	if (sv_eq(before, after))
		return;
	for (int i = 0; i < 2; i++) {
		buf_clear(&f->text);
		buf_printf(&f->text, "%s: " SV_FMT, name, SV_ARG(i ? after : before));
		line(f, i ? '+' : '-', buf_sv(&f->text));
	}
}

static void end(struct differ *f)
{
	struct rules_diff *d = f->d;
	struct change *items = vec_room(&d->arena, d->items, d->n, &d->cap, sizeof *items);

	if (!items) {
		f->failed = true;
		return;
	}
	d->items = items;
	items[d->n++] = f->now;
}

/* --- sets of texts --- */

static bool has(const struct sv_list *l, struct sv s)
{
	for (size_t i = 0; i < l->n; i++) {
		if (sv_eq(l->items[i], s))
			return true;
	}
	return false;
}

static void set_difference(struct differ *f, const struct sv_list *before,
			   const struct sv_list *after)
{
	for (size_t i = 0; i < before->n; i++) {
		if (!has(after, before->items[i]))
			line(f, '-', before->items[i]);
	}
	for (size_t i = 0; i < after->n; i++) {
		if (!has(before, after->items[i]))
			line(f, '+', after->items[i]);
	}
}

/* --- conditions --- */

/* Every check as a text of its own, with "not" where it stands below an odd number of them. */
static bool list_checks(const struct ast *a, bool negated, struct arena *arena, struct sv_list *out)
{
	struct buf text = { 0 };
	bool ok = true;

	if (a->kind == AST_CHECK) {
		buf_puts(&text, negated ? "not " : "");
		ast_print(a, &text);
		struct sv kept = arena_sv(arena, buf_sv(&text));
		ok = !text.failed && kept.p && sv_list_push(arena, out, kept);
		buf_deinit(&text);
		return ok;
	}
	for (size_t i = 0; ok && i < a->nkids; i++)
		ok = list_checks(a->kids[i], negated != (a->kind == AST_NOT), arena, out);
	return ok;
}

static struct sv printed(struct differ *f, const struct ast *a)
{
	buf_clear(&f->text);
	ast_print(a, &f->text);
	struct sv out = arena_sv(&f->d->arena, buf_sv(&f->text));
	f->failed |= f->text.failed || !out.p;
	return out;
}

static void conditions(struct differ *f, const struct ast *before, const struct ast *after)
{
	struct sv_list old = { 0 }, new = { 0 };
	struct sv a = printed(f, before), b = printed(f, after);
	size_t n = f->now.n;

	if (sv_eq(a, b))
		return;
	if (!list_checks(before, false, &f->d->arena, &old) ||
	    !list_checks(after, false, &f->d->arena, &new)) {
		f->failed = true;
		return;
	}
	set_difference(f, &old, &new);
	/* The same checks, put together otherwise. */
	if (f->now.n == n)
		property(f, "condition", a, b);
}

/* --- rules --- */

static void put_tags(struct buf *out, const struct rule *r)
{
	for (size_t i = 0; i < r->ntags; i++)
		buf_printf(out, "%s" SV_FMT, i ? ", " : "", SV_ARG(r->tags[i]));
}

static void tags(struct differ *f, const struct rule *before, const struct rule *after)
{
	struct buf a = { 0 }, b = { 0 };

	put_tags(&a, before);
	put_tags(&b, after);
	property(f, "tags", buf_sv(&a), buf_sv(&b));
	f->failed |= a.failed || b.failed;
	buf_deinit(&a);
	buf_deinit(&b);
}

static void compare_rules(struct differ *f, const struct rule *before, const struct rule *after)
{
	begin(f, THING_RULE, CHANGE_CHANGED, after->name);
	conditions(f, before->ast, after->ast);
	property(f, "output", before->output_template, after->output_template);
	property(f, "priority", sv_of(priority_name(before->priority)),
		 sv_of(priority_name(after->priority)));
	property(f, "enabled", before->enabled ? SV("true") : SV("false"),
		 after->enabled ? SV("true") : SV("false"));
	tags(f, before, after);
	property(f, "desc", before->desc, after->desc);
	if (f->now.n)
		end(f);
}

static void rules(struct differ *f, const struct rulebook *before, const struct rulebook *after)
{
	const struct rule *old, *new;
	size_t nold = ruleset_rules(before->rules, &old), nnew = ruleset_rules(after->rules, &new);

	for (size_t i = 0; i < nold; i++) {
		ptrdiff_t at = rulebook_find(after, old[i].name);

		if (at >= 0) {
			compare_rules(f, &old[i], &new[at]);
		} else {
			begin(f, THING_RULE, CHANGE_REMOVED, old[i].name);
			end(f);
		}
	}
	for (size_t i = 0; i < nnew; i++) {
		if (rulebook_find(before, new[i].name) < 0) {
			begin(f, THING_RULE, CHANGE_ADDED, new[i].name);
			end(f);
		}
	}
}

/* --- macros and lists --- */

static const struct macro_item *find_macro(const struct macro_item *m, size_t n, struct sv name)
{
	for (size_t i = 0; i < n; i++) {
		if (sv_eq(m[i].name, name))
			return &m[i];
	}
	return NULL;
}

/* Blanks are not what a condition is about. */
static void put_squeezed(struct buf *out, struct sv text)
{
	for (size_t i = 0; i < text.n; i++) {
		bool blank = text.p[i] == ' ' || text.p[i] == '\n' || text.p[i] == '\t';

		if (!blank)
			buf_putc(out, text.p[i]);
		else if (out->n && out->p[out->n - 1] != ' ')
			buf_putc(out, ' ');
	}
	while (out->n && out->p[out->n - 1] == ' ')
		out->n--;
}

static void compare_macros(struct differ *f, const struct macro_item *before,
			   const struct macro_item *after)
{
	struct buf a = { 0 }, b = { 0 };

	put_squeezed(&a, before->condition);
	put_squeezed(&b, after->condition);
	begin(f, THING_MACRO, CHANGE_CHANGED, after->name);
	property(f, "condition", buf_sv(&a), buf_sv(&b));
	if (f->now.n)
		end(f);
	f->failed |= a.failed || b.failed;
	buf_deinit(&a);
	buf_deinit(&b);
}

static void macros(struct differ *f, const struct rulebook *before, const struct rulebook *after)
{
	const struct macro_item *old, *new;
	size_t nold = ruleset_macros(before->rules, &old);
	size_t nnew = ruleset_macros(after->rules, &new);

	for (size_t i = 0; i < nold; i++) {
		const struct macro_item *m = find_macro(new, nnew, old[i].name);

		if (m) {
			compare_macros(f, &old[i], m);
		} else {
			begin(f, THING_MACRO, CHANGE_REMOVED, old[i].name);
			end(f);
		}
	}
	for (size_t i = 0; i < nnew; i++) {
		if (!find_macro(old, nold, new[i].name)) {
			begin(f, THING_MACRO, CHANGE_ADDED, new[i].name);
			end(f);
		}
	}
}

static const struct list_item *find_list(const struct list_item *l, size_t n, struct sv name)
{
	for (size_t i = 0; i < n; i++) {
		if (sv_eq(l[i].name, name))
			return &l[i];
	}
	return NULL;
}

static void lists(struct differ *f, const struct rulebook *before, const struct rulebook *after)
{
	const struct list_item *old, *new;
	size_t nold = ruleset_lists(before->rules, &old), nnew = ruleset_lists(after->rules, &new);

	for (size_t i = 0; i < nold; i++) {
		const struct list_item *l = find_list(new, nnew, old[i].name);

		begin(f, THING_LIST, l ? CHANGE_CHANGED : CHANGE_REMOVED, old[i].name);
		if (l)
			set_difference(f,
				       &(struct sv_list){ (struct sv *)old[i].items, old[i].n, 0 },
				       &(struct sv_list){ (struct sv *)l->items, l->n, 0 });
		if (!l || f->now.n)
			end(f);
	}
	for (size_t i = 0; i < nnew; i++) {
		if (!find_list(old, nold, new[i].name)) {
			begin(f, THING_LIST, CHANGE_ADDED, new[i].name);
			end(f);
		}
	}
}

int rules_diff(struct rules_diff *d, const struct rulebook *before, const struct rulebook *after,
	       struct err *err)
{
	struct differ f = { .d = d };

	*d = (struct rules_diff){ 0 };
	rules(&f, before, after);
	macros(&f, before, after);
	lists(&f, before, after);
	f.failed |= f.text.failed;
	buf_deinit(&f.text);
	return f.failed ? err_set(err, ERR_NOMEM, "out of memory") : 0;
}

void rules_diff_deinit(struct rules_diff *d)
{
	arena_deinit(&d->arena);
}
