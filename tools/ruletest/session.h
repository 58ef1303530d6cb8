/*
 * Suites with everything looked up: the rule sets, the traces, and every case, which is one
 * expectation on one trace.
 */
#ifndef SAKER_RULETEST_SESSION_H
#define SAKER_RULETEST_SESSION_H

#include "tools/ruletest/plan.h"
#include "tools/ruletest/rulebook.h"
#include "tools/ruletest/suite.h"

/* A trace as one suite knows it. */
struct trace_use {
	struct sv name;
	const struct trace_spec *spec;
	struct trace *trace; /* NULL: not here */
	struct sv absent;    /* why */
};

struct suite_run {
	const struct suite *suite;
	const struct rulebook *book;
	struct sv skipped; /* why nothing of it runs; empty: it does */
	const struct rule *rules;
	size_t nrules;
	ptrdiff_t *probes; /* per rule, what asks for all its matches; -1: not asked or disabled */
	bool *covered;     /* per rule: silence is tested, too */
	struct trace_use *uses;
	size_t nuses, cap_uses;
	size_t first_case, end_case; /* in the session's cases */
};

enum case_kind {
	CASE_COUNT,    /* how often a rule answers */
	CASE_SEQUENCE, /* rules one after the other */
	CASE_REST,     /* nothing else answers on a trace */
	CASE_RULE,     /* of a rule something is expected at all */
};

enum case_status { CASE_PASSED, CASE_FAILED, CASE_WARNED, CASE_SKIPPED };

/* Matches of a rule that nothing expects. */
struct extra {
	size_t rule;
	uint64_t count;
};

struct test_case {
	enum case_kind kind;
	struct suite_run *run;
	const struct expectation *expect; /* of COUNT and SEQUENCE */
	size_t use;                       /* in run->uses; SIZE_MAX: none */
	size_t rule;                      /* in run->rules; SIZE_MAX: SEQUENCE, REST */
	ptrdiff_t probe;                  /* of COUNT: with `where`; -1: the rule is disabled */
	ptrdiff_t *steps;                 /* of SEQUENCE: a probe each */
	/* judge.h */
	enum case_status status;
	struct sv name;    /* without the trace */
	struct sv because; /* one sentence; empty when it passed */
	uint64_t count;    /* that were counted */
	struct hit *shown; /* the events it is about */
	size_t nshown;
	struct extra *extras; /* of REST */
	size_t nextras, cap_extras;
	struct sv why; /* of a match that is missing: lines of an explanation */
};

struct session {
	struct arena arena;
	struct suites suites;
	struct rulebooks books;
	struct plan plan;
	struct suite_run *runs;
	size_t nruns;
	struct test_case *cases;
	size_t ncases, cap_cases;
};

/*
 * Read the suites of these files and directories (all *.test.yaml in them) and ask for what their
 * cases need.  Errors in rule files are appended to *said.
 */
int session_open(struct session *s, char **operands, int n, struct buf *said, struct err *err);
void session_close(struct session *s);

/* Must this rule be silent on this trace but for what is expected? */
bool session_covers(const struct suite_run *run, size_t rule, const struct trace_use *use);
/* The answer to a probe on a trace that was asked. */
const struct answer *session_answer(const struct test_case *c, ptrdiff_t probe);

#endif
