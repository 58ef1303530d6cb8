/* ruletest run: do the rules answer as their suites say? */
#include "tools/ruletest/commands.h"
#include "tools/ruletest/pool.h"
#include "tools/ruletest/report.h"
#include "tools/ruletest/update.h"
#include "tools/ruletest/why.h"

#include <stdio.h>
#include <unistd.h>

enum { OPT_CACHE = 256, OPT_NO_CACHE, OPT_UPDATE };

static const struct cli_option options[] = {
	{ 'o', "output", "FORM", "text, tap, junit or json" },
	{ 'j', "jobs", "N", "play N traces at a time (all processors)" },
	{ 'v', "verbose", NULL, "text: tell of cases that passed, too" },
	{ OPT_UPDATE, "update", NULL,
	  "rewrite the suites as the rules answer; print the difference" },
	{ OPT_CACHE, "cache", "DIR", "keep answers here, not below $XDG_CACHE_HOME" },
	{ OPT_NO_CACHE, "no-cache", NULL, "neither use nor keep answers of other runs" },
};

struct settings {
	const struct report_form *form;
	uint64_t jobs;
	bool verbose, update, no_cache;
	const char *cache_dir;
};

static const struct report_form *find_form(const char *name)
{
	for (const struct report_form *f = report_forms; f->name; f++) {
		if (strcmp(f->name, name) == 0)
			return f;
	}
	return NULL;
}

static int take_option(struct cli *c, int key, struct settings *set, struct err *err)
{
	switch (key) {
	case 'o':
		set->form = find_form(c->value);
		if (!set->form)
			return err_set(err, ERR_USAGE, "unknown form of output %s", c->value);
		return 0;
	case 'j':
		return cli_number(c, "jobs", 1, POOL_MAX_WORKERS, &set->jobs, err);
	case 'v':
		set->verbose = true;
		return 0;
	case OPT_UPDATE:
		set->update = true;
		return 0;
	case OPT_CACHE:
		set->cache_dir = c->value;
		return 0;
	default:
		set->no_cache = true;
		return 0;
	}
}

static void show_progress(void *arg, size_t done, size_t all)
{
	(void)arg;
	fprintf(stderr, "\r%zu of %zu traces%s", done, all, done == all ? "\r\x1b[K" : "");
}

/* To the traces, the answers of earlier runs, and the suites if they are to be rewritten. */
static int confine_to(const struct session *s, const struct cache *cache, bool update,
		      struct cli *c, struct err *err)
{
	corpus_allow(&s->plan.corpus, c);
	cache_allow(cache, c);
	for (size_t i = 0; update && i < s->nruns; i++)
		cli_allow(c, s->runs[i].suite->file.p, CONFINE_WRITE);
	return cli_confine(c, err);
}

static int answer(struct session *s, const struct settings *set, struct cli *c, struct err *err)
{
	struct cache cache = { 0 };
	int rc = 0;

	if (!set->no_cache)
		rc = cache_open(&cache, set->cache_dir, err);
	if (rc == 0)
		rc = confine_to(s, &cache, set->update, c, err);
	if (isatty(STDERR_FILENO))
		s->plan.progress = show_progress;
	if (rc == 0)
		rc = plan_run(&s->plan, &cache, (size_t)set->jobs, err);
	cache_close(&cache);
	return rc;
}

static int print(const struct session *s, const struct judgement *sum, const struct settings *set,
		 struct err *err)
{
	const struct report r = {
		.s = s, .sum = sum, .verbose = set->verbose, .colour = isatty(STDOUT_FILENO)
	};
	struct buf out = { 0 };

	set->form->print(&r, &out);
	return cli_print(&out, err);
}

static int update(struct cli *c, const struct session *s, struct err *err)
{
	struct buf diff = { 0 }, left = { 0 };
	int rc = update_suites(s, &diff, &left, err);

	if (cli_print(&diff, err) < 0)
		rc = -1;
	buf_write(&left, stderr);
	c->status = left.n > 0;
	buf_deinit(&left);
	return rc;
}

static int tell(struct cli *c, struct session *s, const struct judgement *sum,
		const struct settings *set, struct err *err)
{
	c->status = sum->failed > 0;
	return why_explain(s, err) < 0 ? -1 : print(s, sum, set, err);
}

static int test(struct cli *c, const struct settings *set, struct err *err)
{
	struct session s = { 0 };
	struct judgement sum;
	struct buf said = { 0 };
	int rc = session_open(&s, c->argv, c->argc, &said, err);

	buf_write(&said, stderr);
	buf_deinit(&said);
	if (rc == 0)
		rc = answer(&s, set, c, err);
	if (rc == 0)
		rc = judge_all(&s, &sum, err);
	if (rc == 0)
		rc = set->update ? update(c, &s, err) : tell(c, &s, &sum, set, err);
	session_close(&s);
	return rc;
}

static int run(struct cli *c, struct err *err)
{
	struct settings set = { .form = &report_forms[0], .jobs = pool_processors() };
	int key;

	while ((key = cli_next(c, err)) > 0) {
		if (take_option(c, key, &set, err) < 0)
			return -1;
	}
	if (key < 0 || cli_operands(c, 1, -1, err) < 0)
		return -1;
	if (test(c, &set, err) == 0)
		return 0;
	/* A suite that cannot run is not one that failed. */
	cli_complain(c->program->name, err);
	c->status = 2;
	return 0;
}

const struct cli_command ruletest_cmd_run = {
	.name = "run",
	.operands = "SUITE...",
	.help = "Play traces and compare what the rules answer with what suites expect.",
	.details =
		"A SUITE is a YAML file, see saker-suite(5), or a directory: all *.test.yaml "
		"below it.  The exit\n"
		"status is 0 when every case passed, 1 when one failed, 2 when a suite could not "
		"be run.",
	.options = options,
	.noptions = sizeof options / sizeof options[0],
	.files = CLI_NAMES_NONE,
	.run = run,
};
