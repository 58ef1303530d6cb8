/*
 * The JSON of container events.  As Falco's reader: a missing key has its default, a key with a
 * value of another type spoils the whole event.
 */
#include "engine/state/container_list.h"

#include <cjson/cJSON.h>
#include <stdlib.h>

struct reading {
	const cJSON *obj;
	bool failed;
};

/* The last value of `key`; NULL: none. */
static const cJSON *value_of(const struct reading *r, const char *key)
{
	const cJSON *found = NULL;

	for (const cJSON *i = r->obj->child; i; i = i->next) {
		if (i->string && strcmp(i->string, key) == 0)
			found = i;
	}
	return found;
}

static struct text *text_of(struct reading *r, const cJSON *v)
{
	if (!cJSON_IsString(v)) {
		r->failed = true;
		return NULL;
	}
	struct text *t = text_new(sv_of(v->valuestring));
	if (!t && v->valuestring[0])
		r->failed = true;
	return t;
}

static struct text *read_text(struct reading *r, const char *key)
{
	const cJSON *v = value_of(r, key);

	return v ? text_of(r, v) : NULL;
}

static bool read_bool(struct reading *r, const char *key)
{
	const cJSON *v = value_of(r, key);

	if (v && !cJSON_IsBool(v))
		r->failed = true;
	return v && cJSON_IsTrue(v);
}

/* Numbers that nothing shows: only their type matters. */
static void check_number(struct reading *r, const char *key)
{
	const cJSON *v = value_of(r, key);

	if (v && !cJSON_IsNumber(v) && !cJSON_IsBool(v))
		r->failed = true;
}

static const char *read_type(struct reading *r)
{
	static const char *const names[] = { "docker", "lxc",   "libvirt-lxc", "mesos", "rkt",
					     "",       "cri",   "containerd",  "cri-o", "bpm",
					     "",       "podman" };
	const cJSON *v = value_of(r, "type");

	check_number(r, "type");
	if (!v || !cJSON_IsNumber(v))
		return v && cJSON_IsTrue(v) ? names[1] : v && cJSON_IsFalse(v) ? names[0] : "";
	if (v->valuedouble == 0xfffe)
		return "host";
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (v->valuedouble == (double)i)
			return names[i];
	}
	return "";
}

/* Number of items of an array or object that may be null; 0 also for other types: failed. */
static uint32_t count_of(struct reading *r, const cJSON *v, bool is_object)
{
	if (!v || cJSON_IsNull(v))
		return 0;
	if (is_object ? !cJSON_IsObject(v) : !cJSON_IsArray(v)) {
		r->failed = true;
		return 0;
	}
	return (uint32_t)cJSON_GetArraySize(v);
}

static int by_key(const void *a, const void *b)
{
	const struct container_label *x = a, *y = b;

	return sv_cmp(text_sv(x->key), text_sv(y->key));
}

/* Of equal keys the last counts: it was put behind the others' place by position. */
static void put_label(struct container_label *labels, uint32_t *n, struct container_label l)
{
	for (uint32_t i = 0; i < *n; i++) {
		if (sv_eq(text_sv(labels[i].key), text_sv(l.key))) {
			text_unref(labels[i].key);
			text_unref(labels[i].value);
			labels[i] = l;
			return;
		}
	}
	labels[(*n)++] = l;
}

enum { LABELS_MAX = 4096 };

static struct container_label *read_labels(struct reading *r, const char *key, uint32_t *n)
{
	const cJSON *v = value_of(r, key);
	uint32_t count = count_of(r, v, true);

	*n = 0;
	if (count == 0 || count > LABELS_MAX)
		return NULL;
	struct container_label *labels = calloc(count, sizeof *labels);
	if (!labels) {
		r->failed = true;
		return NULL;
	}
	for (const cJSON *i = v->child; i; i = i->next) {
		struct container_label l = { text_new(sv_of(i->string)), text_of(r, i) };

		put_label(labels, n, l);
	}
	qsort(labels, *n, sizeof *labels, by_key);
	return labels;
}

static struct container_mount *read_mounts(struct reading *r, uint32_t *n)
{
	const cJSON *v = value_of(r, "Mounts");
	uint32_t count = count_of(r, v, false);

	*n = 0;
	if (count == 0)
		return NULL;
	struct container_mount *mounts = calloc(count, sizeof *mounts);
	if (!mounts) {
		r->failed = true;
		return NULL;
	}
	for (const cJSON *i = v->child; i; i = i->next) {
		struct reading m = { .obj = i, .failed = !cJSON_IsObject(i) };

		mounts[(*n)++] = (struct container_mount){
			.source = read_text(&m, "Source"),
			.dest = read_text(&m, "Destination"),
			.mode = read_text(&m, "Mode"),
			.propagation = read_text(&m, "Propagation"),
			.rdwr = read_bool(&m, "RW"),
		};
		r->failed |= m.failed;
	}
	return mounts;
}

/* Lists that nothing shows: only their shape matters. */
static void check_lists(struct reading *r)
{
	const cJSON *env = value_of(r, "env"), *ports = value_of(r, "port_mappings");

	if (count_of(r, env, false)) {
		for (const cJSON *i = env->child; i; i = i->next)
			r->failed |= !cJSON_IsString(i);
	}
	if (count_of(r, ports, false)) {
		for (const cJSON *i = ports->child; i; i = i->next)
			r->failed |= !cJSON_IsObject(i);
	}
}

static struct container *read_container(struct reading *r)
{
	static const char *const numbers[] = { "cpu_period",       "cpu_quota",    "cpu_shares",
					       "cpuset_cpu_count", "created_time", "size",
					       "memory_limit",     "swap_limit" };
	struct container *c = calloc(1, sizeof *c);

	if (!c)
		return NULL;
	c->type = read_type(r);
	c->id = read_text(r, "id");
	c->full_id = read_text(r, "full_id");
	c->name = read_text(r, "name");
	c->image = read_text(r, "image");
	c->image_id = read_text(r, "imageid");
	c->repository = read_text(r, "imagerepo");
	c->tag = read_text(r, "imagetag");
	c->digest = read_text(r, "imagedigest");
	c->user = read_text(r, "User");
	c->ip = read_text(r, "ip");
	c->cni_json = read_text(r, "cni_json");
	c->pod_sandbox_id = read_text(r, "pod_sandbox_id");
	c->privileged = read_bool(r, "privileged");
	c->host_pid = read_bool(r, "host_pid");
	c->host_network = read_bool(r, "host_network");
	c->host_ipc = read_bool(r, "host_ipc");
	c->is_pod_sandbox = read_bool(r, "is_pod_sandbox");
	c->labels = read_labels(r, "labels", &c->nlabels);
	c->sandbox_labels = read_labels(r, "pod_sandbox_labels", &c->nsandbox_labels);
	c->mounts = read_mounts(r, &c->nmounts);
	check_lists(r);
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		check_number(r, numbers[i]);
	if (r->failed) {
		container_free(c);
		return NULL;
	}
	return c;
}

struct container *container_from_json(struct sv json)
{
	struct text *text = text_new(sv_upto_nul(json));
	cJSON *root = text ? cJSON_ParseWithOpts(text->p, NULL, 1) : NULL;
	struct reading top = { .obj = root };
	const cJSON *obj = cJSON_IsObject(root) ? value_of(&top, "container") : NULL;
	struct container *c = NULL;

	if (cJSON_IsObject(obj)) {
		struct reading r = { .obj = obj };

		c = read_container(&r);
	}
	cJSON_Delete(root);
	if (c)
		c->json = text;
	else
		text_unref(text);
	return c;
}
