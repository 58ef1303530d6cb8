/*
 * A suite: what rules must answer on traces, as its YAML says (saker-suite(5)), nothing looked up
 * yet.
 */
#ifndef SAKER_RULETEST_SUITE_H
#define SAKER_RULETEST_SUITE_H

#include "replay/inputs.h"
#include "tools/ruletest/node.h"

enum unexpected { UNEXPECTED_FAIL, UNEXPECTED_WARN, UNEXPECTED_IGNORE };

/* A moment of a trace: since its first event, or by the clock. */
struct moment_spec {
	bool given, relative;
	uint64_t ns;
};

/* One of the rules that must answer one after the other. */
struct step_spec {
	struct sv rule;
	struct sv where;
};

struct expectation {
	const struct yaml_node *node;
	struct sv name; /* empty: made from what it says */
	struct sv rule;
	struct sv_list traces; /* names, paths or patterns of either; empty: all */
	struct sv_list tags;
	/* How often; as it was written: */
	const struct yaml_node *form, *number;
	uint64_t least, most;
	struct sv where; /* a condition on the match; empty: none */
	struct moment_spec from, to;
	struct sv after, before; /* rules: behind the first, in front of the last match of it */
	struct step_spec *steps; /* a sequence instead of a count */
	size_t nsteps;
	uint64_t within_ns; /* UINT64_MAX: any time */
	struct sv_list requires;
};

/* Several traces by a path or pattern, or one that is written out. */
struct trace_spec {
	const struct yaml_node *node;
	struct sv name, path;
	struct sv_list tags, requires;
	const struct yaml_node *events, *processes; /* inline.h */
	struct expectation *expect;
	size_t nexpect, cap_expect;
};

struct suite {
	struct sv file, base; /* base: the directory of the file */
	struct sv name;
	struct sv variant; /* "ruleset=a.yaml" of a matrix, else empty */
	struct sv_list rules, covers, requires;
	enum unexpected unexpected;
	bool first_only; /* matching: first */
	struct trace_spec *traces;
	size_t ntraces;
	struct expectation *expect;
	size_t nexpect;
	struct sv text;                      /* of the file */
	const struct yaml_node *expect_node; /* NULL: none */
};

struct suites {
	struct arena arena;
	struct suite *items;
	size_t n, cap;
};

/* Which files of a folder are suites: *.test.yaml. */
extern const struct inputs_kind suite_files;

/* Read a file, which is one suite or, with a matrix, several.  ERR_SYNTAX with the place. */
int suites_read(struct suites *all, const char *path, struct err *err);
void suites_deinit(struct suites *all);

/*
 * matrix.c: copies of a document, one for each combination of the values of its `matrix`, with
 * "${NAME}" replaced in every text.  Without a matrix it is the document itself.
 */
struct variant {
	struct sv name;
	const struct yaml_node *doc;
};
int matrix_expand(const struct reading *r, const struct yaml_node *doc, struct variant **out,
		  size_t *n);

#endif
