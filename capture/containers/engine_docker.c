/* Docker: /var/lib/docker/containers/ID/{config.v2,hostconfig}.json,
 * image/DRIVER/repositories.json. */
#include "capture/containers/lookup.h"

#include <string.h>

static const char *data_root(cJSON *daemon)
{
	const char *configured = member_text(daemon, "data-root");

	return configured && configured[0] == '/' ? configured : "/var/lib/docker";
}

static void describe_mounts(const cJSON *points, cJSON *c)
{
	for (const cJSON *m = cJSON_IsObject(points) ? points->child : NULL; m; m = m->next) {
		const char *mode = member_text(m, "Mode");

		describe_mount(c, member_text(m, "Source"), member_text(m, "Destination"),
			       mode ? mode : member_text(m, "Relabel"), member_is_true(m, "RW"),
			       member_text(m, "Propagation"));
	}
}

static void describe_address(const cJSON *config, cJSON *c)
{
	const cJSON *networks = member_of(member_of(config, "NetworkSettings"), "Networks");

	for (const cJSON *n = cJSON_IsObject(networks) ? networks->child : NULL; n; n = n->next)
		describe_text(c, "ip", member_text(n, "IPAddress"));
}

static bool is_host(const cJSON *host, const char *key)
{
	const char *mode = member_text(host, key);

	return mode && strcmp(mode, "host") == 0;
}

static void describe_host_config(struct lookup *l, const char *root, cJSON *c)
{
	cJSON *host = lookup_json(l, "%s/containers/%s/hostconfig.json", root, l->id);

	describe_flag(c, "privileged", member_is_true(host, "Privileged"));
	describe_flag(c, "host_pid", is_host(host, "PidMode"));
	describe_flag(c, "host_network", is_host(host, "NetworkMode"));
	describe_flag(c, "host_ipc", is_host(host, "IpcMode"));
	cJSON_Delete(host);
}

/* {"Repositories": {"nginx": {"nginx:1.2": "sha256:ID", "nginx@sha256:DIGEST": "sha256:ID"}}} */
static void describe_digest(struct lookup *l, const char *root, const char *driver,
			    const char *image_id, cJSON *c)
{
	cJSON *file = lookup_json(l, "%s/image/%s/repositories.json", root, driver);
	const cJSON *all = member_of(file, "Repositories");

	for (const cJSON *repo = cJSON_IsObject(all) ? all->child : NULL; repo; repo = repo->next) {
		for (const cJSON *r = cJSON_IsObject(repo) ? repo->child : NULL; r; r = r->next) {
			const char *at = r->string ? strchr(r->string, '@') : NULL;

			if (at && cJSON_IsString(r) && strcmp(r->valuestring, image_id) == 0)
				describe_text(c, "imagedigest", at + 1);
		}
	}
	cJSON_Delete(file);
}

static void describe_config(struct lookup *l, const char *root, const cJSON *file, cJSON *c)
{
	const cJSON *config = member_of(file, "Config");
	const char *name = member_text(file, "Name"), *image_id = member_text(file, "Image");
	const char *driver = member_text(file, "Driver");

	describe_text(c, "name", name && name[0] == '/' ? name + 1 : name);
	describe_image(c, member_text(config, "Image"));
	describe_image_id(c, image_id);
	describe_text(c, "User", member_text(config, "User"));
	describe_labels(c, member_of(config, "Labels"));
	describe_env(c, member_of(config, "Env"));
	describe_mounts(member_of(file, "MountPoints"), c);
	describe_healthcheck(c, member_of(member_of(config, "Healthcheck"), "Test"));
	describe_address(file, c);
	if (image_id)
		describe_digest(l, root, driver && !strchr(driver, '/') ? driver : "overlay2",
				image_id, c);
}

bool docker_describe(struct lookup *l, cJSON *c)
{
	cJSON *daemon = lookup_json(l, "/etc/docker/daemon.json");
	const char *root = data_root(daemon);
	cJSON *file = lookup_json(l, "%s/containers/%s/config.v2.json", root, l->id);

	if (file) {
		describe_config(l, root, file, c);
		describe_host_config(l, root, c);
	}
	cJSON_Delete(daemon);
	cJSON_Delete(file);
	return file != NULL;
}
