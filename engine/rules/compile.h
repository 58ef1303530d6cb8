/*
 * What a collection of definitions means: lists and macros put in, exceptions turned into
 * conditions, everything checked.
 *
 * Falco does this after every file, over all that was read so far, so a file must make sense
 * together with those before it.  So do we; what has not changed since the pass before, whole rules
 * most of the time, is taken over from it.
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

/* Numbers of the macros that were put into a condition, directly or by one of them. */
struct macro_uses {
	uint32_t *items;
	size_t n, cap;
};

struct compiled_macro {
	const struct macro_info *info;
	struct sv text; /* of the condition, lists put in */
	struct ast *ast;
	struct macro_uses uses;
	uint32_t size, depth; /* of ast */
	bool stands;          /* means what it meant in the pass before */
	bool used;
};

struct compiled_rule {
	const struct rule_info *info;
	struct sv condition; /* with exceptions, lists and macros not yet put in */
	struct sv text;      /* lists put in */
	struct ast *ast;
	struct macro_uses uses;
	struct sv output;
	struct format *format;           /* of the output, missing values as "<NA>" */
	struct sv_list exception_fields; /* sorted */
	size_t ntypes;                   /* of events it may match */
	bool clean;                      /* checked without a warning */
};

struct compiled {
	struct arena arena;          /* of this pass: the arrays, and what is made anew */
	struct arena *kept;          /* trees, formats and their texts */
	struct compiled_list *lists; /* one for one as in the collection */
	struct compiled_macro *macros;
	struct compiled_rule *rules; /* without those that are skipped */
	size_t nlists, nmacros, nrules;
	uint64_t *odd_lists; /* those with a name of more than one word; one bit each */
	uint64_t *mentioned; /* lists that may be in the condition at hand */
	uint64_t work;       /* of putting in lists, and */
	uint64_t nodes_put;  /* macros: what grows without end is refused */
};

/*
 * NULL with an error in *dl, which also receives the warnings.  `before` is the last pass over the
 * same collection, or NULL; *c and *kept, where both have their trees, must outlive the result.
 */
struct compiled *compile(const struct collection *c, const struct compiled *before,
			 struct arena *kept, struct diag_list *dl);
void compiled_free(struct compiled *out);

/* --- its parts --- */

/* Compile all lists (expand.c). */
int compile_lists(const struct collection *c, struct compiled *out, struct diag_list *dl);
/*
 * Put lists into the text of the condition at ctx, marking them used: list by list in the order of
 * definition, so that a list may bring in the name of a later one.
 */
int expand_lists(const struct collection *c, struct compiled *into, struct sv condition,
		 const struct context *ctx, struct sv *out, struct diag_list *dl);

/* Parse a condition, lists put in; errors in it are told at `ctx` (macros.c). */
struct ast *compile_parse(struct compiled *into, struct sv text, const struct context *ctx,
			  struct diag_list *dl);
/* Compile all macros. */
int compile_macros(const struct collection *c, const struct compiled *before, struct compiled *out,
		   struct diag_list *dl);
/* A condition and whose it is. */
struct owned_condition {
	struct sv text;
	const struct context *owner, *ctx;
};
/*
 * Replace macros first defined before number `visibility`, noting them in *uses; trouble is told at
 * the owner, with places in the text.  NULL with an error in *dl.
 */
struct ast *compile_resolve(const struct collection *c, struct compiled *into, struct ast *a,
			    uint32_t visibility, struct macro_uses *uses,
			    const struct owned_condition *of, struct diag_list *dl);
/* Mark macros as used. */
void compile_use_macros(struct compiled *into, const struct macro_uses *uses);
/* Whether they all mean what they meant in the pass before. */
bool compile_macros_stand(const struct compiled *now, const struct macro_uses *uses);

/* Warnings about a condition that is fine but odd (lint.c): before and after it was checked. */
void lint_condition(const struct ast *a, struct sv condition, const struct context *ctx,
		    struct arena *arena, struct diag_list *dl);
void lint_constants(const struct ast *a, struct sv condition, const struct context *ctx,
		    struct arena *arena, struct diag_list *dl);
void lint_output(struct sv output, const struct context *ctx, struct diag_list *dl);

#endif
