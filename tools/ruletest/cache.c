#include "tools/ruletest/cache.h"

#include "format/base/strmap.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 64 << 20, OTHERS_MAX = 16 << 20 };

/* Which program this is: its file's size and time tell builds apart. */
static void note_build(struct cache *c)
{
	struct stat st;

	if (stat("/proc/self/exe", &st) == 0)
		snprintf(c->build, sizeof c->build, "%s-%jx-%jx", SAKER_VERSION,
			 (uintmax_t)st.st_size, (uintmax_t)st.st_mtime);
	else
		snprintf(c->build, sizeof c->build, "%s", SAKER_VERSION);
}

static bool make_directories(char *path)
{
	for (char *at = path + 1; *at; at++) {
		if (*at != '/')
			continue;
		*at = '\0';
		int rc = mkdir(path, 0700);
		*at = '/';
		if (rc < 0 && errno != EEXIST)
			return false;
	}
	return mkdir(path, 0700) == 0 || errno == EEXIST;
}

int cache_open(struct cache *c, const char *dir, struct err *err)
{
	const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	struct buf path = { 0 };

	*c = (struct cache){ 0 };
	if (dir)
		buf_puts(&path, dir);
	else if (xdg && *xdg == '/')
		buf_printf(&path, "%s/saker/ruletest", xdg);
	else if (home && *home == '/')
		buf_printf(&path, "%s/.cache/saker/ruletest", home);
	if (path.n == 0 && !path.failed)
		return 0;
	buf_put(&path, "/", 2);
	if (path.failed)
		return err_set(err, ERR_NOMEM, "out of memory");
	c->dir = path.p;
	note_build(c);
	if (make_directories(c->dir))
		return 0;
	if (dir)
		err_errno(err, "%s", dir);
	cache_close(c);
	return dir ? -1 : 0;
}

void cache_close(struct cache *c)
{
	free(c->dir);
	c->dir = NULL;
}

void cache_allow(const struct cache *c, struct cli *cli)
{
	cli_allow(cli, c->dir, CONFINE_FOLDER);
}

static void put_path(const struct cache *c, const struct trace *t, struct buf *out)
{
	buf_printf(out, "%s%s", c->dir, t->digest.hex);
}

static bool read_file(const char *path, struct buf *out)
{
	FILE *file = fopen(path, "rbe");
	char chunk[1 << 14];
	size_t n;

	if (!file)
		return false;
	while ((n = fread(chunk, 1, sizeof chunk, file)) > 0 && out->n < FILE_MAX)
		buf_put(out, chunk, n);
	fclose(file);
	return !out->failed && out->n < FILE_MAX;
}

/* A number up to `end`, which is taken, too. */
static bool take_number(struct sv *in, char end, uint64_t *out)
{
	size_t i = 0;

	*out = 0;
	for (; i < in->n && in->p[i] >= '0' && in->p[i] <= '9' && i < 20; i++)
		*out = *out * 10 + (uint64_t)(in->p[i] - '0');
	return i > 0 && i < in->n && in->p[i] == end && sv_take(in, i + 1, &(struct sv){ 0 });
}

static bool take_word(struct sv *in, char end, struct sv *out)
{
	const char *at = in->n ? memchr(in->p, end, in->n) : NULL;

	return at && sv_take(in, (size_t)(at - in->p), out) && sv_take(in, 1, &(struct sv){ 0 });
}

static bool take_hit(struct sv *in, struct hit *h)
{
	uint64_t n;

	return take_number(in, ' ', &h->num) && take_number(in, ' ', &h->ts_ns) &&
	       take_number(in, ' ', &h->text_hash) && take_number(in, ' ', &n) &&
	       sv_take(in, (size_t)n, &h->text) && sv_take(in, 1, &(struct sv){ 0 });
}

/* One answer; *into is NULL for those that nobody asks for. */
static bool take_answer(struct sv *in, struct arena *arena, struct answer *into)
{
	uint64_t count, n;

	if (!take_number(in, ' ', &count) || !take_number(in, '\n', &n) || n > count)
		return false;
	for (uint64_t i = 0; i < n; i++) {
		struct hit h;

		if (!take_hit(in, &h) || (into && !answer_add(arena, into, h)))
			return false;
	}
	if (into)
		into->count = count;
	return true;
}

