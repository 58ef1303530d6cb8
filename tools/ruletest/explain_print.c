#include "tools/ruletest/explain.h"

#include "engine/fields/render.h"
#include "tools/common/human.h"

#include <inttypes.h>

enum { CHECK_WIDTH = 90, VALUE_WIDTH = 60, ARGS_WIDTH = 160 };

void explain_look(struct explanation *x)
{
	anatomy_look(x->a, x->ctx);
	anatomy_blame(x->a, x->blamed);
}

static bool holds(const struct explanation *x)
{
	return x->a->says[x->a->tree->part];
}

void explain_put_event(struct buf *out, const struct field_ctx *ctx)
{
	const struct event *ev = ctx->state->now.ev;
	const struct thread *t = ctx->state->now.thread;
	const uint64_t s = ev->ts_ns / 1000000000 % 86400;
	struct buf args = { 0 };

	buf_printf(out,
		   "event %" PRIu64 " at %02" PRIu64 ":%02" PRIu64 ":%02" PRIu64 ".%09" PRIu64 ": ",
		   ev->num, s / 3600, s / 60 % 60, s % 60, ev->ts_ns % 1000000000);
	human_text(out, t ? text_sv(t->comm) : SV("?"));
	buf_printf(out, "[%" PRId64 "] %s ", ev->tid, ev->desc->name);
	render_args((struct field_ctx *)ctx, &args);
	size_t at = out->n;
	human_text(out, buf_sv(&args));
	human_cut(out, at, ARGS_WIDTH);
	out->failed |= args.failed;
	buf_deinit(&args);
}

static void put_place(struct buf *out, struct sv file, uint32_t line, uint32_t col)
{
	human_text(out, file);
	buf_printf(out, ":%" PRIu32, line);
	if (col)
		buf_printf(out, ":%" PRIu32, col);
}

void explain_put_state(struct buf *out, const struct rule *rule)
{
	if (rule->enabled)
		return;
	buf_puts(out, "the rule is disabled");
	if (rule->enabled_file.n) {
		buf_puts(out, ": enabled: false at ");
		put_place(out, rule->enabled_file, rule->enabled_line, 0);
	}
	buf_putc(out, '\n');
}

/* --- text --- */

static const char *word_of(const struct clause *c)
{
	switch (c->ast->kind) {
	case AST_AND:
		return "all of";
	case AST_OR:
		return "any of";
	case AST_NOT:
		return "not";
	case AST_CHECK:
	case AST_IDENT:
		break;
	}
	return "";
}

/* "= cat", or "is missing" */
static void put_value(struct buf *out, const struct explanation *x, const struct clause *c)
{
	struct buf value = { 0 };

	ast_print_operand(c->ast->left, out);
	if (anatomy_put_value(x->a, c->part, x->ctx, &value)) {
		buf_puts(out, " is ");
		size_t at = out->n;
		human_text(out, buf_sv(&value));
		human_cut(out, at, VALUE_WIDTH);
		if (value.n == 0)
			buf_puts(out, "\"\"");
	} else {
		buf_puts(out, " is missing");
	}
	out->failed |= value.failed;
	buf_deinit(&value);
}

static void put_origins(struct buf *out, const char *before, const struct origin *o, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		buf_printf(out, "%s%s ", i ? ", " : before, origin_kind_name(o[i].kind));
		human_text(out, o[i].name);
		buf_puts(out, " (");
		put_place(out, o[i].file, o[i].line, 0);
		buf_putc(out, ')');
	}
}

static const char *says_of(const struct explanation *x, const struct clause *c)
{
	enum print_format format;
	struct value v;

	if (x->a->says[c->part])
		return "true";
	if (c->ast->kind == AST_CHECK && c->ast->op != OP_EXISTS &&
	    !program_part_value(x->a->program, x->a->id, c->part, x->ctx, &v, &format))
		return "missing";
	return "false";
}

static void put_says(struct buf *out, const struct explanation *x, const struct clause *c)
{
	const char *says = says_of(x, c);
	const char *colour = *says == 't' ? "32" : *says == 'f' ? "31" : "33";

	if (x->colour)
		buf_printf(out, "%c \x1b[%sm%-7s\x1b[0m ", x->blamed[c->part] ? '>' : ' ', colour,
			   says);
	else
		buf_printf(out, "%c %-7s ", x->blamed[c->part] ? '>' : ' ', says);
}

