#include "engine/rules/describe.h"

#include "engine/fields/render.h"
#include "engine/rules/ruleset_private.h"

#include <inttypes.h>

/* What is used in a condition. */
struct details {
	const struct collection *c;
	struct arena *arena;
	struct sv_list fields, operators, macros, lists, event_names;
	struct sv last_field; /* of the operand walked last */
};

static bool note_field(const struct ast_operand *o, void *arg)
{
	struct details *d = arg;
	struct buf name = { 0 };

	if (o->kind != OPERAND_FIELD)
		return true;
	buf_putsv(&name, o->text);
	if (o->arg.n)
		buf_printf(&name, "[" SV_FMT "]", SV_ARG(o->arg));
	d->last_field = arena_sv(d->arena, buf_sv(&name));
	buf_deinit(&name);
	return d->last_field.p && sv_list_push(d->arena, &d->fields, d->last_field);
}

static bool note_operator(struct details *d, const struct ast *a)
{
	struct buf name = { 0 };

	buf_puts(&name, a->doubled ? "==" : ast_op_name(a->op));
	if (a->mod != MOD_NONE)
		buf_printf(&name, " %s", ast_mod_name(a->mod));
	struct sv kept = arena_sv(d->arena, buf_sv(&name));
	buf_deinit(&name);
	return kept.p && sv_list_push(d->arena, &d->operators, kept);
}

/* A word of a list: the name of a list, or of an event where events are compared. */
static bool note_item(struct details *d, struct sv item, bool of_events)
{
	if (info_table_find(&d->c->lists, item) != UINT32_MAX)
		return sv_list_push(d->arena, &d->lists, item);
	return !of_events || sv_list_push(d->arena, &d->event_names, item);
}

static bool note_check(struct ast *a, void *arg)
{
	struct details *d = arg;
	bool ok = true, of_events;

	if (a->kind == AST_IDENT && info_table_find(&d->c->macros, a->ident) != UINT32_MAX)
		return sv_list_push(d->arena, &d->macros, a->ident);
	if (a->kind != AST_CHECK)
		return true;
	ok = ast_walk_operand(a->left, note_field, d) && note_operator(d, a);
	of_events =
		sv_eq(d->last_field, SV("evt.type")) || sv_eq(d->last_field, SV("evt.asynctype"));
	if (a->right && a->right->kind != OPERAND_LITERAL)
		ok = ok && ast_walk_operand(a->right, note_field, d);
	else if (a->right && of_events)
		ok = ok && sv_list_push(d->arena, &d->event_names, a->right->text);
	for (size_t i = 0; ok && i < a->nitems; i++)
		ok = note_item(d, a->items[i]->text, of_events);
	return ok;
}

static struct details details_of(const struct collection *c, struct arena *arena,
				 const struct ast *a)
{
	struct details d = { .c = c, .arena = arena };

	if (a)
		ast_walk((struct ast *)a, note_check, &d);
	sv_list_make_set(&d.fields);
	sv_list_make_set(&d.operators);
	sv_list_make_set(&d.macros);
	sv_list_make_set(&d.lists);
	sv_list_make_set(&d.event_names);
	return d;
}

/* The names in a condition as written, nothing put in yet. */
static struct details details_of_text(const struct collection *c, struct arena *arena,
				      struct sv condition)
{
	struct ast *a = NULL;

	ast_parse(condition, arena, &a, NULL);
	return details_of(c, arena, a);
}

/* --- output --- */

static void put_member(struct buf *out, const char *before, struct sv value)
{
	buf_puts(out, before);
	render_json_string(out, value);
}

static void put_flag(struct buf *out, const char *before, bool value)
{
	buf_puts(out, before);
	buf_puts(out, value ? "true" : "false");
}

static void put_texts(struct buf *out, const char *before, const struct sv *items, size_t n)
{
	buf_puts(out, before);
	buf_putc(out, '[');
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_putc(out, ',');
		render_json_string(out, items[i]);
	}
	buf_putc(out, ']');
}

static void put_list(struct buf *out, const char *before, const struct sv_list *list)
{
	put_texts(out, before, list->items, list->n);
}

/* Sorted, each once. */
static void put_set(struct buf *out, const char *before, struct sv_list *list)
{
	sv_list_make_set(list);
	put_list(out, before, list);
}

static void put_condition(struct buf *out, const struct ast *a)
{
	struct buf text = { 0 };

	ast_print(a, &text);
	put_member(out, "\"condition_compiled\":", buf_sv(&text));
	buf_deinit(&text);
}

