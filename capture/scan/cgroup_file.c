#include "capture/scan/cgroup_file.h"

#include "capture/scan/procfs.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	KNOWN_MAX = 1024, /* then the memory starts afresh */
	CONTROLLERS_MAX = 32,
	MOUNTS_FILE_MAX = 4 << 20,
};

static struct sv mount_point_v2(struct sv mounts)
{
	struct sv line;

	while (sv_next_line(&mounts, &line)) {
		sv_next_word(&line);
		struct sv point = sv_next_word(&line);

		if (sv_eq(sv_next_word(&line), SV("cgroup2")))
			return point;
	}
	return (struct sv){ 0 };
}

void cgroup_files_init(struct cgroup_files *c, const char *root)
{
	struct buf text = { 0 }, path = { 0 };

	*c = (struct cgroup_files){ .v2 = -1 };
	buf_printf(&path, "%s/proc/1/mounts", root);
	if (procfs_read(AT_FDCWD, buf_cstr(&path), MOUNTS_FILE_MAX, &text)) {
		struct sv point = mount_point_v2(buf_sv(&text));

		buf_clear(&path);
		buf_puts(&path, root);
		buf_putsv(&path, point);
		if (point.n)
			c->v2 = procfs_open_dir(AT_FDCWD, buf_cstr(&path));
	}
	buf_deinit(&text);
	buf_deinit(&path);
}

static void forget(struct cgroup_files *c)
{
	arena_deinit(&c->texts);
	strmap_deinit(&c->known);
	free(c->items);
	c->items = NULL;
	c->n = 0;
}

void cgroup_files_deinit(struct cgroup_files *c)
{
	forget(c);
	buf_deinit(&c->out);
	if (c->v2 >= 0)
		close(c->v2);
	c->v2 = -1;
}

static void put_item(struct buf *out, struct sv subsys, struct sv path)
{
	if (out->n + subsys.n + path.n + 2 > CGROUPS_MAX)
		return;
	buf_putsv(out, subsys);
	buf_putc(out, '=');
	buf_putsv(out, path);
	buf_putc(out, '\0');
}

/* Has `out` an item of this controller that was put at or behind `from`? */
static bool has_controller(const struct buf *out, size_t from, struct sv subsys)
{
	struct sv rest = { out->p + from, out->n - from }, item;

	while (sv_next_item(&rest, &item)) {
		if (item.n > subsys.n && item.p[subsys.n] == '=' && sv_starts(item, subsys))
			return true;
	}
	return false;
}

static void put_controllers(struct cgroup_files *c, struct sv path, size_t from)
{
	struct buf name = { 0 }, text = { 0 };

	buf_printf(&name, "." SV_FMT "/cgroup.controllers", SV_ARG(path));
	if (procfs_read(c->v2, buf_cstr(&name), 4096, &text)) {
		struct sv rest = buf_sv(&text), word;

		while ((word = sv_next_word(&rest)).n) {
			if (!has_controller(&c->out, from, word))
				put_item(&c->out, word, path);
		}
	}
	buf_deinit(&name);
	buf_deinit(&text);
}

static void put_v2(struct cgroup_files *c, struct sv path)
{
	size_t from = c->out.n;

	for (;;) {
		put_controllers(c, path, from);
		if (path.n <= 1)
			return;
		while (path.n && path.p[path.n - 1] != '/')
			path.n--;
		if (path.n > 1)
			path.n--;
	}
}

/* "3:cpu,cpuacct:/user.slice", "0::/user.slice" */
static void put_line(struct cgroup_files *c, struct sv line)
{
	const char *first = line.n ? memchr(line.p, ':', line.n) : NULL;
	struct sv rest = first ? (struct sv){ first + 1, line.n - (size_t)(first + 1 - line.p) }
			       : (struct sv){ 0 };
	const char *second = rest.n ? memchr(rest.p, ':', rest.n) : NULL;

	if (!second)
		return;
	struct sv subsystems = { rest.p, (size_t)(second - rest.p) };
	struct sv path = { second + 1, rest.n - subsystems.n - 1 };
	if (path.n == 0 || path.p[0] != '/')
		return;
	if (subsystems.n == 0) {
		if (c->v2 >= 0)
			put_v2(c, path);
		return;
	}
	while (subsystems.n) {
		const char *comma = memchr(subsystems.p, ',', subsystems.n);
		struct sv one;

		sv_take(&subsystems, comma ? (size_t)(comma - subsystems.p) : subsystems.n, &one);
		if (comma)
			sv_take(&subsystems, 1, &(struct sv){ 0 });
		if (one.n)
			put_item(&c->out, one, path);
	}
}

static void remember(struct cgroup_files *c, struct sv contents)
{
	if (c->n == KNOWN_MAX)
		forget(c);
	if (!c->items && !(c->items = calloc(KNOWN_MAX, sizeof *c->items)))
		return;
	struct sv key = arena_sv(&c->texts, contents), items = arena_sv(&c->texts, buf_sv(&c->out));
	if (!key.p || !items.p || !strmap_put(&c->known, key, c->n))
		return;
	c->items[c->n++] = items;
}

struct sv cgroup_items(struct cgroup_files *c, struct sv contents)
{
	uint32_t at = strmap_get(&c->known, contents, UINT32_MAX);
	struct sv line;

	if (at != UINT32_MAX)
		return c->items[at];
	buf_clear(&c->out);
	for (struct sv rest = contents; sv_next_line(&rest, &line);)
		put_line(c, line);
	if (c->out.failed)
		return (struct sv){ 0 };
	remember(c, contents);
	return buf_sv(&c->out);
}
