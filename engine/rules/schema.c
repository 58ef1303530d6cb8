#include "engine/rules/schema.h"

#include "engine/rules/vec.h"

#include <stdlib.h>

/* A wrong file can have as many violations as lines; nobody reads more than these. */
enum { WARNINGS_MAX = 1000 };

struct schema;

struct property {
	const char *name;
	const struct schema *schema;
};

struct schema {
	const char *type;            /* NULL: any */
	const struct schema *any_of; /* two alternatives in a row */
	const char *const *values;   /* one of these; ends with NULL */
	const struct schema *items;
	size_t min_properties;
	const struct property *properties; /* sorted by name, ends with NULL; no others allowed */
	const char *const *required;
};

static const struct schema anything = { 0 };
static const struct schema text = { .type = "string" };
static const struct schema integer = { .type = "integer" };
static const struct schema boolean = { .type = "boolean" };
static const struct schema texts = { .type = "array", .items = &text };

static const struct schema item_types[2] = { { .type = "integer" }, { .type = "string" } };
static const struct schema item = { .any_of = item_types };
static const struct schema items = { .type = "array", .items = &item };

static const struct schema priority = {
	.type = "string",
	.values = (const char *const[]){ "EMERGENCY", "ALERT", "CRITICAL", "ERROR", "WARNING",
					 "NOTICE", "INFO", "INFORMATIONAL", "DEBUG", NULL },
};

static const struct schema override_mode = {
	.type = "string",
	.values = (const char *const[]){ "append", "replace", NULL },
};

static const struct schema override = {
	.type = "object",
	.min_properties = 1,
	.properties = (const struct property[]){ { "capture", &override_mode },
						 { "capture_duration", &override_mode },
						 { "condition", &override_mode },
						 { "desc", &override_mode },
						 { "enabled", &override_mode },
						 { "exceptions", &override_mode },
						 { "items", &override_mode },
						 { "output", &override_mode },
						 { "priority", &override_mode },
						 { "skip-if-unknown-filter", &override_mode },
						 { "tags", &override_mode },
						 { "warn_evttypes", &override_mode },
						 { NULL, NULL } },
};

static const struct schema exception = {
	.type = "object",
	.properties = (const struct property[]){ { "comps", &anything },
						 { "fields", &anything },
						 { "name", &text },
						 { "values", &anything },
						 { NULL, NULL } },
	.required = (const char *const[]){ "name", NULL },
};
static const struct schema exceptions = { .type = "array", .items = &exception };

static const struct schema alternative = {
	.type = "object",
	.properties = (const struct property[]){ { "name", &text },
						 { "version", &text },
						 { NULL, NULL } },
	.required = (const char *const[]){ "name", "version", NULL },
};
static const struct schema alternatives = { .type = "array", .items = &alternative };

static const struct schema plugin_version = {
	.type = "object",
	.properties = (const struct property[]){ { "alternatives", &alternatives },
						 { "name", &text },
						 { "version", &text },
						 { NULL, NULL } },
	.required = (const char *const[]){ "name", "version", NULL },
};
static const struct schema plugin_versions = { .type = "array", .items = &plugin_version };

static const struct schema rule = {
	.type = "object",
	.properties = (const struct property[]){ { "append", &boolean },
						 { "capture", &boolean },
						 { "capture_duration", &integer },
						 { "condition", &text },
						 { "desc", &text },
						 { "enabled", &boolean },
						 { "exceptions", &exceptions },
						 { "items", &items },
						 { "list", &text },
						 { "macro", &text },
						 { "output", &text },
						 { "override", &override },
						 { "priority", &priority },
						 { "required_engine_version", &text },
						 { "required_plugin_versions", &plugin_versions },
						 { "rule", &text },
						 { "skip-if-unknown-filter", &boolean },
						 { "source", &text },
						 { "tags", &texts },
						 { "warn_evttypes", &boolean },
						 { NULL, NULL } },
};
static const struct schema root = { .type = "array", .items = &rule };

/* Where in the document a value stands: "<root>[3][tags]". */
struct place {
	const struct place *outer;
	struct sv key; /* of a mapping */
	size_t index;  /* of a sequence, if there is no key */
};

struct check {
	struct arena *arena;
	struct sv_list *warnings;
	struct err *err;
	bool failed; /* err is filled */
};

