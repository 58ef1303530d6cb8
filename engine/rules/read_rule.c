#include "engine/rules/read.h"

/* Keys that overrides know; in the order in which missing ones are looked for. */
static const struct override_key override_keys[] = {
	{ "condition", PART_CONDITION, true, true },
	{ "exceptions", PART_EXCEPTIONS, true, true },
	{ "output", PART_OUTPUT, true, true },
	{ "desc", PART_DESC, true, true },
	{ "tags", PART_TAGS, true, true },
	{ "priority", PART_PRIORITY, false, true },
	{ "capture", PART_CAPTURE, false, true },
	{ "capture_duration", PART_CAPTURE_DURATION, false, true },
	{ "enabled", PART_ENABLED, false, true },
	{ "warn_evttypes", PART_WARN_EVTTYPES, false, true },
	{ "skip-if-unknown-filter", PART_SKIP_IF_UNKNOWN_FILTER, false, true },
};
enum { NKEYS = sizeof override_keys / sizeof override_keys[0] };

static const char *const rule_keys[] = {
	"rule",
	"condition",
	"output",
	"desc",
	"priority",
	"source",
	"enabled",
	"capture",
	"capture_duration",
	"warn_evttypes",
	"skip-if-unknown-filter",
	"tags",
	"exceptions",
	"override",
	"append",
	NULL,
};

static int read_priority(struct reader *r, const struct yaml_node *item, const struct context *ctx,
			 enum priority *out)
{
	struct sv text = { 0 };

	if (read_text(r, item, "priority", 0, ctx, &text) < 0)
		return -1;
	if (!priority_parse(text, out))
		return read_fail(
			r,
			read_at(r, ctx, ITEM_RULE_PRIORITY, SV(""), yaml_get_key(item, "priority")),
			"Invalid priority");
	return 0;
}

/* One part of a rule, by its key. */
static int read_part(struct reader *r, const struct yaml_node *item, const struct override_key *key,
		     bool appending, const struct context *ctx, struct rule_info *into)
{
	switch ((enum rule_part)key->part) {
	case PART_CONDITION:
		return read_text(r, item, key->name, 0, ctx, &into->cond.text);
	case PART_EXCEPTIONS:
		return read_exceptions(r, item, ctx, appending, &into->exceptions);
	case PART_OUTPUT:
		return read_text(r, item, key->name, 0, ctx, &into->output.text);
	case PART_DESC:
		return read_text(r, item, key->name, 0, ctx, &into->desc.text);
	case PART_TAGS:
		return read_texts(r, item, key->name, VALUE_OPTIONAL, ctx, &into->tags);
	case PART_PRIORITY:
		return read_priority(r, item, ctx, &into->priority);
	case PART_CAPTURE:
		return read_bool(r, item, key->name, 0, ctx, &into->capture);
	case PART_CAPTURE_DURATION:
		return read_u32(r, item, key->name, 0, ctx, &into->capture_duration);
	case PART_ENABLED:
		return read_bool(r, item, key->name, 0, ctx, &into->enabled);
	case PART_WARN_EVTTYPES:
		return read_bool(r, item, key->name, 0, ctx, &into->warn_evttypes);
	case PART_SKIP_IF_UNKNOWN_FILTER:
		return read_bool(r, item, key->name, 0, ctx, &into->skip_if_unknown_filter);
	}
	return 0;
}

/* Read the parts named in `wanted` and strike them off the keys that still need an override. */
static int read_update(struct reader *r, const struct yaml_node *item, uint32_t wanted,
		       bool appending, struct sv source, uint32_t *defined, struct rule_update *u)
{
	for (size_t i = 0; i < NKEYS; i++) {
		const struct override_key *key = &override_keys[i];

		if (!(wanted & key->part))
			continue;
		if (!(*defined & key->part))
			return read_fail(r, u->ctx,
					 "An %s override for '%s' was specified but '%s' is not "
					 "defined",
					 appending ? "append" : "replace", key->name, key->name);
		*defined &= ~key->part;
		if (key->part == PART_CONDITION)
			u->with.source = source;
		if (read_part(r, item, key, appending, u->ctx, &u->with) < 0)
			return -1;
		u->has |= key->part;
	}
	return 0;
}

