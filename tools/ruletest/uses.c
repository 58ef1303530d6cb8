#include "tools/ruletest/uses.h"

#include "tools/ruletest/inline.h"

#include <fnmatch.h>
#include <sys/stat.h>
#include <unistd.h>

static int no_memory(struct err *err)
{
	return err_set(err, ERR_NOMEM, "out of memory");
}

/* Everything named is there: "$NAME" an environment variable, else a path.  *why: what is not. */
int uses_require(struct arena *arena, const struct suite *suite, const struct sv_list *names,
		 struct sv *why, struct err *err)
{
	for (size_t i = 0; i < names->n && why->n == 0; i++) {
		struct buf text = { 0 };
		struct sv path;

		if (corpus_path(names->items[i], suite->base, arena, &path, why, err) < 0)
			return -1;
		bool is_variable = names->items[i].p[0] == '$' &&
				   !memchr(names->items[i].p, '/', names->items[i].n);
		if (why->n || is_variable || access(path.p, F_OK) == 0)
			continue;
		buf_printf(&text, "there is no %s", path.p);
		*why = arena_sv(arena, buf_sv(&text));
		buf_deinit(&text);
		if (!why->p)
			return no_memory(err);
	}
	return 0;
}

int uses_load_rules(struct session *s, struct suite_run *run, struct buf *said, struct err *err)
{
	const struct suite *suite = run->suite;
	struct sv_list paths = { 0 };

	for (size_t i = 0; i < suite->rules.n; i++) {
		struct sv path;

		if (corpus_path(suite->rules.items[i], suite->base, &s->arena, &path, &run->skipped,
				err) < 0)
			return -1;
		if (!sv_list_push(&s->arena, &paths, path))
			return no_memory(err);
	}
	if (run->skipped.n)
		return 0;
	if (rulebooks_get(&s->books, paths.items, paths.n, &run->book, said, err) < 0)
		return err_prefix(err, SV_FMT, SV_ARG(suite->file));
	run->nrules = ruleset_rules(run->book->rules, &run->rules);
	run->probes = arena_array(&s->arena, ptrdiff_t, run->nrules);
	run->covered = arena_array(&s->arena, bool, run->nrules);
	if (!run->probes || !run->covered)
		return no_memory(err);
	for (size_t i = 0; i < run->nrules; i++)
		run->probes[i] = -1;
	return 0;
}

static bool same_file(const char *a, struct sv b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b.p, &y) == 0 && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

/* Rules by name or pattern, or all of a file. */
int uses_cover(struct session *s, struct suite_run *run, struct err *err)
{
	const struct sv_list *what = &run->suite->covers;

	for (size_t k = 0; k < run->nrules && what->n == 0; k++)
		run->covered[k] = true;
	for (size_t i = 0; i < what->n; i++) {
		struct sv path, absent = { 0 };
		bool any = false;

		if (corpus_path(what->items[i], run->suite->base, &s->arena, &path, &absent, err) <
		    0)
			return -1;
		struct sv pattern = arena_sv(&s->arena, what->items[i]);
		if (!pattern.p)
			return no_memory(err);
		for (size_t k = 0; k < run->nrules; k++) {
			struct sv name = arena_sv(&s->arena, run->rules[k].name);
			struct sv file = arena_sv(&s->arena, run->rules[k].file);

			if (!name.p || !file.p)
				return no_memory(err);
			if (fnmatch(pattern.p, name.p, 0) == 0 || same_file(file.p, path))
				any = run->covered[k] = true;
		}
		if (!any)
			return err_set(err, ERR_CHECK,
				       SV_FMT ": \"covers\" names neither a rule nor a file of "
					      "rules: " SV_FMT,
				       SV_ARG(run->suite->file), SV_ARG(what->items[i]));
	}
	return 0;
}

static struct trace_use *add_use(struct session *s, struct suite_run *run, struct trace_use use)
{
	struct trace_use *uses =
		vec_room(&s->arena, run->uses, run->nuses, &run->cap_uses, sizeof *uses);

	if (!uses)
		return NULL;
	run->uses = uses;
	uses[run->nuses] = use;
	return &uses[run->nuses++];
}

/* Where a text means one file it is its name, else each file is called by its own. */
static int add_paths(struct session *s, struct suite_run *run, const struct trace_spec *spec,
		     struct err *err)
{
	const struct suite *suite = run->suite;
	struct sv_list paths = { 0 };
	struct trace_use use = { .spec = spec, .name = spec->name.n ? spec->name : spec->path };

	if (uses_require(&s->arena, suite, &spec->requires, &use.absent, err) < 0)
		return -1;
	if (use.absent.n == 0 &&
	    corpus_paths(spec->path, suite->base, &s->arena, &paths, &use.absent, err) < 0)
		return err_prefix(err, SV_FMT ":%u", SV_ARG(suite->file),
				  spec->node->mark.line + 1);
	if (use.absent.n)
		return add_use(s, run, use) ? 0 : no_memory(err);
	for (size_t i = 0; i < paths.n; i++) {
		if (paths.n > 1)
			use.name = paths.items[i];
		use.trace = corpus_file(&s->plan.corpus, paths.items[i].p);
		if (!use.trace || !add_use(s, run, use))
			return no_memory(err);
	}
	return 0;
}

static int add_written(struct session *s, struct suite_run *run, const struct trace_spec *spec,
		       struct err *err)
{
	const struct reading r = { run->suite->file, &s->arena, err };
	struct trace_use use = { .spec = spec, .name = spec->name };
	struct record *records;
	size_t n;

	if (uses_require(&s->arena, run->suite, &spec->requires, &use.absent, err) < 0 ||
	    inline_read(&r, spec->processes, spec->events, &records, &n) < 0)
		return -1;
	if (use.absent.n == 0) {
		use.trace = corpus_list(&s->plan.corpus, records, n);
		if (!use.trace)
			return no_memory(err);
	}
	return add_use(s, run, use) ? 0 : no_memory(err);
}

bool use_has_tag(const struct trace_spec *spec, const struct sv_list *tags)
{
	for (size_t i = 0; i < tags->n; i++) {
		for (size_t k = 0; k < spec->tags.n; k++) {
			if (sv_eq(spec->tags.items[k], tags->items[i]))
				return true;
		}
	}
	return tags->n == 0;
}

bool use_is_called(const struct trace_use *use, struct sv pattern)
{
	char p[1024], name[1024];

	if (sv_eq(use->name, pattern) || sv_eq(use->spec->path, pattern))
		return true;
	if (pattern.n >= sizeof p || use->name.n >= sizeof name)
		return false;
	memcpy(p, pattern.p, pattern.n);
	p[pattern.n] = '\0';
	memcpy(name, use->name.p, use->name.n);
	name[use->name.n] = '\0';
	return fnmatch(p, name, 0) == 0;
}

int uses_add_traces(struct session *s, struct suite_run *run, struct err *err)
{
	for (size_t i = 0; i < run->suite->ntraces; i++) {
		const struct trace_spec *spec = &run->suite->traces[i];

		if ((spec->events ? add_written(s, run, spec, err) : add_paths(s, run, spec, err)) <
		    0)
			return -1;
	}
	return 0;
}
