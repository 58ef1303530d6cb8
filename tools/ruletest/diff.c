/* ruletest diff: what a change of rules means, in rules and in alerts. */
#include "tools/common/human.h"
#include "tools/common/json.h"
#include "tools/ruletest/alerts_diff.h"
#include "tools/ruletest/commands.h"
#include "tools/ruletest/pool.h"
#include "tools/ruletest/report.h"
#include "tools/ruletest/rules_diff.h"

#include <inttypes.h>

enum { OPT_CACHE = 256, OPT_NO_CACHE };

static const struct cli_option options[] = {
	{ 'r', "rules", "FILE", "load this in front of both; may be given several times" },
	{ 'o', "output", "FORM", "text, markdown or json" },
	{ 'n', "examples", "N", "show up to N alerts per rule and trace (3)" },
	{ 'j', "jobs", "N", "play N traces at a time (all processors)" },
	{ OPT_CACHE, "cache", "DIR", "keep answers here, not below $XDG_CACHE_HOME" },
	{ OPT_NO_CACHE, "no-cache", NULL, "neither use nor keep answers of other runs" },
};

struct comparison {
	struct rules_diff rules;
	struct alerts_diff alerts;
	const char *before, *after;
};

typedef void put_comparison(const struct comparison *c, struct buf *out);
static put_comparison put_text, put_markdown, put_json;

static const struct {
	const char *name;
	put_comparison *put;
} forms[] = { { "text", put_text }, { "markdown", put_markdown }, { "json", put_json } };

/* --- text --- */

static void put_sums(struct buf *out, uint64_t gained, uint64_t lost, uint64_t reworded)
{
	buf_printf(out, "%" PRIu64 " gained, %" PRIu64 " lost, %" PRIu64 " with another text",
		   gained, lost, reworded);
}

static void put_change(struct buf *out, const struct change *c, const char *indent)
{
	for (size_t i = 0; i < c->n; i++) {
		buf_printf(out, "%s%c ", indent, c->lines[i].sign);
		human_text(out, c->lines[i].text);
		buf_putc(out, '\n');
	}
}

static void put_examples(struct buf *out, const struct alert_change *c, const char *indent)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct alert_example *x = &c->examples[i];

		buf_printf(out, "%s%c ", indent, x->sign == '~' ? '-' : x->sign);
		report_put_hit(out, &x->hit);
		buf_putc(out, '\n');
		if (x->sign == '~') {
			buf_printf(out, "%s+ ", indent);
			report_put_hit(out, &x->other);
			buf_putc(out, '\n');
		}
	}
}

static void put_text(const struct comparison *c, struct buf *out)
{
	for (size_t i = 0; i < c->rules.n; i++) {
		const struct change *x = &c->rules.items[i];

		buf_printf(out, "%s %s ", thing_name(x->thing), change_name(x->kind));
		human_text(out, x->name);
		buf_putc(out, '\n');
		put_change(out, x, "    ");
	}
	buf_puts(out, c->rules.n ? "\nalerts: " : "no difference in rules\nalerts: ");
	put_sums(out, c->alerts.gained, c->alerts.lost, c->alerts.reworded);
	buf_printf(out, " on %zu traces\n", c->alerts.plan.corpus.n);
	for (size_t i = 0; i < c->alerts.n; i++) {
		const struct alert_change *x = &c->alerts.items[i];

		buf_puts(out, "  ");
		human_text(out, x->rule);
		buf_puts(out, " (");
		human_text(out, x->trace->path);
		buf_puts(out, "): ");
		put_sums(out, x->gained, x->lost, x->reworded);
		buf_putc(out, '\n');
		put_examples(out, x, "    ");
	}
}

/* --- markdown --- */

/* In a table: no bar, no markup. */
static void put_cell(struct buf *out, struct sv text)
{
	struct buf clean = { 0 };

	human_text(&clean, text);
	for (size_t i = 0; i < clean.n; i++) {
		if (strchr("|*_`<>[]", clean.p[i]))
			buf_putc(out, '\\');
		buf_putc(out, clean.p[i]);
	}
	out->failed |= clean.failed;
	buf_deinit(&clean);
}