/* "saker-ruletest BUILD EVENTS FIRST LAST\n" */
static bool take_head(const struct cache *c, struct sv *in, struct trace_span *span)
{
	struct sv magic, build;

	return take_word(in, ' ', &magic) && sv_eq(magic, SV("saker-ruletest")) &&
	       take_word(in, ' ', &build) && sv_eq(build, sv_of(c->build)) &&
	       take_number(in, ' ', &span->events) && take_number(in, ' ', &span->first_ns) &&
	       take_number(in, '\n', &span->last_ns);
}

void cache_load(const struct cache *c, struct trace *t, const struct digest *keys, size_t n,
		bool *known)
{
	struct buf path = { 0 }, text = { 0 }, others = { 0 };
	struct strmap at = { 0 };
	struct trace_span span = { 0 };
	struct sv in, key;

	if (!c->dir)
		return;
	put_path(c, t, &path);
	bool ok = read_file(buf_cstr(&path), &text);
	in = buf_sv(&text);
	ok = ok && take_head(c, &in, &span);
	for (size_t i = 0; ok && i < n; i++)
		ok = !t->answers[i] || strmap_put(&at, sv_of(keys[i].hex), (uint32_t)i);
	for (struct sv begin = in; ok && take_word(&in, ' ', &key); begin = in) {
		uint32_t i = strmap_get(&at, key, UINT32_MAX);
		struct answer found = { 0 };

		ok = take_answer(&in, &t->arena, i == UINT32_MAX ? NULL : &found);
		if (ok && i != UINT32_MAX) {
			*t->answers[i] = found;
			known[i] = true;
		} else if (ok && others.n < OTHERS_MAX) {
			buf_put(&others, begin.p, begin.n - in.n);
		}
	}
	if (ok)
		t->span = span;
	if (ok && !others.failed)
		t->cached = arena_sv(&t->arena, buf_sv(&others));
	buf_deinit(&others);
	strmap_deinit(&at);
	buf_deinit(&path);
	buf_deinit(&text);
}

static void put_answer(struct buf *out, const struct digest *key, const struct answer *a)
{
	buf_printf(out, "%s %" PRIu64 " %zu\n", key->hex, a->count, a->n);
	for (size_t i = 0; i < a->n; i++) {
		const struct hit *h = &a->hits[i];

		buf_printf(out, "%" PRIu64 " %" PRIu64 " %" PRIu64 " %zu ", h->num, h->ts_ns,
			   h->text_hash, h->text.n);
		buf_putsv(out, h->text);
		buf_putc(out, '\n');
	}
}

void cache_store(const struct cache *c, const struct trace *t, const struct digest *keys, size_t n)
{
	struct buf path = { 0 }, spare = { 0 }, text = { 0 };
	FILE *file;

	/* What a damaged trace holds is read each time: the damage is part of the report. */
	if (!c->dir || t->span.damage.code != ERR_NONE)
		return;
	put_path(c, t, &path);
	put_path(c, t, &spare);
	buf_printf(&spare, ".%ld", (long)getpid());
	buf_printf(&text, "saker-ruletest %s %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", c->build,
		   t->span.events, t->span.first_ns, t->span.last_ns);
	for (size_t i = 0; i < n; i++) {
		if (t->answers[i])
			put_answer(&text, &keys[i], t->answers[i]);
	}
	buf_putsv(&text, t->cached);
	file = text.failed || text.n >= FILE_MAX ? NULL : fopen(buf_cstr(&spare), "wbe");
	if (file) {
		bool written = buf_write(&text, file);

		written = fclose(file) == 0 && written;
		if (!written || rename(buf_cstr(&spare), buf_cstr(&path)) < 0)
			remove(buf_cstr(&spare));
	}
	buf_deinit(&path);
	buf_deinit(&spare);
	buf_deinit(&text);
}
