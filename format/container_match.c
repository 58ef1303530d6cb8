#include "format/container_match.h"

#include <stdint.h>

enum { FULL_ID = 64, SHORT_ID = 12 };

/*
 * cgroup paths of runc and its relatives: prefix, 64 hex digits, suffix, both found from the end.
 */
static const struct {
	const char *prefix, *suffix;
} layouts[] = {
	{ "/libpod-", ".scope" }, /* podman */
	{ "/libpod-", ".scope/container" },
	{ "/libpod-", "" },
	{ "/libpod-payload-", ".scope" },
	{ "/libpod-payload-", ".scope/container" },
	{ "/libpod-payload-", "" },
	{ "/", "" },              /* docker, containerd without systemd */
	{ "/docker-", ".scope" }, /* docker with systemd */
	{ "/crio-", "" },         /* cri-o */
	{ "/cri-containerd-", ".scope" },
	{ "/crio-", ".scope" },
	{ ":cri-containerd:", "" },
};

/* Offset of the last `needle` in `s`, or -1; an empty one is found at the end. */
static ptrdiff_t find_last(struct sv s, struct sv needle)
{
	for (size_t at = s.n + 1; at-- > 0;) {
		if (s.n - at >= needle.n && memcmp(s.p + at, needle.p, needle.n) == 0)
			return (ptrdiff_t)at;
	}
	return -1;
}

static bool is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

/*
 * Falco checks the digits by looking for the first other character from the id on: it must come
 * at offset 64 of the whole path or later, not of the id.
 */
static bool hex_up_to_64(struct sv path, size_t from)
{
	while (from < path.n && is_one_of(path.p[from], "0123456789abcdefABCDEF"))
		from++;
	return from == path.n || from >= FULL_ID;
}

static bool match_layout(struct sv path, struct sv prefix, struct sv suffix, struct sv *id)
{
	ptrdiff_t start = find_last(path, prefix), end = find_last(path, suffix);

	if (start < 0 || end < 0)
		return false;
	start += (ptrdiff_t)prefix.n;
	if (end - start != FULL_ID || !hex_up_to_64(path, (size_t)start))
		return false;
	*id = (struct sv){ path.p + start, SHORT_ID };
	return true;
}

static bool match_runc(struct sv path, struct sv *id)
{
	for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
		if (match_layout(path, sv_of(layouts[i].prefix), sv_of(layouts[i].suffix), id))
			return true;
	}
	return false;
}

static struct sv sv_from(struct sv s, size_t at)
{
	return (struct sv){ s.p + at, s.n - at };
}

static struct sv sv_before(struct sv s, struct sv end)
{
	ptrdiff_t at = sv_find(s, end);

	return at < 0 ? s : (struct sv){ s.p, (size_t)at };
}

static bool match_lxc(struct sv path, struct sv *id)
{
	static const char *const marks[] = { "/lxc/", "/lxc.payload/", "/lxc.payload." };

	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
		ptrdiff_t at = sv_find(path, sv_of(marks[i]));

		if (at >= 0) {
			*id = sv_before(sv_from(path, (size_t)at + strlen(marks[i])), SV("/"));
			return true;
		}
	}
	return false;
}

/* ".../NAME.libvirt-lxc" */
static bool match_libvirt_plain(struct sv path, struct sv *id)
{
	const struct sv mark = SV(".libvirt-lxc");
	ptrdiff_t at = sv_find(path, mark), slash = find_last(path, SV("/"));

	if (at < 0 || (size_t)at + mark.n != path.n || slash < 0)
		return false;
	/* A slash behind the mark cannot be: the path ends with it. */
	*id = (struct sv){ path.p + slash + 1, (size_t)(at - slash - 1) };
	return true;
}

/* "/machine.slice/machine-lxc\x2d2293906\x2dlibvirt\x2dcontainer.scope/libvirt" */
static bool match_libvirt_systemd(struct sv path, struct sv *id)
{
	const struct sv mark = SV("-lxc\\x2");
	struct sv end =
		sv_find(path, SV(".scope/libvirt")) >= 0 ? SV(".scope/libvirt") : SV(".scope");
	ptrdiff_t at = sv_find(path, mark), end_at = sv_find(path, end);

	if (at < 0 || end_at < 0 || (size_t)end_at + end.n != path.n)
		return false;
	/* One character more than the mark: the 'd' of "\x2d". */
	size_t start = (size_t)at + mark.n + 1;
	if (start > path.n)
		return false;
	*id = sv_from(path, start);
	if (start <= (size_t)end_at)
		id->n = (size_t)end_at - start;
	return true;
}

static bool match_libvirt(struct sv path, struct sv *id)
{
	if (match_libvirt_plain(path, id) || match_libvirt_systemd(path, id))
		return true;
	const struct sv mark = SV("/libvirt/lxc/");
	ptrdiff_t at = sv_find(path, mark);
	if (at < 0)
		return false;
	*id = sv_from(path, (size_t)at + mark.n);
	return true;
}

/* Cloud Foundry: ".../bpm-NAME[.scope]" */
static bool match_bpm(struct sv path, struct sv *id)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-";
	const struct sv mark = SV("bpm-");
	ptrdiff_t at = sv_find(path, mark);

	if (at < 0)
		return false;
	*id = sv_before(sv_from(path, (size_t)at + mark.n), SV(".scope"));
	for (size_t i = 0; i < id->n; i++) {
		if (!is_one_of(id->p[i], allowed))
			return false;
	}
	return id->n > 0;
}

static const struct {
	bool (*match)(struct sv path, struct sv *id);
	const char *type;
} engines[] = {
	{ match_runc, NULL },
	{ match_lxc, "lxc" },
	{ match_libvirt, "libvirt-lxc" },
	{ match_bpm, "bpm" },
};

bool container_match(struct sv cgroups, struct container_match *out)
{
	struct sv item;

	while (sv_next_item(&cgroups, &item)) {
		struct sv path = cgroup_path(item);

		for (size_t i = 0; i < sizeof engines / sizeof *engines && path.n; i++) {
			/* An empty id does not end the search among the other cgroups. */
			if (!engines[i].match(path, &out->id))
				continue;
			out->type = engines[i].type;
			out->path = path;
			out->full_id = out->id;
			if (engines[i].match == match_runc)
				out->full_id.n = FULL_ID;
			if (out->id.n)
				return true;
			break;
		}
	}
	return false;
}

const char *container_engine(struct sv name)
{
	for (size_t i = 0; i < sizeof engines / sizeof *engines; i++) {
		if (engines[i].type && sv_eq(sv_of(engines[i].type), name))
			return engines[i].type;
	}
	return sv_eq(name, SV("host")) ? "host" : NULL;
}
