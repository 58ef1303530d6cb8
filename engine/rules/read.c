#include "engine/rules/read.h"

#include "engine/rules/schema.h"

static int read_engine_version(struct reader *r, const struct yaml_node *item)
{
	static const char key[] = "required_engine_version";
	static const char *const known[] = { key, NULL };
	const struct context *ctx = read_at(r, r->root, ITEM_REQUIRED_ENGINE_VERSION, SV(""), item);
	const struct yaml_node *value = yaml_get_key(item, key);
	struct version v = { ENGINE_VERSION.major, 0, ENGINE_VERSION.patch };
	struct sv text = { 0 };

	/* A bare number is the minor version. */
	if (!yaml_to_u32(value, &v.minor)) {
		if (read_text(r, item, key, 0, ctx, &text) < 0)
			return -1;
		if (!version_parse(text, &v))
			return read_fail(r, ctx,
					 "Unable to parse engine version '" SV_FMT
					 "' as a semver string. Expected \"x.y.z\" semver format.",
					 SV_ARG(text));
	}
	if (collect_engine_version(r->into, v, ctx, r->dl) < 0)
		return -1;
	return read_unknown_keys(r, item, known, ctx);
}

static int push_requirement(struct reader *r, struct plugin_requirements *req,
			    struct plugin_requirement p)
{
	struct plugin_requirement *items =
		vec_room(&r->into->arena, req->items, req->n, &req->cap, sizeof *items);

	if (!items)
		return read_no_memory(r);
	req->items = items;
	items[req->n++] = p;
	return 0;
}

static int read_alternatives(struct reader *r, const struct yaml_node *list,
			     struct plugin_requirements *req)
{
	const enum item_type type = ITEM_REQUIRED_PLUGIN_VERSIONS_ALTERNATIVE;

	if (list->kind != YAML_SEQ)
		return read_fail(r, req->ctx,
				 "Value of plugin version alternatives must be a sequence");
	for (size_t i = 0; i < list->n; i++) {
		const struct yaml_node *node = list->items[i];
		const struct context *unnamed = read_at(r, req->ctx, type, SV(""), node);
		struct plugin_requirement p = { 0 };

		if (node->kind != YAML_MAP)
			return read_fail(r, unnamed,
					 "Plugin version alternative must be a mapping");
		if (read_text(r, node, "name", 0, unnamed, &p.name) < 0 ||
		    read_text(r, node, "version", 0, read_at(r, req->ctx, type, p.name, node),
			      &p.version) < 0 ||
		    push_requirement(r, req, p) < 0)
			return -1;
	}
	return 0;
}

static int read_plugin(struct reader *r, const struct yaml_node *node, const struct context *ctx)
{
	const enum item_type type = ITEM_REQUIRED_PLUGIN_VERSIONS_ENTRY;
	const struct context *unnamed = read_at(r, ctx, type, SV(""), node);
	struct plugin_requirements req = { 0 };
	struct plugin_requirement p = { 0 };

	if (node->kind != YAML_MAP)
		return read_fail(r, unnamed, "Plugin version must be a mapping");
	if (read_text(r, node, "name", 0, unnamed, &p.name) < 0)
		return -1;
	req.ctx = read_at(r, ctx, type, p.name, node);
	if (read_text(r, node, "version", 0, req.ctx, &p.version) < 0 ||
	    push_requirement(r, &req, p) < 0)
		return -1;
	const struct yaml_node *alternatives = yaml_get_key(node, "alternatives");
	if (alternatives && read_alternatives(r, alternatives, &req) < 0)
		return -1;
	return collect_plugin(r->into, &req, r->dl);
}

static int read_plugin_versions(struct reader *r, const struct yaml_node *item)
{
	static const char key[] = "required_plugin_versions";
	static const char *const known[] = { key, NULL };
	const struct yaml_node *list = yaml_get_key(item, key);
	const struct context *ctx =
		read_at(r, r->root, ITEM_REQUIRED_PLUGIN_VERSIONS, SV(""), list);

	if (list->kind != YAML_SEQ)
		return read_fail(r, ctx, "Value of required_plugin_versions must be a sequence");
	for (size_t i = 0; i < list->n; i++) {
		if (read_plugin(r, list->items[i], ctx) < 0)
			return -1;
	}
	return read_unknown_keys(r, item, known,
				 read_at(r, r->root, ITEM_REQUIRED_PLUGIN_VERSIONS, SV(""), item));
}

