/*
 * Mounts by their id, of all mount namespaces (ids are unique in the kernel): the device that
 * events name, and the layers of an overlay.
 */
#ifndef SAKER_MOUNTS_H
#define SAKER_MOUNTS_H

#include "format/base/arena.h"
#include "format/base/buf.h"

struct mount {
	uint64_t id;
	uint32_t dev; /* as events tell it: the kernel's new_encode_dev of the superblock */
	bool read_only;
	struct sv root;  /* what of the filesystem is mounted */
	struct sv point; /* where, seen from the root of the process that was asked */
	struct sv upper; /* overlay: the upper directory; empty for others */
};

struct mounts {
	struct mount *rows; /* open addressing by id; 0 is free */
	size_t n, cap;
	int64_t asked; /* whose mountinfo was read last: an id that it lacks is not sought again */
	struct arena texts;
};

void mounts_deinit(struct mounts *m);
/*
 * The mount of this id; NULL when it is unknown also to dir/mountinfo (dir: process pid), which is
 * read when needed.  Valid until the next call.
 */
const struct mount *mounts_find(struct mounts *m, uint64_t id, int64_t pid, int dir,
				struct buf *scratch);

#endif
