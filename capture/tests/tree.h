/* A tree of files made for one test and taken away behind it. */
#ifndef SAKER_TREE_H
#define SAKER_TREE_H

#include "format/base/sv.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct tree {
	char root[64];
};

static inline void tree_init(struct tree *t)
{
	snprintf(t->root, sizeof t->root, "/tmp/saker-tree-XXXXXX");
	assert_non_null(mkdtemp(t->root));
}

static inline int tree_remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

static inline void tree_deinit(struct tree *t)
{
	nftw(t->root, tree_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* The path of `name` in the tree, with the directories in front of it made. */
static inline const char *tree_path(struct tree *t, const char *name, char out[static 512])
{
	snprintf(out, 512, "%s%s", t->root, name);
	for (char *slash = out + strlen(t->root) + 1; (slash = strchr(slash, '/')) != NULL;
	     slash++) {
		*slash = '\0';
		assert_true(mkdir(out, 0755) == 0 || errno == EEXIST);
		*slash = '/';
	}
	return out;
}

static inline void tree_bytes(struct tree *t, const char *name, const void *bytes, size_t n)
{
	char path[512];
	FILE *f = fopen(tree_path(t, name, path), "w");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

static inline void tree_file(struct tree *t, const char *name, const char *text)
{
	tree_bytes(t, name, text, strlen(text));
}

static inline void tree_link(struct tree *t, const char *name, const char *target)
{
	char path[512];

	assert_int_equal(symlink(target, tree_path(t, name, path)), 0);
}

#endif
