/* ruletest tune: the exceptions that silence what is known to be harmless. */
#include "tools/common/human.h"
#include "tools/ruletest/commands.h"
#include "tools/ruletest/load.h"
#include "tools/ruletest/report.h"
#include "tools/ruletest/tuning.h"

#include <inttypes.h>

enum { OPT_RULE = 256, MAX_EVENTS = 1000, MAX_TRIES = 20 };

static const struct cli_option options[] = {
	SUBJECT_RULES_OPTION,
	{ OPT_RULE, "rule", "NAME", "the rule to tune" },
	{ 'b', "benign", "CONDITION", "matches for which this holds are harmless" },
	{ 'e', "event", "N", "the match at event N is; may be given several times" },
	{ 'f', "field", "FIELD", "a field that exceptions may use, in front of the usual ones" },
};

struct settings {
	const char *rule, *benign;
	uint64_t events[MAX_EVENTS];
	size_t nevents;
};

/* The rules with the exception, and what they answer. */
struct check {
	bool *kept; /* per match: still there */
	size_t at;
};

static int on_hit(void *arg, uint32_t i, struct field_ctx *ctx, struct err *err)
{
	struct check *c = arg;

	(void)ctx;
	(void)err;
	/* Probe 0 is the rule as it was: the matches come in the order they were noted in. */
	if (i == 0)
		c->at++;
	else if (c->at > 0)
		c->kept[c->at - 1] = true;
	return 0;
}

static const struct rule *find_rule(const struct ruleset *rs, const char *name)
{
	const struct rule *rules;
	size_t n = ruleset_rules(rs, &rules);

	for (size_t i = 0; i < n; i++) {
		if (sv_eq(rules[i].name, sv_of(name)))
			return &rules[i];
	}
	return NULL;
}

static struct ruleset *load_with(struct subject *s, struct sv yaml, struct err *err)
{
	struct diag_list dl = { 0 };
	struct ruleset *rs = ruleset_new();
	char **paths = arena_array(&s->arena, char *, s->paths.n + 1);
	bool ok = rs && paths;

	for (size_t i = 0; ok && i < s->paths.n; i++)
		paths[i] = (char *)s->paths.items[i].p;
	ok = ok && load_rule_files(rs, paths, (int)s->paths.n, &dl, err) == 0 &&
	     ruleset_add_file(rs, SV("tuned"), yaml, &dl) == 0 &&
	     ruleset_compile(rs, NULL, &dl) == 0;
	diag_list_deinit(&dl);
	if (!ok) {
		ruleset_free(rs);
		return NULL;
	}
	return rs;
}

/* Does it silence all that is benign?  -1: no memory or the like; 1: it does. */
static int try_choice(struct subject *s, struct tuning *t, const struct settings *set,
		      struct sv yaml, bool *kept, struct err *err)
{
	struct err wrong = { 0 };
	struct ruleset *rs = load_with(s, yaml, &wrong);
	const struct rule *after = rs ? find_rule(rs, set->rule) : NULL;
	struct check c = { .kept = kept };
	const struct panel_watch watch = { .hit = on_hit, .arg = &c };
	struct panel *panel = NULL;
	int rc = 0;

	if (!after) {
		ruleset_free(rs);
		return 0;
	}
	const struct probe probes[] = { { .cond = find_rule(s->book->rules, set->rule)->ast },
					{ .cond = after->ast } };
	memset(kept, 0, t->n * sizeof *kept);
	rc = panel_new(probes, 2, &panel, err);
	for (size_t i = 0; rc == 0 && i < s->corpus.n; i++) {
		struct trace_span span;

		rc = subject_play(s->corpus.items[i], panel, &watch, &span, err);
	}
	panel_free(panel);
	ruleset_free(rs);
	for (size_t i = 0; rc == 0 && i < t->n; i++) {
		if (t->matches[i].benign && kept[i])
			return 0;
	}
	return rc < 0 ? -1 : 1;
}

