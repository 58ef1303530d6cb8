/*
 * The inside of struct program, shared by the files that build and run it.
 *
 *	program.c   conditions as trees of checks, as they were written: what program_test walks
 *	nodes.c     the same as a graph without doubles: equal parts are one node
 *	fold.c      that graph for one type of event: what the type decides is gone
 *	plan.c      the steps that test all conditions of a type together
 *	seal.c      all of that, in order
 *	run.c       program_run
 *	parts.c     one condition, every part of it
 */
#ifndef SAKER_FILTER_PROGRAM_H
#define SAKER_FILTER_PROGRAM_H

#include "engine/filter/check.h"
#include "engine/filter/filter.h"
#include "format/base/strmap.h"

/* A condition as it was written. */
struct tree {
	enum ast_kind kind; /* no IDENT */
	struct tree **kids;
	size_t nkids;
	struct check *check;
	uint32_t check_id;
};

struct condition {
	struct tree *tree;
	struct type_set types;
};

/* No node, no bit, no slot. */
#define NO_ID UINT32_MAX

enum node_kind { NODE_FALSE, NODE_TRUE, NODE_CHECK, NODE_NOT, NODE_AND, NODE_OR };

struct node {
	uint8_t kind;
	bool thread_only; /* a function of the thread: remembered on it */
	bool per_use;     /* holds a check that must be tested where it stands, and only then */
	uint32_t n;
	uint32_t first; /* AND, OR, NOT: of its kids in program.kids; CHECK: the check's id */
	uint32_t bit;   /* in a thread's memory, NO_ID for nodes that are not kept there */
	uint32_t cost;  /* a guess, for the order of evaluation */
};

/* One operand that checks share: extracted at most once per event. */
struct slot {
	const struct expr *expr;
	uint64_t generation;
	bool present;
	struct value value;
};

/* A check, and where its left side's value is kept; NO_ID if it fetches that by itself. */
struct shared_check {
	struct check *check;
	uint32_t slot;
};

/* A condition that may hold at events of one type, and what is left of it there. */
struct root {
	uint32_t node, id;
};

/* What program_run does for events of one type, one after the other. */
enum step_kind {
	STEP_TEST,  /* does the node hold?  Else go on at `otherwise` */
	STEP_BIT,   /* likewise, and the thread may remember it */
	STEP_HOLDS, /* the condition `id` holds */
	STEP_LATER, /* the condition `id` is tested when its turn comes among those that hold */
};

struct step {
	uint8_t kind;
	uint32_t node;
	uint32_t bit;       /* BIT: in the thread's memory */
	uint32_t otherwise; /* TEST, BIT */
	uint32_t id;        /* HOLDS, LATER */
};

struct type_plan {
	const struct step *steps;
	uint32_t n;
	bool no_memory_of_threads; /* events that speak of containers of their own */
};

struct program {
	struct arena arena;
	struct regex_list *regexes;
	struct condition *conditions;
	uint32_t n, cap;

	struct strmap check_ids; /* key: the check spelled out without ambiguity */
	struct shared_check *checks;
	uint32_t nchecks, checks_cap;
	struct strmap slot_ids; /* likewise its left operand */
	struct slot *slots;
	uint32_t nslots, slots_cap;

	struct node *nodes;
	uint32_t nnodes, nodes_cap;
	uint32_t *kids;
	uint32_t nkids, kids_cap;
	uint32_t *node_table; /* hash table of node ids + 1 */
	uint32_t node_table_size;

	struct type_plan plans[EV_COUNT];
	uint32_t nbits;       /* of a thread's memory */
	uint64_t fingerprint; /* what that memory is good for */

	/* While running. */
	uint64_t generation;     /* of the event, from 1 */
	uint64_t *results;       /* per node: generation * 2 + result */
	uint64_t *known, *holds; /* memory of the thread, NULL: do not use it */
	uint64_t *hits;          /* bit per condition, all zero between events */
	uint32_t *later;         /* per condition the node to test yet, 0: none */
};

/* Room for `need` items in a heap array; false: no memory. */
bool program_grow(void **items, uint32_t *cap, uint32_t need, size_t size);

/* run.c: from here on values of another event are looked at. */
void program_next_event(struct program *p);
/* run.c: does this check hold?  Its left side is extracted at most once per event. */
bool program_check(struct program *p, uint32_t check_id, struct field_ctx *ctx);

/* nodes.c: ids of equal nodes are equal.  NO_ID: no memory. */
enum { NODE_FALSE_ID = 0, NODE_TRUE_ID = 1 };
bool nodes_init(struct program *p);
uint32_t node_not(struct program *p, uint32_t kid);
/* Flattened, freed of doubles, put in order of cost. */
uint32_t node_chain(struct program *p, enum node_kind kind, const uint32_t *kids, uint32_t n);
uint32_t node_of_tree(struct program *p, const struct tree *t);

/*
 * fold.c: the same node for events of one type, NO_ID: no memory.  memo has room for one id per
 * node that there was before the first call for this type, zeroed.
 */
uint32_t node_fold(struct program *p, uint32_t node, uint32_t type, uint32_t *memo);

/* plan.c; false: no memory. */
bool plan_type(struct program *p, struct type_plan *out, const struct root *roots, uint32_t n);

#endif
