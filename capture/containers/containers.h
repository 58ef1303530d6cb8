/*
 * Containers of the living host: found by the cgroups of their processes, described by what their
 * engines left on disk (docker, podman, containerd, cri-o; OCI bundles).  No daemon is asked.
 *
 * A description becomes an event of the trace (container, JSON), so that replay never asks the
 * host.
 */
#ifndef SAKER_CONTAINERS_H
#define SAKER_CONTAINERS_H

#include "format/base/err.h"
#include "format/record.h"

struct containers;

struct containers_options {
	const char *root; /* in front of /var/lib, /run, ...; NULL: the living host */
	bool background;  /* look on disk in a thread of its own */
};

struct containers_stats {
	uint64_t found,
		unknown;    /* containers described, and those of which the disk told nothing */
	uint64_t forgotten; /* not looked up: too many at once, or too many in all */
};

int containers_new(const struct containers_options *opt, struct containers **out, struct err *err);
void containers_free(struct containers *c);

/*
 * A process with these cgroups (NUL-terminated subsys=path items) exists.  Costs a comparison when
 * they are those of the call before and a hash when they are known; a container seen first is
 * looked up: at once, or by the thread, which looks again when a process of a container that it has
 * not found is noted.  True when this made something to wait for: waiting a little lets the
 * description stand in front of what the container does.
 */
bool containers_note(struct containers *c, struct sv cgroups);

/* Note the cgroups that an event carries, if it is one that tells of a process. */
bool containers_note_event(struct containers *c, const struct event *ev);

/* Let the thread finish what it has, at most this long; true when nothing is left to do. */
bool containers_wait(struct containers *c, uint32_t timeout_ms);

/*
 * The next description as an event at ts_ns (num 0, tid -1, cpu 0); false: none is ready.  Valid
 * until the next call.
 */
bool containers_next(struct containers *c, uint64_t ts_ns, struct event *out);

struct containers_stats containers_stats(struct containers *c);

#endif
