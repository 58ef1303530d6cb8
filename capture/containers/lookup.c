#include "capture/containers/lookup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_BYTES_MAX = 4 << 20 };

/* A plain file only: nothing else may hold a reader up. */
static bool read_file(const char *path, struct buf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	ssize_t n = 0;

	buf_clear(out);
	if (fd < 0)
		return false;
	bool fits = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 &&
		    st.st_size <= FILE_BYTES_MAX && buf_reserve(out, (size_t)st.st_size);
	while (fits && out->n < (size_t)st.st_size) {
		n = read(fd, out->p + out->n, (size_t)st.st_size - out->n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		out->n += (size_t)n;
	}
	close(fd);
	return fits && n >= 0;
}

cJSON *lookup_json(struct lookup *l, const char *fmt, ...)
{
	char path[2048];
	va_list args;

	va_start(args, fmt);
	int n = vsnprintf(path, sizeof path, fmt, args);
	va_end(args);
	if (n < 0 || (size_t)n >= sizeof path)
		return NULL;
	buf_clear(&l->path);
	buf_printf(&l->path, "%s%s", l->root, path);
	if (!read_file(buf_cstr(&l->path), &l->text))
		return NULL;
	return cJSON_ParseWithLength(l->text.p, l->text.n);
}

/* In the order in which they may know the same container: docker's are containerd's and runc's,
 * too. */
static const struct engine {
	bool (*describe)(struct lookup *l, cJSON *c);
	enum container_type type;
} engines[] = {
	{ docker_describe, CONTAINER_DOCKER },     { crio_describe, CONTAINER_CRIO },
	{ podman_describe, CONTAINER_PODMAN },     { containerd_describe, CONTAINER_CONTAINERD },
	{ runc_describe, CONTAINER_TYPE_UNKNOWN },
};

/* Which engine names its groups this way. */
static const struct {
	struct sv part;
	enum container_type type;
} path_types[] = {
	{ SV("libpod-"), CONTAINER_PODMAN },
	{ SV("crio-"), CONTAINER_CRIO },
	{ SV("cri-containerd"), CONTAINER_CONTAINERD },
	{ SV("/docker"), CONTAINER_DOCKER },
};

static enum container_type type_by_path(struct sv path)
{
	for (size_t i = 0; i < sizeof path_types / sizeof *path_types; i++) {
		if (sv_find(path, path_types[i].part) >= 0)
			return path_types[i].type;
	}
	return CONTAINER_TYPE_UNKNOWN;
}

static bool describe(struct lookup *l, struct sv path, cJSON *c)
{
	for (size_t i = 0; i < sizeof engines / sizeof *engines; i++) {
		enum container_type type = engines[i].type;

		if (!engines[i].describe(l, c))
			continue;
		if (type == CONTAINER_TYPE_UNKNOWN)
			type = type_by_path(path);
		if (type != CONTAINER_TYPE_UNKNOWN)
			cJSON_AddNumberToObject(c, "type", type);
		return true;
	}
	return false;
}

static void print(const cJSON *top, struct buf *json)
{
	char *text = cJSON_PrintUnformatted(top);

	if (text)
		buf_put(json, text, strlen(text) + 1);
	cJSON_free(text);
}

static bool is_hex(struct sv id)
{
	for (size_t i = 0; i < id.n; i++) {
		if (!strchr("0123456789abcdefABCDEF", id.p[i]) || id.p[i] == '\0')
			return false;
	}
	return true;
}

bool container_lookup(const char *root, struct sv full_id, struct sv path, struct buf *json)
{
	char id[FULL_ID + 1], short_id[SHORT_ID + 1];
	struct lookup l = { .root = root, .id = id };
	cJSON *top = cJSON_CreateObject();
	cJSON *c = top ? cJSON_AddObjectToObject(top, "container") : NULL;
	bool found = false;

	buf_clear(json);
	if (c && full_id.n == FULL_ID && is_hex(full_id)) {
		memcpy(id, full_id.p, FULL_ID);
		id[FULL_ID] = '\0';
		memcpy(short_id, id, SHORT_ID);
		short_id[SHORT_ID] = '\0';
		describe_text(c, "id", short_id);
		describe_text(c, "full_id", id);
		found = describe(&l, path, c);
	}
	if (found)
		print(top, json);
	cJSON_Delete(top);
	buf_deinit(&l.path);
	buf_deinit(&l.text);
	return found && json->n > 0 && !json->failed;
}
