/*
 * One check of a condition, compiled: what stands left of the operator, the operator, and what
 * stands right of it.
 */
#ifndef SAKER_FILTER_CHECK_H
#define SAKER_FILTER_CHECK_H

#include "engine/filter/expr.h"
#include "engine/filter/match.h"

/*
 * What uses of a per-use field (evt.deltatime, util.cnt) share within one condition: written the
 * same they are extracted at most once per event, by whichever use comes first.
 */
struct check_use {
	struct sv text; /* key: the operand, or the whole check */
	uint64_t evt_num;
	bool result;
	struct value value;
	struct check_use *next;
};

struct check {
	const struct expr *left;
	const struct expr *right; /* NULL: constants, or exists */
	enum ast_op op;
	enum field_compare compare;
	bool raw; /* left is evt.rawarg: the event decides the value's type */
	struct match match;
	/* Per-use fields only, else NULL. */
	struct check_use *result_use, *left_use, *right_use;
};

/* What checks of one condition are compiled with. */
struct check_env {
	struct arena *arena;
	struct regex_list **regexes;
	struct check_use *uses; /* of this condition */
};

/* ERR_CHECK at a->pos when the check has no meaning.  a is read, not kept; its texts are copied. */
int check_compile(const struct ast *a, struct check_env *env, struct check **out, struct err *err);

/* Does it hold at the current event?  Extracts whatever it needs. */
bool check_test(const struct check *c, struct field_ctx *ctx);

/* Likewise with the values at hand (compare is COMPARE_VALUE, op not exists). */
bool check_value(const struct check *c, const struct value *left);
bool check_values(const struct check *c, const struct value *left, const struct value *right);

/* A text that checks of the same meaning share, and no others.  False: no memory. */
bool check_key(const struct ast *a, struct buf *out);
/* Likewise for an operand. */
bool check_operand_key(const struct ast_operand *o, struct buf *out);

/* Both FF_THREAD_ONLY and the like: what both sides have in common. */
uint32_t check_flags(const struct check *c);

#endif
