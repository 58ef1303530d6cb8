#include "tools/ruletest/suite.h"

#include "replay/rule_files.h"
#include "tools/common/when.h"

/* --- conditions on a match --- */

static bool is_bare(struct sv s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
		    !strchr("_./:-", c))
			return false;
	}
	return s.n > 0;
}

static void put_value(struct buf *out, struct sv s)
{
	if (is_bare(s))
		buf_putsv(out, s);
	else
		text_put_quoted(out, s);
}

/* "field: value", or "field: [one, of, these]" */
static int put_field(const struct reading *r, const struct yaml_node *field,
		     const struct yaml_node *value, struct buf *out)
{
	if (field->kind != YAML_SCALAR)
		return node_fail(r, field, "expected the name of a field");
	buf_printf(out, "%s" SV_FMT, out->n ? " and " : "", SV_ARG(field->text));
	if (value->kind == YAML_SCALAR) {
		buf_puts(out, " = ");
		put_value(out, value->text);
		return 0;
	}
	if (value->kind != YAML_SEQ || value->n == 0)
		return node_fail(r, value, "expected the field's value or a list of values");
	buf_puts(out, " in (");
	for (size_t i = 0; i < value->n; i++) {
		if (value->items[i]->kind != YAML_SCALAR)
			return node_fail(r, value->items[i], "expected a value");
		buf_puts(out, i ? ", " : "");
		put_value(out, value->items[i]->text);
	}
	buf_putc(out, ')');
	return 0;
}

/* "where": a condition, a mapping of fields, or a list of both; all must hold. */
static int put_where(const struct reading *r, const struct yaml_node *n, struct buf *out)
{
	int rc = 0;

	if (n->kind == YAML_SCALAR) {
		buf_printf(out, "%s(" SV_FMT ")", out->n ? " and " : "", SV_ARG(n->text));
		return 0;
	}
	if (n->kind == YAML_NULL)
		return node_fail(r, n, "expected a condition or a mapping of fields");
	for (size_t i = 0; rc == 0 && i < n->n; i++) {
		if (n->kind == YAML_MAP)
			rc = put_field(r, n->items[2 * i], n->items[2 * i + 1], out);
		else if (n->items[i]->kind == YAML_SEQ)
			rc = node_fail(r, n->items[i], "a list in a list");
		else
			rc = put_where(r, n->items[i], out);
	}
	return rc;
}

static int read_where(const struct reading *r, const struct yaml_node *map, struct sv *out)
{
	const struct yaml_node *n = yaml_get_key(map, "where");
	struct buf text = { 0 };
	struct ast *ast;
	struct err err = { 0 };
	int rc;

	if (!n)
		return 0;
	rc = put_where(r, n, &text);
	*out = arena_sv(r->arena, buf_sv(&text));
	if (rc == 0 && (text.failed || !out->p))
		rc = node_no_memory(r);
	buf_deinit(&text);
	if (rc == 0 && ast_parse(*out, r->arena, &ast, &err) < 0)
		rc = node_fail(r, n, "%s in " SV_FMT, err.msg, SV_ARG(*out));
	return rc;
}

/* --- expectations --- */

static int read_moment(const struct reading *r, const struct yaml_node *map, const char *key,
		       struct moment_spec *out)
{
	const struct yaml_node *n = yaml_get_key(map, key);
	struct err err = { 0 };
	struct sv text = { 0 };

	if (node_text(r, map, key, &text) < 0)
		return -1;
	if (!n)
		return 0;
	out->given = true;
	if (text.n && text.p[0] == '+') {
		out->relative = true;
		sv_take(&text, 1, &(struct sv){ 0 });
		if (!text_to_duration(text, &out->ns))
			return node_fail(r, n, "expected a time such as +2.5s");
		return 0;
	}
	struct sv copy = arena_sv(r->arena, text);
	if (!copy.p)
		return node_no_memory(r);
	return when_parse(copy.p, &out->ns, &err) == 0 ? 0 : node_fail(r, n, "%s", err.msg);
}

