/*
 * Walking from a thread to its ancestors.
 */
#ifndef SAKER_FIELDS_ANCESTRY_H
#define SAKER_FIELDS_ANCESTRY_H

#include "engine/state/state.h"

/*
 * The parents of a thread, nearest first, by parent id alone.  A hostile trace may close the chain
 * into a loop: the second pointer, twice as fast, notices.
 */
struct ancestry {
	const struct state *s;
	const struct thread *at;
	const struct thread *ahead;
};

/* Each gives the next ancestor or NULL. */
const struct thread *ancestry_first(struct ancestry *a, const struct state *s,
				    const struct thread *t);
const struct thread *ancestry_next(struct ancestry *a);

/* The n-th ancestor process: from main thread to the main thread of the parent; 0 is t's own. */
const struct thread *ancestor_process(const struct state *s, const struct thread *t, int64_t n);

/* Thread members that name a session or a process group. */
enum group_id { GROUP_SID, GROUP_VPGID, GROUP_PGID };

/*
 * The leader of t's session or group: the thread with that id, or, where the id only means
 * something inside t's pid namespace, the oldest of the nearest ancestors that share it.
 */
const struct thread *group_leader(const struct state *s, const struct thread *t, enum group_id id);

#endif