static void put_markdown_rules(const struct comparison *c, struct buf *out)
{
	if (c->rules.n == 0)
		buf_puts(out, "No difference in rules.\n\n");
	for (size_t i = 0; i < c->rules.n; i++) {
		const struct change *x = &c->rules.items[i];

		buf_printf(out, "- %s **", thing_name(x->thing));
		put_cell(out, x->name);
		buf_printf(out, "** %s\n", change_name(x->kind));
		if (x->n == 0)
			continue;
		buf_puts(out, "\n  ```diff\n");
		put_change(out, x, "  ");
		buf_puts(out, "  ```\n");
	}
	buf_putc(out, '\n');
}

static void put_markdown(const struct comparison *c, struct buf *out)
{
	buf_puts(out, "## Rules: ");
	put_cell(out, sv_of(c->before));
	buf_puts(out, " to ");
	put_cell(out, sv_of(c->after));
	buf_puts(out, "\n\n");
	put_markdown_rules(c, out);
	buf_puts(out, "**Alerts:** ");
	put_sums(out, c->alerts.gained, c->alerts.lost, c->alerts.reworded);
	buf_printf(out, " on %zu traces.\n", c->alerts.plan.corpus.n);
	if (c->alerts.n == 0)
		return;
	buf_puts(out, "\n| rule | trace | gained | lost | reworded |\n|---|---|--:|--:|--:|\n");
	for (size_t i = 0; i < c->alerts.n; i++) {
		const struct alert_change *x = &c->alerts.items[i];

		buf_puts(out, "| ");
		put_cell(out, x->rule);
		buf_puts(out, " | ");
		put_cell(out, x->trace->path);
		buf_printf(out, " | %" PRIu64 " | %" PRIu64 " | %" PRIu64 " |\n", x->gained,
			   x->lost, x->reworded);
	}
	buf_puts(out, "\n<details><summary>Examples</summary>\n\n```diff\n");
	for (size_t i = 0; i < c->alerts.n; i++)
		put_examples(out, &c->alerts.items[i], "");
	buf_puts(out, "```\n\n</details>\n");
}

/* --- JSON --- */

static void put_json_change(struct json *j, const struct change *x)
{
	char sign[2] = { 0 };

	json_object(j, NULL);
	json_text(j, "thing", sv_of(thing_name(x->thing)));
	json_text(j, "name", x->name);
	json_text(j, "change", sv_of(change_name(x->kind)));
	json_array(j, "lines");
	for (size_t i = 0; i < x->n; i++) {
		sign[0] = x->lines[i].sign;
		json_object(j, NULL);
		json_text(j, "sign", sv_of(sign));
		json_text(j, "text", x->lines[i].text);
		json_end_object(j);
	}
	json_end_array(j);
	json_end_object(j);
}

static void put_json_alerts(struct json *j, const struct alert_change *x)
{
	char sign[2] = { 0 };

	json_object(j, NULL);
	json_text(j, "rule", x->rule);
	json_text(j, "trace", x->trace->path);
	json_u64(j, "gained", x->gained);
	json_u64(j, "lost", x->lost);
	json_u64(j, "reworded", x->reworded);
	json_array(j, "examples");
	for (size_t i = 0; i < x->n; i++) {
		sign[0] = x->examples[i].sign;
		json_object(j, NULL);
		json_text(j, "sign", sv_of(sign));
		json_u64(j, "event", x->examples[i].hit.num);
		json_u64(j, "time", x->examples[i].hit.ts_ns);
		json_text(j, "output", x->examples[i].hit.text);
		if (*sign == '~')
			json_text(j, "now", x->examples[i].other.text);
		json_end_object(j);
	}
	json_end_array(j);
	json_end_object(j);
}

static void put_json(const struct comparison *c, struct buf *out)
{
	struct json j = { .out = out };

	json_object(&j, NULL);
	json_array(&j, "changes");
	for (size_t i = 0; i < c->rules.n; i++)
		put_json_change(&j, &c->rules.items[i]);
	json_end_array(&j);
	json_u64(&j, "traces", c->alerts.plan.corpus.n);
	json_u64(&j, "gained", c->alerts.gained);
	json_u64(&j, "lost", c->alerts.lost);
	json_u64(&j, "reworded", c->alerts.reworded);
	json_array(&j, "alerts");
	for (size_t i = 0; i < c->alerts.n; i++)
		put_json_alerts(&j, &c->alerts.items[i]);
	json_end_array(&j);
	json_end_object(&j);
	buf_putc(out, '\n');
}

/* --- the command --- */

