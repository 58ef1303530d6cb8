/*
 * Where every part of a rule's condition was written: the file and line, and the macros, lists and
 * exceptions that it came through.
 */
#ifndef SAKER_RULES_ORIGIN_H
#define SAKER_RULES_ORIGIN_H

#include "engine/rules/ruleset.h"

enum origin_kind { ORIGIN_MACRO, ORIGIN_LIST, ORIGIN_EXCEPTION };

struct origin {
	enum origin_kind kind;
	struct sv name;
	struct sv file;
	uint32_t line; /* of its definition, from 1 */
};

/* One node of the condition, in the shape of rule->ast. */
struct clause {
	const struct ast *ast;
	struct clause **kids;
	size_t nkids;
	uint32_t part;                /* as program_test_parts numbers it */
	const struct origin *through; /* macros or the exception that begin here, outermost first */
	size_t nthrough;
	const struct origin *lists; /* CHECK: put in right of the operator */
	size_t nlists;
	struct sv file;     /* where it stands, or its macro, exception or rule does */
	uint32_t line, col; /* from 1; col 0: only the line is known */
};

const char *origin_kind_name(enum origin_kind kind);

/* The whole condition; everything lives in `arena`.  NULL: no memory. */
struct clause *clause_tree(const struct ruleset *rs, const struct rule *rule, struct arena *arena);

/* A condition that stands in no rule file: the same without places. */
struct clause *clause_plain(const struct ast *cond, struct arena *arena);
/* The clause of `both`, whose kids are the conditions of a and of b; they become part of it. */
struct clause *clause_join(const struct ast *both, struct clause *a, struct clause *b,
			   struct arena *arena);

#endif
