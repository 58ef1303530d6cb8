/*
 * The face of the engine: state, rules and the event loop's inner step.
 */
#ifndef SAKER_ENGINE_H
#define SAKER_ENGINE_H

#include "engine/rules/ruleset.h"
#include "engine/state/state.h"

enum rule_matching { MATCH_ALL, MATCH_FIRST };

/* One rule that holds at one event.  Everything borrowed until the callback returns. */
struct match {
	const struct rule *rule;
	const struct event *ev;
	struct field_ctx *ctx; /* to extract further fields */
};

typedef int engine_match(void *arg, const struct match *m, struct err *err);

struct engine;

/* rs stays the caller's and must outlive the engine; it may be NULL (state only). */
struct engine *engine_new(struct ruleset *rs, enum rule_matching matching);
void engine_free(struct engine *e);
/*
 * Take one record: update the state, then call on_match for every rule that holds.
 * -1 when the callback failed or memory ran out.
 */
int engine_record(struct engine *e, const struct record *rec, engine_match *on_match, void *arg,
		  struct err *err);
/* Take events that no rule looks at (ruleset_is_quiet); as state_quiet. */
int engine_quiet(struct engine *e, const struct quiet_run *run, struct err *err);
/*
 * Rules for the records from here on; the state stays.  What the old ones remembered of threads
 * does not count for the new ones.
 */
void engine_set_rules(struct engine *e, struct ruleset *rs);
/*
 * Asked after the state has taken an event and before any rule sees it: false keeps the rules away
 * from it.  NULL: none is asked.
 */
typedef bool engine_gate(void *arg, struct field_ctx *ctx);
void engine_set_gate(struct engine *e, engine_gate *gate, void *arg);
struct state *engine_state(struct engine *e);
struct field_ctx *engine_ctx(struct engine *e);

#endif
