#include "engine/filter/need.h"
#include "engine/rules/ruleset_private.h"

#include "engine/rules/read.h"

#include <inttypes.h>
#include <stdlib.h>

static const char *const priority_names[] = {
	[PRIO_EMERGENCY] = "Emergency",
	[PRIO_ALERT] = "Alert",
	[PRIO_CRITICAL] = "Critical",
	[PRIO_ERROR] = "Error",
	[PRIO_WARNING] = "Warning",
	[PRIO_NOTICE] = "Notice",
	[PRIO_INFORMATIONAL] = "Informational",
	[PRIO_DEBUG] = "Debug",
};

const char *priority_name(enum priority p)
{
	return priority_names[p];
}

static char to_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool same_but_case(struct sv a, struct sv b)
{
	for (size_t i = 0; i < a.n && i < b.n; i++) {
		if (to_lower(a.p[i]) != to_lower(b.p[i]))
			return false;
	}
	return a.n == b.n;
}

bool priority_parse(struct sv text, enum priority *out)
{
	for (enum priority p = PRIO_EMERGENCY; p <= PRIO_DEBUG; p++) {
		if (same_but_case(text, sv_of(priority_names[p]))) {
			*out = p;
			return true;
		}
	}
	if (!same_but_case(text, SV("info")))
		return false;
	*out = PRIO_INFORMATIONAL;
	return true;
}

struct ruleset *ruleset_new(void)
{
	return calloc(1, sizeof(struct ruleset));
}

void ruleset_free(struct ruleset *rs)
{
	if (!rs)
		return;
	program_free(rs->program);
	compiled_free(rs->compiled);
	collection_deinit(&rs->collected);
	arena_deinit(&rs->kept);
	arena_deinit(&rs->arena);
	free(rs);
}

static int no_memory(struct diag_list *dl)
{
	dl->nerrors++;
	return -1;
}

/* --- files --- */

/* The one plugin there is stands for itself; any other cannot be had. */
static const struct plugin_requirement *served_by_container(const struct plugin_requirements *req)
{
	for (size_t i = 0; i < req->n; i++) {
		if (sv_eq(req->items[i].name, SV("container")))
			return &req->items[i];
	}
	return NULL;
}

static int check_plugins(const struct collection *c, struct diag_list *dl)
{
	for (size_t i = 0; i < c->nplugins; i++) {
		const struct plugin_requirements *req = &c->plugins[i];
		const struct plugin_requirement *found = served_by_container(req);
		struct buf wanted = { 0 };
		struct version v;

		if (found && version_parse(found->version, &v) &&
		    version_serves(CONTAINER_PLUGIN_VERSION, v))
			continue;
		if (found)
			return diag_at(dl,
				       diag_add(dl, LOAD_ERR_VALIDATE,
						"Plugin 'container' version '" VERSION_FMT
						"' is not compatible with required plugin version "
						"'" SV_FMT "'",
						VERSION_ARG(CONTAINER_PLUGIN_VERSION),
						SV_ARG(found->version)),
				       req->ctx);
		for (size_t k = 0; k < req->n; k++)
			buf_printf(&wanted, "%s" SV_FMT " (>= " SV_FMT ")", k ? ", " : "",
				   SV_ARG(req->items[k].name), SV_ARG(req->items[k].version));
		diag_at(dl,
			diag_add(dl, LOAD_ERR_VALIDATE,
				 "Plugin requirement not satisfied, must load one of: %s",
				 buf_cstr(&wanted)),
			req->ctx);
		buf_deinit(&wanted);
		return -1;
	}
	return 0;
}

