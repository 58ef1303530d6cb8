/* Processes of a run as a tree, with what they ran and which alerts they caused. */
#ifndef SAKER_MATCHES_FAMILY_H
#define SAKER_MATCHES_FAMILY_H

#include "tools/matches/db.h"

#include "format/base/buf.h"

struct member {
	int64_t id, parent_id;
	struct buf text;                          /* its line */
	struct buf alerts;                        /* a line each */
	size_t parent, first_child, next_sibling; /* index + 1; 0: none */
	bool printed;
};

struct family {
	struct member *members; /* ascending ids */
	size_t n, cap;
};

enum { FAMILY_MAX = 10000 };

/*
 * Add the processes whose ids a prepared statement selects in ascending order, with alerts below
 * them if wanted.  More than FAMILY_MAX are left out: true in *cut.
 */
int family_load(struct family *f, const struct db *db, sqlite3_stmt *ids, bool alerts, bool *cut,
		struct err *err);
void family_deinit(struct family *f);
/* The forest, lines at most `width` wide (0: any); the line of `mark` stands out. */
void family_print(struct family *f, int64_t mark, size_t width, struct buf *out);

#endif
