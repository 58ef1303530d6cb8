/*
 * A condition is read again, once as it was written and once with the lists put in, side by side.
 * What the loader made of it has the same shape.
 */
#include "engine/rules/origin.h"

#include "engine/rules/ruleset_private.h"

/* A text of a condition and where it was written. */
struct passage {
	struct sv text;              /* as written; parts of it stand at */
	size_t shift;                /* this offset of what was parsed */
	const struct context *where; /* of the YAML value; NULL: unknown */
	const struct context *owner; /* of the definition */
};

struct builder {
	const struct ruleset *rs;
	struct arena *arena;
	uint32_t part;
	bool failed;
};

const char *origin_kind_name(enum origin_kind kind)
{
	static const char *const names[] = { "macro", "list", "exception" };

	return names[kind];
}

static struct origin origin_of(enum origin_kind kind, struct sv name, const struct context *ctx)
{
	return (struct origin){ .kind = kind,
				.name = name,
				.file = ctx ? ctx->name : (struct sv){ 0 },
				.line = ctx ? ctx->at.line + 1 : 0 };
}

/* --- places --- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Behind the head of a block scalar ("|", ">-") or the opening quote. */
static size_t begin_of_text(struct sv content, size_t at)
{
	if (at < content.n && (content.p[at] == '|' || content.p[at] == '>')) {
		while (at < content.n && content.p[at] != '\n')
			at++;
	} else if (at < content.n && (content.p[at] == '"' || content.p[at] == '\'')) {
		at++;
	}
	return at;
}

/*
 * Folding changes blanks only: everything else follows in the file as it does in the text.  Where
 * it does not (escapes, what was appended elsewhere) the place is unknown.
 */
static bool locate(const struct passage *in, size_t offset, uint32_t *line, uint32_t *col)
{
	const struct context *ctx = in->where;
	uint32_t l, start;
	size_t at, from;

	if (!ctx || offset >= in->text.n)
		return false;
	at = begin_of_text(ctx->content, ctx->at.offset);
	from = ctx->at.offset;
	for (size_t i = 0; i <= offset; i++) {
		if (is_blank(in->text.p[i]))
			continue;
		while (at < ctx->content.n && is_blank(ctx->content.p[at]))
			at++;
		if (at == ctx->content.n || ctx->content.p[at] != in->text.p[i])
			return false;
		if (i < offset)
			at++;
	}
	l = ctx->at.line;
	start = ctx->at.offset - ctx->at.col;
	for (; from < at; from++) {
		if (ctx->content.p[from] == '\n') {
			l++;
			start = (uint32_t)from + 1;
		}
	}
	*line = l + 1;
	*col = (uint32_t)(at - start) + 1;
	return true;
}

static void place(struct clause *c, const struct ast *written, const struct passage *in)
{
	const struct context *ctx = in->where ? in->where : in->owner;
	const struct ast *a = written;

	c->file = ctx ? ctx->name : (struct sv){ 0 };
	c->line = in->owner ? in->owner->at.line + 1 : 0;
	if (!a)
		return;
	/* Chains begin where their first check does, whatever brackets stand around them. */
	while (a->nkids && a->kind != AST_NOT)
		a = a->kids[0];
	size_t offset = a->kind == AST_CHECK ? a->left->pos.offset : a->pos.offset;
	if (offset < in->shift)
		return;
	offset -= in->shift;
	while (offset < in->text.n && is_blank(in->text.p[offset]))
		offset++;
	locate(in, offset, &c->line, &c->col);
}

/* --- lists --- */

static const struct compiled_list *find_list(const struct builder *b, struct sv name)
{
	uint32_t at = info_table_find(&b->rs->collected.lists, name);

	return at == UINT32_MAX ? NULL : &b->rs->compiled->lists[at];
}

/* The lists that a check as written names. */
static void note_lists(struct builder *b, struct clause *c, const struct ast *written)
{
	size_t room = written->nitems + 1;
	struct origin *lists = arena_array(b->arena, struct origin, room);

	if (!lists) {
		b->failed = true;
		return;
	}
	for (size_t i = 0; i < room; i++) {
		struct sv name = i < written->nitems ? written->items[i]->text : written->list_name;
		const struct compiled_list *list = name.n ? find_list(b, name) : NULL;

		if (list)
			lists[c->nlists++] = origin_of(ORIGIN_LIST, name, list->info->ctx);
	}
	c->lists = lists;
}

/* --- the tree --- */

static bool same_shape(const struct ast *a, const struct ast *b)
{
	return a && b && a->kind == b->kind && a->nkids == b->nkids;
}

static struct clause *build(struct builder *b, const struct ast *made, const struct ast *written,
			    const struct passage *in);

static struct ast *parse(struct builder *b, struct sv text)
{
	struct ast *a = NULL;

	ast_parse(text, b->arena, &a, NULL);
	return a;
}

