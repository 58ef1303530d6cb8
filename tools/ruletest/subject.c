#include "tools/ruletest/subject.h"

#include "replay/inputs.h"
#include "tools/ruletest/inline.h"
#include "tools/ruletest/uses.h"

#include <stdio.h>
#include <sys/stat.h>

static int no_memory(struct err *err)
{
	return err_set(err, ERR_NOMEM, "out of memory");
}

int subject_take_rules(struct subject *s, const char *path, struct err *err)
{
	struct inputs files = { 0 };
	int rc = inputs_add(&files, path, &inputs_rules, err);

	for (size_t i = 0; rc == 0 && i < files.n; i++) {
		struct sv file = arena_sv(&s->arena, sv_of(files.paths[i]));

		if (!file.p || !sv_list_push(&s->arena, &s->paths, file))
			rc = no_memory(err);
	}
	inputs_deinit(&files);
	return rc;
}

/* --- traces of suites --- */

static int add_written(struct subject *s, const struct suite *suite, const struct trace_spec *spec,
		       struct err *err)
{
	const struct reading r = { suite->file, &s->arena, err };
	struct record *records;
	struct buf name = { 0 };
	size_t n;

	if (inline_read(&r, spec->processes, spec->events, &records, &n) < 0)
		return -1;
	buf_putsv(&name, suite->file);
	if (suite->variant.n)
		buf_printf(&name, " (" SV_FMT ")", SV_ARG(suite->variant));
	buf_printf(&name, ": " SV_FMT, SV_ARG(spec->name));
	struct trace *t = corpus_list(&s->corpus, records, n);

	if (t)
		t->name = arena_sv(&s->arena, buf_sv(&name));
	buf_deinit(&name);
	return t && t->name.p ? 0 : no_memory(err);
}

static int add_paths(struct subject *s, const struct suite *suite, const struct trace_spec *spec,
		     struct sv *absent, struct err *err)
{
	struct sv_list paths = { 0 };

	if (corpus_paths(spec->path, suite->base, &s->arena, &paths, absent, err) < 0)
		return err_prefix(err, SV_FMT ":%u", SV_ARG(suite->file),
				  spec->node->mark.line + 1);
	for (size_t i = 0; i < paths.n; i++) {
		if (!corpus_file(&s->corpus, paths.items[i].p))
			return no_memory(err);
	}
	return 0;
}

static int add_suite(struct subject *s, const struct suite *suite, struct err *err)
{
	for (size_t i = 0; i < suite->ntraces; i++) {
		const struct trace_spec *spec = &suite->traces[i];
		struct sv absent = { 0 };

		if (uses_require(&s->arena, suite, &suite->requires, &absent, err) < 0 ||
		    uses_require(&s->arena, suite, &spec->requires, &absent, err) < 0)
			return -1;
		if (absent.n == 0 && (spec->events ? add_written(s, suite, spec, err)
						   : add_paths(s, suite, spec, &absent, err)) < 0)
			return -1;
		if (absent.n)
			fprintf(stderr, "warning: " SV_FMT ":%u: left out: " SV_FMT "\n",
				SV_ARG(suite->file), spec->node->mark.line + 1, SV_ARG(absent));
	}
	return 0;
}

/* Suites of this operand; -1 with ERR_NONE: it has none. */
static int add_suites(struct subject *s, const char *operand, struct err *err)
{
	struct err none = { 0 };
	struct inputs in = { 0 };
	size_t first = s->suites.n;
	struct stat st;
	int rc =
		stat(operand, &st) == 0 && (S_ISDIR(st.st_mode) ||
					    sv_ends(sv_of(operand), sv_of(suite_files.suffixes[0])))
			? inputs_add(&in, operand, &suite_files, &none)
			: -1;

	for (size_t i = 0; rc == 0 && i < in.n; i++)
		rc = suites_read(&s->suites, in.paths[i], err);
	for (size_t i = first; rc == 0 && i < s->suites.n; i++)
		rc = add_suite(s, &s->suites.items[i], err);
	inputs_deinit(&in);
	return rc;
}

/* A folder may hold traces, suites or both. */
static int add_operand(struct subject *s, char *operand, struct err *err)
{
	struct err no_traces = { 0 };
	int suites = s->takes_suites ? add_suites(s, operand, err) : -1;

	if (err->code != ERR_NONE)
		return -1;
	if (suites == 0 && sv_ends(sv_of(operand), sv_of(suite_files.suffixes[0])))
		return 0;
	if (corpus_add(&s->corpus, &operand, 1, suites == 0 ? &no_traces : err) < 0)
		return suites;
	return 0;
}

/* --- */

int subject_open(struct subject *s, struct cli *c, struct err *err)
{
	if (rulebook_load(&s->books, &s->paths, &s->book, err) < 0)
		return -1;
	s->nrules = ruleset_rules(s->book->rules, &s->rules);
	for (int i = 0; i < c->argc; i++) {
		if (add_operand(s, c->argv[i], err) < 0)
			return -1;
	}
	corpus_allow(&s->corpus, c);
	for (size_t i = 0; i < s->paths.n; i++)
		cli_allow(c, s->paths.items[i].p, CONFINE_READ);
	return cli_confine(c, err);
}

void subject_close(struct subject *s)
{
	panel_free(s->panel);
	corpus_deinit(&s->corpus);
	suites_deinit(&s->suites);
	rulebooks_deinit(&s->books);
	arena_deinit(&s->arena);
}

/* The rules' own program has the enabled ones in their order. */
int subject_panel(struct subject *s, struct err *err)
{
	s->number = arena_array(&s->arena, size_t, s->nrules);
	if (!s->number)
		return no_memory(err);
	for (size_t i = 0; i < s->nrules; i++) {
		if (s->rules[i].enabled)
			s->number[s->n++] = i;
	}
	return panel_around(ruleset_program(s->book->rules), s->n, &s->panel, err);
}

int subject_play(const struct trace *t, struct panel *panel, const struct panel_watch *watch,
		 struct trace_span *span, struct err *err)
{
	struct source *source;
	int rc;

	if (trace_open(t, NULL, &source, err) < 0)
		return -1;
	rc = panel_run(panel, source, watch, span, err);
	source_close(source);
	if (rc == 0 && span->damage.code != ERR_NONE)
		fprintf(stderr, "warning: %s\n", span->damage.msg);
	return rc;
}
