/* One suite for each combination of parameters. */
#include "tools/ruletest/suite.h"

enum { MAX_VARIANTS = 1024, MAX_DEPTH = 64 };

struct binding {
	struct sv name;
	const struct yaml_node *value;
};

struct matrix {
	const struct reading *r;
	struct binding *bindings;
	size_t n;
};

static const struct yaml_node *bound(const struct matrix *m, struct sv name)
{
	for (size_t i = 0; i < m->n; i++) {
		if (sv_eq(m->bindings[i].name, name))
			return m->bindings[i].value;
	}
	return NULL;
}

/* The name of "${NAME}" at the front of a text; empty: there is none. */
static struct sv parameter(struct sv text)
{
	const char *end =
		text.n > 2 && sv_starts(text, SV("${")) ? memchr(text.p, '}', text.n) : NULL;

	return end ? (struct sv){ text.p + 2, (size_t)(end - text.p) - 2 } : (struct sv){ 0 };
}

static struct sv fill_in(const struct matrix *m, struct sv text)
{
	struct buf out = { 0 };

	while (text.n) {
		struct sv name = parameter(text);
		const struct yaml_node *value = name.n ? bound(m, name) : NULL;

		if (value && value->kind == YAML_SCALAR) {
			buf_putsv(&out, value->text);
			sv_take(&text, name.n + 3, &(struct sv){ 0 });
		} else {
			buf_putc(&out, text.p[0]);
			sv_take(&text, 1, &(struct sv){ 0 });
		}
	}
	struct sv kept = arena_sv(m->r->arena, buf_sv(&out));
	buf_deinit(&out);
	return kept;
}

/* NULL with the error told. */
static const struct yaml_node *copy(const struct matrix *m, const struct yaml_node *n, int depth)
{
	if (depth > MAX_DEPTH) {
		node_fail(m->r, n, "nested too deeply");
		return NULL;
	}
	if (n->kind == YAML_SCALAR) {
		struct sv name = parameter(n->text);
		const struct yaml_node *value = bound(m, name);

		if (!memchr(n->text.p, '$', n->text.n))
			return n;
		/* A parameter alone may also be a list. */
		if (value && name.n + 3 == n->text.n)
			return value;
	}
	struct yaml_node *out = arena_new(m->r->arena, struct yaml_node);
	size_t items = n->kind == YAML_MAP ? 2 * n->n : n->kind == YAML_SEQ ? n->n : 0;

	if (out) {
		*out = *n;
		out->items = arena_array(m->r->arena, struct yaml_node *, items);
		if (n->kind == YAML_SCALAR)
			out->text = fill_in(m, n->text);
	}
	if (!out || !out->items || (n->kind == YAML_SCALAR && !out->text.p)) {
		node_no_memory(m->r);
		return NULL;
	}
	for (size_t i = 0; i < items; i++) {
		const struct yaml_node *kid = copy(m, n->items[i], depth + 1);

		if (!kid)
			return NULL;
		out->items[i] = (struct yaml_node *)kid;
	}
	return out;
}

/* "a=1, b=x", values that are lists by their position */
static struct sv name_of(const struct matrix *m, const size_t *at)
{
	struct buf out = { 0 };

	for (size_t i = 0; i < m->n; i++) {
		buf_printf(&out, "%s" SV_FMT "=", i ? ", " : "", SV_ARG(m->bindings[i].name));
		if (m->bindings[i].value->kind == YAML_SCALAR)
			buf_putsv(&out, m->bindings[i].value->text);
		else
			buf_printf(&out, "#%zu", at[i] + 1);
	}
	struct sv kept = arena_sv(m->r->arena, buf_sv(&out));
	buf_deinit(&out);
	return kept;
}

static int check(const struct reading *r, const struct yaml_node *matrix, size_t *n)
{
	*n = 1;
	if (matrix->kind != YAML_MAP)
		return node_fail(r, matrix, "a matrix is a mapping from names to lists of values");
	for (size_t i = 0; i < matrix->n; i++) {
		const struct yaml_node *values = matrix->items[2 * i + 1];

		if (values->kind != YAML_SEQ || values->n == 0)
			return node_fail(r, values, "a parameter needs a list of values");
		*n *= values->n;
		if (*n > MAX_VARIANTS)
			return node_fail(r, values, "more than %d combinations", MAX_VARIANTS);
	}
	return 0;
}

int matrix_expand(const struct reading *r, const struct yaml_node *doc, struct variant **out,
		  size_t *n)
{
	const struct yaml_node *matrix = yaml_get_key(doc, "matrix");
	struct matrix m = { .r = r };

	*n = 1;
	if (matrix && check(r, matrix, n) < 0)
		return -1;
	m.n = matrix ? matrix->n : 0;
	m.bindings = arena_array(r->arena, struct binding, m.n);
	size_t *at = arena_array(r->arena, size_t, m.n);
	*out = arena_array(r->arena, struct variant, *n);
	if (!m.bindings || !at || !*out)
		return node_no_memory(r);
	if (!matrix) {
		(*out)[0].doc = doc;
		return 0;
	}
	for (size_t v = 0; v < *n; v++) {
		size_t rest = v;

		/* The last parameter changes fastest. */
		for (size_t i = m.n; i-- > 0;) {
			const struct yaml_node *values = matrix->items[2 * i + 1];

			at[i] = rest % values->n;
			rest /= values->n;
			m.bindings[i] = (struct binding){ matrix->items[2 * i]->text,
							  values->items[at[i]] };
		}
		(*out)[v] = (struct variant){ name_of(&m, at), copy(&m, doc, 0) };
		if (!(*out)[v].doc)
			return -1;
		if (!(*out)[v].name.p)
			return node_no_memory(r);
	}
	return 0;
}
