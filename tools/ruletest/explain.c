/* ruletest explain: why a rule holds at an event, or does not. */
#include "tools/ruletest/explain.h"

#include "tools/common/human.h"
#include "tools/ruletest/commands.h"
#include "tools/ruletest/corpus.h"
#include "tools/ruletest/rulebook.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

enum { OPT_RULE = 256, OPT_EVERY, OPT_COLOUR, MAX_EVENTS = 1000, MAX_NEAREST = 100 };

static const struct cli_option options[] = {
	{ 'r', "rules", "FILE", "a rule file or directory; may be given several times" },
	{ OPT_RULE, "rule", "NAME", "the rule to explain" },
	{ 'e', "event", "N", "at event number N; may be given several times" },
	{ 'n', "nearest", "N", "at the N events that came closest to matching" },
	{ OPT_EVERY, "every", NULL, "a line for every event that the rule looks at" },
	{ 'j', "json", NULL, "print JSON" },
	{ OPT_COLOUR, "colour", "WHEN", "auto, always or never" },
};

struct settings {
	struct sv_list rules;
	const char *rule;
	uint64_t events[MAX_EVENTS];
	size_t nevents;
	uint64_t nearest;
	bool every, json, colour;
};

/* One of the events that came closest. */
struct near {
	uint32_t cost;
	uint64_t num;
	struct buf text;
};

struct tour {
	const struct settings *set;
	struct anatomy anatomy;
	const struct rulebook *book;
	const struct rule *rule;
	bool *blamed;
	struct near *nearest; /* closest first */
	size_t nnearest;
	struct buf out;
	struct json json;
	size_t told;
	uint64_t looked, held;
};

/* Of the rules before this one the first that holds here, too. */
static const struct rule *shadow(const struct tour *t, struct field_ctx *ctx)
{
	const struct rule *rules;

	ruleset_rules(t->book->rules, &rules);
	for (const struct rule *r = rules; r < t->rule; r++) {
		if (r->enabled &&
		    type_set_has(program_types(ruleset_program(t->book->rules), r->condition_id),
				 ctx->state->now.ev->type) &&
		    program_test(ruleset_program(t->book->rules), r->condition_id, ctx))
			return r;
	}
	return NULL;
}

static void tell(struct tour *t, struct field_ctx *ctx, struct buf *out, struct json *json)
{
	struct explanation x = {
		.a = &t->anatomy, .ctx = ctx, .blamed = t->blamed, .colour = t->set->colour
	};

	explain_look(&x);
	if (t->anatomy.says[0])
		x.shadowed_by = shadow(t, ctx);
	if (t->set->json) {
		explain_put_json(json, &x);
	} else {
		explain_put_text(out, &x);
		buf_putc(out, '\n');
	}
	t->told++;
}

static bool is_asked_for(const struct settings *set, uint64_t num)
{
	for (size_t i = 0; i < set->nevents; i++) {
		if (set->events[i] == num)
			return true;
	}
	return false;
}

/* Keep the event if it is closer than one of those kept; of equals the first stays. */
static void note_near(struct tour *t, struct field_ctx *ctx, uint32_t cost)
{
	size_t at = t->nnearest;
	bool full = t->nnearest == t->set->nearest;
	struct near last = { 0 };

	while (at > 0 && t->nearest[at - 1].cost > cost)
		at--;
	if (full && at == t->nnearest)
		return;
	if (full)
		last = t->nearest[--t->nnearest];
	memmove(t->nearest + at + 1, t->nearest + at, (t->nnearest - at) * sizeof last);
	t->nnearest++;
	last.cost = cost;
	last.num = ctx->state->now.ev->num;
	buf_clear(&last.text);
	struct json json = { .out = &last.text };
	tell(t, ctx, &last.text, &json);
	t->nearest[at] = last;
}

/* "event 7: holds", "event 7: fails at ..." */
static void put_line(struct tour *t, struct field_ctx *ctx)
{
	buf_printf(&t->out, "event %" PRIu64 ": ", ctx->state->now.ev->num);
	if (t->anatomy.says[0]) {
		buf_puts(&t->out, "holds\n");
		return;
	}
	anatomy_blame(&t->anatomy, t->blamed);
	buf_puts(&t->out, "fails at");
	for (uint32_t i = 0, n = 0; i < t->anatomy.nparts; i++) {
		if (!t->blamed[i])
			continue;
		buf_puts(&t->out, n++ ? "; " : " ");
		clause_put_check(&t->out, t->anatomy.parts[i], 60);
	}
	buf_putc(&t->out, '\n');
}

