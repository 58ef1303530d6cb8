/* One container sought in what the engines left on disk. */
#ifndef SAKER_LOOKUP_H
#define SAKER_LOOKUP_H

#include "capture/containers/describe.h"
#include "format/base/buf.h"

struct lookup {
	const char *root; /* "" for the living host */
	const char *id;   /* FULL_ID hex digits */
	struct buf path, text;
};

/*
 * The container event's JSON, NUL included, into *json.  path: the control group, for what only it
 * tells.  False: no engine knows the container.
 */
bool container_lookup(const char *root, struct sv full_id, struct sv path, struct buf *json);

/* --- for the engines --- */

/* A JSON file below root, at most 4 MiB; NULL: there is none, or it is no JSON. */
cJSON *lookup_json(struct lookup *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Each adds what it knows to c; false: it knows nothing of l->id. */
bool docker_describe(struct lookup *l, cJSON *c);
bool podman_describe(struct lookup *l, cJSON *c);
bool crio_describe(struct lookup *l, cJSON *c);
bool containerd_describe(struct lookup *l, cJSON *c);
bool runc_describe(struct lookup *l, cJSON *c);

#endif
