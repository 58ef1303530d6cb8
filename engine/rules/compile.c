#include "engine/rules/compile.h"

#include "engine/rules/exception.h"

#include <stdlib.h>

/* Beyond this many event types a rule costs every event something, and its author is told. */
enum { MANY_EVENT_TYPES = 100 };

static int no_memory(struct diag_list *dl)
{
	dl->nerrors++;
	return -1;
}

/*
 * The output template after what Falco does to it: %container.info is taken out, because the
 * container fields come by themselves.
 */
static int compile_output(struct compiled *out, struct compiled_rule *r, struct diag_list *dl)
{
	static const struct sv info_token = { "%container.info", 15 };
	struct sv rest = r->info->output.text;
	struct buf text = { 0 };
	ptrdiff_t at = sv_find(rest, info_token);

	r->output = rest;
	if (at < 0)
		return 0;
	diag_at(dl,
		diag_add(
			dl, LOAD_DEPRECATED_ITEM,
			"%%container.info is deprecated and no more useful, and will be dropped by "
			"Falco 1.0.0. The container plugin will automatically add required fields "
			"to the output message."),
		r->info->ctx);
	for (; at >= 0; at = sv_find(rest, info_token)) {
		buf_put(&text, rest.p, (size_t)at);
		sv_take(&rest, (size_t)at + info_token.n, &(struct sv){ 0 });
	}
	buf_putsv(&text, rest);
	r->output = arena_sv(&out->arena, buf_sv(&text));
	bool ok = !text.failed && r->output.p;
	buf_deinit(&text);
	return ok ? 0 : no_memory(dl);
}

/* Whether a message of the filter or output compiler is about something unknown to us. */
static bool is_unknown(const char *message)
{
	static const char *const signs[] = { "nonexistent field", "invalid formatting token",
					     "unknown event type", "unknown filter:" };

	for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
		if (strstr(message, signs[i]))
			return true;
	}
	return false;
}

/* The unknown name that a message about a condition ends with; empty: it is about another thing. */
static struct sv unknown_name(const char *message)
{
	static const char *const signs[] = { "nonexistent field ", "unknown event type " };

	for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
		const char *at = strstr(message, signs[i]);

		if (at)
			return sv_of(at + strlen(signs[i]));
	}
	return (struct sv){ 0 };
}

/* The name in the token that `text` begins with, "name" or "transformer(name)". */
static struct sv token_name(struct sv text)
{
	struct sv name = { text.p, 0 };

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (c == '(')
			name.p = text.p + i + 1;
		else if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '.' && c != '_')
			break;
		name.n = (size_t)(text.p + i + 1 - name.p);
	}
	return name;
}

static struct sv hint_for(struct sv name)
{
	struct sv hint = sv_of(field_suggest(name));

	/* A known name is not what was wrong. */
	return sv_eq(hint, name) ? (struct sv){ 0 } : hint;
}

/*
 * A condition or output that does not compile: an error, or, if it speaks of something unknown and
 * the rule asks for it, a warning (*skip).  NULL: no memory.
 */
static struct diag *judge(const struct compiled_rule *r, enum diag_code code, const struct err *err,
			  const struct context *at, bool *skip, struct diag_list *dl)
{
	struct diag *d = NULL;

	if (err->code == ERR_NOMEM) {
		no_memory(dl);
		return NULL;
	}
	*skip = r->info->skip_if_unknown_filter && is_unknown(err->msg);
	d = diag_add(dl, *skip ? LOAD_UNKNOWN_FILTER : code, "%s", err->msg);
	diag_at(dl, d, at);
	return d;
}

static int judge_condition(const struct compiled *out, const struct compiled_rule *r,
			   const struct err *err, const struct context *at, bool *skip,
			   struct diag_list *dl)
{
	struct sv name = unknown_name(err->msg);
	struct diag *d = judge(r, LOAD_ERR_COMPILE_CONDITION, err, at, skip, dl);

	if (!d)
		return -1;
	d->hint = hint_for(name);
	bool found = diag_point_at(dl, d, name, r->info->cond_ctx);
	for (size_t i = 0; !found && i < r->uses.n; i++)
		found = diag_point_at(dl, d, name, out->macros[r->uses.items[i]].info->cond_ctx);
	return *skip ? 0 : -1;
}

