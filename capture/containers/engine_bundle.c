/* Engines of which only the bundle can be read: containerd, whose database is its own, and runc
 * alone. */
#define _GNU_SOURCE
#include "capture/containers/lookup.h"
#include "capture/containers/oci_bundle.h"

#include <dirent.h>
#include <string.h>

enum { DIRECTORIES_MAX = 1024 };

static DIR *list_dir(struct lookup *l, const char *path)
{
	buf_clear(&l->path);
	buf_printf(&l->path, "%s%s", l->root, path);
	return opendir(buf_cstr(&l->path));
}

/* --- containerd --- */

static const struct annotation_label cri_labels[] = {
	{ "io.kubernetes.cri.container-name", "io.kubernetes.container.name" },
	{ "io.kubernetes.cri.sandbox-name", "io.kubernetes.pod.name" },
	{ "io.kubernetes.cri.sandbox-namespace", "io.kubernetes.pod.namespace" },
	{ "io.kubernetes.cri.sandbox-uid", "io.kubernetes.pod.uid" },
};

static void describe_cri(const cJSON *spec, cJSON *c)
{
	const char *type = bundle_annotation(spec, "io.kubernetes.cri.container-type");

	describe_text(c, "name", bundle_annotation(spec, "io.kubernetes.cri.container-name"));
	describe_text(c, "name", bundle_annotation(spec, "nerdctl/name"));
	describe_image(c, bundle_annotation(spec, "io.kubernetes.cri.image-name"));
	describe_text(c, "pod_sandbox_id", bundle_annotation(spec, "io.kubernetes.cri.sandbox-id"));
	describe_flag(c, "is_pod_sandbox", type && strcmp(type, "sandbox") == 0);
	bundle_label(spec, c, cri_labels, sizeof cri_labels / sizeof *cri_labels);
	bundle_describe(spec, c);
}

bool containerd_describe(struct lookup *l, cJSON *c)
{
	static const char tasks[] = "/run/containerd/io.containerd.runtime.v2.task";
	DIR *d = list_dir(l, tasks);
	cJSON *spec = NULL;
	int n = 0;

	/* One directory per namespace of containerd: k8s.io, default, ... */
	for (const struct dirent *e; d && !spec && n < DIRECTORIES_MAX && (e = readdir(d)); n++) {
		if (e->d_name[0] != '.')
			spec = lookup_json(l, "%s/%s/%s/config.json", tasks, e->d_name, l->id);
	}
	if (d)
		closedir(d);
	if (spec)
		describe_cri(spec, c);
	cJSON_Delete(spec);
	return spec != NULL;
}

/* --- runc --- */

/* Image builders write what they made into annotations of the image, which bundles inherit. */
static const char *const name_keys[] = { "org.opencontainers.container.name", "name" };
static const char *const image_keys[] = { "org.opencontainers.image.ref.name",
					  "org.opencontainers.image.base.name",
					  "org.opencontainers.image.title", "image" };
static const char *const digest_keys[] = { "org.opencontainers.image.digest",
					   "org.opencontainers.image.base.digest" };

static const char *one_of(const cJSON *spec, const char *const *keys, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *value = bundle_annotation(spec, keys[i]);

		if (value)
			return value;
	}
	return NULL;
}

#define ONE_OF(spec, keys) one_of((spec), (keys), sizeof(keys) / sizeof *(keys))

static void describe_plain(const cJSON *spec, const char *runc_id, cJSON *c)
{
	describe_text(c, "name", ONE_OF(spec, name_keys));
	describe_text(c, "name", runc_id);
	describe_image(c, ONE_OF(spec, image_keys));
	describe_text(c, "imagedigest", ONE_OF(spec, digest_keys));
	describe_labels(c, member_of(spec, "annotations"));
	bundle_describe(spec, c);
}

/* "bundle=/path" among the labels of a running container's state. */
static const char *bundle_path(const cJSON *state)
{
	static const char key[] = "bundle=";
	const cJSON *labels = member_of(member_of(state, "config"), "labels");

	for (const cJSON *i = cJSON_IsArray(labels) ? labels->child : NULL; i; i = i->next) {
		if (cJSON_IsString(i) && strncmp(i->valuestring, key, sizeof key - 1) == 0)
			return i->valuestring + sizeof key - 1;
	}
	return NULL;
}

/* Is l->id the last part of one of its control groups? */
static bool is_in_group(const struct lookup *l, const cJSON *state)
{
	const cJSON *paths = member_of(state, "cgroup_paths");

	for (const cJSON *i = cJSON_IsObject(paths) ? paths->child : NULL; i; i = i->next) {
		if (cJSON_IsString(i) && strstr(i->valuestring, l->id))
			return true;
	}
	return false;
}

static bool describe_state(struct lookup *l, const char *dir, const char *name, cJSON *c)
{
	cJSON *state = lookup_json(l, "%s/%s/state.json", dir, name);
	const char *bundle = bundle_path(state);
	cJSON *spec = NULL;

	if (bundle && (strcmp(name, l->id) == 0 || is_in_group(l, state)))
		spec = lookup_json(l, "%s/config.json", bundle);
	if (spec)
		describe_plain(spec, name, c);
	cJSON_Delete(state);
	cJSON_Delete(spec);
	return spec != NULL;
}

bool runc_describe(struct lookup *l, cJSON *c)
{
	static const char *const dirs[] = { "/run/runc", "/run/crun" };
	bool found = false;

	for (size_t i = 0; i < sizeof dirs / sizeof *dirs && !found; i++) {
		found = describe_state(l, dirs[i], l->id, c);
		DIR *d = found ? NULL : list_dir(l, dirs[i]);
		int n = 0;

		for (const struct dirent *e; d && !found && n < DIRECTORIES_MAX && (e = readdir(d));
		     n++) {
			if (e->d_name[0] != '.')
				found = describe_state(l, dirs[i], e->d_name, c);
		}
		if (d)
			closedir(d);
	}
	return found;
}
