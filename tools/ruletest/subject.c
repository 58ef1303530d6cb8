#include "tools/ruletest/subject.h"

#include "replay/inputs.h"

#include <stdio.h>

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

int subject_open(struct subject *s, struct cli *c, struct err *err)
{
	if (rulebook_load(&s->books, &s->paths, &s->book, err) < 0)
		return -1;
	s->nrules = ruleset_rules(s->book->rules, &s->rules);
	if (corpus_add(&s->corpus, c->argv, c->argc, err) < 0)
		return -1;
	corpus_allow(&s->corpus, c);
	for (size_t i = 0; i < s->paths.n; i++)
		cli_allow(c, s->paths.items[i].p, CONFINE_READ);
	return cli_confine(c, err);
}

void subject_close(struct subject *s)
{
	panel_free(s->panel);
	corpus_deinit(&s->corpus);
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