static void put_place(struct buf *out, const struct place *p)
{
	if (!p->outer) {
		buf_puts(out, "<root>");
		return;
	}
	put_place(out, p->outer);
	if (p->key.p)
		buf_printf(out, "[" SV_FMT "]", SV_ARG(p->key));
	else
		buf_printf(out, "[%zu]", p->index);
}

/* Note a violation; returns false, which is what the caller is about to say. */
static bool violation(struct check *c, const struct place *at, const char *before, struct sv name,
		      const char *after)
{
	struct buf line = { 0 };

	if (c->warnings->n >= WARNINGS_MAX)
		return false;
	buf_puts(&line, "failed for ");
	put_place(&line, at);
	buf_puts(&line, ": ");
	buf_puts(&line, before);
	buf_putsv(&line, name);
	buf_puts(&line, after);
	sv_list_push(c->arena, c->warnings, arena_sv(c->arena, buf_sv(&line)));
	buf_deinit(&line);
	return false;
}

static bool violation_number(struct check *c, const struct place *at, const char *before, size_t n,
			     const char *after)
{
	struct buf digits = { 0 };

	buf_put_u64(&digits, n);
	violation(c, at, before, buf_sv(&digits), after);
	buf_deinit(&digits);
	return false;
}

/* A number with blanks before it, and nothing behind. */
static bool is_integer(struct sv s)
{
	size_t at = 0, digits = 0;

	while (at < s.n && (s.p[at] == ' ' || (s.p[at] >= '\t' && s.p[at] <= '\r')))
		at++;
	if (at < s.n && (s.p[at] == '-' || s.p[at] == '+'))
		at++;
	while (at < s.n && s.p[at] >= '0' && s.p[at] <= '9') {
		at++;
		digits++;
	}
	return digits > 0 && digits < 20 && at == s.n;
}

static bool has_type(const struct yaml_node *n, const char *type)
{
	switch (type[0]) {
	case 'a': /* array */
		return n->kind == YAML_SEQ;
	case 'o': /* object */
		return n->kind == YAML_MAP;
	case 's': /* string: any scalar, the types are weak */
		return n->kind == YAML_SCALAR;
	case 'b': /* boolean */
		return n->kind == YAML_SCALAR &&
		       (sv_eq(n->text, SV("true")) || sv_eq(n->text, SV("false")));
	default: /* integer */
		return n->kind == YAML_SCALAR && is_integer(n->text);
	}
}

static bool check_node(struct check *c, const struct schema *s, const struct yaml_node *n,
		       const struct place *at);

static bool check_any_of(struct check *c, const struct schema *s, const struct yaml_node *n,
			 const struct place *at)
{
	struct sv_list tried = { 0 }, *outer = c->warnings;
	bool ok = false;

	c->warnings = &tried;
	for (size_t i = 0; i < 2; i++) {
		if (check_node(c, &s->any_of[i], n, at))
			ok = true;
		else
			violation_number(c, at, "Failed to validate against child schema #", i,
					 ".");
	}
	c->warnings = outer;
	if (ok)
		return true;
	for (size_t i = 0; i < tried.n && outer->n < WARNINGS_MAX; i++)
		sv_list_push(c->arena, outer, tried.items[i]);
	return violation(c, at,
			 "Failed to validate against any schemas allowed by anyOf constraint.",
			 SV(""), "");
}

static bool check_values(struct check *c, const struct schema *s, const struct yaml_node *n,
			 const struct place *at)
{
	for (const char *const *v = s->values; *v; v++) {
		if (n->kind == YAML_SCALAR && sv_eq(n->text, sv_of(*v)))
			return true;
	}
	return violation(c, at, "Failed to match against any enum values.", SV(""), "");
}

static bool check_items(struct check *c, const struct schema *s, const struct yaml_node *n,
			const struct place *at)
{
	bool ok = true;

	for (size_t i = 0; n->kind == YAML_SEQ && i < n->n && !c->failed; i++) {
		struct place here = { .outer = at, .index = i };

		if (!check_node(c, s->items, n->items[i], &here))
			ok = violation_number(c, at, "Failed to validate item #", i, " in array.");
	}
	return ok;
}

/* The name of a key as text; a key of another shape ends it all. */
static bool key_text(struct check *c, const struct yaml_node *key, struct sv *out)
{
	*out = key->kind == YAML_NULL ? SV("null") : key->text;
	if (key->kind == YAML_SCALAR || key->kind == YAML_NULL)
		return true;
	yaml_fail(c->err, key->mark, "bad conversion");
	c->failed = true;
	return false;
}

