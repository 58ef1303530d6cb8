#include "replay/inputs.h"

#include "format/base/buf.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_DEPTH = 16 };

static const char *const trace_suffixes[] = { ".scap", ".scap.gz", ".skr", NULL };
static const char *const rule_suffixes[] = { ".yaml", ".yml", NULL };

const struct inputs_kind inputs_traces = { .what = "trace (*.scap, *.scap.gz, *.skr)",
					   .suffixes = trace_suffixes,
					   .recursive = true };
/* As Falco reads its rules.d: this folder only.  Tests of rules lie beside them. */
const struct inputs_kind inputs_rules = { .what = "rule file (*.yaml, *.yml)",
					  .suffixes = rule_suffixes,
					  .but = ".test.yaml" };

void inputs_deinit(struct inputs *in)
{
	for (size_t i = 0; i < in->n; i++)
		free(in->paths[i]);
	free(in->paths);
	*in = (struct inputs){ 0 };
}

static int add_path(struct inputs *in, const char *path, struct err *err)
{
	if (in->n == in->cap) {
		size_t cap = in->cap ? in->cap * 2 : 16;
		char **paths = realloc(in->paths, cap * sizeof *paths);

		if (!paths)
			return err_set(err, ERR_NOMEM, "out of memory");
		in->paths = paths;
		in->cap = cap;
	}
	in->paths[in->n] = strdup(path);
	if (!in->paths[in->n])
		return err_set(err, ERR_NOMEM, "out of memory");
	in->n++;
	return 0;
}

static bool is_of_kind(const char *name, const struct inputs_kind *kind)
{
	if (kind->but && sv_ends(sv_of(name), sv_of(kind->but)))
		return false;
	for (const char *const *s = kind->suffixes; *s; s++) {
		if (sv_ends(sv_of(name), sv_of(*s)))
			return true;
	}
	return false;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Full paths of everything in a directory, sorted. */
static int list_directory(const char *path, struct inputs *out, struct err *err)
{
	DIR *dir = opendir(path);
	struct buf full = { 0 };
	struct dirent *entry;
	int rc = 0;

	if (!dir)
		return err_errno(err, "%s", path);
	while (rc == 0 && (entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		buf_clear(&full);
		buf_puts(&full, path);
		if (!sv_ends(sv_of(path), SV("/")))
			buf_putc(&full, '/');
		buf_puts(&full, entry->d_name);
		rc = full.failed ? err_set(err, ERR_NOMEM, "out of memory")
				 : add_path(out, buf_cstr(&full), err);
	}
	closedir(dir);
	buf_deinit(&full);
	if (rc == 0 && out->n)
		qsort(out->paths, out->n, sizeof *out->paths, by_name);
	return rc;
}

static int add_directory(struct inputs *in, const char *path, const struct inputs_kind *kind,
			 int depth, struct err *err)
{
	struct inputs found = { 0 };
	int rc = list_directory(path, &found, err);

	for (size_t i = 0; i < found.n && rc == 0; i++) {
		const char *name = found.paths[i];
		struct stat link, st;

		/* A link to a directory is not followed: it may lead back up. */
		if (lstat(name, &link) < 0 || stat(name, &st) < 0)
			continue;
		if (S_ISDIR(link.st_mode) && kind->recursive && depth < MAX_DEPTH)
			rc = add_directory(in, name, kind, depth + 1, err);
		else if (S_ISREG(st.st_mode) && is_of_kind(name, kind))
			rc = add_path(in, name, err);
	}
	inputs_deinit(&found);
	return rc;
}

int inputs_add(struct inputs *in, const char *path, const struct inputs_kind *kind, struct err *err)
{
	size_t before = in->n;
	struct stat st;

	if (strcmp(path, "-") == 0)
		return add_path(in, path, err);
	if (stat(path, &st) < 0)
		return err_errno(err, "%s", path);
	if (!S_ISDIR(st.st_mode))
		return add_path(in, path, err);
	if (add_directory(in, path, kind, 0, err) < 0)
		return -1;
	if (in->n == before)
		return err_set(err, ERR_IO, "%s: the directory holds no %s", path, kind->what);
	return 0;
}