/* A macro's condition in place of its name. */
static struct clause *build_macro(struct builder *b, const struct ast *made, uint32_t at)
{
	const struct compiled_macro *m = &b->rs->compiled->macros[at];
	const struct passage in = { .text = m->info->cond.text,
				    .where = m->info->cond_ctx,
				    .owner = m->info->ctx };
	struct clause *c = build(b, made, parse(b, in.text), &in);
	struct origin *through = c ? arena_array(b->arena, struct origin, c->nthrough + 1) : NULL;

	if (!through)
		return NULL;
	through[0] = origin_of(ORIGIN_MACRO, m->info->name, m->info->ctx);
	if (c->nthrough)
		memcpy(through + 1, c->through, c->nthrough * sizeof *through);
	c->through = through;
	c->nthrough++;
	return c;
}

static struct clause *new_clause(struct builder *b, const struct ast *made)
{
	struct clause *c = arena_new(b->arena, struct clause);

	if (c)
		c->kids = arena_array(b->arena, struct clause *, made->nkids);
	if (!c || !c->kids)
		return NULL;
	c->ast = made;
	c->part = b->part++;
	c->nkids = made->nkids;
	return c;
}

/* `made` has everything put in; `written` has not, and is NULL where the two have parted. */
static struct clause *build(struct builder *b, const struct ast *made, const struct ast *written,
			    const struct passage *in)
{
	if (written && written->kind == AST_IDENT) {
		uint32_t at = info_table_find(&b->rs->collected.macros, written->ident);

		if (at != UINT32_MAX)
			return build_macro(b, made, at);
	}
	if (!same_shape(made, written))
		written = NULL;
	struct clause *c = new_clause(b, made);
	if (!c)
		return NULL;
	place(c, written, in);
	if (written && made->kind == AST_CHECK)
		note_lists(b, c, written);
	for (size_t i = 0; i < made->nkids; i++) {
		c->kids[i] = build(b, made->kids[i], written ? written->kids[i] : NULL, in);
		if (!c->kids[i])
			return NULL;
	}
	return c;
}

static size_t exceptions_in_use(const struct rule_info *info)
{
	size_t n = 0;

	for (size_t i = 0; i < info->exceptions.n; i++)
		n += info->exceptions.items[i].nvalues > 0;
	return n;
}

/* "(condition) and not ... and not ...": the loader's form of a rule with exceptions. */
static struct clause *build_with_exceptions(struct builder *b, const struct compiled_rule *r,
					    const struct rule *rule, struct passage in)
{
	const struct ast *written = parse(b, r->condition);
	const struct rule_info *info = r->info;
	size_t n = exceptions_in_use(info), next = 0;

	in.shift = 1;
	if (n == 0 || !written || written->kind != AST_AND || written->nkids != n + 1 ||
	    !same_shape(rule->ast, written))
		return build(b, rule->ast, written, &in);
	struct clause *c = new_clause(b, rule->ast);
	if (!c)
		return NULL;
	place(c, written, &in);
	c->kids[0] = build(b, rule->ast->kids[0], written->kids[0], &in);
	for (size_t i = 1; c->kids[i - 1] && i <= n; i++) {
		while (info->exceptions.items[next].nvalues == 0)
			next++;
		const struct exception_info *ex = &info->exceptions.items[next++];
		const struct passage from = { .owner = ex->ctx };
		struct origin *through = arena_new(b->arena, struct origin);

		c->kids[i] = build(b, rule->ast->kids[i], written->kids[i], &from);
		if (!c->kids[i] || !through)
			return NULL;
		*through = origin_of(ORIGIN_EXCEPTION, ex->name, ex->ctx);
		c->kids[i]->through = through;
		c->kids[i]->nthrough = 1;
	}
	return c->kids[n] ? c : NULL;
}

struct clause *clause_tree(const struct ruleset *rs, const struct rule *rule, struct arena *arena)
{
	struct builder b = { .rs = rs, .arena = arena };
	const struct compiled_rule *r = &rs->compiled->rules[rule - rs->rules];
	const struct passage in = { .text = r->info->cond.text,
				    .where = r->info->cond_ctx,
				    .owner = r->info->ctx };
	struct clause *c;

	if (r->info->exceptions.n)
		c = build_with_exceptions(&b, r, rule, in);
	else
		c = build(&b, rule->ast, parse(&b, in.text), &in);
	return b.failed ? NULL : c;
}

struct clause *clause_plain(const struct ast *cond, struct arena *arena)
{
	struct builder b = { .arena = arena };

	return build(&b, cond, NULL, &(struct passage){ 0 });
}

static void renumber(struct clause *c, uint32_t *part)
{
	c->part = (*part)++;
	for (size_t i = 0; i < c->nkids; i++)
		renumber(c->kids[i], part);
}

struct clause *clause_join(const struct ast *both, struct clause *a, struct clause *b,
			   struct arena *arena)
{
	struct builder builder = { .arena = arena };
	struct clause *c = new_clause(&builder, both);
	uint32_t part = 0;

	if (!c || !a || !b)
		return NULL;
	c->kids[0] = a;
	c->kids[1] = b;
	renumber(c, &part);
	return c;
}
