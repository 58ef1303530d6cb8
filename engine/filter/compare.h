/*
 * How values are compared, whatever stands right of the operator.
 */
#ifndef SAKER_FILTER_COMPARE_H
#define SAKER_FILTER_COMPARE_H

#include "engine/fields/value.h"
#include "engine/filter/ast.h"

enum type_class {
	CLASS_NONE,
	CLASS_SIGNED,
	CLASS_UNSIGNED,
	CLASS_DOUBLE,
	CLASS_BOOL,
	CLASS_TEXT,
	CLASS_BYTES,
	CLASS_IP,
	CLASS_NET
};

enum type_class compare_class(enum param_type type);

/* Can values of this type be compared so?  ERR_CHECK with a sentence if not. */
int compare_allowed(enum ast_op op, enum param_type type, bool is_list, struct err *err);

/* What an operator says of the sign of a comparison; false for those that order nothing. */
bool compare_order(enum ast_op op, int order);
bool compare_numbers(enum ast_op op, double a, double b);
bool compare_texts(enum ast_op op, struct sv a, struct sv b);

/* A text as sets and expressions see it: NULs inside count, those at its end do not. */
struct sv compare_trimmed(struct sv s);

/* Two values of one event, for right sides that are fields. */
bool compare_values(enum ast_op op, const struct value *left, const struct value *right);

#endif
