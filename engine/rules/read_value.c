/* Single values out of a mapping, with the messages for those that will not do. */
#include "engine/rules/read.h"

#include <stdarg.h>
#include <stdio.h>

const char read_both_append_and_override[] =
	"Keys 'override' and 'append: true' cannot be used together. Add an 'append' entry (e.g. "
	"'condition: append') under 'override' instead.";

static int vfail(struct reader *r, enum diag_code code, const struct context *ctx, const char *fmt,
		 va_list ap) __attribute__((format(printf, 4, 0)));

static int vfail(struct reader *r, enum diag_code code, const struct context *ctx, const char *fmt,
		 va_list ap)
{
	struct buf text = { 0 };
	char small[256];
	va_list again;

	va_copy(again, ap);
	int n = vsnprintf(small, sizeof small, fmt, ap);
	if (n >= (int)sizeof small && buf_reserve(&text, (size_t)n + 1)) {
		vsnprintf(text.p, (size_t)n + 1, fmt, again);
		text.n = (size_t)n;
	}
	va_end(again);
	diag_at(r->dl, diag_add(r->dl, code, "%s", text.n ? text.p : small), ctx);
	buf_deinit(&text);
	return -1;
}

int read_fail(struct reader *r, const struct context *ctx, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfail(r, LOAD_ERR_YAML_VALIDATE, ctx, fmt, ap);
	va_end(ap);
	return -1;
}

/* The same when reading stumbles over something it cannot convert, told about the whole file. */
static int fail_conversion(struct reader *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfail(r, LOAD_ERR_VALIDATE, r->root, fmt, ap);
	va_end(ap);
	return -1;
}

int read_no_memory(struct reader *r)
{
	r->dl->nerrors++;
	return -1;
}

const struct context *read_at(struct reader *r, const struct context *parent, enum item_type type,
			      struct sv name, const struct yaml_node *node)
{
	return context_at(&r->into->arena, parent, type, name, node->mark);
}

/* The scalar behind a key; *out is NULL when there is none and there need not be one. */
static int find_scalar(struct reader *r, const struct yaml_node *item, const char *key, int flags,
		       const struct context *ctx, const struct yaml_node **out,
		       const struct context **where)
{
	const struct yaml_node *value = yaml_get_key(item, key);

	*out = NULL;
	if (!value)
		return flags & VALUE_OPTIONAL
			       ? 0
			       : read_fail(r, ctx, "Item has no mapping for key '%s'", key);
	if (value->kind == YAML_NULL)
		return flags & VALUE_MAY_BE_EMPTY
			       ? 0
			       : read_fail(r, ctx, "Mapping for key '%s' is empty", key);
	*where = read_at(r, ctx, ITEM_VALUE_FOR, sv_of(key), value);
	if (value->kind != YAML_SCALAR)
		return read_fail(r, *where, "Value is not a scalar value");
	if (value->text.n == 0)
		return flags & VALUE_MAY_BE_EMPTY ? 0
						  : read_fail(r, *where, "Value must be non-empty");
	*out = value;
	return 0;
}

int read_text(struct reader *r, const struct yaml_node *item, const char *key, int flags,
	      const struct context *ctx, struct sv *out)
{
	const struct yaml_node *value;
	const struct context *where;

	if (find_scalar(r, item, key, flags, ctx, &value, &where) < 0)
		return -1;
	if (value)
		*out = value->text;
	return 0;
}

int read_bool(struct reader *r, const struct yaml_node *item, const char *key, int flags,
	      const struct context *ctx, bool *out)
{
	const struct yaml_node *value;
	const struct context *where;

	if (find_scalar(r, item, key, flags, ctx, &value, &where) < 0)
		return -1;
	if (value && !yaml_to_bool(value, out))
		return read_fail(r, where, "Can't decode YAML scalar value");
	return 0;
}

int read_u32(struct reader *r, const struct yaml_node *item, const char *key, int flags,
	     const struct context *ctx, uint32_t *out)
{
	const struct yaml_node *value;
	const struct context *where;

	if (find_scalar(r, item, key, flags, ctx, &value, &where) < 0)
		return -1;
	if (value && !yaml_to_u32(value, out))
		return read_fail(r, where, "Can't decode YAML scalar value");
	return 0;
}

