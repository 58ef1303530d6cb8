#include "tools/ruletest/session.h"

#include "replay/inputs.h"
#include "tools/ruletest/uses.h"

static int no_memory(struct err *err)
{
	return err_set(err, ERR_NOMEM, "out of memory");
}

static struct reading reading_of(struct session *s, const struct suite *suite, struct err *err)
{
	return (struct reading){ suite->file, &s->arena, err };
}

static struct test_case *add_case(struct session *s, struct test_case c)
{
	struct test_case *cases =
		vec_room(&s->arena, s->cases, s->ncases, &s->cap_cases, sizeof *cases);

	if (!cases)
		return NULL;
	s->cases = cases;
	cases[s->ncases] = c;
	return &cases[s->ncases++];
}

/* The condition of a rule, narrowed by one on its matches. */
static int narrowed(struct session *s, const struct rule *rule, struct sv where, struct ast **out,
		    struct err *err)
{
	struct ast *with;

	*out = rule->ast;
	if (where.n == 0)
		return 0;
	if (ast_parse(where, &s->arena, &with, err) < 0)
		return -1;
	struct ast *both = arena_new(&s->arena, struct ast);
	if (both)
		both->kids = arena_array(&s->arena, struct ast *, 2);
	if (!both || !both->kids)
		return no_memory(err);
	both->kind = AST_AND;
	both->nkids = 2;
	both->kids[0] = rule->ast;
	both->kids[1] = with;
	*out = both;
	return 0;
}

/* What is wrong with a condition shows before any trace is read. */
static int check_where(const struct ast *a, struct err *err)
{
	struct program *p = program_new();
	uint32_t id;
	int rc = p ? program_add(p, a, &id, err) : no_memory(err);

	program_free(p);
	return rc;
}

static ptrdiff_t probe_of(struct session *s, struct suite_run *run, size_t rule, struct sv where,
			  const struct yaml_node *node, struct err *err)
{
	const struct rule *r = &run->rules[rule];
	const struct reading reading = reading_of(s, run->suite, err);
	struct err wrong = { 0 };
	struct ast *cond;

	if (where.n && yaml_get_key(node, "where"))
		node = yaml_get_key(node, "where");
	if (narrowed(s, r, where, &cond, &wrong) < 0 ||
	    (where.n && check_where(cond->kids[1], &wrong) < 0)) {
		node_fail(&reading, node, "%s in " SV_FMT, wrong.msg, SV_ARG(where));
		return -1;
	}
	return plan_probe(&s->plan, (struct probe){ cond, r->output_template }, err);
}

/* The probe for all matches of a rule; -1 with err->code unset: it is disabled. */
static ptrdiff_t probe_of_rule(struct session *s, struct suite_run *run, size_t rule,
			       struct err *err)
{
	if (run->probes[rule] < 0 && run->rules[rule].enabled)
		run->probes[rule] = probe_of(s, run, rule, (struct sv){ 0 }, NULL, err);
	return run->probes[rule];
}

static int ask_rule(struct session *s, struct suite_run *run, size_t rule, struct trace *t,
		    struct err *err)
{
	ptrdiff_t probe = probe_of_rule(s, run, rule, err);

	if (probe < 0)
		return err->code == ERR_NONE ? 0 : -1;
	return plan_ask(&s->plan, t, (size_t)probe, err);
}

static int find_rule(struct session *s, struct suite_run *run, struct sv name,
		     const struct yaml_node *node, size_t *out, struct err *err)
{
	const struct reading r = reading_of(s, run->suite, err);
	ptrdiff_t at = rulebook_find(run->book, name);

	if (at < 0)
		return node_fail(&r, node, "there is no rule \"" SV_FMT "\"", SV_ARG(name));
	*out = (size_t)at;
	return 0;
}

/* A rule that an expectation mentions besides its own. */
static int ask_named(struct session *s, const struct test_case *c, struct sv name, struct err *err)
{
	struct trace *t = c->use == SIZE_MAX ? NULL : c->run->uses[c->use].trace;
	size_t rule;

	if (name.n == 0)
		return 0;
	if (find_rule(s, c->run, name, c->expect->node, &rule, err) < 0)
		return -1;
	return t ? ask_rule(s, c->run, rule, t, err) : 0;
}

