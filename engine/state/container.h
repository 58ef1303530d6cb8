/*
 * Containers: id and engine from cgroup paths, everything else from container events in the trace
 * (never from a container engine's socket).
 */
#ifndef SAKER_STATE_CONTAINER_H
#define SAKER_STATE_CONTAINER_H

#include "engine/state/text.h"
#include "format/container_match.h"

struct container_mount {
	struct text *source, *dest, *mode, *propagation;
	bool rdwr;
};

struct container_label {
	struct text *key, *value;
};

struct container {
	struct text *id; /* short id: 12 characters for most engines; "host" is the host */
	struct text *full_id;
	struct text *name;
	const char *type; /* "docker", "podman", "containerd", "cri-o", "lxc", ...; "" unknown */
	struct text *image, *image_id, *repository, *tag, *digest;
	struct text *user, *ip, *cni_json, *pod_sandbox_id;
	struct container_mount *mounts;
	uint32_t nmounts;
	struct container_label *labels; /* ascending keys, each key once; so are the sandbox's */
	uint32_t nlabels;
	struct container_label *sandbox_labels;
	uint32_t nsandbox_labels;
	struct text
		*json; /* as recorded: all that is known, for writers; NULL without such an event */
	bool privileged, host_pid, host_network, host_ipc, is_pod_sandbox;
};

#endif
