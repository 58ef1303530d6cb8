#include "capture/rec/reels.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DIGITS = 6 };

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* "dir/trace.scap" -> "dir/trace", ".scap"; a leading dot begins no suffix. */
static int split(struct reels *r, const char *path, struct err *err)
{
	const char *base = base_of(path), *dot = strrchr(base, '.');

	if (!dot || dot == base)
		dot = base + strlen(base);
	r->stem = strndup(path, (size_t)(dot - path));
	r->suffix = strdup(dot);
	return r->stem && r->suffix ? 0 : err_set(err, ERR_NOMEM, "no memory for file names");
}

static int append(struct reels *r, struct reel reel, struct err *err)
{
	if (r->n == r->cap) {
		size_t cap = r->cap ? 2 * r->cap : 16;
		struct reel *all = realloc(r->all, cap * sizeof *all);

		if (!all)
			return err_set(err, ERR_NOMEM, "no memory for file names");
		r->all = all;
		r->cap = cap;
	}
	r->all[r->n++] = reel;
	return 0;
}

/* The number in a file name, 0 when it is not one of ours. */
static uint64_t number_of(const struct reels *r, const char *name)
{
	struct sv rest = sv_of(name), stem = sv_of(base_of(r->stem)), head;
	uint64_t n = 0;

	if (!sv_starts(rest, stem) || !sv_take(&rest, stem.n, &head) || rest.n < 2 ||
	    rest.p[0] != '.')
		return 0;
	rest = (struct sv){ rest.p + 1, rest.n - 1 };
	while (rest.n && rest.p[0] >= '0' && rest.p[0] <= '9' && n < UINT64_MAX / 10 - 9) {
		n = n * 10 + (uint64_t)(rest.p[0] - '0');
		rest = (struct sv){ rest.p + 1, rest.n - 1 };
	}
	return sv_eq(rest, sv_of(r->suffix)) ? n : 0;
}

static int by_number(const void *a, const void *b)
{
	const struct reel *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

static int find_old(struct reels *r, struct err *err)
{
	struct buf name = { 0 };
	int rc = 0;

	buf_put(&name, r->stem, (size_t)(base_of(r->stem) - r->stem));
	DIR *dir = opendir(name.n ? buf_cstr(&name) : ".");
	if (!dir) {
		rc = err_errno(err, "cannot read the folder of %s%s", r->stem, r->suffix);
		buf_deinit(&name);
		return rc;
	}
	for (struct dirent *e; rc == 0 && (e = readdir(dir)) != NULL;) {
		struct reel reel = { .number = number_of(r, e->d_name) };
		struct stat st;

		if (reel.number == 0 || stat(reels_name(r, reel.number, &name), &st) < 0)
			continue;
		reel.bytes = (uint64_t)st.st_size;
		rc = append(r, reel, err);
	}
	closedir(dir);
	buf_deinit(&name);
	if (r->n)
		qsort(r->all, r->n, sizeof *r->all, by_number);
	return rc;
}

int reels_open(const char *path, struct reels *out, struct err *err)
{
	*out = (struct reels){ 0 };
	if (split(out, path, err) < 0 || find_old(out, err) < 0) {
		reels_deinit(out);
		return -1;
	}
	return 0;
}

void reels_deinit(struct reels *r)
{
	free(r->stem);
	free(r->suffix);
	free(r->all);
	*r = (struct reels){ 0 };
}

const char *reels_name(const struct reels *r, uint64_t number, struct buf *out)
{
	buf_clear(out);
	buf_printf(out, "%s.%0*" PRIu64 "%s", r->stem, DIGITS, number, r->suffix);
	return buf_cstr(out);
}

int reels_add(struct reels *r, struct err *err)
{
	return append(r, (struct reel){ .number = r->n ? r->all[r->n - 1].number + 1 : 1 }, err);
}

size_t reels_trim(struct reels *r, uint32_t keep, uint64_t bytes)
{
	struct buf name = { 0 };
	uint64_t total = 0;
	size_t gone = 0;

	for (size_t i = 0; i < r->n; i++)
		total += r->all[i].bytes;
	while (r->n - gone > 1 && ((keep && r->n - gone > keep) || (bytes && total > bytes))) {
		unlink(reels_name(r, r->all[gone].number, &name));
		total -= r->all[gone++].bytes;
	}
	if (gone)
		memmove(r->all, r->all + gone, (r->n - gone) * sizeof *r->all);
	r->n -= gone;
	buf_deinit(&name);
	return gone;
}
