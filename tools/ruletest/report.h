/* What `ruletest run` found, in the forms that people and machines read. */
#ifndef SAKER_RULETEST_REPORT_H
#define SAKER_RULETEST_REPORT_H

#include "tools/ruletest/judge.h"

struct report {
	const struct session *s;
	const struct judgement *sum;
	bool verbose; /* text: passed cases, too */
	bool colour;  /* text: for a terminal */
};

typedef void report_print(const struct report *r, struct buf *out);

struct report_form {
	const char *name; /* "junit" */
	report_print *print;
};

/* NULL at the end. */
extern const struct report_form report_forms[];

report_print report_text, report_tap, report_junit, report_json;

/* The trace of a case, "" without one. */
struct sv report_trace(const struct test_case *c);
/* "rules/discovery.test.yaml [ruleset=a]" */
void report_put_suite(struct buf *out, const struct suite *s);
/* "event 12 at 13:53:31.726060287: message", no line break. */
void report_put_hit(struct buf *out, const struct hit *h);
const char *report_status(enum case_status s);

#endif
