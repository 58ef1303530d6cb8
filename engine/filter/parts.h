/*
 * What every part of one condition says at an event, for those who must explain it: no part is
 * skipped because another one has decided already.  Parts are numbered in the order of the
 * condition, parents first, as ast_walk visits them.
 */
#ifndef SAKER_FILTER_PARTS_H
#define SAKER_FILTER_PARTS_H

#include "engine/filter/filter.h"

/* How many parts the condition has. */
uint32_t program_parts(const struct program *p, uint32_t id);

/*
 * Does it hold at ctx->state->now?  says[i] (room for all parts) is what part i alone says.  Parts
 * with a field that remembers (FF_PER_USE) are tried only where program_run would, and say false
 * elsewhere.
 */
bool program_test_parts(struct program *p, uint32_t id, struct field_ctx *ctx, bool *says);

/*
 * The value that stands left of the operator in part i, a check, and how it is printed; a list
 * where the check compares several at once (any ancestor, either end).  False: it is missing.
 */
bool program_part_value(const struct program *p, uint32_t id, uint32_t part, struct field_ctx *ctx,
			struct value *out, enum print_format *format);

/* What the parts of one condition cost and say over many events. */
struct part_tally {
	uint64_t tried, held;
	uint64_t ticks; /* of checks: in whatever unit the clock has */
};

/*
 * Test the condition as program_test does, from left to right and no further than needed, and add
 * what happened to the tallies of its parts, `weight` times.  ticks() is read at every check.
 */
bool program_test_tallied(struct program *p, uint32_t id, struct field_ctx *ctx, uint64_t weight,
			  uint64_t (*ticks)(void), struct part_tally *tallies);

/* The check of part i is the same as that of any other part with this number; UINT32_MAX: none. */
uint32_t program_part_check(const struct program *p, uint32_t id, uint32_t part);

#endif
