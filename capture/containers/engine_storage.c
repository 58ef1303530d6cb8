/*
 * Podman and cri-o keep their containers in containers/storage: overlay-containers/containers.json
 * names them and their images, overlay-images/images.json names the digests, userdata/config.json
 * is the bundle.
 */
#include "capture/containers/lookup.h"
#include "capture/containers/oci_bundle.h"

#include <string.h>

static const char *const storages[] = { "/var/lib/containers/storage" };

static const cJSON *with_id(const cJSON *list, const char *id)
{
	for (const cJSON *i = cJSON_IsArray(list) ? list->child : NULL; i; i = i->next) {
		const char *own = member_text(i, "id");

		if (own && strcmp(own, id) == 0)
			return i;
	}
	return NULL;
}

static const char *first_text(const cJSON *list)
{
	return cJSON_IsArray(list) && cJSON_IsString(list->child) ? list->child->valuestring : NULL;
}

static void describe_stored_image(struct lookup *l, const char *storage, const char *id, cJSON *c)
{
	cJSON *images = lookup_json(l, "%s/overlay-images/images.json", storage);
	const cJSON *image = with_id(images, id);

	describe_image(c, first_text(member_of(image, "names")));
	describe_text(c, "imagedigest", member_text(image, "digest"));
	describe_image_id(c, id);
	cJSON_Delete(images);
}

/* metadata is JSON within a text. */
static void describe_stored(struct lookup *l, const char *storage, const cJSON *entry, cJSON *c)
{
	const char *text = member_text(entry, "metadata"), *image = member_text(entry, "image");
	cJSON *metadata = text ? cJSON_Parse(text) : NULL;

	describe_text(c, "name", first_text(member_of(entry, "names")));
	describe_text(c, "name", member_text(metadata, "name"));
	describe_image(c, member_text(metadata, "image-name"));
	if (image)
		describe_stored_image(l, storage, image, c);
	cJSON_Delete(metadata);
}

/* The bundle; NULL: this storage has no such container. */
static cJSON *find_bundle(struct lookup *l, const char **storage)
{
	for (size_t i = 0; i < sizeof storages / sizeof *storages; i++) {
		*storage = storages[i];
		cJSON *spec = lookup_json(l, "%s/overlay-containers/%s/userdata/config.json",
					  *storage, l->id);

		if (spec)
			return spec;
	}
	return NULL;
}

static void describe_entry(struct lookup *l, const char *storage, cJSON *c)
{
	cJSON *list = lookup_json(l, "%s/overlay-containers/containers.json", storage);
	cJSON *fresh = NULL;
	const cJSON *entry = with_id(list, l->id);

	/* Containers that need not survive a reboot have a list of their own. */
	if (!entry) {
		fresh = lookup_json(l, "%s/overlay-containers/volatile-containers.json", storage);
		entry = with_id(fresh, l->id);
	}
	if (entry)
		describe_stored(l, storage, entry, c);
	cJSON_Delete(list);
	cJSON_Delete(fresh);
}

static bool is_crio(const cJSON *spec)
{
	return bundle_annotation(spec, "io.kubernetes.cri-o.ContainerType") != NULL;
}

/* --- podman --- */

static void describe_podman(const cJSON *spec, cJSON *c)
{
	const char *privileged = bundle_annotation(spec, "io.podman.annotations.privileged");

	if (privileged && strcmp(privileged, "TRUE") == 0)
		describe_flag(c, "privileged", true);
	describe_labels(c, member_of(spec, "annotations"));
	bundle_describe(spec, c);
}

bool podman_describe(struct lookup *l, cJSON *c)
{
	const char *storage;
	cJSON *spec = find_bundle(l, &storage);
	bool ours = spec && !is_crio(spec);

	if (ours) {
		describe_entry(l, storage, c);
		describe_podman(spec, c);
	}
	cJSON_Delete(spec);
	return ours;
}

/* --- cri-o --- */

static const struct annotation_label crio_labels[] = {
	{ "io.kubernetes.container.name", "io.kubernetes.container.name" },
	{ "io.kubernetes.pod.name", "io.kubernetes.pod.name" },
	{ "io.kubernetes.pod.namespace", "io.kubernetes.pod.namespace" },
	{ "io.kubernetes.pod.uid", "io.kubernetes.pod.uid" },
};

/* The labels of another annotation, which is JSON within a text. */
static void describe_label_text(const cJSON *spec, cJSON *c)
{
	const char *text = bundle_annotation(spec, "io.kubernetes.cri-o.Labels");
	cJSON *labels = text ? cJSON_Parse(text) : NULL;

	describe_labels(c, labels);
	cJSON_Delete(labels);
}

static void describe_crio(const cJSON *spec, cJSON *c)
{
	const char *type = bundle_annotation(spec, "io.kubernetes.cri-o.ContainerType");

	describe_text(c, "name", bundle_annotation(spec, "io.kubernetes.container.name"));
	describe_image(c, bundle_annotation(spec, "io.kubernetes.cri-o.ImageName"));
	describe_text(c, "ip", bundle_annotation(spec, "io.kubernetes.cri-o.IP.0"));
	describe_text(c, "pod_sandbox_id",
		      bundle_annotation(spec, "io.kubernetes.cri-o.SandboxID"));
	describe_flag(c, "is_pod_sandbox", strcmp(type, "sandbox") == 0);
	describe_label_text(spec, c);
	bundle_label(spec, c, crio_labels, sizeof crio_labels / sizeof *crio_labels);
	bundle_describe(spec, c);
}

bool crio_describe(struct lookup *l, cJSON *c)
{
	const char *storage;
	cJSON *spec = find_bundle(l, &storage);
	bool ours = spec && is_crio(spec);

	if (ours) {
		describe_crio(spec, c);
		describe_entry(l, storage, c);
	}
	cJSON_Delete(spec);
	return ours;
}
