/* ruletest coverage: what of the rules a corpus has shown to work. */
#include "tools/common/human.h"
#include "tools/common/json.h"
#include "tools/common/table.h"
#include "tools/ruletest/commands.h"
#include "tools/ruletest/seen.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

static const struct cli_option options[] = {
	SUBJECT_RULES_OPTION,
	{ 'j', "json", NULL, "print JSON" },
};

static void put_place(struct buf *out, struct sv file, uint32_t line)
{
	if (file.n == 0)
		return;
	buf_puts(out, "  [");
	human_text(out, file);
	buf_printf(out, ":%" PRIu32 "]", line);
}

/* --- text --- */

static void put_rules(const struct seen *s, struct buf *out)
{
	size_t answered = 0;

	for (size_t i = 0; i < s->n; i++)
		answered += s->rules[i].matches > 0;
	buf_printf(out, "%zu of %zu enabled rules answered on %zu traces, %" PRIu64 " events\n",
		   answered, s->n, s->subject->corpus.n, s->events);
	if (answered < s->n)
		buf_puts(out, "\nrules that never answered\n");
	for (size_t i = 0; i < s->n; i++) {
		const struct rule *r = s->rules[i].rule;

		if (s->rules[i].matches)
			continue;
		buf_puts(out, "  ");
		human_text(out, r->name);
		put_place(out, r->file, r->line);
		buf_puts(out, s->rules[i].looked ? "\n" : "  no event of its types\n");
	}
}

/* Checks that never held, of rules that looked at anything; `negated`: those that take away. */
static void put_checks(const struct seen *s, bool negated, const char *head, struct buf *out)
{
	bool any = false;

	for (size_t i = 0; i < s->n; i++) {
		const struct seen_rule *r = &s->rules[i];
		bool named = false;

		for (uint32_t k = 0; k < r->anatomy.nparts; k++) {
			const struct clause *c = r->anatomy.parts[k];

			if (!r->looked || c->ast->kind != AST_CHECK || r->held[k] ||
			    r->negated[k] != negated)
				continue;
			if (!any)
				buf_printf(out, "\n%s\n", head);
			if (!named) {
				buf_puts(out, "  ");
				human_text(out, r->rule->name);
				buf_putc(out, '\n');
			}
			any = named = true;
			buf_puts(out, "    ");
			clause_put_check(out, c, 90);
			put_place(out, c->file, c->line);
			buf_putc(out, '\n');
		}
	}
}

static void put_lists(const struct seen *s, struct buf *out)
{
	bool any = false;

	for (size_t i = 0; i < s->nlists; i++) {
		const struct seen_list *l = &s->lists[i];
		size_t hit = 0;

		for (size_t k = 0; k < l->list->n; k++)
			hit += l->hit[k];
		if (!l->used || hit == l->list->n)
			continue;
		if (!any)
			buf_puts(out, "\nlist items that never hit\n");
		any = true;
		buf_puts(out, "  ");
		human_text(out, l->list->name);
		buf_printf(out, " (%zu of %zu hit):", hit, l->list->n);
		for (size_t k = 0; k < l->list->n; k++) {
			if (l->hit[k])
				continue;
			buf_putc(out, ' ');
			human_text(out, l->list->items[k]);
		}
		buf_putc(out, '\n');
	}
}

static struct sv name_of(const struct trace *t)
{
	return t->path.n ? t->path : t->name;
}

static void put_traces(const struct seen *s, struct buf *out)
{
	bool any = false;

	for (size_t i = 0; i < s->subject->corpus.n; i++) {
		if (s->by_trace[i])
			continue;
		buf_puts(out, any ? "" : "\ntraces that trigger nothing\n");
		any = true;
		buf_puts(out, "  ");
		human_text(out, name_of(s->subject->corpus.items[i]));
		buf_putc(out, '\n');
	}
}

static void put_number(struct table *t, uint64_t n)
{
	char text[24];

	snprintf(text, sizeof text, "%" PRIu64, n);
	table_put(t, sv_of(text));
}

static void put_attack(const struct seen *s, struct buf *out)
{
	static const char *const heads[] = { "ATT&CK tag", "rules", "answered", "matches" };
	struct table t;

	if (s->ntags == 0)
		return;
	table_init(&t, 4);
	for (int i = 0; i < 4; i++) {
		table_put(&t, sv_of(heads[i]));
		t.right[i] = i > 0;
	}
	for (size_t i = 0; i < s->ntags; i++) {
		table_put(&t, s->tags[i].name);
		put_number(&t, s->tags[i].rules);
		put_number(&t, s->tags[i].answered);
		put_number(&t, s->tags[i].matches);
	}
	buf_putc(out, '\n');
	table_print(&t, terminal_width(STDOUT_FILENO), out);
	table_deinit(&t);
}