static int judge_output(const struct compiled_rule *r, struct sv text, const struct err *err,
			bool *skip, struct diag_list *dl)
{
	size_t at = err->pos.col > 0 && err->pos.col <= text.n ? err->pos.col - 1 : text.n;
	struct sv name = token_name((struct sv){ text.p + at, text.n - at });
	struct diag *d = judge(r, LOAD_ERR_COMPILE_OUTPUT, err, r->info->output_ctx, skip, dl);

	if (!d)
		return -1;
	d->hint = hint_for(name);
	diag_point_at(dl, d, name, r->info->output_ctx);
	return *skip ? 0 : -1;
}

/* Messages print a missing value as "<NA>", which is what a leading '*' asks for. */
static int check_output(struct compiled *out, struct compiled_rule *r, bool *skip,
			struct diag_list *dl)
{
	struct err err = { 0 };
	struct buf text = { 0 };
	int rc;

	if (r->output.n > 0 && r->output.p[0] != '*')
		buf_putc(&text, '*');
	buf_putsv(&text, r->output);
	if (text.failed) {
		rc = no_memory(dl);
	} else {
		rc = format_compile(buf_sv(&text), out->kept, &r->format, &err);
		if (rc < 0)
			rc = judge_output(r, buf_sv(&text), &err, skip, dl);
	}
	buf_deinit(&text);
	if (rc < 0 || *skip)
		return rc;
	lint_output(r->output, r->info->output_ctx, dl);
	return 0;
}

static int check_condition(const struct compiled *out, const struct compiled_rule *r,
			   struct program *program, struct arena *scratch, bool *skip,
			   struct diag_list *dl)
{
	const struct context *ctx = r->info->cond_ctx;
	struct err err = { 0 };
	uint32_t id;

	lint_condition(r->ast, r->condition, ctx, scratch, dl);
	if (program_add(program, r->ast, &id, &err) < 0) {
		struct ast_pos pos = { (uint32_t)err.pos.offset, err.pos.line, err.pos.col };

		return judge_condition(
			out, r, &err, context_condition(scratch, ctx, r->condition, pos), skip, dl);
	}
	lint_constants(r->ast, r->condition, ctx, scratch, dl);
	return 0;
}

static int count_event_types(struct compiled_rule *r, struct diag_list *dl)
{
	struct type_set types;
	struct err err = { 0 };

	if (ast_event_types(r->ast, &types, &err) < 0)
		return diag_at(dl, diag_add(dl, LOAD_ERR_COMPILE_CONDITION, "%s", err.msg),
			       r->info->cond_ctx);
	for (uint32_t i = 0; i < EV_COUNT; i++)
		r->ntypes += type_set_has(&types, i);
	return 0;
}

/* One pass over all rules. */
struct pass {
	const struct collection *c;
	const struct compiled *before;
	size_t at; /* in the rules of `before`, which are in the same order */
	struct compiled *out;
	struct program *program; /* only to see whether conditions compile */
	struct arena scratch;
	struct diag_list *dl;
};

/* The rule in the pass before, if nothing about it has changed and there was nothing to say. */
static const struct compiled_rule *unchanged(struct pass *p, const struct compiled_rule *r)
{
	const struct compiled_rule *old;

	if (!p->before)
		return NULL;
	while (p->at < p->before->nrules && p->before->rules[p->at].info->index < r->info->index)
		p->at++;
	old = p->at < p->before->nrules ? &p->before->rules[p->at] : NULL;
	if (!old || old->info != r->info || !old->clean || !sv_eq(old->text, r->text) ||
	    !sv_eq(old->output, r->output) || !compile_macros_stand(p->out, &old->uses))
		return NULL;
	return old;
}

