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
	uint64_t room; /* entries that all tables together have room for, a shared one counted once
			*/
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

#endif