/* The value of a key.  The search trips over a key of another shape that stands before it. */
static const struct yaml_node *find_property(struct check *c, const struct yaml_node *n,
					     const char *name)
{
	for (size_t i = 0; n->kind == YAML_MAP && i < n->n; i++) {
		struct sv key;

		if (!key_text(c, n->items[2 * i], &key))
			return NULL;
		if (sv_eq(key, sv_of(name)))
			return n->items[2 * i + 1];
	}
	return NULL;
}

static bool is_property(const struct schema *s, struct sv name)
{
	for (const struct property *p = s->properties; p->name; p++) {
		if (sv_eq(name, sv_of(p->name)))
			return true;
	}
	return false;
}

static bool refuse_others(struct check *c, const struct schema *s, const struct yaml_node *n,
			  const struct place *at)
{
	struct sv unwanted = { 0 };

	for (size_t i = 0; i < n->n && !unwanted.p; i++) {
		struct sv key;

		if (!key_text(c, n->items[2 * i], &key))
			return false;
		if (!is_property(s, key))
			unwanted = key;
	}
	return violation(c, at,
			 "Object contains a property that could not be validated using "
			 "'properties' or 'additionalProperties' constraints: '",
			 unwanted, "'.");
}

static bool check_properties(struct check *c, const struct schema *s, const struct yaml_node *n,
			     const struct place *at)
{
	size_t matched = 0;
	bool ok = true;

	if (n->kind != YAML_MAP)
		return true;
	for (const struct property *p = s->properties; p->name && !c->failed; p++) {
		const struct yaml_node *value = find_property(c, n, p->name);
		struct place here = { .outer = at, .key = sv_of(p->name) };

		if (!value)
			continue;
		matched++;
		if (!check_node(c, p->schema, value, &here))
			ok = violation(c, at,
				       "Failed to validate against schema associated with property "
				       "name '",
				       here.key, "'.");
	}
	/* A key given twice counts as one too many, too. */
	return matched == n->n || c->failed ? ok : refuse_others(c, s, n, at);
}

static bool is_object_like(const struct yaml_node *n)
{
	return n->kind == YAML_MAP || (n->kind == YAML_SEQ && n->n == 0);
}

static bool check_required(struct check *c, const struct schema *s, const struct yaml_node *n,
			   const struct place *at)
{
	bool ok = true;

	for (const char *const *name = s->required; is_object_like(n) && *name; name++) {
		if (!find_property(c, n, *name))
			ok = violation(c, at, "Missing required property '", sv_of(*name), "'.");
	}
	return ok;
}

/* In the order in which the reference applies constraints, all of them. */
static bool check_node(struct check *c, const struct schema *s, const struct yaml_node *n,
		       const struct place *at)
{
	bool ok = true;

	if (c->failed)
		return false;
	if (s->type && !has_type(n, s->type))
		ok = violation(c, at, "Value type not permitted by 'type' constraint.", SV(""), "");
	if (s->any_of)
		ok &= check_any_of(c, s, n, at);
	if (s->values)
		ok &= check_values(c, s, n, at);
	if (s->items)
		ok &= check_items(c, s, n, at);
	if (is_object_like(n) && n->n < s->min_properties)
		ok = violation_number(c, at, "Object should have no fewer than ", s->min_properties,
				      " properties.");
	if (s->properties)
		ok &= check_properties(c, s, n, at);
	if (s->required)
		ok &= check_required(c, s, n, at);
	return ok;
}

int schema_check(const struct yaml_stream *stream, struct diag_list *dl, struct err *err)
{
	struct diag_file *file = &dl->files[dl->nfiles - 1];
	struct sv_list warnings = { 0 };
	const struct place top = { 0 };

	if (stream->n == 0)
		return 0;
	file->schema_valid = true;
	for (size_t i = 0; i < stream->n; i++) {
		struct check c = { .arena = &dl->arena, .warnings = &warnings, .err = err };
		size_t before = warnings.n;

		check_node(&c, &root, stream->docs[i], &top);
		if (c.failed)
			return -1;
		/* The first document decides; when it is wrong, each good one is an "ok" among the
		 * bad. */
		if (warnings.n > before || before >= WARNINGS_MAX)
			file->schema_valid &= i > 0;
		else if (!sv_list_push(&dl->arena, &warnings, SV("ok")))
			file->schema_valid = false;
	}
	file->schema_checked = true;
	if (!file->schema_valid) {
		file->schema_warnings = warnings.items;
		file->nschema_warnings = warnings.n;
	}
	return 0;
}