static int check_rule(struct pass *p, struct compiled_rule *r, bool *skip)
{
	const struct rule_info *info = r->info;
	const struct owned_condition of = { r->condition, info->ctx, info->cond_ctx };
	size_t said = p->dl->n;

	if (check_output(p->out, r, skip, p->dl) < 0)
		return -1;
	if (*skip)
		return 0;
	r->ast = compile_parse(p->out, r->text, info->cond_ctx, p->dl);
	if (r->ast)
		r->ast = compile_resolve(p->c, p->out, r->ast, UINT32_MAX, &r->uses, &of, p->dl);
	if (!r->ast || check_condition(p->out, r, p->program, &p->scratch, skip, p->dl) < 0)
		return -1;
	r->clean = p->dl->n == said;
	return *skip ? 0 : count_event_types(r, p->dl);
}

/* *skip: the rule is fine to leave out. */
static int compile_rule(struct pass *p, struct compiled_rule *r, bool *skip)
{
	const struct rule_info *info = r->info;
	const struct compiled_rule *old;

	r->condition = info->cond.text;
	if (info->exceptions.n > 0 &&
	    exceptions_condition(&p->out->arena, info->cond.text, &info->exceptions,
				 &r->exception_fields, &r->condition, p->dl) < 0)
		return -1;
	if (compile_output(p->out, r, p->dl) < 0 ||
	    expand_lists(p->c, p->out, r->condition, info->cond_ctx, &r->text, p->dl) < 0)
		return -1;
	old = unchanged(p, r);
	if (old) {
		r->ast = old->ast;
		r->uses = old->uses;
		r->format = old->format;
		r->ntypes = old->ntypes;
		r->clean = true;
		compile_use_macros(p->out, &r->uses);
	} else if (check_rule(p, r, skip) < 0) {
		return -1;
	}
	if (!*skip && info->warn_evttypes && (r->ntypes == 0 || r->ntypes > MANY_EVENT_TYPES))
		diag_at(p->dl,
			diag_add(p->dl, LOAD_NO_EVTTYPE,
				 "Rule matches too many evt.type values. This has a significant "
				 "performance penalty."),
			info->ctx);
	return 0;
}

static int compile_rules(const struct collection *c, const struct compiled *before,
			 struct compiled *out, struct diag_list *dl)
{
	struct pass p = {
		.c = c, .before = before, .out = out, .program = program_new(), .dl = dl
	};
	int rc = -1;

	out->rules = arena_array(&out->arena, struct compiled_rule, c->rules.n);
	if (!p.program || !out->rules) {
		no_memory(dl);
		goto out;
	}
	for (size_t i = 0; i < c->rules.n; i++) {
		struct compiled_rule *r = &out->rules[out->nrules];
		bool skip = collection_rule(c, i)->unknown_source;

		*r = (struct compiled_rule){ .info = collection_rule(c, i) };
		if (!skip && compile_rule(&p, r, &skip) < 0)
			goto out;
		out->nrules += !skip;
	}
	rc = 0;
out:
	program_free(p.program);
	arena_deinit(&p.scratch);
	return rc;
}

static void warn_unused(const struct compiled *out, struct diag_list *dl)
{
	for (size_t i = 0; i < out->nmacros; i++) {
		if (!out->macros[i].used)
			diag_at(dl,
				diag_add(dl, LOAD_UNUSED_MACRO,
					 "Macro not referred to by any other rule/macro"),
				out->macros[i].info->ctx);
	}
	for (size_t i = 0; i < out->nlists; i++) {
		if (!out->lists[i].used)
			diag_at(dl,
				diag_add(dl, LOAD_UNUSED_LIST,
					 "List not referred to by any other rule/macro"),
				out->lists[i].info->ctx);
	}
}

struct compiled *compile(const struct collection *c, const struct compiled *before,
			 struct arena *kept, struct diag_list *dl)
{
	struct compiled *out = calloc(1, sizeof *out);

	if (!out) {
		no_memory(dl);
		return NULL;
	}
	out->kept = kept;
	if (compile_lists(c, out, dl) < 0 || compile_macros(c, before, out, dl) < 0 ||
	    compile_rules(c, before, out, dl) < 0) {
		compiled_free(out);
		return NULL;
	}
	warn_unused(out, dl);
	return out;
}

void compiled_free(struct compiled *out)
{
	if (!out)
		return;
	arena_deinit(&out->arena);
	free(out);
}
