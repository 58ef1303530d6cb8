/*
 * Rules, macros and lists as the files define, append to and override them, before anything is
 * resolved.  File order is all that counts: each definition or change takes the next number.
 */
#ifndef SAKER_RULES_COLLECT_H
#define SAKER_RULES_COLLECT_H

#include "engine/rules/context.h"
#include "engine/rules/ruleset.h"
#include "engine/rules/vec.h"
#include "engine/rules/version.h"
#include "format/base/strmap.h"

struct list_info {
	const struct context *ctx;
	uint32_t index, visibility; /* number of the first definition and of the last change */
	struct sv name;
	struct sv_list items;
};

/* A text that can be appended to. */
struct growing {
	struct sv text;
	size_t room; /* of memory of our own; 0: the text is elsewhere */
};

struct macro_info {
	const struct context *ctx, *cond_ctx;
	uint32_t index, visibility;
	struct sv name;
	struct growing cond;
};

/* fields, comps and values of an exception: a text or a list of such. */
struct entry {
	bool is_list;
	struct sv item;
	struct entry *items;
	size_t n, cap;
};

struct exception_info {
	const struct context *ctx;
	struct sv name;
	struct entry fields, comps;
	struct entry *values;
	size_t nvalues, cap_values;
};

/* Exceptions of one rule: each name is compared with all others. */
enum { EXCEPTIONS_MAX = 1024 };

struct exception_list {
	struct exception_info *items;
	size_t n, cap;
};

struct rule_info {
	const struct context *ctx, *cond_ctx, *output_ctx;
	const struct context *enabled_ctx; /* of the item that last said so; NULL: none did */
	uint32_t index, visibility;
	bool unknown_source;
	struct sv name, source;
	struct growing cond, desc, output;
	struct sv_list tags; /* sorted, each once, when the collection is settled */
	struct exception_list exceptions;
	enum priority priority;
	bool capture, enabled, warn_evttypes, skip_if_unknown_filter;
	uint32_t capture_duration;
	struct sv file, source_text;
	uint32_t line; /* from 1 */
};

/* What an append or override of a rule brings; one bit of `has` each. */
enum rule_part {
	PART_CONDITION = 1 << 0,
	PART_EXCEPTIONS = 1 << 1,
	PART_OUTPUT = 1 << 2,
	PART_DESC = 1 << 3,
	PART_TAGS = 1 << 4,
	PART_PRIORITY = 1 << 5,
	PART_CAPTURE = 1 << 6,
	PART_CAPTURE_DURATION = 1 << 7,
	PART_ENABLED = 1 << 8,
	PART_WARN_EVTTYPES = 1 << 9,
	PART_SKIP_IF_UNKNOWN_FILTER = 1 << 10,
};

struct rule_update {
	const struct context *ctx;
	uint32_t has; /* enum rule_part */
	struct rule_info with;
};

struct plugin_requirement {
	struct sv name, version;
};

/* One entry of required_plugin_versions: any of the alternatives will do. */
struct plugin_requirements {
	const struct context *ctx;
	struct plugin_requirement *items;
	size_t n, cap;
};

/* Infos of one kind, in the order of first definition, found by name. */
struct info_table {
	void **items;
	size_t n, cap;
	struct strmap names; /* -> index */
};

struct collection {
	struct arena arena; /* files, trees and everything in here */
	struct info_table lists, macros, rules;
	struct version required_engine;
	struct plugin_requirements *plugins;
	size_t nplugins, cap_plugins;
	uint32_t next_index;
};

void collection_deinit(struct collection *c);

/*
 * Each returns -1 with an error in *dl.  What `info` points at must live in c's arena; the struct
 * itself is copied.
 */
int collect_engine_version(struct collection *c, struct version v, const struct context *ctx,
			   struct diag_list *dl);
int collect_plugin(struct collection *c, const struct plugin_requirements *req,
		   struct diag_list *dl);
int collect_list(struct collection *c, const struct list_info *info, bool append,
		 struct diag_list *dl);
int collect_macro(struct collection *c, const struct macro_info *info, bool append,
		  struct diag_list *dl);
int collect_rule(struct collection *c, struct rule_info *info, struct diag_list *dl);
int collect_rule_append(struct collection *c, struct rule_update *u, struct diag_list *dl);
int collect_rule_replace(struct collection *c, struct rule_update *u, struct diag_list *dl);
int collect_rule_enable(struct collection *c, const struct rule_info *info, struct diag_list *dl);

/* At the end of a file: sort what was appended to. */
void collection_settle(struct collection *c);

/* Index of the info of that name, or UINT32_MAX. */
static inline uint32_t info_table_find(const struct info_table *t, struct sv name)
{
	return strmap_get(&t->names, name, UINT32_MAX);
}

static inline const struct list_info *collection_list(const struct collection *c, size_t i)
{
	return c->lists.items[i];
}

static inline const struct macro_info *collection_macro(const struct collection *c, size_t i)
{
	return c->macros.items[i];
}

static inline const struct rule_info *collection_rule(const struct collection *c, size_t i)
{
	return c->rules.items[i];
}

static inline bool entry_is_given(const struct entry *e)
{
	return e->is_list ? e->n > 0 : e->item.n > 0;
}

struct entry *entry_push(struct arena *a, struct entry *list);

#endif
