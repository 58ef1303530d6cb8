#include "tools/ruletest/report.h"

#include "tools/common/human.h"

#include <inttypes.h>

const struct report_form report_forms[] = {
	{ "text", report_text }, { "tap", report_tap }, { "junit", report_junit },
	{ "json", report_json }, { NULL, NULL },
};

struct sv report_trace(const struct test_case *c)
{
	return c->use == SIZE_MAX ? SV("") : c->run->uses[c->use].name;
}

void report_put_suite(struct buf *out, const struct suite *s)
{
	human_text(out, s->name);
	if (s->variant.n) {
		buf_puts(out, " [");
		human_text(out, s->variant);
		buf_putc(out, ']');
	}
}

void report_put_hit(struct buf *out, const struct hit *h)
{
	const uint64_t s = h->ts_ns / 1000000000 % 86400;

	buf_printf(out, "event %" PRIu64 " at %02" PRIu64 ":%02" PRIu64 ":%02" PRIu64 ".%09" PRIu64,
		   h->num, s / 3600, s / 60 % 60, s % 60, h->ts_ns % 1000000000);
	if (h->text.n) {
		buf_puts(out, ": ");
		human_text(out, h->text);
	}
}

const char *report_status(enum case_status s)
{
	static const char *const names[] = { [CASE_PASSED] = "passed",
					     [CASE_FAILED] = "failed",
					     [CASE_WARNED] = "warning",
					     [CASE_SKIPPED] = "skipped" };

	return names[s];
}

/* --- for people --- */

static void put_painted(struct buf *out, const struct report *r, enum case_status s,
			const char *text)
{
	static const char *const colours[] = { [CASE_PASSED] = "32",
					       [CASE_FAILED] = "1;31",
					       [CASE_WARNED] = "33",
					       [CASE_SKIPPED] = "2" };

	if (r->colour)
		buf_printf(out, "\x1b[%sm%s\x1b[0m", colours[s], text);
	else
		buf_puts(out, text);
}

static void put_lines(struct buf *out, const char *indent, struct sv text)
{
	while (text.n) {
		const char *end = memchr(text.p, '\n', text.n);
		size_t n = end ? (size_t)(end - text.p) : text.n;

		buf_puts(out, indent);
		human_text(out, (struct sv){ text.p, n });
		buf_putc(out, '\n');
		sv_take(&text, n + (end != NULL), &(struct sv){ 0 });
	}
}

static void put_case(struct buf *out, const struct report *r, const struct test_case *c)
{
	buf_puts(out, "  ");
	put_painted(out, r, c->status, report_status(c->status));
	buf_puts(out, "  ");
	human_text(out, c->name);
	if (report_trace(c).n) {
		buf_puts(out, "  (");
		human_text(out, report_trace(c));
		buf_putc(out, ')');
	}
	buf_putc(out, '\n');
	if (c->because.n) {
		buf_puts(out, "          ");
		human_text(out, c->because);
		if (c->expect)
			buf_printf(out, "  [" SV_FMT ":%u]", SV_ARG(c->run->suite->file),
				   c->expect->node->mark.line + 1);
		buf_putc(out, '\n');
	}
	for (size_t i = 0; i < c->nshown; i++) {
		buf_puts(out, "            ");
		report_put_hit(out, &c->shown[i]);
		buf_putc(out, '\n');
	}
	if (c->status == CASE_FAILED && c->count > c->nshown && c->nshown)
		buf_printf(out, "            and %" PRIu64 " more\n", c->count - c->nshown);
	put_lines(out, "            ", c->why);
}

static struct judgement tally(const struct report *r, const struct suite_run *run)
{
	struct judgement sum = { 0 };

	for (size_t i = run->first_case; i < run->end_case; i++) {
		sum.passed += r->s->cases[i].status == CASE_PASSED;
		sum.failed += r->s->cases[i].status == CASE_FAILED;
		sum.warned += r->s->cases[i].status == CASE_WARNED;
		sum.skipped += r->s->cases[i].status == CASE_SKIPPED;
	}
	return sum;
}

static void put_sum(struct buf *out, const struct judgement *sum)
{
	buf_printf(out, "%zu passed, %zu failed", sum->passed, sum->failed);
	if (sum->warned)
		buf_printf(out, ", %zu warning%s", sum->warned, sum->warned == 1 ? "" : "s");
	if (sum->skipped)
		buf_printf(out, ", %zu skipped", sum->skipped);
}

/* Traces that are not here, counted by the reason. */
static void put_absent(struct buf *out, const struct session *s)
{
	for (size_t i = 0; i < s->nruns; i++) {
		for (size_t k = 0; k < s->runs[i].nuses; k++) {
			const struct sv why = s->runs[i].uses[k].absent;
			size_t before = 0, n = 0;

			for (size_t r = 0; why.n && r < s->nruns; r++) {
				for (size_t u = 0; u < s->runs[r].nuses; u++) {
					bool same = sv_eq(s->runs[r].uses[u].absent, why);

					before += same && (r < i || (r == i && u < k));
					n += same;
				}
			}
			if (why.n == 0 || before)
				continue;
			human_text(out, why);
			buf_printf(out, ": %zu trace%s left out\n", n, n == 1 ? "" : "s");
		}
	}
}

void report_text(const struct report *r, struct buf *out)
{
	for (size_t i = 0; i < r->s->nruns; i++) {
		const struct suite_run *run = &r->s->runs[i];
		const struct judgement sum = tally(r, run);

		report_put_suite(out, run->suite);
		buf_puts(out, ": ");
		if (run->skipped.n) {
			buf_puts(out, "skipped: ");
			human_text(out, run->skipped);
			buf_putc(out, '\n');
			continue;
		}
		put_sum(out, &sum);
		buf_putc(out, '\n');
		for (size_t k = run->first_case; k < run->end_case; k++) {
			const struct test_case *c = &r->s->cases[k];

			if (r->verbose || c->status == CASE_FAILED || c->status == CASE_WARNED)
				put_case(out, r, c);
		}
	}
	put_absent(out, r->s);
	if (r->s->nruns > 1) {
		buf_printf(out, "%zu suites: ", r->s->nruns);
		put_sum(out, r->sum);
		buf_putc(out, '\n');
	}
}