static void put_clause(struct buf *out, const struct explanation *x, const struct clause *c,
		       int depth)
{
	put_says(out, x, c);
	buf_printf(out, "%*s", 2 * depth, "");
	if (c->ast->kind == AST_CHECK)
		clause_put_check(out, c, CHECK_WIDTH);
	else
		buf_puts(out, word_of(c));
	if (c->ast->kind == AST_CHECK && c->ast->op != OP_EXISTS) {
		buf_puts(out, x->colour ? "  \x1b[1m" : "  ");
		put_value(out, x, c);
		buf_puts(out, x->colour ? "\x1b[0m" : "");
	}
	put_origins(out, "  <- ", c->through, c->nthrough);
	put_origins(out, "  with ", c->lists, c->nlists);
	if (c->ast->kind == AST_CHECK && c->file.n) {
		buf_puts(out, x->colour ? "  \x1b[2m[" : "  [");
		put_place(out, c->file, c->line, c->col);
		buf_puts(out, x->colour ? "]\x1b[0m" : "]");
	}
	buf_putc(out, '\n');
	for (size_t i = 0; i < c->nkids; i++)
		put_clause(out, x, c->kids[i], depth + 1);
}

void explain_put_blame(struct buf *out, const struct explanation *x)
{
	for (uint32_t i = 0; i < x->a->nparts; i++) {
		const struct clause *c = x->a->parts[i];

		if (!x->blamed[i])
			continue;
		buf_printf(out, "%s: ", says_of(x, c));
		clause_put_check(out, c, CHECK_WIDTH);
		if (c->ast->op != OP_EXISTS) {
			buf_puts(out, "; ");
			put_value(out, x, c);
		}
		if (c->file.n) {
			buf_puts(out, "  [");
			put_place(out, c->file, c->line, c->col);
			buf_putc(out, ']');
		}
		buf_putc(out, '\n');
	}
}

void explain_put_text(struct buf *out, const struct explanation *x)
{
	explain_put_event(out, x->ctx);
	buf_puts(out, holds(x) ? "\nholds\n" : "\ndoes not hold\n");
	if (x->shadowed_by) {
		buf_puts(out, "where only the first rule answers, that is ");
		human_text(out, x->shadowed_by->name);
		buf_puts(out, " (");
		put_place(out, x->shadowed_by->file, x->shadowed_by->line, 0);
		buf_puts(out, ")\n");
	}
	put_clause(out, x, x->a->tree, 0);
}

/* --- JSON --- */

static void put_json_origins(struct json *j, const char *key, const struct origin *o, size_t n)
{
	if (n == 0)
		return;
	json_array(j, key);
	for (size_t i = 0; i < n; i++) {
		json_object(j, NULL);
		json_text(j, "kind", sv_of(origin_kind_name(o[i].kind)));
		json_text(j, "name", o[i].name);
		json_text(j, "file", o[i].file);
		json_u64(j, "line", o[i].line);
		json_end_object(j);
	}
	json_end_array(j);
}

static void put_json_check(struct json *j, const struct explanation *x, const struct clause *c)
{
	struct buf text = { 0 };

	ast_print(c->ast, &text);
	json_text(j, "check", buf_sv(&text));
	buf_clear(&text);
	ast_print_operand(c->ast->left, &text);
	json_text(j, "field", buf_sv(&text));
	buf_clear(&text);
	if (anatomy_put_value(x->a, c->part, x->ctx, &text))
		json_text(j, "value", buf_sv(&text));
	j->out->failed |= text.failed;
	buf_deinit(&text);
}

static void put_json_clause(struct json *j, const char *key, const struct explanation *x,
			    const struct clause *c)
{
	json_object(j, key);
	json_text(j, "says", sv_of(says_of(x, c)));
	if (x->blamed[c->part])
		json_bool(j, "decides", true);
	if (c->ast->kind == AST_CHECK)
		put_json_check(j, x, c);
	else
		json_text(j, "is", sv_of(word_of(c)));
	put_json_origins(j, "through", c->through, c->nthrough);
	put_json_origins(j, "lists", c->lists, c->nlists);
	if (c->file.n) {
		json_text(j, "file", c->file);
		json_u64(j, "line", c->line);
	}
	if (c->col)
		json_u64(j, "col", c->col);
	if (c->nkids) {
		json_array(j, "clauses");
		for (size_t i = 0; i < c->nkids; i++)
			put_json_clause(j, NULL, x, c->kids[i]);
		json_end_array(j);
	}
	json_end_object(j);
}

void explain_put_json(struct json *j, const struct explanation *x)
{
	const struct event *ev = x->ctx->state->now.ev;

	json_object(j, NULL);
	json_u64(j, "event", ev->num);
	json_u64(j, "time", ev->ts_ns);
	json_text(j, "type", sv_of(ev->desc->name));
	json_bool(j, "holds", holds(x));
	if (x->shadowed_by)
		json_text(j, "shadowed_by", x->shadowed_by->name);
	put_json_clause(j, "condition", x, x->a->tree);
	json_end_object(j);
}
