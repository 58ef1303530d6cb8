/*
 * Where in the rule files something stands: a chain from the file over the rule and its condition
 * to the place within.  Everything lives in one arena; a context that could not be allocated is
 * NULL and stands for "somewhere".
 */
#ifndef SAKER_RULES_CONTEXT_H
#define SAKER_RULES_CONTEXT_H

#include "engine/filter/ast.h"
#include "engine/rules/diag.h"
#include "engine/rules/yaml_input.h"

enum item_type {
	ITEM_VALUE_FOR,
	ITEM_EXCEPTIONS,
	ITEM_EXCEPTION,
	ITEM_EXCEPTION_VALUES,
	ITEM_EXCEPTION_VALUE,
	ITEM_RULES_CONTENT,
	ITEM_RULES_CONTENT_ITEM,
	ITEM_REQUIRED_ENGINE_VERSION,
	ITEM_REQUIRED_PLUGIN_VERSIONS,
	ITEM_REQUIRED_PLUGIN_VERSIONS_ENTRY,
	ITEM_REQUIRED_PLUGIN_VERSIONS_ALTERNATIVE,
	ITEM_LIST,
	ITEM_LIST_ITEM,
	ITEM_MACRO,
	ITEM_MACRO_CONDITION,
	ITEM_RULE,
	ITEM_RULE_CONDITION,
	ITEM_CONDITION_EXPRESSION,
	ITEM_RULE_OUTPUT,
	ITEM_RULE_PRIORITY,
	ITEM_OVERRIDE,
};

struct context {
	const struct context *parent;
	enum item_type type;
	struct sv item_name;
	struct sv name;    /* the file's; of a condition, its beginning in quotes */
	struct sv content; /* what a snippet is cut from */
	struct yaml_mark at;
};

/* The whole of a file. */
const struct context *context_file(struct arena *a, struct sv name, struct sv text);

/* An item below parent, which begins at this place; item_name is borrowed, empty if it has none. */
const struct context *context_at(struct arena *a, const struct context *parent, enum item_type type,
				 struct sv item_name, struct yaml_mark at);

/* A place within the text of a condition. */
const struct context *context_condition(struct arena *a, const struct context *parent,
					struct sv condition, struct ast_pos pos);

/*
 * Say where a diagnostic (NULL: it got lost) belongs and cut its snippet.  Returns -1, so that
 * `return diag_at(dl, diag_add(dl, ...), ctx)` is a whole failure.
 */
int diag_at(struct diag_list *dl, struct diag *d, const struct context *ctx);

/*
 * Look for the word that a diagnostic is about in the file that `from` is in, from there to the end
 * of its item.  False: it is not there, and nothing changes.
 */
bool diag_point_at(struct diag_list *dl, struct diag *d, struct sv word,
		   const struct context *from);

#endif
