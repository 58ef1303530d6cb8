/*
 * Adding, linking and removing threads; engine/state only.
 *
 * Follows Falco's thread manager step by step, including what it does with groups and lists of
 * children that do not add up after lost events: nthreads, reparenting and even the moment at
 * which a dead leader goes depend on those counts.
 */
#ifndef SAKER_STATE_THREAD_TABLE_H
#define SAKER_STATE_THREAD_TABLE_H

#include "engine/state/tables.h"

/* A thread with nothing known about it, in no table yet; NULL: no memory, noted. */
struct thread *thread_new(struct state *s);
/* Free one that is in no table. */
void thread_discard(struct state *s, struct thread *t);
/* Put take_t into the table, in place of one with its tid; NULL: the table is full. */
struct thread *thread_add(struct state *s, struct thread *take_t, bool link);
/* Find its group and its parent; does nothing for placeholders and for threads with a group. */
void thread_link(struct state *s, struct thread *t);
/* Take it out of the table, unless it is a leader that others still need. */
void thread_remove(struct state *s, int64_t tid);
/* The thread, or a new placeholder for it; NULL: the table is full. */
struct thread *thread_get(struct state *s, int64_t tid);
/* An execve makes a dead leader alive again. */
void thread_resurrect(struct state *s, struct thread *t);
void thread_mark_dead(struct state *s, struct thread *t);

/* Free what left the table. */
void threads_bury(struct state *s);
/* Empty the table. */
void threads_clear(struct state *s);

/* A field of t may show something else now. */
void thread_touch(struct state *s, struct thread *t);
/* ... or a field of another thread: of its group, its descendants, its session. */
void thread_touch_family(struct state *s, struct thread *t);
/* Set *field, one of t's ptid, sid, vpgid and pgid. */
void thread_set_id(struct state *s, struct thread *t, int64_t *field, int64_t id);

#endif