int ruleset_add_file(struct ruleset *rs, struct sv file_name, struct sv text, struct diag_list *dl)
{
	struct collection *c = &rs->collected;
	struct sv name = arena_sv(&c->arena, file_name);
	struct reader reader = { .into = c, .dl = dl, .text = arena_sv(&c->arena, text) };

	struct compiled *before = rs->compiled;
	int rc = -1;

	rs->compiled = NULL;
	rs->failed = true;
	if (!diag_begin_file(dl, file_name) || !name.p || !reader.text.p)
		no_memory(dl);
	else
		rc = read_rules(&reader, name);
	if (rc == 0)
		rs->compiled = compile(c, before, &rs->kept, dl);
	compiled_free(before);
	/* A plugin that is missing explains the unknown fields of its rules: say both. */
	if (rc < 0 || check_plugins(c, dl) < 0 || !rs->compiled)
		return -1;
	rs->failed = false;
	return 0;
}

/* --- selection and compilation --- */

static bool has_any_tag(const struct rule_info *r, const struct sv *tags, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (sv_set_has(&r->tags, tags[i]))
			return true;
	}
	return false;
}

static bool is_selected(const struct rule_info *r, const struct ruleset_selection *sel)
{
	bool on = r->enabled;

	if (!sel)
		return on;
	if (sel->ntags_on)
		on = has_any_tag(r, sel->tags_on, sel->ntags_on);
	if (has_any_tag(r, sel->tags_off, sel->ntags_off) || r->priority > sel->min_priority)
		on = false;
	for (size_t i = 0; i < sel->nrules_off; i++) {
		if (sv_find(r->name, sel->rules_off[i]) >= 0)
			on = false;
	}
	return on;
}

static int finish_rule(struct ruleset *rs, const struct compiled_rule *from, struct rule *r,
		       const struct ruleset_selection *sel, struct diag_list *dl)
{
	const struct rule_info *info = from->info;
	struct err err = { 0 };

	*r = (struct rule){
		.name = info->name,
		.desc = info->desc.text,
		.source = info->source,
		.condition = info->cond.text,
		.output = info->output.text,
		.output_template = from->output,
		.ast = from->ast,
		.format = from->format,
		.priority = info->priority,
		.tags = info->tags.items,
		.ntags = info->tags.n,
		.enabled = is_selected(info, sel),
		.condition_id = UINT32_MAX,
		.file = info->file,
		.line = info->line,
		.source_text = info->source_text,
	};
	if (info->cond_ctx) {
		r->condition_file = info->cond_ctx->name;
		r->condition_line = info->cond_ctx->at.line + 1;
	}
	if (info->enabled_ctx) {
		r->enabled_file = info->enabled_ctx->name;
		r->enabled_line = info->enabled_ctx->at.line + 1;
	}
	if (!r->enabled)
		return 0;
	if (program_add(rs->program, r->ast, &r->condition_id, &err) < 0) {
		diag_add(dl, LOAD_ERR_COMPILE_CONDITION, "%s", err.msg);
		return -1;
	}
	rs->by_condition[rs->nconditions++] = r;
	return 0;
}

static int compile_extra(struct ruleset *rs, const struct ruleset_selection *sel,
			 struct diag_list *dl)
{
	struct buf text = { 0 };
	struct err err = { 0 };
	int rc = 0;

	if (!sel || sel->nextra_fields == 0)
		return 0;
	for (size_t i = 0; i < sel->nextra_fields; i++)
		buf_printf(&text, "%s%%" SV_FMT, i ? " " : "*", SV_ARG(sel->extra_fields[i]));
	if (text.failed) {
		rc = no_memory(dl);
	} else if (format_compile(buf_sv(&text), &rs->arena, &rs->extra, &err) < 0) {
		diag_add(dl, LOAD_ERR_COMPILE_OUTPUT, "%s", err.msg);
		rc = -1;
	}
	buf_deinit(&text);
	return rc;
}