static int on_event(void *arg, struct field_ctx *ctx, struct err *err)
{
	struct tour *t = arg;

	(void)err;
	if (is_asked_for(t->set, ctx->state->now.ev->num))
		tell(t, ctx, &t->out, &t->json);
	if ((!t->set->nearest && !t->set->every) ||
	    !anatomy_concerns(&t->anatomy, ctx->state->now.ev->type))
		return 0;
	uint32_t cost = anatomy_look(&t->anatomy, ctx);
	t->looked++;
	t->held += cost == 0;
	if (t->set->every)
		put_line(t, ctx);
	if (t->set->nearest && cost > 0)
		note_near(t, ctx, cost);
	if (t->out.n > 1 << 16 && !t->set->json) {
		buf_write(&t->out, stdout);
		buf_clear(&t->out);
	}
	return 0;
}

static int play(struct tour *t, const char *path, struct panel *panel, struct err *err)
{
	const struct panel_watch watch = { .event = on_event, .arg = t };
	const struct trace trace = { .path = sv_of(path) };
	struct trace_span span;
	struct source *source;
	int rc;

	if (trace_open(&trace, NULL, &source, err) < 0)
		return -1;
	rc = panel_run(panel, source, &watch, &span, err);
	source_close(source);
	if (rc == 0 && span.damage.code != ERR_NONE)
		return err_set(err, span.damage.code, "%s", span.damage.msg);
	return rc;
}

static int check_told(const struct tour *t, struct err *err)
{
	if (t->set->nevents && t->told < t->set->nevents && !t->set->nearest)
		return err_set(err, ERR_CHECK, "the trace has %zu of the %zu events asked for",
			       t->told, t->set->nevents);
	return 0;
}

static void put_nearest(struct tour *t)
{
	if (t->set->json) {
		for (size_t i = 0; i < t->nnearest; i++) {
			if (t->json.comma)
				buf_putc(&t->out, ',');
			buf_putsv(&t->out, buf_sv(&t->nearest[i].text));
			t->json.comma = true;
		}
		return;
	}
	buf_printf(&t->out,
		   "%" PRIu64 " events are of a type that it looks at, it holds at %" PRIu64 "\n\n",
		   t->looked, t->held);
	for (size_t i = 0; i < t->nnearest; i++)
		buf_putsv(&t->out, buf_sv(&t->nearest[i].text));
}

static void put_head(struct tour *t)
{
	if (t->set->json) {
		json_object(&t->json, NULL);
		json_text(&t->json, "rule", t->rule->name);
		json_text(&t->json, "file", t->rule->file);
		json_u64(&t->json, "line", t->rule->line);
		json_bool(&t->json, "enabled", t->rule->enabled);
		json_array(&t->json, "events");
		return;
	}
	buf_puts(&t->out, "rule ");
	human_text(&t->out, t->rule->name);
	buf_puts(&t->out, " (");
	human_text(&t->out, t->rule->file);
	buf_printf(&t->out, ":%" PRIu32 ")\n", t->rule->line);
	explain_put_state(&t->out, t->rule);
}

static int tour_open(struct tour *t, struct arena *arena, struct panel **panel, struct err *err)
{
	const struct rule *rules;
	ptrdiff_t at = rulebook_find(t->book, sv_of(t->set->rule));

	if (at < 0)
		return err_set(err, ERR_CHECK, "there is no rule \"%s\"", t->set->rule);
	ruleset_rules(t->book->rules, &rules);
	t->rule = &rules[at];
	const struct probe probe = { .cond = t->rule->ast };
	if (panel_new(&probe, 1, panel, err) < 0 ||
	    anatomy_new(&t->anatomy, clause_tree(t->book->rules, t->rule, arena),
			panel_program(*panel), 0, arena, err) < 0)
		return -1;
	t->blamed = arena_array(arena, bool, t->anatomy.nparts);
	t->nearest = arena_array(arena, struct near, (size_t)t->set->nearest + 1);
	if (!t->blamed || !t->nearest)
		return err_set(err, ERR_NOMEM, "out of memory");
	return 0;
}

