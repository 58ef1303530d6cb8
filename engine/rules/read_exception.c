#include "engine/rules/read.h"

/* Aliases make a graph of the text: what it unfolds to must stay within reason. */
enum { ENTRIES_MAX = 1 << 20 };

/* A text or a list of entries; anything else is no entry, and not given. */
static int read_entry(struct reader *r, const struct yaml_node *value, const char *key, int depth,
		      const struct context *ctx, struct entry *out)
{
	const struct context *where = read_at(r, ctx, ITEM_VALUE_FOR, sv_of(key), value);

	if (++r->nentries > ENTRIES_MAX || depth > YAML_MAX_DEPTH)
		return read_fail(r, where, "Exceptions unfold to too many values");
	if (value->kind == YAML_SCALAR) {
		if (value->text.n == 0)
			return read_fail(r, where, "Value must be non-empty");
		out->is_list = false;
		out->item = value->text;
	} else if (value->kind == YAML_SEQ) {
		out->is_list = true;
		for (size_t i = 0; i < value->n; i++) {
			const struct yaml_node *v = value->items[i];
			struct entry *e = entry_push(&r->into->arena, out);

			if (!e)
				return read_no_memory(r);
			if (read_entry(r, v, "", depth + 1,
				       read_at(r, where, ITEM_EXCEPTION, SV(""), v), e) < 0)
				return -1;
		}
	}
	return 0;
}

static int read_keyed_entry(struct reader *r, const struct yaml_node *item, const char *key,
			    int flags, const struct context *ctx, struct entry *out)
{
	const struct yaml_node *value = yaml_get_key(item, key);

	if (!value)
		return flags & VALUE_OPTIONAL
			       ? 0
			       : read_fail(r, ctx, "Item has no mapping for key '%s'", key);
	return read_entry(r, value, key, 0, ctx, out);
}

static int read_values(struct reader *r, const struct yaml_node *values, const struct context *ctx,
		       struct exception_info *ex)
{
	const struct context *where = read_at(r, ctx, ITEM_EXCEPTION_VALUES, SV(""), values);

	if (values->kind != YAML_SEQ)
		return read_fail(r, where, "Rule exception values must be a sequence");
	ex->values = arena_array(&r->into->arena, struct entry, values->n);
	if (!ex->values)
		return read_no_memory(r);
	ex->cap_values = values->n;
	for (size_t i = 0; i < values->n; i++) {
		const struct yaml_node *v = values->items[i];

		if (read_entry(r, v, "", 0, read_at(r, where, ITEM_EXCEPTION_VALUE, SV(""), v),
			       &ex->values[ex->nvalues++]) < 0)
			return -1;
	}
	return 0;
}

static int read_exception(struct reader *r, const struct yaml_node *node,
			  const struct context *list_ctx, const struct context *parent,
			  bool appending, struct exception_list *all, struct exception_info *ex)
{
	const struct context *unnamed = read_at(r, list_ctx, ITEM_EXCEPTION, SV(""), node);

	if (node->kind != YAML_MAP)
		return read_fail(r, unnamed, "Rule exception must be a mapping");
	if (read_text(r, node, "name", 0, unnamed, &ex->name) < 0)
		return -1;
	ex->ctx = read_at(r, parent, ITEM_EXCEPTION, ex->name, node);
	for (size_t i = 0; i < all->n; i++) {
		if (sv_eq(all->items[i].name, ex->name))
			diag_at(r->dl,
				diag_add(r->dl, LOAD_EXCEPTION_NAME_NOT_UNIQUE,
					 "Multiple definitions of exception '" SV_FMT
					 "' in the same rule",
					 SV_ARG(ex->name)),
				ex->ctx);
	}
	if (read_keyed_entry(r, node, "fields", appending ? VALUE_OPTIONAL : 0, ex->ctx,
			     &ex->fields) < 0 ||
	    read_keyed_entry(r, node, "comps", VALUE_OPTIONAL, ex->ctx, &ex->comps) < 0)
		return -1;

	const struct yaml_node *values = yaml_get_key(node, "values");
	if (values)
		return read_values(r, values, ex->ctx, ex);
	if (appending)
		diag_at(r->dl,
			diag_add(r->dl, LOAD_APPEND_NO_VALUES,
				 "Overriding/appending exception with no values"),
			ex->ctx);
	return 0;
}

int read_exceptions(struct reader *r, const struct yaml_node *item, const struct context *parent,
		    bool appending, struct exception_list *out)
{
	const struct yaml_node *seq = yaml_get_key(item, "exceptions");

	*out = (struct exception_list){ 0 };
	if (!seq || seq->kind == YAML_NULL)
		return 0;
	const struct context *ctx = read_at(r, parent, ITEM_EXCEPTIONS, SV(""), seq);
	if (seq->kind != YAML_SEQ)
		return read_fail(r, ctx, "Rule exceptions must be a sequence");
	if (seq->n > EXCEPTIONS_MAX)
		return read_fail(r, ctx, "The rule has too many exceptions");
	for (size_t i = 0; i < seq->n; i++) {
		struct exception_info ex = { 0 }, *items;

		if (read_exception(r, seq->items[i], ctx, parent, appending, out, &ex) < 0)
			return -1;
		items = vec_room(&r->into->arena, out->items, out->n, &out->cap, sizeof *items);
		if (!items)
			return read_no_memory(r);
		out->items = items;
		items[out->n++] = ex;
	}
	return 0;
}
