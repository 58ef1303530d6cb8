/*
 * The description of one container as it grows: the "container" object of Falco's container events.
 * Every function leaves out what it is not given; what is told first stays.
 */
#ifndef SAKER_DESCRIBE_H
#define SAKER_DESCRIBE_H

#include <cjson/cJSON.h>
#include <stdbool.h>

enum { FULL_ID = 64, SHORT_ID = 12 };

/* Falco's numbers of engines. */
enum container_type {
	CONTAINER_DOCKER = 0,
	CONTAINER_CONTAINERD = 7,
	CONTAINER_CRIO = 8,
	CONTAINER_PODMAN = 11,
	CONTAINER_TYPE_UNKNOWN = -1,
};

void describe_text(cJSON *c, const char *key, const char *text);
void describe_flag(cJSON *c, const char *key, bool set);
/* "registry:5000/team/app:1.2@sha256:...": the whole, repository, tag and digest. */
void describe_image(cJSON *c, const char *image);
/* "sha256:..." without the name of the hash. */
void describe_image_id(cJSON *c, const char *id);
void describe_label(cJSON *c, const char *key, const char *value);
/* All members of an object that are texts. */
void describe_labels(cJSON *c, const cJSON *labels);
/* An array of texts. */
void describe_env(cJSON *c, const cJSON *env);
void describe_mount(cJSON *c, const char *source, const char *dest, const char *mode, bool rw,
		    const char *propagation);
/* Docker's ["CMD-SHELL", "curl ..."] or ["CMD", "prog", "arg"...]. */
void describe_healthcheck(cJSON *c, const cJSON *test);

/* The text of a member; NULL: missing, of another kind, or empty.  obj may be NULL. */
const char *member_text(const cJSON *obj, const char *key);
const cJSON *member_of(const cJSON *obj, const char *key);
bool member_is_true(const cJSON *obj, const char *key);

#endif
