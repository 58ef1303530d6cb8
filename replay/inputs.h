/*
 * The files that a command line means: each name itself, or what lies in a directory of that name.
 */
#ifndef SAKER_REPLAY_INPUTS_H
#define SAKER_REPLAY_INPUTS_H

#include "format/base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct inputs {
	char **paths;
	size_t n, cap;
};

void inputs_deinit(struct inputs *in);

/* Which files of a directory count. */
struct inputs_kind {
	const char *what;            /* "rule file (*.yaml, *.yml)", for messages */
	const char *const *suffixes; /* NULL-terminated */
	const char *but;             /* except those that end in this; may be NULL */
	bool recursive;
};

extern const struct inputs_kind inputs_traces, inputs_rules;

/*
 * A file is added whatever its name ("-", standard input, too); of a directory the files of this
 * kind, in byte order of their names.  ERR_IO: it cannot be read, or holds none.
 */
int inputs_add(struct inputs *in, const char *path, const struct inputs_kind *kind,
	       struct err *err);

#endif
