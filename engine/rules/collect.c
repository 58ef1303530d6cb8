#include "engine/rules/collect.h"

#include "engine/rules/exception.h"

#include <inttypes.h>

void collection_deinit(struct collection *c)
{
	strmap_deinit(&c->lists.names);
	strmap_deinit(&c->macros.names);
	strmap_deinit(&c->rules.names);
	arena_deinit(&c->arena);
	*c = (struct collection){ 0 };
}

void collection_settle(struct collection *c)
{
	for (size_t i = 0; i < c->rules.n; i++) {
		struct rule_info *rule = c->rules.items[i];

		sv_list_make_set(&rule->tags);
	}
}

struct entry *entry_push(struct arena *a, struct entry *list)
{
	struct entry *items = vec_room(a, list->items, list->n, &list->cap, sizeof *items);

	if (!items)
		return NULL;
	list->items = items;
	items[list->n] = (struct entry){ 0 };
	return &items[list->n++];
}

static int no_memory(struct diag_list *dl)
{
	dl->nerrors++;
	return -1;
}

static int fail(struct diag_list *dl, const struct context *ctx, const char *what)
{
	return diag_at(dl, diag_add(dl, LOAD_ERR_VALIDATE, "%s", what), ctx);
}

/* The info of that name, NULL if there is none. */
static void *find(const struct info_table *t, struct sv name)
{
	uint32_t at = info_table_find(t, name);

	return at == UINT32_MAX ? NULL : t->items[at];
}

/*
 * The info of that name, or a new one behind all others; *is_new says which.  NULL: no memory.
 */
static void *find_or_add(struct collection *c, struct info_table *t, struct sv name, size_t size,
			 bool *is_new)
{
	void *info = find(t, name);

	*is_new = !info;
	if (info)
		return info;

	void **items = vec_room(&c->arena, t->items, t->n, &t->cap, sizeof *items);
	info = arena_alloc(&c->arena, size);
	if (!items || !info || !strmap_put(&t->names, name, (uint32_t)t->n))
		return NULL;
	t->items = items;
	items[t->n++] = info;
	return info;
}

/* "text more"; nothing changes when there is nothing to add. */
static bool append_text(struct collection *c, struct growing *g, struct sv more)
{
	size_t n = g->text.n + 1 + more.n;

	if (more.n == 0)
		return true;
	if (n > g->room) {
		char *p = arena_bytes(&c->arena, 2 * n);

		if (!p)
			return false;
		if (g->text.n)
			memcpy(p, g->text.p, g->text.n);
		*g = (struct growing){ { p, g->text.n }, 2 * n };
	}
	char *end = (char *)g->text.p + g->text.n;
	*end = ' ';
	memcpy(end + 1, more.p, more.n);
	g->text.n = n;
	return true;
}

int collect_engine_version(struct collection *c, struct version v, const struct context *ctx,
			   struct diag_list *dl)
{
	if (!version_serves(ENGINE_VERSION, v))
		return diag_at(dl,
			       diag_add(dl, LOAD_ERR_VALIDATE,
					"Rules require engine version " VERSION_FMT
					", but engine version is " VERSION_FMT,
					VERSION_ARG(v), VERSION_ARG(ENGINE_VERSION)),
			       ctx);
	if (version_cmp(c->required_engine, v) < 0)
		c->required_engine = v;
	return 0;
}

int collect_plugin(struct collection *c, const struct plugin_requirements *req,
		   struct diag_list *dl)
{
	struct version v;

	for (size_t i = 0; i < req->n; i++) {
		const struct plugin_requirement *r = &req->items[i];

		if (!version_parse(r->version, &v))
			return diag_at(dl,
				       diag_add(dl, LOAD_ERR_VALIDATE,
						"Invalid required version '" SV_FMT
						"' for plugin '" SV_FMT "'",
						SV_ARG(r->version), SV_ARG(r->name)),
				       req->ctx);
		for (size_t k = 0; k < i; k++) {
			if (sv_eq(req->items[k].name, r->name))
				return diag_at(dl,
					       diag_add(dl, LOAD_ERR_VALIDATE,
							"Defined multiple alternative version "
							"requirements for plugin '" SV_FMT "'",
							SV_ARG(r->name)),
					       req->ctx);
		}
	}

	struct plugin_requirements *all =
		vec_room(&c->arena, c->plugins, c->nplugins, &c->cap_plugins, sizeof *all);
	if (!all)
		return no_memory(dl);
	c->plugins = all;
	all[c->nplugins++] = *req;
	return 0;
}

