/*
 * What a collection of definitions means: lists and macros put in, exceptions turned into
 * conditions, everything checked.
 *
 * Falco does this after every file, over all that was read so far, so a file must make sense
 * together with those before it.  So do we; the pass is thrown away when the next file comes.
 */
#ifndef SAKER_RULES_COMPILE_H
#define SAKER_RULES_COMPILE_H

#include "engine/rules/collect.h"

struct compiled_list {
	const struct list_info *info;
	struct sv_list items; /* lists named in it put in */
	struct sv text;       /* "a, b, \"c d\"": what stands for its name in a condition */
	bool used;
};

struct compiled_macro {
	const struct macro_info *info;
	struct ast *ast;
	uint32_t size, depth; /* of ast */
	bool used;
};

struct compiled_rule {
	const struct rule_info *info;
	struct sv condition; /* with exceptions, lists and macros not yet put in */
	struct ast *ast;
	struct sv output;
	struct sv_list exception_fields; /* sorted */
};

struct compiled {
	struct arena arena;
	struct compiled_list *lists; /* one for one as in the collection */
	struct compiled_macro *macros;
	struct compiled_rule *rules; /* without those that are skipped */
	size_t nlists, nmacros, nrules;
	bool odd_list_names; /* some list's name is more than one word */
};

/* NULL with an error in *dl, which also receives the warnings.  *c must outlive the result. */
struct compiled *compile(const struct collection *c, struct diag_list *dl);
void compiled_free(struct compiled *out);

/* --- its parts --- */

/* Compile all lists (expand.c). */
int compile_lists(const struct collection *c, struct compiled *out, struct diag_list *dl);
/*
 * Put lists into the text of a condition, marking them used: list by list in the order of
 * definition, so that a list may bring in the name of a later one.
 */
int expand_lists(const struct collection *c, struct compiled *into, struct sv condition,
		 struct buf *out);

/* Parse a condition, lists put in; errors in it are told at `ctx` (macros.c). */
struct ast *compile_parse(const struct collection *c, struct compiled *into, struct sv condition,
			  const struct context *ctx, struct diag_list *dl);
/* Compile all macros. */
int compile_macros(const struct collection *c, struct compiled *out, struct diag_list *dl);
/*
 * Replace macros first defined before number `visibility`; trouble is told at ctx, with places in
 * `condition`.  NULL with an error in *dl.
 */
struct ast *compile_resolve(const struct collection *c, struct compiled *into, struct ast *a,
			    uint32_t visibility, struct sv condition, const struct context *ctx,
			    struct diag_list *dl);

/* Whether a message of the filter or output compiler is about something unknown to us. */
bool compile_is_unknown(const char *message);

/* Warnings about a condition that is fine but odd (lint.c): before and after it was checked. */
void lint_condition(const struct ast *a, struct sv condition, const struct context *ctx,
		    struct arena *arena, struct diag_list *dl);
void lint_constants(const struct ast *a, struct sv condition, const struct context *ctx,
		    struct arena *arena, struct diag_list *dl);
void lint_output(struct sv output, const struct context *ctx, struct diag_list *dl);

#endif