static int ask_steps(struct session *s, struct test_case *c, struct trace *t, struct err *err)
{
	const struct expectation *e = c->expect;

	c->steps = arena_array(&s->arena, ptrdiff_t, e->nsteps);
	if (!c->steps)
		return no_memory(err);
	for (size_t i = 0; i < e->nsteps; i++) {
		size_t rule;

		if (find_rule(s, c->run, e->steps[i].rule, e->node, &rule, err) < 0)
			return -1;
		c->steps[i] = -1;
		if (!c->run->rules[rule].enabled)
			continue;
		c->steps[i] = probe_of(s, c->run, rule, e->steps[i].where, e->node, err);
		if (c->steps[i] < 0 || (t && plan_ask(&s->plan, t, (size_t)c->steps[i], err) < 0))
			return -1;
	}
	return 0;
}

static int ask_case(struct session *s, struct test_case *c, struct err *err)
{
	struct trace *t = c->run->uses[c->use].trace;

	if (c->kind == CASE_SEQUENCE)
		return ask_steps(s, c, t, err);
	if (c->run->rules[c->rule].enabled) {
		c->probe = probe_of(s, c->run, c->rule, c->expect->where, c->expect->node, err);
		if (c->probe < 0 || (t && plan_ask(&s->plan, t, (size_t)c->probe, err) < 0))
			return -1;
	}
	return ask_named(s, c, c->expect->after, err) < 0 ? -1
							  : ask_named(s, c, c->expect->before, err);
}

/* One expectation, on every trace it is about; `only`: that of the trace it stands in. */
static int expand(struct session *s, struct suite_run *run, const struct expectation *e,
		  const struct trace_spec *only, struct err *err)
{
	const struct reading r = reading_of(s, run->suite, err);
	struct test_case c = { .run = run, .expect = e, .rule = SIZE_MAX, .probe = -1 };
	struct sv missing = { 0 };
	bool any = false;

	c.kind = e->nsteps ? CASE_SEQUENCE : CASE_COUNT;
	if (!e->nsteps && find_rule(s, run, e->rule, e->node, &c.rule, err) < 0)
		return -1;
	if (uses_require(&s->arena, run->suite, &e->requires, &missing, err) < 0)
		return -1;
	for (c.use = 0; c.use < run->nuses; c.use++) {
		struct trace_use *use = &run->uses[c.use];
		bool meant = e->traces.n == 0;

		for (size_t k = 0; k < e->traces.n && !meant; k++)
			meant = use_is_called(use, e->traces.items[k]);
		if (!meant || !use_has_tag(use->spec, &e->tags) || (only && use->spec != only))
			continue;
		any = true;
		if (missing.n) {
			c.status = CASE_SKIPPED;
			c.because = missing;
		} else if (ask_case(s, &c, err) < 0) {
			return -1;
		}
		if (!add_case(s, c))
			return no_memory(err);
	}
	if (!any)
		return node_fail(&r, e->node, "no trace of the suite is meant by this");
	return 0;
}

static bool is_expected(const struct session *s, const struct suite_run *run, size_t rule)
{
	for (size_t i = run->first_case; i < s->ncases; i++) {
		const struct test_case *c = &s->cases[i];

		if (c->rule == rule)
			return true;
		for (size_t k = 0; c->kind == CASE_SEQUENCE && k < c->expect->nsteps; k++) {
			if (sv_eq(c->expect->steps[k].rule, run->rules[rule].name))
				return true;
		}
	}
	return false;
}

/* What was written out for a test is to be seen by no other rule, wherever that stands. */
bool session_covers(const struct suite_run *run, size_t rule, const struct trace_use *use)
{
	return run->covered[rule] || use->spec->events;
}

