/* The inside of struct program, shared by the files that build and run it. */
#ifndef SAKER_FILTER_PROGRAM_H
#define SAKER_FILTER_PROGRAM_H

#include "engine/filter/check.h"
#include "engine/filter/filter.h"

/* A condition as it was written: a tree of checks. */
struct tree {
	enum ast_kind kind; /* no IDENT */
	struct tree **kids;
	size_t nkids;
	struct check *check;
};

struct condition {
	struct tree *tree;
	struct type_set types;
};

struct program {
	struct arena arena;
	struct regex_list *regexes;
	struct condition *conditions;
	uint32_t n, cap;
	uint32_t *by_type[EV_COUNT]; /* ids of the conditions to try, ascending */
	uint32_t by_type_n[EV_COUNT];
};

#endif