/* [a-zA-Z]+[a-zA-Z0-9_]* */
static bool is_macro_name(struct sv s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool alpha = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

		if (!alpha && (i == 0 || !(c == '_' || (c >= '0' && c <= '9'))))
			return false;
	}
	return s.n > 0;
}

/* [^()"'[:space:]=,]+ */
static bool is_list_name(struct sv s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (memchr("()\"'=, \t\n\v\f\r", s.p[i], 12))
			return false;
	}
	return s.n > 0;
}

/* "append: true" or "override: {KEY: append}" of an item that has only one thing to append to. */
static int read_append_mode(struct reader *r, const struct yaml_node *item, const char *key,
			    const struct context *ctx, bool *append)
{
	const struct override_key keys[] = { { key, 1, true, true } };
	uint32_t by_append, by_replace;

	*append = false;
	if (read_bool(r, item, "append", VALUE_OPTIONAL, ctx, append) < 0)
		return -1;
	if (*append)
		read_warn_append(r, ctx);
	if (read_overrides(r, item, keys, 1, ctx, &by_append, &by_replace) < 0)
		return -1;
	if (*append && (by_append | by_replace))
		return read_fail(r, ctx, "%s", read_both_append_and_override);
	*append |= by_append != 0;
	return 0;
}

static int read_list(struct reader *r, const struct yaml_node *item)
{
	static const char *const known[] = { "list", "items", "append", "override", NULL };
	struct list_info info = { 0 };
	bool append;

	if (read_text(r, item, "list", 0, read_at(r, r->root, ITEM_LIST, SV(""), item),
		      &info.name) < 0)
		return -1;
	info.ctx = read_at(r, r->root, ITEM_LIST, info.name, item);
	if (!is_list_name(info.name))
		diag_at(r->dl,
			diag_add(r->dl, LOAD_INVALID_LIST_NAME,
				 "List has an invalid name. List names should match a regular "
				 "expression: ([^()\"'[:space:]=,]+)"),
			info.ctx);
	if (read_texts(r, item, "items", 0, info.ctx, &info.items) < 0 ||
	    read_append_mode(r, item, "items", info.ctx, &append) < 0 ||
	    collect_list(r->into, &info, append, r->dl) < 0)
		return -1;
	return read_unknown_keys(r, item, known, info.ctx);
}

static int read_macro(struct reader *r, const struct yaml_node *item)
{
	static const char *const known[] = { "macro", "condition", "append", "override", NULL };
	struct macro_info info = { 0 };
	bool append;

	if (read_text(r, item, "macro", 0, read_at(r, r->root, ITEM_MACRO, SV(""), item),
		      &info.name) < 0)
		return -1;
	info.ctx = read_at(r, r->root, ITEM_MACRO, info.name, item);
	if (!is_macro_name(info.name))
		diag_at(r->dl,
			diag_add(r->dl, LOAD_INVALID_MACRO_NAME,
				 "Macro has an invalid name. Macro names should match a regular "
				 "expression: ([a-zA-Z]+[a-zA-Z0-9_]*)"),
			info.ctx);
	if (read_text(r, item, "condition", 0, info.ctx, &info.cond.text) < 0)
		return -1;
	info.cond_ctx =
		read_at(r, info.ctx, ITEM_MACRO_CONDITION, SV(""), yaml_get_key(item, "condition"));
	if (read_append_mode(r, item, "condition", info.ctx, &append) < 0 ||
	    collect_macro(r->into, &info, append, r->dl) < 0)
		return -1;
	return read_unknown_keys(r, item, known, info.ctx);
}

/*
 * The item's text: its lines, up to the next item, without what is blank or comment at the end.
 * Empty for an alias, whose text lies further up.
 */