/* Silence is asked of every rule that is covered, on every trace. */
static int add_rest(struct session *s, struct suite_run *run, struct err *err)
{
	bool named = run->suite->covers.n > 0;

	for (size_t k = 0; k < run->nrules; k++) {
		struct test_case c = { .kind = CASE_RULE, .run = run, .rule = k, .use = SIZE_MAX };

		if (run->covered[k] && named && !is_expected(s, run, k) && !add_case(s, c))
			return no_memory(err);
	}
	if (run->suite->unexpected == UNEXPECTED_IGNORE)
		return 0;
	for (size_t u = 0; u < run->nuses; u++) {
		struct test_case c = { .kind = CASE_REST, .run = run, .rule = SIZE_MAX, .use = u };
		struct trace *t = run->uses[u].trace;

		for (size_t k = 0; t && k < run->nrules; k++) {
			if (session_covers(run, k, &run->uses[u]) &&
			    ask_rule(s, run, k, t, err) < 0)
				return -1;
		}
		if (!add_case(s, c))
			return no_memory(err);
	}
	return 0;
}

/* Where only the first rule counts, all of them must be known. */
static int ask_all(struct session *s, struct suite_run *run, struct err *err)
{
	for (size_t u = 0; run->suite->first_only && u < run->nuses; u++) {
		for (size_t k = 0; run->uses[u].trace && k < run->nrules; k++) {
			if (ask_rule(s, run, k, run->uses[u].trace, err) < 0)
				return -1;
		}
	}
	return 0;
}

static int open_run(struct session *s, struct suite_run *run, struct buf *said, struct err *err)
{
	const struct suite *suite = run->suite;

	run->first_case = run->end_case = s->ncases;
	if (uses_require(&s->arena, suite, &suite->requires, &run->skipped, err) < 0)
		return -1;
	if (run->skipped.n)
		return 0;
	if (uses_load_rules(s, run, said, err) < 0)
		return -1;
	if (run->skipped.n)
		return 0;
	if (uses_cover(s, run, err) < 0)
		return -1;
	if (uses_add_traces(s, run, err) < 0)
		return -1;
	for (size_t i = 0; i < suite->nexpect; i++) {
		if (expand(s, run, &suite->expect[i], NULL, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < suite->ntraces; i++) {
		for (size_t k = 0; k < suite->traces[i].nexpect; k++) {
			if (expand(s, run, &suite->traces[i].expect[k], &suite->traces[i], err) < 0)
				return -1;
		}
	}
	if (add_rest(s, run, err) < 0)
		return -1;
	run->end_case = s->ncases;
	return ask_all(s, run, err);
}

static int read_suites(struct session *s, char **operands, int n, struct err *err)
{
	struct inputs in = { 0 };
	int rc = 0;

	for (int i = 0; rc == 0 && i < n; i++)
		rc = inputs_add(&in, operands[i], &suite_files, err);
	for (size_t i = 0; rc == 0 && i < in.n; i++)
		rc = suites_read(&s->suites, in.paths[i], err);
	inputs_deinit(&in);
	return rc;
}

int session_open(struct session *s, char **operands, int n, struct buf *said, struct err *err)
{
	if (plan_init(&s->plan, err) < 0 || read_suites(s, operands, n, err) < 0)
		return -1;
	s->nruns = s->suites.n;
	s->runs = arena_array(&s->arena, struct suite_run, s->nruns);
	if (!s->runs)
		return no_memory(err);
	for (size_t i = 0; i < s->nruns; i++) {
		s->runs[i].suite = &s->suites.items[i];
		if (open_run(s, &s->runs[i], said, err) < 0)
			return -1;
	}
	return 0;
}

void session_close(struct session *s)
{
	plan_deinit(&s->plan);
	rulebooks_deinit(&s->books);
	suites_deinit(&s->suites);
	arena_deinit(&s->arena);
}

const struct answer *session_answer(const struct test_case *c, ptrdiff_t probe)
{
	const struct trace *t = c->use == SIZE_MAX ? NULL : c->run->uses[c->use].trace;

	return t && probe >= 0 ? t->answers[probe] : NULL;
}
