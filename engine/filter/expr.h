/*
 * What a condition or an output template takes from an event: a field, a transformer's result, a
 * literal.
 *
 * Text that went through a transformer ends in a NUL byte that counts in its length, as in Falco:
 * elements of lists and BYTEBUFs are compared with it, everything else reads up to the first NUL.
 */
#ifndef SAKER_FILTER_EXPR_H
#define SAKER_FILTER_EXPR_H

#include "engine/fields/field.h"
#include "engine/filter/ast.h"

enum expr_kind { EXPR_FIELD, EXPR_LITERAL, EXPR_LIST, EXPR_TRF };

/* Options of getopt: which letters there are, and which take a value. */
struct expr_options {
	bool valid[256];
	bool takes_value[256];
};

struct expr {
	enum expr_kind kind;
	uint8_t type; /* enum param_type of the result */
	bool is_list; /* of the result */
	/*
	 * What it is before single-argument transformers: all that join, concat and getopt look at.
	 */
	uint8_t base_type;
	bool base_list;
	uint32_t flags; /* FF_NO_RHS, FF_NO_TRANSFORMER, FF_PER_USE and what is common to all parts:
			 * FF_THREAD_ONLY, FF_EVENT_TYPE_ONLY */
	const char *name;     /* for messages: of the field */
	struct field_ref ref; /* FIELD */
	struct sv literal;
	enum trf_kind trf;
	struct expr **args; /* TRF, LIST */
	size_t nargs;
	const struct expr_options *options; /* getopt with literal options */
	int selector;                       /* getopt: the one option asked for, -1 all */
};

/* Everything goes into arena. ERR_CHECK without a position. */
int expr_compile(const struct ast_operand *o, struct arena *arena, struct expr **out,
		 struct err *err);

/* The field under single-argument transformers ("tolower(evt.type)"), or NULL. */
const struct field_ref *expr_field(const struct expr *e);

/* False: no value. Results live as long as those of field_get. */
bool expr_get(const struct expr *e, struct field_ctx *ctx, struct value *out);

#endif
