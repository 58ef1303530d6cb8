#include "capture/containers/describe.h"

#include <stddef.h>
#include <string.h>

const cJSON *member_of(const cJSON *obj, const char *key)
{
	return cJSON_IsObject(obj) ? cJSON_GetObjectItemCaseSensitive(obj, key) : NULL;
}

const char *member_text(const cJSON *obj, const char *key)
{
	const cJSON *v = member_of(obj, key);

	return cJSON_IsString(v) && v->valuestring[0] ? v->valuestring : NULL;
}

bool member_is_true(const cJSON *obj, const char *key)
{
	return cJSON_IsTrue(member_of(obj, key));
}

void describe_text(cJSON *c, const char *key, const char *text)
{
	if (text && !cJSON_HasObjectItem(c, key))
		cJSON_AddStringToObject(c, key, text);
}

static void describe_part(cJSON *c, const char *key, const char *p, size_t n)
{
	char part[1024];

	if (n == 0 || n >= sizeof part)
		return;
	memcpy(part, p, n);
	part[n] = '\0';
	describe_text(c, key, part);
}

void describe_flag(cJSON *c, const char *key, bool set)
{
	if (set && !cJSON_HasObjectItem(c, key))
		cJSON_AddTrueToObject(c, key);
}

void describe_image(cJSON *c, const char *image)
{
	if (!image || cJSON_HasObjectItem(c, "image"))
		return;
	const char *at = strchr(image, '@');
	size_t named = at ? (size_t)(at - image) : strlen(image), repo = named;

	/* A colon in front of the last slash belongs to a port. */
	for (size_t i = named; i > 0 && image[i - 1] != '/'; i--) {
		if (image[i - 1] == ':')
			repo = i - 1;
	}
	describe_text(c, "image", image);
	describe_part(c, "imagerepo", image, repo);
	if (repo < named)
		describe_part(c, "imagetag", image + repo + 1, named - repo - 1);
	if (at)
		describe_text(c, "imagedigest", at + 1);
}

void describe_image_id(cJSON *c, const char *id)
{
	static const char hash[] = "sha256:";

	if (id && strncmp(id, hash, sizeof hash - 1) == 0)
		id += sizeof hash - 1;
	describe_text(c, "imageid", id);
}

/* The member `key`, made when it is not there yet. */
static cJSON *part_of(cJSON *c, const char *key, bool is_object)
{
	cJSON *part = cJSON_GetObjectItemCaseSensitive(c, key);

	if (part)
		return part;
	return is_object ? cJSON_AddObjectToObject(c, key) : cJSON_AddArrayToObject(c, key);
}

void describe_label(cJSON *c, const char *key, const char *value)
{
	cJSON *labels = value ? part_of(c, "labels", true) : NULL;

	if (labels && !cJSON_HasObjectItem(labels, key))
		cJSON_AddStringToObject(labels, key, value);
}

void describe_labels(cJSON *c, const cJSON *labels)
{
	for (const cJSON *l = cJSON_IsObject(labels) ? labels->child : NULL; l; l = l->next) {
		if (cJSON_IsString(l) && l->string)
			describe_label(c, l->string, l->valuestring);
	}
}

void describe_env(cJSON *c, const cJSON *env)
{
	cJSON *list = cJSON_IsArray(env) ? part_of(c, "env", false) : NULL;

	for (const cJSON *e = list ? env->child : NULL; e; e = e->next) {
		if (cJSON_IsString(e))
			cJSON_AddItemToArray(list, cJSON_CreateString(e->valuestring));
	}
}

void describe_mount(cJSON *c, const char *source, const char *dest, const char *mode, bool rw,
		    const char *propagation)
{
	cJSON *list = part_of(c, "Mounts", false), *m = list ? cJSON_CreateObject() : NULL;

	if (!m)
		return;
	cJSON_AddStringToObject(m, "Source", source ? source : "");
	cJSON_AddStringToObject(m, "Destination", dest ? dest : "");
	cJSON_AddStringToObject(m, "Mode", mode ? mode : "");
	cJSON_AddBoolToObject(m, "RW", rw);
	cJSON_AddStringToObject(m, "Propagation", propagation ? propagation : "");
	cJSON_AddItemToArray(list, m);
}

void describe_healthcheck(cJSON *c, const cJSON *test)
{
	const cJSON *kind = cJSON_IsArray(test) ? test->child : NULL;
	const cJSON *first = kind ? kind->next : NULL;

	if (!cJSON_IsString(kind) || !cJSON_IsString(first) ||
	    cJSON_HasObjectItem(c, "Healthcheck"))
		return;
	bool shell = strcmp(kind->valuestring, "CMD-SHELL") == 0;
	if (!shell && strcmp(kind->valuestring, "CMD") != 0)
		return;
	cJSON *probe = cJSON_AddObjectToObject(c, "Healthcheck");
	cJSON *args = probe ? cJSON_CreateArray() : NULL;
	if (!args)
		return;
	cJSON_AddStringToObject(probe, "exe", shell ? "/bin/sh" : first->valuestring);
	cJSON_AddItemToObject(probe, "args", args);
	if (shell)
		cJSON_AddItemToArray(args, cJSON_CreateString("-c"));
	for (const cJSON *a = shell ? first : first->next; a; a = a->next) {
		if (cJSON_IsString(a))
			cJSON_AddItemToArray(args, cJSON_CreateString(a->valuestring));
	}
}