static uint32_t defined_parts(const struct yaml_node *item)
{
	uint32_t parts = 0;

	for (size_t i = 0; i < NKEYS; i++) {
		if (yaml_get_key(item, override_keys[i].name))
			parts |= override_keys[i].part;
	}
	return parts;
}

/* A key that no override speaks of; the first by name is the one to complain about. */
static int refuse_leftovers(struct reader *r, const struct yaml_node *item, uint32_t left,
			    const struct context *ctx)
{
	const char *first = NULL;

	for (size_t i = 0; i < NKEYS; i++) {
		if (left & override_keys[i].part &&
		    (!first || strcmp(override_keys[i].name, first) < 0))
			first = override_keys[i].name;
	}
	if (!first)
		return 0;
	return read_fail(r, read_at(r, ctx, ITEM_OVERRIDE, sv_of(first), yaml_get_key(item, first)),
			 "Unexpected key '%s': no corresponding entry under 'override' is defined.",
			 first);
}

static int read_override(struct reader *r, const struct yaml_node *item, struct sv name,
			 struct sv source, uint32_t append, uint32_t replace,
			 const struct context *ctx)
{
	uint32_t defined = defined_parts(item);
	struct rule_update by_append = { .ctx = ctx, .with.name = name }, by_replace = by_append;

	if (append) {
		if (read_update(r, item, append, true, source, &defined, &by_append) < 0 ||
		    collect_rule_append(r->into, &by_append, r->dl) < 0)
			return -1;
	}
	if (replace) {
		if (read_update(r, item, replace, false, source, &defined, &by_replace) < 0 ||
		    collect_rule_replace(r->into, &by_replace, r->dl) < 0)
			return -1;
	}
	return refuse_leftovers(r, item, defined, ctx);
}

/* The old way: "append: true" with a condition or exceptions. */
static int read_append(struct reader *r, const struct yaml_node *item, struct sv name,
		       struct sv source, const struct context *ctx)
{
	struct rule_update u = { .ctx = ctx, .with = { .name = name, .source = source } };

	if (yaml_get_key(item, "condition")) {
		if (read_text(r, item, "condition", 0, ctx, &u.with.cond.text) < 0)
			return -1;
		u.has |= PART_CONDITION;
	}
	if (yaml_get_key(item, "exceptions")) {
		if (read_exceptions(r, item, ctx, true, &u.with.exceptions) < 0)
			return -1;
		u.has |= PART_EXCEPTIONS;
	}
	return collect_rule_append(r->into, &u, r->dl);
}

/* The old way: a rule that says nothing but "enabled". */
static int read_enabled(struct reader *r, const struct yaml_node *item, struct rule_info *info)
{
	if (read_bool(r, item, "enabled", 0, info->ctx, &info->enabled) < 0)
		return -1;
	diag_at(r->dl,
		diag_add(r->dl, LOAD_DEPRECATED_ITEM,
			 "The standalone 'enabled' key usage is deprecated. The correct approach "
			 "requires also a 'replace' entry under the 'override' key (i.e. 'enabled: "
			 "replace')."),
		info->ctx);
	return collect_rule_enable(r->into, info, r->dl);
}

static struct sv trim(struct sv s)
{
	while (s.n && memchr(" \t\n\r\f\v", s.p[s.n - 1], 6))
		s.n--;
	while (s.n && memchr(" \t\n\r\f\v", s.p[0], 6)) {
		s.p++;
		s.n--;
	}
	return s;
}

