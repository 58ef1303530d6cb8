/*
 * What rules cost and how often they hold, by samples: the first events of every type are tried
 * clause by clause, then one in many.  Which ones depends on the trace alone.
 */
#ifndef SAKER_RULETEST_COST_H
#define SAKER_RULETEST_COST_H

#include "engine/filter/parts.h"
#include "tools/ruletest/subject.h"

struct cost_rule {
	struct part_tally *parts; /* as program_test_parts numbers them */
	uint32_t nparts;
	uint64_t ns;       /* of all parts */
	uint64_t tried;    /* events of its types, estimated */
	uint64_t matches;  /* counted */
	uint64_t shadowed; /* of these: an earlier rule held, too */
	uint32_t by;       /* the earlier rule that did so first */
	bool one_shadow;   /* it was always that one */
};

struct cost {
	struct program *program; /* of a panel */
	size_t n;                /* conditions in it */
	struct cost_rule *rules;
	uint64_t events;
	/* while looking */
	struct arena arena;
	uint64_t seen[EV_COUNT], sampled_at[EV_COUNT];
	uint64_t last_num; /* of the event that `first` is about */
	uint32_t first;    /* rule that held there */
	uint64_t overhead_ns;
};

/* The panel's conditions, all of them. */
int cost_init(struct cost *c, struct panel *panel, size_t n, struct err *err);
void cost_deinit(struct cost *c);
/* The callbacks of a panel_watch whose arg is c. */
int cost_event(void *arg, struct field_ctx *ctx, struct err *err);
int cost_hit(void *arg, uint32_t i, struct field_ctx *ctx, struct err *err);
/* After the last trace: sum up. */
void cost_settle(struct cost *c);

#endif