static int explain(const struct settings *set, struct cli *c, struct err *err)
{
	struct rulebooks books = { 0 };
	struct arena arena = { 0 };
	struct tour t = { .set = set };
	struct panel *panel = NULL;
	int rc = rulebook_load(&books, &set->rules, &t.book, err);

	t.json.out = &t.out;
	if (rc == 0)
		rc = cli_confine(c, err);
	if (rc == 0)
		rc = tour_open(&t, &arena, &panel, err);
	if (rc == 0) {
		put_head(&t);
		rc = play(&t, c->argv[0], panel, err);
	}
	if (rc == 0) {
		if (set->nearest)
			put_nearest(&t);
		if (set->json) {
			json_end_array(&t.json);
			json_end_object(&t.json);
			buf_putc(&t.out, '\n');
		}
		rc = cli_print(&t.out, err) < 0 ? -1 : check_told(&t, err);
	}
	for (size_t i = 0; i < t.nnearest; i++)
		buf_deinit(&t.nearest[i].text);
	buf_deinit(&t.out);
	panel_free(panel);
	arena_deinit(&arena);
	rulebooks_deinit(&books);
	return rc;
}

static int take_option(struct cli *c, int key, struct settings *set, struct arena *arena,
		       struct err *err)
{
	static const char *const colours[] = { "auto", "always", "never", NULL };
	uint64_t number;
	size_t colour;

	switch (key) {
	case 'r':
		return sv_list_push(arena, &set->rules, sv_of(c->value))
			       ? 0
			       : err_set(err, ERR_NOMEM, "out of memory");
	case OPT_RULE:
		set->rule = c->value;
		return 0;
	case 'e':
		if (set->nevents == MAX_EVENTS)
			return err_set(err, ERR_USAGE, "at most %d events", MAX_EVENTS);
		if (cli_number(c, "event", 1, UINT64_MAX, &number, err) < 0)
			return -1;
		set->events[set->nevents++] = number;
		return 0;
	case 'n':
		return cli_number(c, "nearest", 1, MAX_NEAREST, &set->nearest, err);
	case OPT_EVERY:
		set->every = true;
		return 0;
	case 'j':
		set->json = true;
		return 0;
	default:
		if (cli_choice(c, "colour", colours, &colour, err) < 0)
			return -1;
		set->colour = colour == 0 ? isatty(STDOUT_FILENO) : colour == 1;
		return 0;
	}
}

static int run(struct cli *c, struct err *err)
{
	struct settings set = { .colour = isatty(STDOUT_FILENO) };
	struct arena arena = { 0 };
	int key = 0, rc = 0;

	while (rc == 0 && (key = cli_next(c, err)) > 0)
		rc = take_option(c, key, &set, &arena, err);
	if (key < 0 || (rc == 0 && cli_operands(c, 1, 1, err) < 0))
		rc = -1;
	if (rc == 0 && !set.rule)
		rc = err_set(err, ERR_USAGE, "missing option --rule (try --help)");
	if (rc == 0 && !set.nevents && !set.nearest && !set.every)
		rc = err_set(err, ERR_USAGE, "say which events: --event, --nearest or --every");
	if (rc == 0 && set.every && set.json)
		rc = err_set(err, ERR_USAGE, "--every prints text only");
	if (rc == 0)
		rc = explain(&set, c, err);
	arena_deinit(&arena);
	return rc;
}

const struct cli_command ruletest_cmd_explain = {
	.name = "explain",
	.operands = "TRACE",
	.help = "Tell why a rule holds at an event, or does not, clause by clause.",
	.details =
		"Every clause says true, false or missing; those marked with > decide: if they "
		"said something\n"
		"else, so would the rule.  Behind a clause stand the field's value, the macros and "
		"lists it came\n"
		"through, and where it was written.",
	.options = options,
	.noptions = sizeof options / sizeof options[0],
	.files = CLI_READS,
	.run = run,
};
