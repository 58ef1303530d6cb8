/*
 * Containers: id and engine from cgroup paths, everything else from container events in the trace
 * (never from a container engine's socket).
 */
#ifndef SAKER_STATE_CONTAINER_H
#define SAKER_STATE_CONTAINER_H

#include "engine/state/text.h"

struct container_mount {
	struct text *source, *dest, *mode, *propagation;
	bool rdwr;
};

struct container_label {
	struct text *key, *value;
};

struct container {
	struct text *id;      /* short id: 12 characters for most engines */
	struct text *full_id;
	struct text *name;
	struct text *type;    /* "docker", "podman", "containerd", "cri-o", "lxc", ... */
	struct text *image, *image_id, *repository, *tag, *digest;
	struct text *user, *ip, *cni_json, *pod_sandbox_id;
	struct text *healthcheck, *liveness_probe, *readiness_probe; /* command lines, NULL: none */
	struct container_mount *mounts;
	uint32_t nmounts;
	struct container_label *labels;
	uint32_t nlabels;
	struct container_label *sandbox_labels;
	uint32_t nsandbox_labels;
	struct text *env;     /* NUL-separated items */
	struct text *port_mappings; /* rendered JSON */
	int64_t created_time; /* s since the epoch, 0 unknown */
	int64_t memory_limit, swap_limit, cpu_shares, cpu_quota, cpu_period;
	bool has_metadata;    /* a container event described it; else only the cgroup told its id */
	bool privileged, has_privileged;
	bool host_pid, host_network, host_ipc, is_pod_sandbox;
};

/*
 * Container id and engine that a thread's cgroups (NUL-separated subsys=path items) tell.
 * False: not in a container.  The views point into `cgroups` or at constants.
 */
struct container_match {
	struct sv id;      /* short */
	struct sv full_id;
	const char *type;
};
bool container_match(struct sv cgroups, struct container_match *out);

#endif
