/* Test results for machines: TAP 13, JUnit XML, JSON. */
#include "tools/ruletest/report.h"

#include "tools/common/human.h"
#include "tools/common/json.h"

#include <inttypes.h>

/* --- TAP --- */

/* A '#' begins a directive. */
static void put_tap_text(struct buf *out, struct sv text)
{
	size_t at = out->n;

	human_text(out, text);
	for (; at < out->n; at++) {
		if (out->p[at] == '#')
			out->p[at] = '.';
	}
}

static void put_tap_lines(struct buf *out, struct sv text)
{
	while (text.n) {
		const char *end = memchr(text.p, '\n', text.n);
		size_t n = end ? (size_t)(end - text.p) : text.n;

		buf_puts(out, "# ");
		human_text(out, (struct sv){ text.p, n });
		buf_putc(out, '\n');
		sv_take(&text, n + (end != NULL), &(struct sv){ 0 });
	}
}

static void put_tap_case(struct buf *out, const struct test_case *c, size_t number)
{
	buf_printf(out, "%sok %zu - ", c->status == CASE_FAILED ? "not " : "", number);
	report_put_suite(out, c->run->suite);
	buf_puts(out, ": ");
	put_tap_text(out, c->name);
	if (report_trace(c).n) {
		buf_puts(out, " on ");
		put_tap_text(out, report_trace(c));
	}
	if (c->status == CASE_SKIPPED) {
		buf_puts(out, " # SKIP ");
		human_text(out, c->because);
	}
	buf_putc(out, '\n');
	if (c->status != CASE_FAILED && c->status != CASE_WARNED)
		return;
	put_tap_lines(out, c->because);
	for (size_t i = 0; i < c->nshown; i++) {
		buf_puts(out, "#   ");
		report_put_hit(out, &c->shown[i]);
		buf_putc(out, '\n');
	}
	put_tap_lines(out, c->why);
}

void report_tap(const struct report *r, struct buf *out)
{
	buf_printf(out, "TAP version 13\n1..%zu\n", r->s->ncases);
	for (size_t i = 0; i < r->s->ncases; i++)
		put_tap_case(out, &r->s->cases[i], i + 1);
}

/* --- JUnit --- */

static void put_xml(struct buf *out, struct sv text)
{
	struct buf clean = { 0 };

	/* Control characters cannot be written in XML at all. */
	human_text(&clean, text);
	for (size_t i = 0; i < clean.n; i++) {
		switch (clean.p[i]) {
		case '&':
			buf_puts(out, "&amp;");
			break;
		case '<':
			buf_puts(out, "&lt;");
			break;
		case '>':
			buf_puts(out, "&gt;");
			break;
		case '"':
			buf_puts(out, "&quot;");
			break;
		default:
			buf_putc(out, clean.p[i]);
		}
	}
	out->failed |= clean.failed;
	buf_deinit(&clean);
}

static void put_xml_attribute(struct buf *out, const char *before, struct sv text)
{
	buf_puts(out, before);
	put_xml(out, text);
	buf_putc(out, '"');
}

static void put_xml_events(struct buf *out, const struct test_case *c)
{
	struct buf text = { 0 };

	for (size_t i = 0; i < c->nshown; i++) {
		buf_clear(&text);
		report_put_hit(&text, &c->shown[i]);
		put_xml(out, buf_sv(&text));
		buf_putc(out, '\n');
	}
	for (struct sv rest = c->why, line; rest.n;) {
		const char *end = memchr(rest.p, '\n', rest.n);

		sv_take(&rest, end ? (size_t)(end - rest.p) : rest.n, &line);
		sv_take(&rest, end != NULL, &(struct sv){ 0 });
		put_xml(out, line);
		buf_putc(out, '\n');
	}
	out->failed |= text.failed;
	buf_deinit(&text);
}