static struct sv item_text(struct reader *r, const struct yaml_node *item,
			   const struct yaml_node *next)
{
	size_t from = item->mark.offset, to = next ? next->mark.offset : r->text.n;

	if (from < r->item_end || from >= r->text.n || to > r->text.n || to <= from)
		return (struct sv){ 0 };
	while (from > r->item_end && r->text.p[from - 1] != '\n')
		from--;
	/* The next item's dash is on a line that is not ours. */
	while (next && to > from && r->text.p[to - 1] != '\n')
		to--;
	/* Several items on a line have none of their own: do not go through it for each. */
	r->item_end = to > from ? to : item->mark.offset;

	size_t end = from;
	for (size_t at = from; at < to;) {
		const char *nl = memchr(r->text.p + at, '\n', to - at);
		size_t line_end = nl ? (size_t)(nl - r->text.p) + 1 : to;
		size_t c = at;

		if (sv_starts((struct sv){ r->text.p + at, line_end - at }, SV("---")))
			break;
		while (c < line_end && yaml_is_space(r->text.p[c]))
			c++;
		if (c < line_end && r->text.p[c] != '#')
			end = line_end;
		at = line_end;
	}
	return (struct sv){ r->text.p + from, end - from };
}

static int read_item(struct reader *r, const struct yaml_node *item, const struct yaml_node *next)
{
	const struct context *ctx = read_at(r, r->root, ITEM_RULES_CONTENT_ITEM, SV(""), item);

	if (item->kind != YAML_MAP)
		return read_fail(r, ctx,
				 "Unexpected element type. Each element should be a yaml "
				 "associative array.");
	if (yaml_get_key(item, "required_engine_version"))
		return read_engine_version(r, item);
	if (yaml_get_key(item, "required_plugin_versions"))
		return read_plugin_versions(r, item);
	if (yaml_get_key(item, "list"))
		return read_list(r, item);
	if (yaml_get_key(item, "macro"))
		return read_macro(r, item);
	if (yaml_get_key(item, "rule"))
		return read_rule(r, item, item_text(r, item, next));
	diag_at(r->dl, diag_add(r->dl, LOAD_UNKNOWN_ITEM, "Unknown top level item"), ctx);
	return 0;
}

static int read_document(struct reader *r, const struct yaml_node *doc)
{
	if (doc->kind == YAML_SCALAR)
		return read_fail(r, r->root, "Rules content is not yaml");
	if (doc->kind != YAML_SEQ)
		return read_fail(r, r->root, "Rules content is not yaml array of objects");
	for (size_t i = 0; i < doc->n; i++) {
		const struct yaml_node *next = i + 1 < doc->n ? doc->items[i + 1] : NULL;

		if (doc->items[i]->kind != YAML_NULL && read_item(r, doc->items[i], next) < 0)
			return -1;
	}
	return 0;
}

/* An error of the YAML reader; `placed`: where it stands is worth a location of its own. */
static int fail_parse(struct reader *r, const struct err *err, bool placed)
{
	const struct yaml_mark at = { .line = err->pos.line - 1,
				      .col = err->pos.col - 1,
				      .offset = (uint32_t)err->pos.offset };

	if (err->code == ERR_NOMEM)
		return read_no_memory(r);
	if (err->code != ERR_SYNTAX)
		return diag_at(r->dl, diag_add(r->dl, LOAD_ERR_YAML_PARSE, "%s", err->msg),
			       r->root);
	return diag_at(r->dl,
		       diag_add(r->dl, LOAD_ERR_YAML_PARSE,
				"yaml-cpp: error at line %u, column %u: %s", err->pos.line,
				err->pos.col, err->msg),
		       placed ? context_at(&r->into->arena, r->root, ITEM_VALUE_FOR, SV(""), at)
			      : r->root);
}

int read_rules(struct reader *r, struct sv file_name)
{
	struct yaml_stream stream;
	struct err err = { 0 };

	r->root = context_file(&r->into->arena, file_name, r->text);
	if (yaml_parse(r->text, &r->into->arena, &stream, &err) < 0)
		return fail_parse(r, &err, true);
	if (schema_check(&stream, r->dl, &err) < 0)
		return fail_parse(r, &err, false);
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < stream.n; i++)
		rc = read_document(r, stream.docs[i]);
	collection_settle(r->into);
	return rc;
}
