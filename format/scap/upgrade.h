/*
 * Old events into current ones, by conversions.def.
 *
 * Recorders used to write a pair of events per system call (enter, exit); the current vocabulary
 * carries everything in the exit event.  An upgrader remembers the enter event of each thread and
 * builds current exit events from old ones.  Every decision follows the same order as Falco's
 * reader; what is dropped is counted in source_stats.
 */
#ifndef SAKER_SCAP_UPGRADE_H
#define SAKER_SCAP_UPGRADE_H

#include "format/source.h"

struct upgrader;

enum upgrade_result {
	UPGRADE_ERROR = -1,
	UPGRADE_DROP = 0, /* stored or retired: not to be shown, not to be numbered */
	UPGRADE_KEEP = 1, /* *ev is the event to show (changed in place if it had to be) */
};

struct upgrader *upgrader_new(struct source_stats *stats); /* NULL: no memory; stats borrowed */
void upgrader_free(struct upgrader *u);
/* Does an event of this type with so many parameters stay as it is, whatever came before it? */
static inline bool upgrade_keeps(const struct event_desc *desc, uint32_t nparams)
{
	uint32_t flags = desc->flags & (EF_UNUSED | EF_OLD_VERSION | EF_CONVERTER_MANAGED);

	return flags == 0 || (flags == EF_CONVERTER_MANAGED && event_is_exit(desc->id) &&
			      nparams == desc->nparams);
}

/* Views put into *ev stay valid until the next call. */
enum upgrade_result upgrader_apply(struct upgrader *u, struct event *ev, struct err *err);
/* The stored enter events, as rows of SNAPSHOT_INTAKE. */
void upgrader_save(const struct upgrader *u, struct snapshot *out);
/* One after the other, ascending tids; only tid, type and parameters are known of them. */
int upgrader_each(const struct upgrader *u,
		  int (*take)(void *arg, const struct event *ev, bool passed, struct err *err),
		  void *arg, struct err *err);
/* Let somebody change the parameters of each; not their number. */
int upgrader_rewrite(struct upgrader *u,
		     int (*rewrite)(void *arg, struct event *ev, struct err *err), void *arg,
		     struct err *err);
/* Replaces the stored ones; damage and want of memory show in *from. */
void upgrader_load(struct upgrader *u, struct snapshot_reader *from);
/* Forget stored enter events: a new section begins. */
void upgrader_reset(struct upgrader *u);

#endif