int collect_list(struct collection *c, const struct list_info *info, bool append,
		 struct diag_list *dl)
{
	bool is_new;
	struct list_info *list;

	if (append) {
		list = find(&c->lists, info->name);
		if (!list)
			return fail(dl, info->ctx,
				    "List uses 'append' or 'override.items: append' but no list by "
				    "that name already exists");
		for (size_t i = 0; i < info->items.n; i++) {
			if (!sv_list_push(&c->arena, &list->items, info->items.items[i]))
				return no_memory(dl);
		}
		list->visibility = c->next_index++;
		return 0;
	}
	list = find_or_add(c, &c->lists, info->name, sizeof *list, &is_new);
	if (!list)
		return no_memory(dl);
	uint32_t index = is_new ? c->next_index : list->index;
	*list = *info;
	list->index = index;
	list->visibility = c->next_index++;
	return 0;
}

int collect_macro(struct collection *c, const struct macro_info *info, bool append,
		  struct diag_list *dl)
{
	bool is_new;
	struct macro_info *macro;

	if (append) {
		macro = find(&c->macros, info->name);
		if (!macro)
			return fail(dl, info->ctx,
				    "Macro uses 'append' or 'override.condition: append' but no "
				    "macro by that name already exists");
		if (!append_text(c, &macro->cond, info->cond.text))
			return no_memory(dl);
		macro->visibility = c->next_index++;
		return 0;
	}
	macro = find_or_add(c, &c->macros, info->name, sizeof *macro, &is_new);
	if (!macro)
		return no_memory(dl);
	uint32_t index = is_new ? c->next_index : macro->index;
	*macro = *info;
	macro->index = index;
	macro->visibility = c->next_index++;
	return 0;
}

/* A rule cannot move to another event source; the source may be left out in both places. */
static int same_source(const struct rule_info *have, struct sv source, const struct context *ctx,
		       struct diag_list *dl)
{
	if (have && have->source.n && source.n && !sv_eq(have->source, source))
		return fail(dl, ctx, "Rule has been re-defined with a different source");
	return 0;
}

int collect_rule(struct collection *c, struct rule_info *info, struct diag_list *dl)
{
	bool is_new;

	if (same_source(find(&c->rules, info->name), info->source, info->ctx, dl) < 0)
		return -1;
	info->unknown_source = !sv_eq(info->source, SV("syscall"));
	if (info->unknown_source)
		diag_at(dl,
			diag_add(dl, LOAD_UNKNOWN_SOURCE, "Unknown source " SV_FMT ", skipping",
				 SV_ARG(info->source)),
			info->ctx);
	for (size_t i = 0; i < info->exceptions.n; i++) {
		struct exception_info *ex = &info->exceptions.items[i];

		if (!entry_is_given(&ex->fields))
			return fail(dl, ex->ctx,
				    "Rule exception item must have fields property with a list of "
				    "fields");
		if (exception_check(&c->arena, ex, !info->unknown_source, dl) < 0)
			return -1;
	}

	struct rule_info *rule = find_or_add(c, &c->rules, info->name, sizeof *rule, &is_new);
	if (!rule)
		return no_memory(dl);
	uint32_t index = is_new ? c->next_index : rule->index;
	*rule = *info;
	rule->index = index;
	rule->visibility = c->next_index++;
	return 0;
}

static int add_exception(struct collection *c, struct rule_info *rule, struct exception_info *ex,
			 struct diag_list *dl)
{
	struct exception_list *list = &rule->exceptions;

	if (!entry_is_given(&ex->fields))
		return fail(dl, ex->ctx,
			    "Rule exception must have fields property with a list of fields");
	if (ex->nvalues == 0)
		return fail(dl, ex->ctx,
			    "Rule exception must have values property with a list of values");
	if (list->n >= EXCEPTIONS_MAX)
		return fail(dl, ex->ctx, "The rule has too many exceptions");
	if (exception_check(&c->arena, ex, !rule->unknown_source, dl) < 0)
		return -1;
	struct exception_info *items =
		vec_room(&c->arena, list->items, list->n, &list->cap, sizeof *items);
	if (!items)
		return no_memory(dl);
	list->items = items;
	items[list->n++] = *ex;
	return 0;
}

static int extend_exception(struct collection *c, struct exception_info *have,
			    const struct exception_info *ex, struct diag_list *dl)
{
	if (entry_is_given(&ex->fields))
		return fail(dl, ex->ctx,
			    "Can not append exception fields to existing exception, only values");
	if (entry_is_given(&ex->comps))
		return fail(dl, ex->ctx,
			    "Can not append exception comps to existing exception, only values");
	for (size_t i = 0; i < ex->nvalues; i++) {
		struct entry *values = vec_room(&c->arena, have->values, have->nvalues,
						&have->cap_values, sizeof *values);
		if (!values)
			return no_memory(dl);
		have->values = values;
		values[have->nvalues++] = ex->values[i];
	}
	return 0;
}

