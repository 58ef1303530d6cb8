/* ruletest profile: what rules cost, clause by clause, and what could be better about them. */
#include "tools/common/human.h"
#include "tools/common/json.h"
#include "tools/common/table.h"
#include "tools/ruletest/advice.h"
#include "tools/ruletest/commands.h"
#include "tools/ruletest/verdict.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { OPT_ADVICE = 256 };

static const struct cli_option options[] = {
	SUBJECT_RULES_OPTION,
	{ 'n', "top", "N", "tell of the N most expensive rules (10); 0: all" },
	{ 'c', "clauses", NULL, "tell of their clauses, too" },
	{ OPT_ADVICE, "advice", NULL, "tell what could be better; plays the traces twice more" },
	{ 'j', "json", NULL, "print JSON" },
};

struct profile {
	struct subject subject;
	struct cost cost;
	struct advices advices;
	size_t *order; /* the most expensive first */
	uint64_t total_ns;
	uint64_t top;
	bool clauses, advice, json;
	struct arena arena;
};

static const struct rule *rule_of(const struct profile *p, size_t i)
{
	return &p->subject.rules[p->subject.number[i]];
}

/* --- text --- */

static void put_cell(struct table *t, const char *fmt, double v)
{
	char text[32];

	snprintf(text, sizeof text, *fmt == '%' ? "%.1f %%" : "%.0f", v);
	table_put(t, sv_of(text));
}

