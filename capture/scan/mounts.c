#include "capture/scan/mounts.h"

#include "capture/scan/procfs.h"

#include <stdlib.h>

enum {
	MOUNTS_MAX = 1 << 16,
	MOUNTINFO_MAX = 8 << 20,
};

void mounts_deinit(struct mounts *m)
{
	free(m->rows);
	arena_deinit(&m->texts);
	*m = (struct mounts){ 0 };
}

static struct mount *slot_of(struct mount *rows, size_t cap, uint64_t id)
{
	size_t i = (size_t)(id * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (cap - 1);

	while (rows[i].id && rows[i].id != id)
		i = (i + 1) & (cap - 1);
	return &rows[i];
}

static bool grow(struct mounts *m)
{
	size_t cap = m->cap ? m->cap * 2 : 256;
	struct mount *rows = calloc(cap, sizeof *rows);

	if (!rows)
		return false;
	for (size_t i = 0; i < m->cap; i++) {
		if (m->rows[i].id)
			*slot_of(rows, cap, m->rows[i].id) = m->rows[i];
	}
	free(m->rows);
	m->rows = rows;
	m->cap = cap;
	return true;
}

/* "\040" is a blank: mountinfo writes blanks, tabs, newlines and backslashes in octal. */
static struct sv unescaped(struct mounts *m, struct sv text)
{
	char *out = arena_bytes(&m->texts, text.n + 1);
	size_t n = 0;

	if (!out)
		return (struct sv){ 0 };
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '\\' && i + 3 < text.n) {
			out[n++] = (char)sv_number((struct sv){ text.p + i + 1, 3 }, 8);
			i += 3;
		} else {
			out[n++] = text.p[i];
		}
	}
	out[n] = '\0';
	return (struct sv){ out, n };
}

/* What follows `name` in its item of a list with commas; .p is NULL when there is none. */
static struct sv option(struct sv options, struct sv name, bool is_value)
{
	while (options.n) {
		const char *comma = memchr(options.p, ',', options.n);
		struct sv item;

		sv_take(&options, comma ? (size_t)(comma - options.p) : options.n, &item);
		if (comma)
			sv_take(&options, 1, &(struct sv){ 0 });
		if (sv_starts(item, name) && (is_value || item.n == name.n))
			return (struct sv){ item.p + name.n, item.n - name.n };
	}
	return (struct sv){ 0 };
}

static uint32_t encode_dev(struct sv text)
{
	const char *colon = memchr(text.p, ':', text.n);

	if (!colon)
		return 0;
	uint32_t major = (uint32_t)sv_number(text, 10);
	uint32_t minor = (uint32_t)sv_number(
		(struct sv){ colon + 1, text.n - (size_t)(colon + 1 - text.p) }, 10);
	return (minor & 0xff) | (major & 0xfff) << 8 | (minor & ~UINT32_C(0xff)) << 12;
}

/* "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue" */
static void add_line(struct mounts *m, struct sv line)
{
	uint64_t id = sv_number(sv_next_word(&line), 10);

	if (id == 0 || m->n >= MOUNTS_MAX || (m->n * 2 >= m->cap && !grow(m)))
		return;
	struct mount *row = slot_of(m->rows, m->cap, id);
	if (row->id)
		return;
	sv_next_word(&line);
	uint32_t dev = encode_dev(sv_next_word(&line));
	struct sv root = sv_next_word(&line), point = sv_next_word(&line);
	struct sv options = sv_next_word(&line), word;
	do
		word = sv_next_word(&line);
	while (word.n && !sv_eq(word, SV("-")));
	bool overlay = sv_eq(sv_next_word(&line), SV("overlay"));
	sv_next_word(&line);
	struct sv of_filesystem = sv_next_word(&line);
	*row = (struct mount){ .id = id, .dev = dev };
	row->read_only =
		option(options, SV("ro"), false).p || option(of_filesystem, SV("ro"), false).p;
	m->n++;
	if (!overlay)
		return;
	row->root = unescaped(m, root);
	row->point = unescaped(m, point);
	row->upper = unescaped(m, option(of_filesystem, SV("upperdir="), true));
}

const struct mount *mounts_find(struct mounts *m, uint64_t id, int64_t pid, int dir,
				struct buf *scratch)
{
	struct mount *row = m->cap ? slot_of(m->rows, m->cap, id) : NULL;

	if (id == 0)
		return NULL;
	if (row && row->id)
		return row;
	if (m->asked == pid || !procfs_read(dir, "mountinfo", MOUNTINFO_MAX, scratch))
		return NULL;
	m->asked = pid;
	struct sv rest = buf_sv(scratch), line;
	while (sv_next_line(&rest, &line))
		add_line(m, line);
	row = m->cap ? slot_of(m->rows, m->cap, id) : NULL;
	return row && row->id ? row : NULL;
}