struct settings {
	struct arena arena;
	struct sv_list rules;
	put_comparison *put;
	uint64_t jobs, examples;
	const char *cache_dir;
	bool no_cache;
};

static int load(struct rulebooks *books, const struct settings *set, const char *file,
		struct arena *arena, const struct rulebook **out, struct err *err)
{
	struct sv_list paths = { 0 };

	for (size_t i = 0; i < set->rules.n; i++) {
		if (!sv_list_push(arena, &paths, set->rules.items[i]))
			return err_set(err, ERR_NOMEM, "out of memory");
	}
	if (!sv_list_push(arena, &paths, sv_of(file)))
		return err_set(err, ERR_NOMEM, "out of memory");
	return rulebook_load(books, &paths, out, err) < 0 ? err_prefix(err, "%s", file) : 0;
}

static int compare(struct cli *c, struct settings *set, struct err *err)
{
	struct comparison x = { .before = c->argv[0], .after = c->argv[1] };
	const struct rulebook *before = NULL, *after = NULL;
	struct rulebooks books = { 0 };
	struct cache cache = { 0 };
	struct buf out = { 0 };
	int rc = plan_init(&x.alerts.plan, err);

	if (rc == 0 && !set->no_cache)
		rc = cache_open(&cache, set->cache_dir, err);
	if (rc == 0)
		rc = load(&books, set, c->argv[0], &set->arena, &before, err);
	if (rc == 0)
		rc = load(&books, set, c->argv[1], &set->arena, &after, err);
	if (rc == 0)
		rc = corpus_add(&x.alerts.plan.corpus, c->argv + 2, c->argc - 2, err);
	cache_allow(&cache, c);
	corpus_allow(&x.alerts.plan.corpus, c);
	if (rc == 0)
		rc = cli_confine(c, err);
	if (rc == 0)
		rc = rules_diff(&x.rules, before, after, err);
	if (rc == 0)
		rc = alerts_diff(&x.alerts, before, after, &cache, (size_t)set->jobs,
				 (size_t)set->examples, err);
	if (rc == 0) {
		set->put(&x, &out);
		rc = cli_print(&out, err);
		c->status = x.alerts.gained || x.alerts.lost || x.alerts.reworded;
	}
	buf_deinit(&out);
	cache_close(&cache);
	rules_diff_deinit(&x.rules);
	alerts_diff_deinit(&x.alerts);
	rulebooks_deinit(&books);
	return rc;
}

static int take_option(struct cli *c, int key, struct settings *set, struct err *err)
{
	switch (key) {
	case 'r':
		return sv_list_push(&set->arena, &set->rules, sv_of(c->value))
			       ? 0
			       : err_set(err, ERR_NOMEM, "out of memory");
	case 'o':
		for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
			if (strcmp(forms[i].name, c->value) == 0) {
				set->put = forms[i].put;
				return 0;
			}
		}
		return err_set(err, ERR_USAGE, "unknown form of output %s", c->value);
	case 'n':
		return cli_number(c, "examples", 0, ALERTS_MAX_EXAMPLES, &set->examples, err);
	case 'j':
		return cli_number(c, "jobs", 1, POOL_MAX_WORKERS, &set->jobs, err);
	case OPT_CACHE:
		set->cache_dir = c->value;
		return 0;
	default:
		set->no_cache = true;
		return 0;
	}
}

static int run(struct cli *c, struct err *err)
{
	struct settings set = { .put = put_text, .jobs = pool_processors(), .examples = 3 };
	int key = 0, rc = 0;

	while (rc == 0 && (key = cli_next(c, err)) > 0)
		rc = take_option(c, key, &set, err);
	if (key < 0 || (rc == 0 && cli_operands(c, 3, -1, err) < 0))
		rc = -1;
	if (rc == 0 && compare(c, &set, err) < 0) {
		cli_complain(c->program->name, err);
		c->status = 2;
	}
	arena_deinit(&set.arena);
	return rc;
}

const struct cli_command ruletest_cmd_diff = {
	.name = "diff",
	.operands = "OLD NEW TRACE...",
	.help = "Compare two versions of rules: what they mean, and what they answer.",
	.details = "OLD and NEW are rule files or directories.  The exit status is 0 when they "
		   "answer the same, 1\n"
		   "when not, 2 when they could not be compared.",
	.options = options,
	.noptions = sizeof options / sizeof options[0],
	.files = CLI_NAMES_NONE,
	.run = run,
};
