#include "engine/state/cgroups.h"

static const struct {
	const char *recorded, *name;
} renamed[] = {
	{ "perf", "perf_event" },
	{ "mem", "memory" },
	{ "io", "blkio" },
};

static void put_subsys(struct buf *out, struct sv subsys)
{
	const struct sv suffix = SV("_cgroup");
	ptrdiff_t at = sv_find(subsys, suffix);
	size_t start = out->n;

	if (at < 0) {
		buf_putsv(out, subsys);
	} else {
		buf_put(out, subsys.p, (size_t)at);
		buf_put(out, subsys.p + at + suffix.n, subsys.n - (size_t)at - suffix.n);
	}
	if (out->failed || out->n == start)
		return;
	struct sv put = { out->p + start, out->n - start };
	for (size_t i = 0; i < sizeof renamed / sizeof *renamed; i++) {
		if (sv_eq(put, sv_of(renamed[i].recorded))) {
			out->n = start;
			buf_puts(out, renamed[i].name);
			return;
		}
	}
}

bool cgroups_normalise(struct sv recorded, struct buf *out)
{
	struct sv item;

	buf_clear(out);
	while (sv_next_item(&recorded, &item)) {
		const char *eq = item.n ? memchr(item.p, '=', item.n) : NULL;

		if (!eq)
			return false;
		put_subsys(out, (struct sv){ item.p, (size_t)(eq - item.p) });
		buf_putc(out, '=');
		buf_putsv(out, cgroup_path(item));
		buf_putc(out, '\0');
	}
	return !out->failed;
}
