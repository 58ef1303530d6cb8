/* Which matches: the options that list, stats, timeline, tree and export share. */
#ifndef SAKER_MATCHES_QUERY_H
#define SAKER_MATCHES_QUERY_H

#include "tools/common/cli.h"
#include "tools/matches/db.h"

#include "format/base/buf.h"

/* Option keys from here on belong to the query. */
enum { QUERY_KEYS = 512 };

struct query {
	const char *db;
	const char *rule, *tag, *process, *container, *trace; /* NULL: any */
	struct buf search;                                    /* FTS5 expression, empty: any */
	int64_t priority;                                     /* at least this urgent; -1: any */
	int64_t pid, run;                                     /* -1: any */
	uint64_t from_ns, to_ns;                              /* from <= time < to; to 0: no end */
};

/* For option tables: { QUERY_OPTIONS, { ... } }. */
#define QUERY_OPTIONS                                                                              \
	{ QUERY_KEYS, "db", "FILE", "the store to ask (default matches.db)" },                     \
		{ QUERY_KEYS + 1, "rule", "TEXT", "rules whose name contains TEXT" },              \
		{ QUERY_KEYS + 2, "priority", "LEVEL", "at least this urgent" },                   \
		{ QUERY_KEYS + 3, "tag", "TAG", "rules with this tag" },                           \
		{ QUERY_KEYS + 4, "from", "TIME",                                                  \
		  "not before this time, such as 2026-11-22T07:04:19.5 (UTC), less of it,\n"       \
		  "or a number of seconds or nanoseconds since the epoch" },                       \
		{ QUERY_KEYS + 5, "to", "TIME", "before this time" },                              \
		{ QUERY_KEYS + 6, "process", "NAME", "caused by a process of this name" },         \
		{ QUERY_KEYS + 7, "pid", "N", "caused by this process id" },                       \
		{ QUERY_KEYS + 8, "container", "ID",                                               \
		  "in this container, by id (or its start) or name" },                             \
		{ QUERY_KEYS + 9, "search", "TEXT",                                                \
		  "messages with all these words; a path counts as one phrase" },                  \
		{ QUERY_KEYS + 10, "trace", "TEXT",                                                \
		  "traces whose path contains TEXT or whose sha256 begins with it" },              \
	{                                                                                          \
		QUERY_KEYS + 11, "run", "N", "this run only"                                       \
	}

/* Prepare `select` + " WHERE ..." over the columns of v_matches + `rest`, and bind the query. */
int query_prepare(const struct query *q, const struct db *db, const char *select, const char *rest,
		  sqlite3_stmt **st, struct err *err);

/* What a command over a query does by itself. */
struct query_command {
	/* An option that is not the query's; may be NULL if there are none. */
	int (*option)(void *arg, int key, struct cli *c, struct err *err);
	int max_operands;
	int (*ask)(void *arg, const struct query *q, const struct db *db, struct cli *c,
		   struct err *err);
};

/* Read the command line, open the store, ask. */
int query_run(const struct query_command *cmd, void *arg, struct cli *c, struct err *err);

#endif