static void put_xml_case(struct buf *out, const struct test_case *c)
{
	struct buf text = { 0 };

	report_put_suite(&text, c->run->suite);
	put_xml_attribute(out, "    <testcase classname=\"", buf_sv(&text));
	buf_clear(&text);
	buf_putsv(&text, c->name);
	if (report_trace(c).n)
		buf_printf(&text, " on " SV_FMT, SV_ARG(report_trace(c)));
	put_xml_attribute(out, " name=\"", buf_sv(&text));
	if (c->expect) {
		put_xml_attribute(out, " file=\"", c->run->suite->file);
		buf_printf(out, " line=\"%u\"", c->expect->node->mark.line + 1);
	}
	if (c->status == CASE_PASSED) {
		buf_puts(out, "/>\n");
	} else if (c->status == CASE_SKIPPED) {
		put_xml_attribute(out, "><skipped message=\"", c->because);
		buf_puts(out, "/></testcase>\n");
	} else {
		bool failed = c->status == CASE_FAILED;

		if (failed)
			put_xml_attribute(out, "><failure message=\"", c->because);
		else
			buf_puts(out, "><system-out");
		buf_putc(out, '>');
		put_xml_events(out, c);
		buf_printf(out, "</%s></testcase>\n", failed ? "failure" : "system-out");
	}
	out->failed |= text.failed;
	buf_deinit(&text);
}

void report_junit(const struct report *r, struct buf *out)
{
	buf_printf(out,
		   "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		   "<testsuites tests=\"%zu\" failures=\"%zu\" skipped=\"%zu\">\n",
		   r->s->ncases, r->sum->failed, r->sum->skipped);
	for (size_t i = 0; i < r->s->nruns; i++) {
		const struct suite_run *run = &r->s->runs[i];
		struct buf name = { 0 };
		size_t failed = 0, skipped = 0;

		for (size_t k = run->first_case; k < run->end_case; k++) {
			failed += r->s->cases[k].status == CASE_FAILED;
			skipped += r->s->cases[k].status == CASE_SKIPPED;
		}
		report_put_suite(&name, run->suite);
		put_xml_attribute(out, "  <testsuite name=\"", buf_sv(&name));
		buf_printf(out, " tests=\"%zu\" failures=\"%zu\" skipped=\"%zu\">\n",
			   run->end_case - run->first_case, failed, skipped);
		buf_deinit(&name);
		for (size_t k = run->first_case; k < run->end_case; k++)
			put_xml_case(out, &r->s->cases[k]);
		buf_puts(out, "  </testsuite>\n");
	}
	buf_puts(out, "</testsuites>\n");
}

/* --- JSON --- */

static void put_json_hits(struct json *j, const struct test_case *c)
{
	json_array(j, "events");
	for (size_t i = 0; i < c->nshown; i++) {
		json_object(j, NULL);
		json_u64(j, "num", c->shown[i].num);
		json_u64(j, "time", c->shown[i].ts_ns);
		json_text(j, "output", c->shown[i].text);
		json_end_object(j);
	}
	json_end_array(j);
}

static void put_json_case(struct json *j, const struct test_case *c)
{
	json_object(j, NULL);
	json_text(j, "name", c->name);
	json_text(j, "status", sv_of(report_status(c->status)));
	if (report_trace(c).n)
		json_text(j, "trace", report_trace(c));
	if (c->rule != SIZE_MAX)
		json_text(j, "rule", c->run->rules[c->rule].name);
	if (c->expect)
		json_u64(j, "line", c->expect->node->mark.line + 1);
	if (c->because.n)
		json_text(j, "because", c->because);
	if (c->status == CASE_FAILED || c->status == CASE_WARNED) {
		json_u64(j, "count", c->count);
		put_json_hits(j, c);
	}
	if (c->why.n)
		json_text(j, "why", c->why);
	json_end_object(j);
}

void report_json(const struct report *r, struct buf *out)
{
	struct json j = { .out = out };

	json_object(&j, NULL);
	json_array(&j, "suites");
	for (size_t i = 0; i < r->s->nruns; i++) {
		const struct suite_run *run = &r->s->runs[i];

		json_object(&j, NULL);
		json_text(&j, "suite", run->suite->name);
		json_text(&j, "file", run->suite->file);
		if (run->suite->variant.n)
			json_text(&j, "variant", run->suite->variant);
		if (run->skipped.n)
			json_text(&j, "skipped", run->skipped);
		json_array(&j, "cases");
		for (size_t k = run->first_case; k < run->end_case; k++)
			put_json_case(&j, &r->s->cases[k]);
		json_end_array(&j);
		json_end_object(&j);
	}
	json_end_array(&j);
	json_u64(&j, "passed", r->sum->passed);
	json_u64(&j, "failed", r->sum->failed);
	json_u64(&j, "warnings", r->sum->warned);
	json_u64(&j, "skipped", r->sum->skipped);
	json_end_object(&j);
	buf_putc(out, '\n');
}
