/*
 * Which container a process is in, by the paths of its control groups: what every reader of a trace
 * concludes, and what a recorder looks up.
 */
#ifndef SAKER_CONTAINER_MATCH_H
#define SAKER_CONTAINER_MATCH_H

#include "format/base/sv.h"

/* The part of a "subsys=path" item behind the first '='; empty when there is none. */
static inline struct sv cgroup_path(struct sv item)
{
	const char *eq = item.n ? memchr(item.p, '=', item.n) : NULL;

	if (!eq)
		return SV("");
	return (struct sv){ eq + 1, item.n - (size_t)(eq + 1 - item.p) };
}

struct container_match {
	struct sv id;      /* short; points into the cgroups */
	struct sv full_id; /* as the engine calls it; the same for engines that have only one */
	struct sv path;    /* the group that told it */
	const char *type;  /* NULL when the path leaves open which engine it is */
};

/* cgroups: NUL-terminated subsys=path items.  False: not in a container. */
bool container_match(struct sv cgroups, struct container_match *out);

/* The name of an engine that the group alone tells, as container_match gives it; NULL: none. */
const char *container_engine(struct sv name);

#endif