static int read_count(const struct reading *r, const struct yaml_node *map, struct expectation *e)
{
	static const char *const forms[] = { "exactly", "at_least", "at_most", "none" };
	enum { EXACTLY, AT_LEAST, AT_MOST, NONE, NFORMS };
	bool none = true;

	e->most = UINT64_MAX;
	for (int i = EXACTLY; i < NFORMS; i++) {
		const struct yaml_node *n = yaml_get_key(map, forms[i]);
		uint64_t count = 0;

		if (!n)
			continue;
		if (e->form && !(i == AT_MOST && sv_eq(e->form->text, SV("at_least"))))
			return node_fail(r, n, "\"%s\" contradicts \"" SV_FMT "\"", forms[i],
					 SV_ARG(e->form->text));
		if (i == NONE ? node_bool(r, map, "none", &none) < 0
			      : node_u64(r, map, forms[i], &count) < 0)
			return -1;
		if (!none)
			return node_fail(r, n, "\"none\" can only be true");
		for (size_t k = 0; k < map->n; k++) {
			if (map->items[2 * k + 1] == n)
				e->form = map->items[2 * k];
		}
		e->number = n;
		if (i != AT_MOST)
			e->least = count;
		if (i != AT_LEAST)
			e->most = count;
	}
	if (!e->form)
		e->least = 1; /* it must answer */
	return 0;
}

static int read_step(const struct reading *r, const struct yaml_node *n, struct step_spec *out)
{
	static const char *const known[] = { "rule", "where", NULL };

	if (n->kind == YAML_SCALAR) {
		out->rule = n->text;
		return 0;
	}
	if (node_keys(r, n, known) < 0 || node_text(r, n, "rule", &out->rule) < 0)
		return -1;
	if (out->rule.n == 0)
		return node_fail(r, n, "a step needs a \"rule\"");
	return read_where(r, n, &out->where);
}

static int read_steps(const struct reading *r, const struct yaml_node *map, struct expectation *e)
{
	const struct yaml_node *n = yaml_get_key(map, "sequence");

	if (!n)
		return 0;
	if (n->kind != YAML_SEQ || n->n == 0)
		return node_fail(r, n, "a sequence is a list of rules");
	if (e->rule.n || e->form)
		return node_fail(r, n, "a sequence is expected as a whole, without \"%s\"",
				 e->rule.n ? "rule" : "exactly");
	e->nsteps = n->n;
	e->steps = arena_array(r->arena, struct step_spec, n->n);
	if (!e->steps)
		return node_no_memory(r);
	for (size_t i = 0; i < n->n; i++) {
		if (read_step(r, n->items[i], &e->steps[i]) < 0)
			return -1;
	}
	return 0;
}

static int read_expectation(const struct reading *r, const struct yaml_node *n,
			    struct expectation *e)
{
	static const char *const known[] = { "rule",     "trace",    "traces",  "tags",
					     "exactly",  "at_least", "at_most", "none",
					     "where",    "from",     "to",      "after",
					     "before",   "sequence", "within",  "name",
					     "requires", NULL };

	*e = (struct expectation){ .node = n, .within_ns = UINT64_MAX };
	if (node_keys(r, n, known) < 0 || node_text(r, n, "name", &e->name) < 0 ||
	    node_text(r, n, "rule", &e->rule) < 0 || node_texts(r, n, "trace", &e->traces) < 0 ||
	    node_texts(r, n, "traces", &e->traces) < 0 || node_texts(r, n, "tags", &e->tags) < 0 ||
	    read_count(r, n, e) < 0 || read_where(r, n, &e->where) < 0 ||
	    read_moment(r, n, "from", &e->from) < 0 || read_moment(r, n, "to", &e->to) < 0 ||
	    node_text(r, n, "after", &e->after) < 0 || node_text(r, n, "before", &e->before) < 0 ||
	    read_steps(r, n, e) < 0 || node_duration(r, n, "within", &e->within_ns) < 0 ||
	    node_texts(r, n, "requires", &e->requires) < 0)
		return -1;
	if (e->rule.n == 0 && e->nsteps == 0)
		return node_fail(r, n, "an expectation needs a \"rule\" or a \"sequence\"");
	return 0;
}