/* Events that may concern the condition; asynchronous ones always do, to Falco. */
static void put_events(struct buf *out, const struct ast *a, struct arena *arena)
{
	struct type_set types = { 0 }, calls = { 0 };
	struct sv_list names = { 0 };

	ast_event_types(a, &types, NULL);
	ast_syscalls(a, &calls, NULL);
	type_set_add(&types, EV_ASYNCEVENT_E);
	for (uint32_t i = EV_GENERIC_X + 1; i < EV_COUNT; i++) {
		if (type_set_has(&types, i))
			sv_list_push(arena, &names, sv_of(schema_event(i)->name));
	}
	for (uint32_t i = 1; i < SYSCALL_CODES; i++) {
		if (type_set_has(&calls, i))
			sv_list_push(arena, &names, sv_of(syscall_type_name(schema_syscall(i))));
	}
	put_set(out, ",\"events\":", &names);
}

/* An item that did not stay is the name of a list that was put in for it. */
static bool split_items(const struct compiled_list *l, struct arena *arena, struct sv_list *plain,
			struct sv_list *named)
{
	struct sv_list stayed = { 0 };
	bool ok = true;

	for (size_t i = 0; ok && i < l->items.n; i++)
		ok = sv_list_push(arena, &stayed, l->items.items[i]);
	sv_list_make_set(&stayed);
	for (size_t i = 0; ok && i < l->info->items.n; i++) {
		struct sv item = l->info->items.items[i];

		ok = sv_list_push(arena, sv_set_has(&stayed, item) ? plain : named, item);
	}
	return ok;
}

static void put_compiled_list(struct buf *out, const struct compiled_list *l, struct arena *arena)
{
	struct sv_list named = { 0 }, plain = { 0 };

	if (!split_items(l, arena, &plain, &named))
		out->failed = true;
	put_list(out, "{\"details\":{\"items_compiled\":", &l->items);
	put_set(out, ",\"lists\":", &named);
	put_flag(out, ",\"plugins\":[],\"used\":", l->used);
	put_list(out, "},\"info\":{\"items\":", &plain);
	put_member(out, ",\"name\":", l->info->name);
	buf_puts(out, "}}");
}

static void put_macro(struct buf *out, const struct collection *c, const struct compiled_macro *m,
		      struct arena *arena)
{
	struct details written = details_of_text(c, arena, m->info->cond.text);
	struct details compiled = details_of(c, arena, m->ast);

	buf_puts(out, "{\"details\":{");
	put_condition(out, m->ast);
	put_list(out, ",\"condition_fields\":", &compiled.fields);
	put_list(out, ",\"condition_operators\":", &compiled.operators);
	put_events(out, m->ast, arena);
	put_list(out, ",\"lists\":", &written.lists);
	put_list(out, ",\"macros\":", &written.macros);
	put_flag(out, ",\"plugins\":[],\"used\":", m->used);
	put_member(out, "},\"info\":{\"condition\":", m->info->cond.text);
	put_member(out, ",\"name\":", m->info->name);
	buf_puts(out, "}}");
}

static bool is_container_field(struct sv field)
{
	return sv_starts(field, SV("container.")) || sv_starts(field, SV("k8s.")) ||
	       sv_starts(field, SV("proc.is_container_"));
}

/* Whether Falco would need its container plugin for the rule. */
static bool uses_container_plugin(const struct details *d, const struct sv *mentions, size_t n)
{
	for (size_t i = 0; i < d->fields.n; i++) {
		if (is_container_field(d->fields.items[i]))
			return true;
	}
	for (size_t i = 0; i < n; i++) {
		if (is_container_field(mentions[i]))
			return true;
	}
	return sv_set_has(&d->event_names, SV("container")) ||
	       sv_set_has(&d->event_names, SV("container_removed"));
}

static void put_exceptions(struct buf *out, const struct compiled_rule *r, struct arena *arena)
{
	const struct exception_list *list = &r->info->exceptions;
	struct sv_list names = { 0 }, operators = { 0 };

	for (size_t i = 0; i < list->n; i++) {
		const struct entry *comps = &list->items[i].comps;

		sv_list_push(arena, &names, list->items[i].name);
		if (!comps->is_list)
			sv_list_push(arena, &operators, comps->item);
		for (size_t k = 0; k < comps->n; k++)
			sv_list_push(arena, &operators, comps->items[k].item);
	}
	put_list(out, ",\"exception_fields\":", &r->exception_fields);
	put_set(out, ",\"exception_names\":", &names);
	put_set(out, ",\"exception_operators\":", &operators);
}