int read_texts(struct reader *r, const struct yaml_node *item, const char *key, int flags,
	       const struct context *ctx, struct sv_list *out)
{
	const struct yaml_node *value = yaml_get_key(item, key);

	if (!value)
		return flags & VALUE_OPTIONAL
			       ? 0
			       : read_fail(r, ctx, "Item has no mapping for key '%s'", key);
	const struct context *where = read_at(r, ctx, ITEM_VALUE_FOR, sv_of(key), value);
	if (value->kind != YAML_SEQ)
		return read_fail(r, where, "Value is not a sequence");
	for (size_t i = 0; i < value->n; i++) {
		const struct yaml_node *v = value->items[i];

		if (v->kind != YAML_SCALAR)
			return read_fail(r, read_at(r, where, ITEM_LIST_ITEM, SV(""), v),
					 "sequence value is not scalar");
		if (!sv_list_push(&r->into->arena, out, v->text))
			return read_no_memory(r);
	}
	return 0;
}

/* The text of a mapping's key or of an operation: "null" for a null; -1 when it is no text. */
static int read_as_text(struct reader *r, const struct yaml_node *node, struct sv *out)
{
	switch (node->kind) {
	case YAML_SCALAR:
		*out = node->text;
		return 0;
	case YAML_NULL:
		*out = SV("null");
		return 0;
	case YAML_SEQ:
	case YAML_MAP:
		break;
	}
	return fail_conversion(r, "yaml-cpp: error at line %u, column %u: bad conversion",
			       node->mark.line + 1, node->mark.col + 1);
}

int read_unknown_keys(struct reader *r, const struct yaml_node *item, const char *const *known,
		      const struct context *ctx)
{
	for (size_t i = 0; i < item->n; i++) {
		struct sv key;
		const char *const *k = known;

		if (read_as_text(r, item->items[2 * i], &key) < 0)
			return -1;
		while (*k && !sv_eq(key, sv_of(*k)))
			k++;
		if (!*k)
			diag_at(r->dl,
				diag_add(r->dl, LOAD_UNKNOWN_KEY,
					 "Unknown key '" SV_FMT "'. The key will be ignored.",
					 SV_ARG(key)),
				ctx);
	}
	return 0;
}

void read_warn_append(struct reader *r, const struct context *ctx)
{
	diag_at(r->dl,
		diag_add(r->dl, LOAD_DEPRECATED_ITEM,
			 "'append' key is deprecated. Add an 'append' entry (e.g. 'condition: "
			 "append') under 'override' instead."),
		ctx);
}

static const struct override_key *find_key(const struct override_key *keys, size_t nkeys,
					   struct sv name)
{
	for (size_t i = 0; i < nkeys; i++) {
		if (sv_eq(name, sv_of(keys[i].name)))
			return &keys[i];
	}
	return NULL;
}

int read_overrides(struct reader *r, const struct yaml_node *item, const struct override_key *keys,
		   size_t nkeys, const struct context *ctx, uint32_t *append, uint32_t *replace)
{
	const struct yaml_node *map = yaml_get_key(item, "override");

	*append = *replace = 0;
	if (!map)
		return 0;
	const struct context *where = read_at(r, ctx, ITEM_OVERRIDE, SV(""), item);
	if (map->kind == YAML_SEQ && map->n > 0)
		return fail_conversion(r, "invalid node; this may result from using a map "
					  "iterator as a sequence iterator, or vice-versa");
	for (size_t i = 0; map->kind == YAML_MAP && i < map->n; i++) {
		const struct yaml_node *key_node = map->items[2 * i],
				       *op_node = map->items[2 * i + 1];
		struct sv name, op;

		if (read_as_text(r, key_node, &name) < 0 || read_as_text(r, op_node, &op) < 0)
			return -1;
		const struct override_key *key = find_key(keys, nkeys, name);
		if (sv_eq(op, SV("append"))) {
			if (!key || !key->can_append)
				return read_fail(r,
						 read_at(r, where, ITEM_OVERRIDE, name, key_node),
						 "Key '" SV_FMT
						 "' cannot be appended to, use 'replace' instead",
						 SV_ARG(name));
			*append |= key->part;
		} else if (sv_eq(op, SV("replace"))) {
			if (!key || !key->can_replace)
				return read_fail(
					r, read_at(r, where, ITEM_OVERRIDE, name, key_node),
					"Key '" SV_FMT "' cannot be replaced", SV_ARG(name));
			*replace |= key->part;
		} else {
			return read_fail(r, read_at(r, where, ITEM_VALUE_FOR, name, op_node),
					 "Invalid override operation for key '" SV_FMT "': '" SV_FMT
					 "'. Allowed values are: %s%s",
					 SV_ARG(name), SV_ARG(op),
					 key && key->can_append ? "append " : "",
					 key && key->can_replace ? "replace " : "");
		}
	}
	return 0;
}
