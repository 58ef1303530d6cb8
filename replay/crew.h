/*
 * Several threads that replay parts of traces, and one that takes what comes out of them, part by
 * part, in the order in which they were added.  Nothing depends on which thread was faster.
 *
 * What is not taken yet is bounded: parts behind the front one wait when all of it comes to
 * CREW_AHEAD bytes, the front one when its own share does.
 */
#ifndef SAKER_REPLAY_CREW_H
#define SAKER_REPLAY_CREW_H

#include "engine/engine.h"
#include "format/source.h"
#include "replay/sink.h"

#include <signal.h>

enum { CREW_MAX = 256, CREW_AHEAD = 32 << 20 };

struct crew_options {
	unsigned workers; /* 1 .. CREW_MAX */
	enum rule_matching matching;
	bool wants_values, wants_news;
	struct ruleset *rules; /* the first worker's; NULL: no rules */
	/* Makes a copy for each of the others, which call it themselves; the crew frees it. */
	struct ruleset *(*copy_rules)(void *arg, struct err *err);
	void *arg;
	const volatile sig_atomic_t *stop; /* end orderly; NULL: never */
};

struct crew;

/* What the options point at is borrowed. */
int crew_new(const struct crew_options *o, struct crew **out, struct err *err);
/* Gives up what is still in work. */
void crew_free(struct crew *c);

/* Would one more part keep somebody busy? */
bool crew_wants(struct crew *c);
/* One more part behind the others; path and what the options point at are borrowed. */
int crew_add(struct crew *c, const char *path, const struct source_options *options,
	     struct err *err);

/* --- the part in front, which there must be --- */

/* Wait until it is known whether it can be read. */
bool crew_opened(struct crew *c);
/*
 * Its next parcel, for the caller to buf_deinit.  NEXT_END: there are no more.  NEXT_IDLE: none for
 * a while.
 */
enum next crew_take(struct crew *c, struct buf *parcel, struct err *err);
/* How far it is; all of it after NEXT_END.  Views live until crew_pop. */
void crew_report(struct crew *c, struct trace_report *out, struct source_progress *at);
/* Done with it, whether it has ended or not. */
void crew_pop(struct crew *c);

#endif
