#include "capture/containers/oci_bundle.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

const char *bundle_annotation(const cJSON *spec, const char *key)
{
	return member_text(member_of(spec, "annotations"), key);
}

void bundle_label(const cJSON *spec, cJSON *c, const struct annotation_label *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		describe_label(c, rows[i].label, bundle_annotation(spec, rows[i].annotation));
}

/* --- mounts --- */

static bool has_text(const cJSON *list, const char *text)
{
	for (const cJSON *i = cJSON_IsArray(list) ? list->child : NULL; i; i = i->next) {
		if (cJSON_IsString(i) && strcmp(i->valuestring, text) == 0)
			return true;
	}
	return false;
}

static const char *propagation_of(const cJSON *options)
{
	static const char *const kinds[] = { "private", "rprivate", "shared",
					     "rshared", "slave",    "rslave" };

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if (has_text(options, kinds[i]))
			return kinds[i];
	}
	return "";
}

/* Only what comes from the host: proc, sysfs, tmpfs are every container's own. */
static void describe_mounts(const cJSON *mounts, cJSON *c)
{
	for (const cJSON *m = cJSON_IsArray(mounts) ? mounts->child : NULL; m; m = m->next) {
		const cJSON *options = member_of(m, "options");
		const char *type = member_text(m, "type");
		bool bind = has_text(options, "bind") || has_text(options, "rbind") ||
			    (type && strcmp(type, "bind") == 0);

		if (bind)
			describe_mount(c, member_text(m, "source"), member_text(m, "destination"),
				       "", !has_text(options, "ro"), propagation_of(options));
	}
}

/* --- privileges --- */

/* A container without this entry in the list shares the host's namespace. */
static bool has_namespace(const cJSON *spec, const char *type)
{
	const cJSON *list = member_of(member_of(spec, "linux"), "namespaces");

	for (const cJSON *n = cJSON_IsArray(list) ? list->child : NULL; n; n = n->next) {
		const char *t = member_text(n, "type");

		if (t && strcmp(t, type) == 0)
			return true;
	}
	return false;
}

/* No flag says so: an engine gives a privileged container all capabilities and hides nothing. */
static bool is_privileged(const cJSON *spec)
{
	const cJSON *bounding =
		member_of(member_of(member_of(spec, "process"), "capabilities"), "bounding");
	const cJSON *masked = member_of(member_of(spec, "linux"), "maskedPaths");

	return has_text(bounding, "CAP_SYS_ADMIN") && has_text(bounding, "CAP_SYS_MODULE") &&
	       (!masked || cJSON_GetArraySize(masked) == 0);
}

static void describe_user(const cJSON *spec, cJSON *c)
{
	const cJSON *uid = member_of(member_of(member_of(spec, "process"), "user"), "uid");
	char text[24];

	if (!cJSON_IsNumber(uid) || uid->valuedouble < 0 || uid->valuedouble > 4294967295.0)
		return;
	snprintf(text, sizeof text, "%.0f", uid->valuedouble);
	describe_text(c, "User", text);
}

void bundle_describe(const cJSON *spec, cJSON *c)
{
	describe_env(c, member_of(member_of(spec, "process"), "env"));
	describe_mounts(member_of(spec, "mounts"), c);
	describe_user(spec, c);
	describe_flag(c, "host_pid", !has_namespace(spec, "pid"));
	describe_flag(c, "host_network", !has_namespace(spec, "network"));
	describe_flag(c, "host_ipc", !has_namespace(spec, "ipc"));
	describe_flag(c, "privileged", is_privileged(spec));
}
