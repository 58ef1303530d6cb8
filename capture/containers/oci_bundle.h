/* config.json of an OCI bundle: what the container was started with. */
#ifndef SAKER_OCI_BUNDLE_H
#define SAKER_OCI_BUNDLE_H

#include "capture/containers/describe.h"

/* Environment, mounts, user, namespaces of the host, privileges. */
void bundle_describe(const cJSON *spec, cJSON *c);

/* The value of an annotation; NULL: none. */
const char *bundle_annotation(const cJSON *spec, const char *key);

/* Kubernetes' names as labels, from annotations that begin with prefix ("io.kubernetes.cri."). */
struct annotation_label {
	const char *annotation, *label;
};
void bundle_label(const cJSON *spec, cJSON *c, const struct annotation_label *rows, size_t n);

#endif