static void put_rule_details(struct buf *out, const struct ruleset *rs,
			     const struct compiled_rule *r, const struct rule *rule,
			     struct arena *arena)
{
	const struct collection *c = &rs->collected;
	struct details written = details_of_text(c, arena, r->info->cond.text);
	struct details compiled = details_of(c, arena, r->ast);
	const struct sv *mentions;
	size_t nmentions = format_mentions(rule->format, &mentions);

	buf_puts(out, "{\"details\":{");
	put_condition(out, r->ast);
	put_list(out, ",\"condition_fields\":", &compiled.fields);
	put_list(out, ",\"condition_operators\":", &compiled.operators);
	put_events(out, r->ast, arena);
	put_exceptions(out, r, arena);
	put_list(out, ",\"lists\":", &written.lists);
	put_list(out, ",\"macros\":", &written.macros);
	put_member(out, ",\"output_compiled\":", r->output);
	put_texts(out, ",\"output_fields\":", mentions, nmentions);
	buf_puts(out, ",\"plugins\":[");
	if (uses_container_plugin(&compiled, mentions, nmentions))
		buf_puts(out, "\"container\"");
	buf_puts(out, "]}");
}

static void put_rule(struct buf *out, const struct ruleset *rs, size_t which, struct arena *arena)
{
	const struct compiled_rule *r = &rs->compiled->rules[which];
	const struct rule_info *info = r->info;

	put_rule_details(out, rs, r, &rs->rules[which], arena);
	put_flag(out, ",\"info\":{\"capture\":", info->capture);
	buf_printf(out, ",\"capture_duration\":%" PRIu32, info->capture_duration);
	put_member(out, ",\"condition\":", info->cond.text);
	put_member(out, ",\"description\":", info->desc.text);
	put_flag(out, ",\"enabled\":", info->enabled);
	put_member(out, ",\"name\":", info->name);
	put_member(out, ",\"output\":", info->output.text);
	put_member(out, ",\"priority\":", sv_of(priority_name(info->priority)));
	put_member(out, ",\"source\":", info->source);
	put_list(out, ",\"tags\":", &info->tags);
	buf_puts(out, "}}");
}

static void put_requirement(struct buf *out, const struct plugin_requirement *p)
{
	put_member(out, "\"name\":", p->name);
	put_member(out, ",\"version\":", p->version);
	buf_putc(out, '}');
}

static void put_plugins(struct buf *out, const struct collection *c)
{
	for (size_t i = 0; i < c->nplugins; i++) {
		const struct plugin_requirements *req = &c->plugins[i];

		buf_puts(out, i ? ",{\"alternatives\":[" : "{\"alternatives\":[");
		for (size_t k = 1; k < req->n; k++) {
			buf_puts(out, k > 1 ? ",{" : "{");
			put_requirement(out, &req->items[k]);
		}
		buf_puts(out, "],");
		put_requirement(out, &req->items[0]);
	}
}

bool describe_ruleset(const struct ruleset *rs, struct buf *out)
{
	const struct compiled *c = rs->compiled;
	struct arena arena = { 0 };

	if (!rs->program)
		return false;
	buf_puts(out, "{\"lists\":[");
	for (size_t i = 0; i < c->nlists; i++) {
		buf_puts(out, i ? "," : "");
		put_compiled_list(out, &c->lists[i], &arena);
	}
	buf_puts(out, "],\"macros\":[");
	for (size_t i = 0; i < c->nmacros; i++) {
		buf_puts(out, i ? "," : "");
		put_macro(out, &rs->collected, &c->macros[i], &arena);
		arena_reset(&arena);
	}
	buf_printf(out,
		   "],\"required_engine_version\":\"" VERSION_FMT
		   "\",\"required_plugin_versions\":[",
		   VERSION_ARG(rs->collected.required_engine));
	put_plugins(out, &rs->collected);
	buf_puts(out, "],\"rules\":[");
	for (size_t i = 0; i < c->nrules; i++) {
		buf_puts(out, i ? "," : "");
		put_rule(out, rs, i, &arena);
		arena_reset(&arena);
	}
	buf_puts(out, "]}\n");
	arena_deinit(&arena);
	return true;
}

bool describe_rule(const struct ruleset *rs, struct sv name, struct buf *out)
{
	struct arena arena = { 0 };

	for (size_t i = 0; rs->program && i < rs->nrules; i++) {
		if (!sv_eq(rs->rules[i].name, name))
			continue;
		buf_puts(out, "{\"rules\":[");
		put_rule(out, rs, i, &arena);
		buf_puts(out, "]}\n");
		arena_deinit(&arena);
		return true;
	}
	return false;
}