static double share(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

static void put_count(struct table *t, uint64_t n)
{
	struct buf text = { 0 };

	human_count(&text, n);
	table_put(t, buf_sv(&text));
	buf_deinit(&text);
}

static void put_rules(const struct profile *p, size_t n, struct buf *out)
{
	static const char *const heads[] = {
		"time", "ns/event", "tried", "matches", "holds", "rule"
	};
	struct table t;

	table_init(&t, 6);
	for (int i = 0; i < 6; i++) {
		table_put(&t, sv_of(heads[i]));
		t.right[i] = i < 5;
	}
	for (size_t i = 0; i < n; i++) {
		const struct cost_rule *r = &p->cost.rules[p->order[i]];

		put_cell(&t, "%", share(r->ns, p->total_ns));
		put_cell(&t, "", r->tried ? (double)r->ns / (double)r->tried : 0);
		put_count(&t, r->tried);
		put_count(&t, r->matches);
		put_cell(&t, "%", share(r->matches, r->tried));
		table_put(&t, rule_of(p, p->order[i])->name);
	}
	table_print(&t, terminal_width(STDOUT_FILENO), out);
	table_deinit(&t);
}

static int put_clauses(struct profile *p, size_t i, struct buf *out, struct err *err)
{
	const struct cost_rule *r = &p->cost.rules[i];
	struct anatomy a;

	if (anatomy_new(&a, clause_tree(p->subject.book->rules, rule_of(p, i), &p->arena),
			p->cost.program, (uint32_t)i, &p->arena, err) < 0)
		return -1;
	buf_putc(out, '\n');
	human_text(out, rule_of(p, i)->name);
	buf_putc(out, '\n');
	for (uint32_t k = 0; k < r->nparts; k++) {
		const struct part_tally *t = &r->parts[k];

		if (a.parts[k]->ast->kind != AST_CHECK)
			continue;
		buf_printf(out, "  %5.1f %%  tried %" PRIu64 ", held %.1f %%  ",
			   share(t->ticks, r->ns), t->tried, share(t->held, t->tried));
		clause_put_check(out, a.parts[k], 70);
		if (a.parts[k]->file.n)
			buf_printf(out, "  [" SV_FMT ":%" PRIu32 "]", SV_ARG(a.parts[k]->file),
				   a.parts[k]->line);
		buf_putc(out, '\n');
	}
	return 0;
}

static void put_advice(const struct profile *p, const struct advice *a, struct buf *out)
{
	struct buf text = { 0 };

	human_text(out, rule_of(p, a->rule)->name);
	switch (a->kind) {
	case ADVICE_UNREACHABLE:
		buf_puts(out, ": no event can fulfil it\n");
		return;
	case ADVICE_DUPLICATE:
	case ADVICE_SHADOWED:
		buf_puts(out, a->kind == ADVICE_DUPLICATE ? ": has the condition of "
							  : ": always behind ");
		human_text(out, rule_of(p, a->other)->name);
		buf_putc(out, '\n');
		return;
	case ADVICE_EVENT_TYPE:
		ast_print(a->cond->kids[0], &text);
		buf_printf(out, ": begin with \"" SV_FMT " and ...\"", SV_ARG(buf_sv(&text)));
		break;
	case ADVICE_ORDER:
		buf_puts(out, ": cheaper in this order:");
		for (size_t i = 0; i < a->cond->nkids; i++) {
			size_t at = out->n;

			buf_clear(&text);
			ast_print(a->cond->kids[i], &text);
			buf_puts(out, i ? "\n    and " : "\n    ");
			at = out->n;
			human_text(out, buf_sv(&text));
			human_cut(out, at, 80);
		}
		buf_puts(out, "\n   ");
		break;
	}
	buf_printf(out, " (tried: the same matches, %.0f %% less time clause by clause)\n",
		   100 - share(a->after_ns, a->before_ns));
	buf_deinit(&text);
}

static int put_text(struct profile *p, struct buf *out, struct err *err)
{
	size_t n = p->top && p->top < p->cost.n ? (size_t)p->top : p->cost.n;

	buf_printf(out, "%zu rules, ", p->cost.n);
	human_count(out, p->cost.events);
	buf_puts(out, " events\n\n");
	put_rules(p, n, out);
	for (size_t i = 0; p->clauses && i < n; i++) {
		if (put_clauses(p, p->order[i], out, err) < 0)
			return -1;
	}
	if (p->advice)
		buf_puts(out, p->advices.n ? "\nadvice\n" : "\nno advice\n");
	for (size_t i = 0; i < p->advices.n; i++) {
		buf_puts(out, "  ");
		put_advice(p, &p->advices.items[i], out);
	}
	return 0;
}

/* --- JSON --- */

static void put_json_clauses(struct json *j, const struct ast *a, const struct cost_rule *r,
			     uint32_t *part)
{
	const struct part_tally *t = &r->parts[(*part)++];

	if (a->kind == AST_CHECK) {
		struct buf text = { 0 };

		ast_print(a, &text);
		json_object(j, NULL);
		json_text(j, "check", buf_sv(&text));
		json_u64(j, "tried", t->tried);
		json_u64(j, "held", t->held);
		json_u64(j, "ns", t->ticks);
		json_end_object(j);
		buf_deinit(&text);
	}
	for (size_t i = 0; i < a->nkids; i++)
		put_json_clauses(j, a->kids[i], r, part);
}

static void put_json(const struct profile *p, struct buf *out)
{
	struct json j = { .out = out };

	json_object(&j, NULL);
	json_u64(&j, "events", p->cost.events);
	json_array(&j, "rules");
	for (size_t i = 0; i < p->cost.n; i++) {
		const struct cost_rule *r = &p->cost.rules[p->order[i]];
		uint32_t part = 0;

		json_object(&j, NULL);
		json_text(&j, "rule", rule_of(p, p->order[i])->name);
		json_u64(&j, "ns", r->ns);
		json_u64(&j, "tried", r->tried);
		json_u64(&j, "matches", r->matches);
		json_u64(&j, "shadowed", r->shadowed);
		json_array(&j, "clauses");
		put_json_clauses(&j, rule_of(p, p->order[i])->ast, r, &part);
		json_end_array(&j);
		json_end_object(&j);
	}
	json_end_array(&j);
	json_array(&j, "advice");
	for (size_t i = 0; i < p->advices.n; i++) {
		const struct advice *a = &p->advices.items[i];

		json_object(&j, NULL);
		json_text(&j, "kind", sv_of(advice_name(a->kind)));
		json_text(&j, "rule", rule_of(p, a->rule)->name);
		if (a->kind == ADVICE_DUPLICATE || a->kind == ADVICE_SHADOWED)
			json_text(&j, "other", rule_of(p, a->other)->name);
		if (a->cond) {
			struct buf text = { 0 };

			ast_print(a->cond, &text);
			json_text(&j, "condition", buf_sv(&text));
			json_u64(&j, "before_ns", a->before_ns);
			json_u64(&j, "after_ns", a->after_ns);
			buf_deinit(&text);
		}
		json_end_object(&j);
	}
	json_end_array(&j);
	json_end_object(&j);
	buf_putc(out, '\n');
}

/* --- the command --- */

static int rank(struct profile *p, struct err *err)
{
	p->order = arena_array(&p->arena, size_t, p->cost.n);
	if (!p->order)
		return err_set(err, ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < p->cost.n; i++) {
		size_t k = i;

		p->total_ns += p->cost.rules[i].ns;
		for (; k > 0 && p->cost.rules[p->order[k - 1]].ns < p->cost.rules[i].ns; k--)
			p->order[k] = p->order[k - 1];
		p->order[k] = i;
	}
	return 0;
}

static int measure(struct profile *p, struct err *err)
{
	const struct panel_watch watch = { .event = cost_event, .hit = cost_hit, .arg = &p->cost };

	if (subject_panel(&p->subject, err) < 0 ||
	    cost_init(&p->cost, p->subject.panel, p->subject.n, err) < 0)
		return -1;
	for (size_t i = 0; i < p->subject.corpus.n; i++) {
		struct trace_span span;

		if (subject_play(p->subject.corpus.items[i], p->subject.panel, &watch, &span, err) <
		    0)
			return -1;
	}
	cost_settle(&p->cost);
	if (rank(p, err) < 0)
		return -1;
	return p->advice ? advise(&p->advices, &p->subject, &p->cost, err) : 0;
}

static int take_option(struct cli *c, int key, struct profile *p, struct err *err)
{
	switch (key) {
	case 'r':
		return subject_take_rules(&p->subject, c->value, err);
	case 'n':
		return cli_number(c, "top", 0, UINT32_MAX, &p->top, err);
	case 'c':
		p->clauses = true;
		return 0;
	case 'j':
		p->json = true;
		return 0;
	default:
		p->advice = true;
		return 0;
	}
}

static int run(struct cli *c, struct err *err)
{
	struct profile p = { .top = 10 };
	struct buf out = { 0 };
	int key = 0, rc = 0;

	while (rc == 0 && (key = cli_next(c, err)) > 0)
		rc = take_option(c, key, &p, err);
	if (key < 0 || (rc == 0 && cli_operands(c, 1, -1, err) < 0))
		rc = -1;
	if (rc == 0)
		rc = subject_open(&p.subject, c, err);
	if (rc == 0)
		rc = measure(&p, err);
	if (rc == 0 && p.json)
		put_json(&p, &out);
	else if (rc == 0)
		rc = put_text(&p, &out, err);
	if (rc == 0)
		rc = cli_print(&out, err);
	buf_deinit(&out);
	cost_deinit(&p.cost);
	advices_deinit(&p.advices);
	arena_deinit(&p.arena);
	subject_close(&p.subject);
	return rc;
}

const struct cli_command ruletest_cmd_profile = {
	.name = "profile",
	.operands = "TRACE...",
	.help = "Tell what rules cost, clause by clause, and what could be better.",
	.details =
		"Times are those of each rule by itself, from left to right, as measured on a "
		"sample of the\n"
		"events: what a replay shares among rules is counted for each.  Advice to change "
		"a condition was\n"
		"tried: it matches the same on all traces.",
	.options = options,
	.noptions = sizeof options / sizeof options[0],
	.files = CLI_NAMES_NONE,
	.run = run,
};
