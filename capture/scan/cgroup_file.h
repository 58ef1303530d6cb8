/*
 * /proc/PID/cgroup as the items that events carry: "subsys=path", one per controller.  Of a version
 * 2 hierarchy, which has one path for all, each controller is told with the nearest group upwards
 * that has it enabled.
 */
#ifndef SAKER_CGROUP_FILE_H
#define SAKER_CGROUP_FILE_H

#include "format/base/arena.h"
#include "format/base/buf.h"
#include "format/base/strmap.h"

enum { CGROUPS_MAX = 4096 }; /* bytes of all items */

struct cgroup_files {
	int v2;              /* the mount point of version 2 as a directory, -1: none */
	struct arena texts;  /* of the two below */
	struct strmap known; /* contents of a file -> number of items */
	struct sv *items;
	uint32_t n;
	struct buf out;
};

/* root: in front of /proc/1/mounts and of what is mounted. */
void cgroup_files_init(struct cgroup_files *c, const char *root);
void cgroup_files_deinit(struct cgroup_files *c);

/* Items of a cgroup file's contents; nearly all processes have those of another.  Valid until the
 * next call.  Empty when there is no memory. */
struct sv cgroup_items(struct cgroup_files *c, struct sv contents);

#endif