static int read_expectations(const struct reading *r, const struct yaml_node *list,
			     struct expectation **out, size_t *n)
{
	if (!list || list->kind == YAML_NULL)
		return 0;
	if (list->kind != YAML_SEQ)
		return node_fail(r, list, "\"expect\" is a list");
	*out = arena_array(r->arena, struct expectation, list->n);
	if (!*out)
		return node_no_memory(r);
	for (*n = 0; *n < list->n; (*n)++) {
		if (read_expectation(r, list->items[*n], &(*out)[*n]) < 0)
			return -1;
	}
	return 0;
}

/* --- traces --- */

static int read_trace(const struct reading *r, const struct yaml_node *n, struct trace_spec *t)
{
	static const char *const known[] = { "path",   "name",      "tags",   "requires",
					     "events", "processes", "expect", NULL };

	*t = (struct trace_spec){ .node = n };
	if (n->kind == YAML_SCALAR) {
		t->path = n->text;
		return 0;
	}
	if (node_keys(r, n, known) < 0 || node_text(r, n, "path", &t->path) < 0 ||
	    node_text(r, n, "name", &t->name) < 0 || node_texts(r, n, "tags", &t->tags) < 0 ||
	    node_texts(r, n, "requires", &t->requires) < 0 ||
	    read_expectations(r, yaml_get_key(n, "expect"), &t->expect, &t->nexpect) < 0)
		return -1;
	t->events = yaml_get_key(n, "events");
	t->processes = yaml_get_key(n, "processes");
	if (!t->events == (t->path.n == 0))
		return node_fail(r, n, "a trace has either a \"path\" or \"events\"");
	if (t->events && t->name.n == 0)
		return node_fail(r, n, "a trace that is written out needs a \"name\"");
	return 0;
}

static int read_traces(const struct reading *r, const struct yaml_node *doc, struct suite *s)
{
	const struct yaml_node *list = yaml_get_key(doc, "traces");

	if (!list || list->kind != YAML_SEQ)
		return node_fail(r, list ? list : doc, "a suite needs a list of \"traces\"");
	s->traces = arena_array(r->arena, struct trace_spec, list->n);
	if (!s->traces)
		return node_no_memory(r);
	for (s->ntraces = 0; s->ntraces < list->n; s->ntraces++) {
		if (read_trace(r, list->items[s->ntraces], &s->traces[s->ntraces]) < 0)
			return -1;
	}
	return 0;
}

/* --- the whole --- */

static int read_word(const struct reading *r, const struct yaml_node *map, const char *key,
		     const char *const *words, int *out)
{
	const struct yaml_node *n = yaml_get_key(map, key);
	struct sv text = { 0 };

	if (node_text(r, map, key, &text) < 0)
		return -1;
	for (int i = 0; n && words[i]; i++) {
		if (sv_eq(text, sv_of(words[i]))) {
			*out = i;
			return 0;
		}
	}
	return n ? node_fail(r, n, "\"%s\" does not know \"" SV_FMT "\"", key, SV_ARG(text)) : 0;
}

/* Of NAME.test.yaml the rules in NAME.yaml are what is tested, unless it says otherwise. */
static int default_rules(const struct reading *r, struct suite *s)
{
	struct sv end = SV(".test.yaml"), file = s->file;
	struct buf text = { 0 };
	const char *slash;

	if (s->rules.n)
		return 0;
	if (!sv_ends(file, end))
		return err_set(r->err, ERR_CHECK, SV_FMT ": the suite names no \"rules\"",
			       SV_ARG(file));
	slash = text_last(file, '/');
	if (slash)
		sv_take(&file, (size_t)(slash + 1 - file.p), &(struct sv){ 0 });
	buf_put(&text, file.p, file.n - end.n);
	buf_puts(&text, ".yaml");
	struct sv kept = arena_sv(r->arena, buf_sv(&text));
	bool ok = !text.failed && kept.p && sv_list_push(r->arena, &s->rules, kept);
	buf_deinit(&text);
	return ok ? 0 : node_no_memory(r);
}

