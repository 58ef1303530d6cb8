/*
 * One value against the right side of a check: constants, prepared when the check is compiled.
 */
#ifndef SAKER_FILTER_MATCH_H
#define SAKER_FILTER_MATCH_H

#include "engine/fields/value.h"
#include "engine/filter/ast.h"
#include "engine/filter/constant.h"
#include "engine/filter/pathset.h"
#include "engine/filter/regex.h"
#include "engine/filter/wordset.h"

/* Regular expressions own heap memory; whoever compiles checks keeps them on this list. */
struct regex_list {
	struct regex *re;
	struct regex_list *next;
};

struct match;
typedef bool match_fn(const struct match *m, const struct value *v);

struct match {
	match_fn *test;
	uint8_t op;   /* enum ast_op */
	uint8_t type; /* enum param_type of the value */
	bool clean;   /* texts come without NUL bytes: set by who knows */
	uint32_t n;
	const union constant *constants;
	match_fn *one; /* with a modifier: against constants[at] alone */
	uint32_t at;
	struct wordset words;  /* in, intersects, "= anyof", "!= allof" over bytes */
	const uint8_t *rarest; /* contains, icontains: per constant the byte to look for */
	const struct pathset *paths;
	struct regex **regexes;
};

/* What is compared with what. */
struct comparison {
	enum ast_op op;
	enum ast_mod mod;
	enum param_type type; /* of the values */
	bool is_list;         /* the values are lists with elements of this type */
	const struct sv *texts;
	size_t n;
};

/*
 * Prepare a comparison.  Its texts are borrowed; what is made of them lives in `arena`, but for
 * regular expressions, which are put on the list.  ERR_CHECK with a sentence for an operator or a
 * constant that the type cannot have.
 */
int match_compile(struct match *m, const struct comparison *c, struct arena *arena,
		  struct regex_list **regexes, struct err *err);

static inline bool match_test(const struct match *m, const struct value *v)
{
	return m->test(m, v);
}

/* From now on only the first constant counts, or (never) nothing holds. */
void match_only_first(struct match *m);
void match_never(struct match *m);

#endif