static void put_text(const struct seen *s, struct buf *out)
{
	put_rules(s, out);
	put_checks(s, false, "clauses that never held", out);
	put_checks(s, true, "exclusions that never applied", out);
	put_lists(s, out);
	put_traces(s, out);
	put_attack(s, out);
}

/* --- JSON --- */

static void put_json_rule(struct json *j, const struct seen_rule *r)
{
	struct buf text = { 0 };

	json_object(j, NULL);
	json_text(j, "rule", r->rule->name);
	json_text(j, "file", r->rule->file);
	json_u64(j, "line", r->rule->line);
	json_u64(j, "looked", r->looked);
	json_u64(j, "matches", r->matches);
	json_array(j, "never_held");
	for (uint32_t k = 0; r->looked && k < r->anatomy.nparts; k++) {
		const struct clause *c = r->anatomy.parts[k];

		if (c->ast->kind != AST_CHECK || r->held[k])
			continue;
		buf_clear(&text);
		ast_print(c->ast, &text);
		json_object(j, NULL);
		json_text(j, "check", buf_sv(&text));
		json_bool(j, "negated", r->negated[k]);
		json_text(j, "file", c->file);
		json_u64(j, "line", c->line);
		json_end_object(j);
	}
	json_end_array(j);
	json_end_object(j);
	j->out->failed |= text.failed;
	buf_deinit(&text);
}

static void put_json(const struct seen *s, struct buf *out)
{
	struct json j = { .out = out };

	json_object(&j, NULL);
	json_u64(&j, "events", s->events);
	json_array(&j, "rules");
	for (size_t i = 0; i < s->n; i++)
		put_json_rule(&j, &s->rules[i]);
	json_end_array(&j);
	json_array(&j, "lists");
	for (size_t i = 0; i < s->nlists; i++) {
		const struct seen_list *l = &s->lists[i];

		json_object(&j, NULL);
		json_text(&j, "list", l->list->name);
		json_bool(&j, "used", l->used);
		json_array(&j, "never_hit");
		for (size_t k = 0; l->used && k < l->list->n; k++) {
			if (!l->hit[k])
				json_text(&j, NULL, l->list->items[k]);
		}
		json_end_array(&j);
		json_end_object(&j);
	}
	json_end_array(&j);
	json_array(&j, "traces");
	for (size_t i = 0; i < s->subject->corpus.n; i++) {
		json_object(&j, NULL);
		json_text(&j, "trace", name_of(s->subject->corpus.items[i]));
		json_u64(&j, "matches", s->by_trace[i]);
		json_end_object(&j);
	}
	json_end_array(&j);
	json_array(&j, "attack");
	for (size_t i = 0; i < s->ntags; i++) {
		json_object(&j, NULL);
		json_text(&j, "tag", s->tags[i].name);
		json_u64(&j, "rules", s->tags[i].rules);
		json_u64(&j, "answered", s->tags[i].answered);
		json_u64(&j, "matches", s->tags[i].matches);
		json_end_object(&j);
	}
	json_end_array(&j);
	json_end_object(&j);
	buf_putc(out, '\n');
}

static int run(struct cli *c, struct err *err)
{
	struct subject subject = { .takes_suites = true };
	struct seen seen = { .subject = &subject };
	struct buf out = { 0 };
	bool json = false;
	int key = 0, rc = 0;

	while (rc == 0 && (key = cli_next(c, err)) > 0) {
		json |= key == 'j';
		if (key == 'r')
			rc = subject_take_rules(&subject, c->value, err);
	}
	if (key < 0 || (rc == 0 && cli_operands(c, 1, -1, err) < 0))
		rc = -1;
	if (rc == 0)
		rc = subject_open(&subject, c, err);
	if (rc == 0)
		rc = seen_collect(&seen, err);
	if (rc == 0) {
		(json ? put_json : put_text)(&seen, &out);
		if (out.failed)
			rc = err_set(err, ERR_NOMEM, "out of memory");
		else
			buf_write(&out, stdout);
	}
	buf_deinit(&out);
	seen_deinit(&seen);
	subject_close(&subject);
	return rc;
}

const struct cli_command ruletest_cmd_coverage = {
	.name = "coverage",
	.operands = "TRACE|SUITE...",
	.help = "Tell which rules, clauses and list items no trace has shown to work.",
	.details =
		"A SUITE (*.test.yaml, see saker-suite(5)) stands for its traces, events that it "
		"writes out included;\n"
		"of a directory, all traces and suites below it.",
	.options = options,
	.noptions = sizeof options / sizeof options[0],
	.files = CLI_NAMES_NONE,
	.run = run,
};