static int read_suite(const struct reading *r, const struct variant *v, struct suite *s)
{
	static const char *const known[] = { "suite",    "rules",  "covers",   "traces",
					     "expect",   "matrix", "requires", "unexpected",
					     "matching", NULL };
	static const char *const unexpected[] = { "fail", "warn", "ignore", NULL };
	static const char *const matching[] = { "all", "first", NULL };
	int how = UNEXPECTED_FAIL, first = 0;

	s->variant = v->name;
	s->expect_node = yaml_get_key(v->doc, "expect");
	if (node_keys(r, v->doc, known) < 0 || node_text(r, v->doc, "suite", &s->name) < 0 ||
	    node_texts(r, v->doc, "rules", &s->rules) < 0 ||
	    node_texts(r, v->doc, "covers", &s->covers) < 0 ||
	    node_texts(r, v->doc, "requires", &s->requires) < 0 ||
	    read_word(r, v->doc, "unexpected", unexpected, &how) < 0 ||
	    read_word(r, v->doc, "matching", matching, &first) < 0 ||
	    read_traces(r, v->doc, s) < 0 ||
	    read_expectations(r, s->expect_node, &s->expect, &s->nexpect) < 0)
		return -1;
	s->unexpected = (enum unexpected)how;
	s->first_only = first == 1;
	return default_rules(r, s);
}

static struct sv directory_of(struct sv file)
{
	const char *slash = text_last(file, '/');

	if (!slash)
		return SV("");
	return slash == file.p ? SV("/") : (struct sv){ file.p, (size_t)(slash - file.p) };
}

static int read_text(struct suites *all, const char *path, struct sv *out, struct err *err)
{
	struct buf text = { 0 };
	int rc = rule_file_read(path, &text, err);

	*out = arena_sv(&all->arena, buf_sv(&text));
	buf_deinit(&text);
	if (rc == 0 && !out->p)
		rc = err_set(err, ERR_NOMEM, "out of memory");
	return rc;
}

static const char *const suffixes[] = { ".test.yaml", NULL };

const struct inputs_kind suite_files = { .what = "suite (*.test.yaml)",
					 .suffixes = suffixes,
					 .recursive = true };

int suites_read(struct suites *all, const char *path, struct err *err)
{
	struct suite common = { .file = arena_sv(&all->arena, sv_of(path)) };
	const struct reading r = { common.file, &all->arena, err };
	struct yaml_stream stream;
	struct variant *variants;
	size_t n;

	if (!common.file.p)
		return node_no_memory(&r);
	if (read_text(all, path, &common.text, err) < 0)
		return -1;
	if (yaml_parse(common.text, &all->arena, &stream, err) < 0) {
		struct err_pos at = err->pos;

		return err_prefix(err, "%s:%u:%u", path, at.line, at.col);
	}
	if (stream.n != 1 || stream.docs[0]->kind != YAML_MAP)
		return err_set(err, ERR_SYNTAX, "%s: a suite is one YAML mapping", path);
	common.base = directory_of(common.file);
	common.name = common.file;
	if (matrix_expand(&r, stream.docs[0], &variants, &n) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct suite *items =
			vec_room(&all->arena, all->items, all->n, &all->cap, sizeof *items);

		if (!items)
			return node_no_memory(&r);
		all->items = items;
		items[all->n] = common;
		if (read_suite(&r, &variants[i], &items[all->n]) < 0)
			return -1;
		all->n++;
	}
	return 0;
}

void suites_deinit(struct suites *all)
{
	arena_deinit(&all->arena);
	*all = (struct suites){ 0 };
}