static int read_definition(struct reader *r, const struct yaml_node *item, struct rule_info *info)
{
	const struct context *ctx = info->ctx;

	if (read_text(r, item, "condition", 0, ctx, &info->cond.text) < 0)
		return -1;
	info->cond_ctx =
		read_at(r, ctx, ITEM_RULE_CONDITION, SV(""), yaml_get_key(item, "condition"));
	if (read_text(r, item, "output", 0, ctx, &info->output.text) < 0)
		return -1;
	info->output_ctx = read_at(r, ctx, ITEM_RULE_OUTPUT, SV(""), yaml_get_key(item, "output"));
	info->output.text = trim(info->output.text);
	info->source = SV("syscall");
	info->enabled_ctx = yaml_get_key(item, "enabled") ? ctx : NULL;
	if (read_text(r, item, "desc", 0, ctx, &info->desc.text) < 0 ||
	    read_priority(r, item, ctx, &info->priority) < 0 ||
	    read_text(r, item, "source", VALUE_OPTIONAL, ctx, &info->source) < 0 ||
	    read_bool(r, item, "enabled", VALUE_OPTIONAL, ctx, &info->enabled) < 0 ||
	    read_bool(r, item, "capture", VALUE_OPTIONAL, ctx, &info->capture) < 0 ||
	    read_u32(r, item, "capture_duration", VALUE_OPTIONAL, ctx, &info->capture_duration) <
		    0 ||
	    read_bool(r, item, "warn_evttypes", VALUE_OPTIONAL, ctx, &info->warn_evttypes) < 0 ||
	    read_bool(r, item, "skip-if-unknown-filter", VALUE_OPTIONAL, ctx,
		      &info->skip_if_unknown_filter) < 0 ||
	    read_texts(r, item, "tags", VALUE_OPTIONAL, ctx, &info->tags) < 0 ||
	    read_exceptions(r, item, ctx, false, &info->exceptions) < 0)
		return -1;
	return collect_rule(r->into, info, r->dl);
}

static bool is_definition(const struct yaml_node *item)
{
	return yaml_get_key(item, "condition") || yaml_get_key(item, "output") ||
	       yaml_get_key(item, "desc") || yaml_get_key(item, "priority");
}

int read_rule(struct reader *r, const struct yaml_node *item, struct sv source_text)
{
	struct sv name = { 0 }, source = { 0 };
	bool append_flag = false;
	uint32_t append, replace;
	int rc;

	if (read_text(r, item, "rule", 0, read_at(r, r->root, ITEM_RULE, SV(""), item), &name) < 0)
		return -1;
	const struct context *ctx = read_at(r, r->root, ITEM_RULE, name, item);
	if (read_text(r, item, "source", VALUE_OPTIONAL | VALUE_MAY_BE_EMPTY, ctx, &source) < 0 ||
	    read_bool(r, item, "append", VALUE_OPTIONAL, ctx, &append_flag) < 0)
		return -1;
	if (append_flag)
		read_warn_append(r, ctx);
	if (read_overrides(r, item, override_keys, NKEYS, ctx, &append, &replace) < 0)
		return -1;
	if (append_flag && (append | replace))
		return read_fail(r, ctx, "%s", read_both_append_and_override);

	if (append | replace) {
		rc = read_override(r, item, name, source, append, replace, ctx);
	} else if (append_flag) {
		rc = read_append(r, item, name, source, ctx);
	} else {
		struct rule_info info = {
			.ctx = ctx,
			.name = name,
			.enabled = true,
			.warn_evttypes = true,
			.priority = PRIO_DEBUG,
			.file = r->root ? r->root->name : (struct sv){ 0 },
			.source_text = source_text,
			.line = item->mark.line + 1,
		};

		rc = is_definition(item) ? read_definition(r, item, &info)
					 : read_enabled(r, item, &info);
	}
	return rc < 0 ? -1 : read_unknown_keys(r, item, rule_keys, ctx);
}
