/*
 * Changing fd tables and their entries; engine/state only.
 *
 * A table is named by the slot that holds it (&thread->fds), because changing a shared one
 * replaces it.
 */
#ifndef SAKER_STATE_FD_TABLE_H
#define SAKER_STATE_FD_TABLE_H

#include "engine/state/fd.h"
#include "engine/state/pool.h"

struct fd_store {
	struct pool fds, tables;
	uint64_t room; /* entries that all tables have room for, a shared one counted once */
	uint64_t lost; /* entries that a full table, or all of them, had no room for */
	bool nomem;    /* something failed for want of memory */
};

void fd_store_init(struct fd_store *st);
void fd_store_deinit(struct fd_store *st); /* after the last table went */

/* One reference for the caller; NULL: no memory, noted in st. */
struct fd *fd_new(struct fd_store *st);
struct fd *fd_clone(struct fd_store *st, const struct fd *f);
void fd_unref(struct fd_store *st, struct fd *f);

/* Let the empty slot `to`, of a fork's child, hold what `from` holds. */
void fd_slot_fork(struct fd_store *st, struct fd_slot *from, struct fd_slot *to);
void fd_slot_clear(struct fd_store *st, struct fd_slot *slot);

/*
 * Open `num` as f, which the table takes; replaces what was open there.  Returns f, or NULL when
 * there is no room or no memory for it (f is gone then).  Negative numbers are kept, too: Falco
 * counts them as open, though nothing finds them.
 */
struct fd *fd_table_put(struct fd_store *st, struct fd_slot *slot, int64_t num, struct fd *take_f);
void fd_table_remove(struct fd_store *st, struct fd_slot *slot, int64_t num);
/* The entry f of `num` for changing: a copy in f's place if others share it.  NULL: no room, or no
 * memory for that. */
struct fd *fd_table_own(struct fd_store *st, struct fd_slot *slot, int64_t num, struct fd *f);
/* Drop every entry that `drop` wants dropped. */
void fd_table_drop_if(struct fd_store *st, struct fd_slot *slot,
		      bool (*drop)(int64_t num, const struct fd *f, const void *arg),
		      const void *arg);

/* --- saving and loading --- */

/* What a table is besides its entries: how much room it has and how Falco would hash it. */
struct fd_table_shape {
	uint32_t nnear, far_room, nbuckets, count;
};

struct fd_table_shape fd_table_shape(const struct fd_table *t);
/* Its number while a state is saved. */
uint32_t *fd_table_mark(struct fd_table *t);
/* In the order of its list; start with at = 0.  NULL: the end. */
struct fd *fd_table_walk(const struct fd_table *t, uint32_t *at, int64_t *num);
/*
 * A table with these entries, in the order of its list; it takes a reference of each.  One
 * reference for the caller.  NULL: there cannot be such a table, or no memory (noted in st).
 */
struct fd_table *fd_table_build(struct fd_store *st, const struct fd_table_shape *shape,
				const int64_t *nums, struct fd *const *fds);
void fd_table_unref(struct fd_store *st, struct fd_table *t);
/* Let the empty slot hold t, too. */
void fd_slot_share(struct fd_slot *slot, struct fd_table *t, bool child_order);

#endif
