#include "engine/rules/context.h"

static const char *const type_names[] = {
	[ITEM_VALUE_FOR] = "value for",
	[ITEM_EXCEPTIONS] = "exceptions",
	[ITEM_EXCEPTION] = "exception",
	[ITEM_EXCEPTION_VALUES] = "exception values",
	[ITEM_EXCEPTION_VALUE] = "exception value",
	[ITEM_RULES_CONTENT] = "rules content",
	[ITEM_RULES_CONTENT_ITEM] = "rules content item",
	[ITEM_REQUIRED_ENGINE_VERSION] = "required_engine_version",
	[ITEM_REQUIRED_PLUGIN_VERSIONS] = "required plugin versions",
	[ITEM_REQUIRED_PLUGIN_VERSIONS_ENTRY] = "required plugin versions entry",
	[ITEM_REQUIRED_PLUGIN_VERSIONS_ALTERNATIVE] = "required plugin versions alternative",
	[ITEM_LIST] = "list",
	[ITEM_LIST_ITEM] = "list item",
	[ITEM_MACRO] = "macro",
	[ITEM_MACRO_CONDITION] = "macro condition",
	[ITEM_RULE] = "rule",
	[ITEM_RULE_CONDITION] = "rule condition",
	[ITEM_CONDITION_EXPRESSION] = "condition expression",
	[ITEM_RULE_OUTPUT] = "rule output",
	[ITEM_RULE_PRIORITY] = "rule priority",
	[ITEM_OVERRIDE] = "overrides",
};

const struct context *context_file(struct arena *a, struct sv name, struct sv text)
{
	struct context *ctx = arena_new(a, struct context);

	if (ctx)
		*ctx = (struct context){ .type = ITEM_RULES_CONTENT,
					 .name = name,
					 .content = text };
	return ctx;
}

const struct context *context_at(struct arena *a, const struct context *parent, enum item_type type,
				 struct sv item_name, struct yaml_mark at)
{
	struct context *ctx = parent ? arena_new(a, struct context) : NULL;

	if (ctx)
		*ctx = (struct context){
			parent, type, item_name, parent->name, parent->content, at
		};
	return ctx;
}

/* The first bytes of a condition, in quotes and on one line. */
static struct sv condition_name(struct arena *a, struct sv condition)
{
	enum { WHOLE = 20, CUT = 17 };
	size_t n = condition.n > WHOLE ? CUT : condition.n;
	char *p = arena_bytes(a, WHOLE + 3);
	size_t at = 0;

	if (!p)
		return (struct sv){ 0 };
	p[at++] = '"';
	for (size_t i = 0; i < n; i++)
		p[at++] = condition.p[i] == '\n' || condition.p[i] == '\r' ? ' ' : condition.p[i];
	if (n < condition.n) {
		memcpy(p + at, "...", 3);
		at += 3;
	}
	p[at++] = '"';
	return (struct sv){ p, at };
}

const struct context *context_condition(struct arena *a, const struct context *parent,
					struct sv condition, struct ast_pos pos)
{
	/*
	 * Falco adds the place in the condition to that of the YAML value it came from, although
	 * folding and lists have moved the text; its readers are used to that.
	 */
	struct yaml_mark at = { 0 };
	if (parent) {
		at.offset = parent->at.offset + pos.offset;
		at.line = parent->at.line + pos.line;
		at.col = parent->at.col + pos.col;
	}

	struct context *ctx = parent ? arena_new(a, struct context) : NULL;
	if (ctx)
		*ctx = (struct context){ parent,    ITEM_CONDITION_EXPRESSION,
					 { 0 },     condition_name(a, condition),
					 condition, at };
	return ctx;
}

int diag_at(struct diag_list *dl, struct diag *d, const struct context *ctx)
{
	struct buf snippet = { 0 };
	size_t n = 0;

	if (!d || !ctx)
		return -1;
	for (const struct context *c = ctx; c; c = c->parent)
		n++;
	d->where = arena_array(&dl->arena, struct diag_location, n);
	if (!d->where)
		return -1;
	d->nwhere = n;
	for (const struct context *c = ctx; c; c = c->parent) {
		d->where[--n] = (struct diag_location){
			.item_type = type_names[c->type],
			.item_name = diag_text(dl, c->item_name),
			.name = diag_text(dl, c->name),
			.line = c->at.line,
			.col = c->at.col,
			.offset = c->at.offset,
		};
	}
	diag_snippet(&snippet, ctx->content, ctx->at.offset);
	d->snippet = diag_text(dl, buf_sv(&snippet));
	buf_deinit(&snippet);
	return -1;
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '.' || c == '-';
}

/* Where `word` stands alone in `text` at or behind `at`; text.n: nowhere. */
static size_t find_word(struct sv text, size_t at, struct sv word)
{
	while (at < text.n) {
		ptrdiff_t found = sv_find((struct sv){ text.p + at, text.n - at }, word);
		if (found < 0)
			break;
		at += (size_t)found;

		size_t end = at + word.n;
		if ((at == 0 || !is_word(text.p[at - 1])) &&
		    (end == text.n || !is_word(text.p[end])))
			return at;
		at++;
	}
	return text.n;
}

bool diag_point_at(struct diag_list *dl, struct diag *d, struct sv word, const struct context *from)
{
	struct buf snippet = { 0 };
	struct yaml_mark at;

	if (!d || !from || word.n == 0 || from->at.offset >= from->content.n)
		return false;
	/* The next item begins with a dash. */
	struct sv item = { from->content.p, from->at.offset };
	ptrdiff_t n = sv_find((struct sv){ item.p + item.n, from->content.n - item.n }, SV("\n-"));
	item.n = n < 0 ? from->content.n : item.n + (size_t)n;

	at = from->at;
	size_t found = find_word(item, at.offset, word);
	if (found == item.n)
		return false;
	for (; at.offset < found; at.offset++) {
		bool newline = item.p[at.offset] == '\n';

		at.line += newline;
		at.col = newline ? 0 : at.col + 1;
	}
	diag_snippet(&snippet, from->content, at.offset);
	d->spot = (struct diag_spot){ diag_text(dl, from->name), at.line, at.col,
				      diag_text(dl, buf_sv(&snippet)) };
	buf_deinit(&snippet);
	return true;
}