static int append_exceptions(struct collection *c, struct rule_info *rule,
			     struct exception_list *more, struct diag_list *dl)
{
	for (size_t i = 0; i < more->n; i++) {
		struct exception_info *ex = &more->items[i], *have = NULL;

		for (size_t k = 0; k < rule->exceptions.n && !have; k++) {
			if (sv_eq(rule->exceptions.items[k].name, ex->name))
				have = &rule->exceptions.items[k];
		}
		if ((have ? extend_exception(c, have, ex, dl) : add_exception(c, rule, ex, dl)) < 0)
			return -1;
	}
	return 0;
}

int collect_rule_append(struct collection *c, struct rule_update *u, struct diag_list *dl)
{
	struct rule_info *rule = find(&c->rules, u->with.name);

	if (same_source(rule, u->with.source, u->ctx, dl) < 0)
		return -1;
	if (!rule)
		return fail(dl, u->ctx,
			    "Rule uses 'append' or 'override.<key>: append' but no rule by that "
			    "name already exists");
	if (!u->has)
		return fail(dl, u->ctx, "Appended rule must have exceptions or condition property");
	if (!append_text(c, &rule->cond, u->with.cond.text) ||
	    !append_text(c, &rule->output, u->with.output.text) ||
	    !append_text(c, &rule->desc, u->with.desc.text))
		return no_memory(dl);
	for (size_t i = 0; i < u->with.tags.n; i++) {
		if (!sv_list_push(&c->arena, &rule->tags, u->with.tags.items[i]))
			return no_memory(dl);
	}
	if (append_exceptions(c, rule, &u->with.exceptions, dl) < 0)
		return -1;
	rule->visibility = c->next_index++;
	return 0;
}

/*
 * Taken over unchecked, as in Falco: what is wrong with them shows in the condition.  Only where
 * Falco would crash, on missing comps, they are filled in.
 */
static int replace_exceptions(struct collection *c, struct rule_info *rule,
			      const struct exception_list *with, struct diag_list *dl)
{
	rule->exceptions = *with;
	for (size_t i = 0; i < with->n; i++) {
		if (exception_default_comps(&c->arena, &with->items[i], dl) < 0)
			return -1;
	}
	return 0;
}

int collect_rule_replace(struct collection *c, struct rule_update *u, struct diag_list *dl)
{
	struct rule_info *rule = find(&c->rules, u->with.name);
	const struct rule_info *with = &u->with;

	if (same_source(rule, with->source, u->ctx, dl) < 0)
		return -1;
	if (!rule)
		return fail(dl, u->ctx,
			    "An 'override.<key>: replace' to a rule was requested but no rule by "
			    "that name already exists");
	if (u->has & PART_CONDITION)
		rule->cond = with->cond;
	if (u->has & PART_OUTPUT)
		rule->output = with->output;
	if (u->has & PART_DESC)
		rule->desc = with->desc;
	if (u->has & PART_TAGS)
		rule->tags = with->tags;
	if (u->has & PART_EXCEPTIONS && replace_exceptions(c, rule, &u->with.exceptions, dl) < 0)
		return -1;
	if (u->has & PART_PRIORITY)
		rule->priority = with->priority;
	if (u->has & PART_CAPTURE)
		rule->capture = with->capture;
	if (u->has & PART_CAPTURE_DURATION)
		rule->capture_duration = with->capture_duration;
	if (u->has & PART_ENABLED) {
		rule->enabled = with->enabled;
		rule->enabled_ctx = u->ctx;
	}
	if (u->has & PART_WARN_EVTTYPES)
		rule->warn_evttypes = with->warn_evttypes;
	if (u->has & PART_SKIP_IF_UNKNOWN_FILTER)
		rule->skip_if_unknown_filter = with->skip_if_unknown_filter;
	rule->visibility = c->next_index++;
	return 0;
}

int collect_rule_enable(struct collection *c, const struct rule_info *info, struct diag_list *dl)
{
	struct rule_info *rule = find(&c->rules, info->name);

	if (!rule)
		return fail(dl, info->ctx,
			    "Rule has 'enabled' key but no rule by that name already exists");
	rule->enabled = info->enabled;
	rule->enabled_ctx = info->ctx;
	return 0;
}
