/*
 * Why a rule holds at an event, or does not: what every clause says, and which of them would have
 * to say something else.
 */
#ifndef SAKER_RULETEST_VERDICT_H
#define SAKER_RULETEST_VERDICT_H

#include "engine/filter/parts.h"
#include "engine/rules/origin.h"
#include "tools/ruletest/panel.h"

/* One condition, taken apart. */
struct anatomy {
	const struct clause *tree;
	uint32_t nparts;
	const struct clause **parts; /* by number */
	struct program *program;     /* the condition in it is number */
	uint32_t id;
	bool *says;                  /* per part, at the event looked at last */
	uint32_t *to_hold, *to_fail; /* per part: how many checks stand against it */
};

/* `tree` (NULL: no memory) is that of the program's condition; the rest lives in `arena`. */
int anatomy_new(struct anatomy *a, const struct clause *tree, struct program *program, uint32_t id,
		struct arena *arena, struct err *err);

/* Can an event of this type be meant by the rule? */
bool anatomy_concerns(const struct anatomy *a, uint32_t event_type);

/*
 * Look at the event at hand: fills `says`.  Returns how many checks, weighed, keep the condition
 * from holding: 0 when it holds.
 */
uint32_t anatomy_look(struct anatomy *a, struct field_ctx *ctx);

/*
 * Which checks decide, after anatomy_look: blamed[part] for those that would turn the outcome by
 * turning themselves, together or, where several ways are equally short, each way of them.
 */
void anatomy_blame(struct anatomy *a, bool *blamed);

/* "proc.name in (a, b)": a check as the rule has it, lists put in, at most `width` wide; 0: any. */
void clause_put_check(struct buf *out, const struct clause *c, size_t width);
/* The value left of a check at the event at hand, as an output would print it; false: missing. */
bool anatomy_put_value(const struct anatomy *a, uint32_t part, struct field_ctx *ctx,
		       struct buf *out);

#endif