static int list_names(struct ruleset *rs, struct diag_list *dl)
{
	const struct compiled *c = rs->compiled;

	rs->lists = arena_array(&rs->arena, struct list_item, c->nlists);
	rs->macros = arena_array(&rs->arena, struct macro_item, c->nmacros);
	if (!rs->lists || !rs->macros)
		return no_memory(dl);
	for (size_t i = 0; i < c->nlists; i++)
		rs->lists[i] = (struct list_item){ c->lists[i].info->name, c->lists[i].items.items,
						   c->lists[i].items.n };
	for (size_t i = 0; i < c->nmacros; i++)
		rs->macros[i] = (struct macro_item){ c->macros[i].info->name,
						     c->macros[i].info->cond.text };
	return 0;
}

int ruleset_compile(struct ruleset *rs, const struct ruleset_selection *sel, struct diag_list *dl)
{
	struct err err = { 0 };

	if (rs->failed)
		return -1;
	if (!rs->compiled) /* no file at all */
		rs->compiled = compile(&rs->collected, NULL, &rs->kept, dl);
	if (!rs->compiled)
		return -1;

	const struct compiled *c = rs->compiled;
	rs->program = program_new();
	rs->rules = arena_array(&rs->arena, struct rule, c->nrules);
	rs->by_condition = arena_array(&rs->arena, const struct rule *, c->nrules);
	if (!rs->program || !rs->rules || !rs->by_condition)
		return no_memory(dl);
	for (size_t i = 0; i < c->nrules; i++) {
		if (finish_rule(rs, &c->rules[i], &rs->rules[rs->nrules++], sel, dl) < 0)
			return -1;
	}
	if (compile_extra(rs, sel, dl) < 0 || list_names(rs, dl) < 0)
		return -1;
	if (program_seal(rs->program, &err) < 0) {
		diag_add(dl, LOAD_ERR_COMPILE_CONDITION, "%s", err.msg);
		return -1;
	}
	return 0;
}

/* --- access --- */

size_t ruleset_rules(const struct ruleset *rs, const struct rule **out)
{
	*out = rs->rules;
	return rs->nrules;
}

struct program *ruleset_program(const struct ruleset *rs)
{
	return rs->program;
}

bool ruleset_remembers(const struct ruleset *rs)
{
	if (program_remembers(rs->program) || (rs->extra && format_remembers(rs->extra)))
		return true;
	for (size_t i = 0; i < rs->nrules; i++) {
		const struct rule *r = &rs->rules[i];

		if (r->condition_id != UINT32_MAX && r->format && format_remembers(r->format))
			return true;
	}
	return false;
}

/* What the rules that are live at events of one type print of them. */
struct printed {
	const struct ruleset *rs;
	uint32_t type;
	uint64_t params;
};

static void add_printed(void *arg, uint32_t id)
{
	struct printed *p = arg;
	const struct rule *r = ruleset_rule_of(p->rs, id);

	if (r->format)
		p->params |= format_params(r->format, p->type);
	if (p->rs->extra)
		p->params |= format_params(p->rs->extra, p->type);
}

void ruleset_need(const struct ruleset *rs, struct column_need *need)
{
	for (uint32_t type = 0; type < EV_COUNT; type++) {
		struct printed p = { .rs = rs, .type = type };

		program_live(rs->program, type, add_printed, &p);
		need->params[type] |= p.params | program_params(rs->program, type);
	}
}

bool ruleset_is_quiet(const struct ruleset *rs, uint32_t event_type)
{
	return program_is_quiet(rs->program, event_type);
}

const struct rule *ruleset_rule_of(const struct ruleset *rs, uint32_t condition_id)
{
	return condition_id < rs->nconditions ? rs->by_condition[condition_id] : NULL;
}

size_t ruleset_extra_fields(const struct ruleset *rs, const struct format_field **out)
{
	*out = NULL;
	return rs->extra ? format_fields(rs->extra, out) : 0;
}

size_t ruleset_lists(const struct ruleset *rs, const struct list_item **out)
{
	*out = rs->lists;
	return rs->lists ? rs->compiled->nlists : 0;
}

size_t ruleset_macros(const struct ruleset *rs, const struct macro_item **out)
{
	*out = rs->macros;
	return rs->macros ? rs->compiled->nmacros : 0;
}