static void put_result(const struct tuning *t, const bool *kept, struct sv yaml, struct buf *out)
{
	size_t hidden = 0;

	for (size_t i = 0; i < t->n; i++)
		hidden += !t->matches[i].benign && !kept[i];
	buf_printf(out, "# silences all %zu harmless matches, and %zu of %zu others (tried)\n",
		   t->nbenign, hidden, t->n - t->nbenign);
	for (size_t i = 0; i < t->n; i++) {
		if (t->matches[i].benign || kept[i])
			continue;
		buf_puts(out, "# hides ");
		human_text(out, t->matches[i].trace->path);
		buf_puts(out, ", ");
		report_put_hit(out, &t->matches[i].hit);
		buf_putc(out, '\n');
	}
	buf_putsv(out, yaml);
}

static int tune(struct subject *s, struct tuning *t, const struct settings *set, struct buf *out,
		struct err *err)
{
	const struct rule *rule = find_rule(s->book->rules, set->rule);
	struct buf yaml = { 0 };
	int found = 0;

	if (!rule)
		return err_set(err, ERR_CHECK, "there is no rule \"%s\"", set->rule);
	if (tuning_collect(t, s, rule, set->benign, set->events, set->nevents, err) < 0)
		return -1;
	if (t->nbenign == 0)
		return err_set(err, ERR_CHECK, "none of the %zu matches is said to be harmless",
			       t->n);
	if (tuning_rank(t, err) < 0)
		return -1;
	bool *kept = arena_array(&t->arena, bool, t->n);
	if (!kept)
		return err_set(err, ERR_NOMEM, "out of memory");
	for (size_t i = 0; found == 0 && i < t->nchoices && i < MAX_TRIES; i++) {
		buf_clear(&yaml);
		tuning_put_yaml(t, &t->choices[i], rule->name, &yaml);
		found = try_choice(s, t, set, buf_sv(&yaml), kept, err);
	}
	if (found > 0)
		put_result(t, kept, buf_sv(&yaml), out);
	else if (found == 0)
		err_set(err, ERR_CHECK, "no exception over these fields silences what is harmless");
	buf_deinit(&yaml);
	return found > 0 ? 0 : -1;
}

static int take_option(struct cli *c, int key, struct subject *s, struct tuning *t,
		       struct settings *set, struct err *err)
{
	uint64_t number;

	switch (key) {
	case 'r':
		return subject_take_rules(s, c->value, err);
	case OPT_RULE:
		set->rule = c->value;
		return 0;
	case 'b':
		set->benign = c->value;
		return 0;
	case 'f':
		if (t->fields.n == TUNING_MAX_FIELDS)
			return err_set(err, ERR_USAGE, "at most %d fields", TUNING_MAX_FIELDS);
		return sv_list_push(&t->arena, &t->fields, sv_of(c->value))
			       ? 0
			       : err_set(err, ERR_NOMEM, "out of memory");
	default:
		if (set->nevents == MAX_EVENTS)
			return err_set(err, ERR_USAGE, "at most %d events", MAX_EVENTS);
		if (cli_number(c, "event", 1, UINT64_MAX, &number, err) < 0)
			return -1;
		set->events[set->nevents++] = number;
		return 0;
	}
}

static int run(struct cli *c, struct err *err)
{
	struct subject s = { 0 };
	struct tuning t = { 0 };
	struct settings set = { 0 };
	struct buf out = { 0 };
	int key = 0, rc = 0;

	while (rc == 0 && (key = cli_next(c, err)) > 0)
		rc = take_option(c, key, &s, &t, &set, err);
	if (key < 0 || (rc == 0 && cli_operands(c, 1, -1, err) < 0))
		rc = -1;
	if (rc == 0 && (!set.rule || !(set.benign || set.nevents)))
		rc = err_set(err, ERR_USAGE, "--rule, and --benign or --event, must be given");
	if (rc == 0)
		rc = subject_open(&s, c, err);
	if (rc == 0)
		rc = tune(&s, &t, &set, &out, err);
	if (rc == 0)
		rc = cli_print(&out, err);
	buf_deinit(&out);
	tuning_deinit(&t);
	subject_close(&s);
	return rc;
}

const struct cli_command ruletest_cmd_tune = {
	.name = "tune",
	.operands = "TRACE...",
	.help = "Write the smallest exception that silences matches known to be harmless.",
	.details = "The exception is an item of a rule file, to be loaded after the rules.  It was "
		   "tried on the\n"
		   "traces: what else it hides is told in front of it.",
	.options = options,
	.noptions = sizeof options / sizeof options[0],
	.files = CLI_NAMES_NONE,
	.run = run,
};
