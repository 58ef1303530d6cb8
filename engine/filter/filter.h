/*
 * Conditions, compiled: many at once, sharing what they have in common.
 *
 * A `program` holds any number of conditions over one pool of fields and checks.  Equal fields are
 * extracted once per event, equal subexpressions evaluated once per event, and every condition is
 * specialised by event type: what an event's type alone decides is decided at compile time.
 * Running changes the program: one thread at a time.
 */
#ifndef SAKER_FILTER_FILTER_H
#define SAKER_FILTER_FILTER_H

#include "engine/fields/field.h"
#include "engine/filter/ast.h"
#include "engine/filter/types.h"

struct program;

struct program *program_new(void); /* NULL: no memory */
void program_free(struct program *p);

/*
 * Add a condition (all macros and lists resolved; it is read, not kept); *id counts from 0.
 * ERR_CHECK with err->pos as in the ast for an unknown field, a wrong operator, type or constant.
 */
int program_add(struct program *p, const struct ast *cond, uint32_t *id, struct err *err);

/*
 * No more conditions: build the per-type tables.  Must be called once before program_run.
 */
int program_seal(struct program *p, struct err *err);

/*
 * The event types that a rule with condition id is tried at (bit per event id): as
 * ast_event_types, and asynchronous events always.
 */
const struct type_set *program_types(const struct program *p, uint32_t id);

/* Does a condition use a field with a memory of its own (FF_PER_USE)? */
bool program_remembers(const struct program *p);

/*
 * Which conditions hold at ctx->state->now?  Calls hit(id) in ascending order of id for each one
 * that does; a false return ends the search.  ctx->scratch is reset by the caller per event.
 */
typedef bool program_hit(void *arg, uint32_t id);
void program_run(struct program *p, struct field_ctx *ctx, program_hit *hit, void *arg);

/* One condition by a plain walk over its tree, nothing shared or remembered: the reference that
 * tests compare program_run with, and what `scap cat --filter` needs. */
bool program_test(struct program *p, uint32_t id, struct field_ctx *ctx);

/*
 * A checked operand (field or transformer expression), for output templates.
 */
struct expr;
int filter_operand_compile(const struct ast_operand *op, struct arena *arena, struct expr **out,
			   struct err *err);
/* Texts come without the NUL that transformers leave behind them. */
bool filter_operand_get(const struct expr *e, struct field_ctx *ctx, struct value *out);
enum param_type filter_operand_type(const struct expr *e);
/* The field under the transformers, NULL where there are several or none. */
const struct field_ref *filter_operand_field(const struct expr *e);
/* How its value is printed: as the field under the transformers is. */
enum print_format filter_operand_format(const struct expr *e);

#endif
