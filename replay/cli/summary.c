#include "replay/cli/summary.h"

#include "tools/common/human.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

enum { SHOW_EVERY_NS = 200000000 };

uint64_t monotonic_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* --- progress --- */

static void put_rate(struct buf *b, uint64_t n, uint64_t ns)
{
	double rate = (double)n * 1e9 / (double)(ns ? ns : 1);

	if (rate >= 1e6)
		buf_printf(b, "%.2f M/s", rate / 1e6);
	else
		buf_printf(b, "%.0f k/s", rate / 1e3);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* How much of all the files is read, and when the rest will be at this pace. */
static void put_eta(struct buf *b, const struct tally *t, struct source_progress at, uint64_t now)
{
	uint64_t done = t->bytes_done + at.done;

	if (done == 0 || done > t->bytes_total)
		return;
	double rest = (double)(t->bytes_total - done) / (double)done * (double)(now - t->begun_ns);
	uint64_t rest_s = (uint64_t)(rest / 1e9) + 1;

	buf_printf(b, ", %.0f %%, %" PRIu64 ":%02" PRIu64 " left",
		   100 * (double)done / (double)t->bytes_total, rest_s / 60, rest_s % 60);
}

void progress_show(struct tally *t, const struct trace_report *r, struct source_progress at)
{
	uint64_t now = monotonic_ns();
	struct buf b = { 0 };

	if (now - t->shown_ns < SHOW_EVERY_NS)
		return;
	t->shown_ns = now;
	t->line_shown = true;
	buf_printf(&b, "\r\033[K[%zu/%zu] ", t->traces, t->ntraces);
	human_text(&b, sv_of(base_name(r->path)));
	buf_puts(&b, ": ");
	human_count(&b, r->events);
	buf_puts(&b, " events, ");
	put_rate(&b, t->events + r->events, now - t->begun_ns);
	buf_puts(&b, ", ");
	human_count(&b, t->matches + r->matches);
	buf_puts(&b, " matches");
	put_eta(&b, t, at, now);
	buf_write(&b, stderr);
	buf_deinit(&b);
}

void progress_clear(struct tally *t)
{
	if (t->line_shown)
		fputs("\r\033[K", stderr);
	t->line_shown = false;
}

/* --- summary --- */

/* What is missing, and what that puts in doubt. */
static void put_missing(struct buf *b, const struct trace_report *r)
{
	bool at_least;
	uint64_t count = losses_count(&r->missing, &at_least);

	if (r->missing.n == 0)
		return;
	buf_puts(b, "    ");
	if (count) {
		buf_puts(b, at_least ? "at least " : "");
		human_count(b, count);
	} else {
		buf_puts(b, "an unknown number of");
	}
	buf_puts(b, count == 1 && !at_least ? " event was lost" : " events were lost");
	if (r->matches) {
		buf_puts(b, ", ");
		buf_puts(b, r->in_gaps_at_least ? "at least " : "");
		human_count(b, r->in_gaps);
		buf_puts(b, r->in_gaps == 1 ? " match lies in a gap" : " matches lie in gaps");
	}
	buf_putc(b, '\n');
}

void summary_trace(struct buf *b, const struct trace_report *r)
{
	const struct state_losses *l = &r->losses;
	const struct {
		uint64_t n;
		const char *what;
	} notes[] = {
		{ r->drops, "marks of a recorder that dropped events" },
		{ r->source.blocks_skipped, "blocks or events of unknown kind skipped" },
		{ r->source.upgraded, "old events brought to their current form" },
		{ r->source.enter_merged, "enter events folded into their exit event" },
		{ r->source.enter_dropped, "enter events without a current form dropped" },
		{ r->source.unused_dropped, "events of retired kinds dropped" },
		{ l->threads, "threads over the limit not tracked" },
		{ l->fds, "file descriptors over the limit not tracked" },
		{ l->containers, "containers over the limit not tracked" },
		{ l->users, "users and groups over the limit not tracked" },
	};

	human_text(b, sv_of(r->path));
	buf_puts(b, ": ");
	human_count(b, r->events);
	buf_puts(b, r->events == 1 ? " event, " : " events, ");
	human_count(b, r->matches);
	buf_puts(b, r->matches == 1 ? " match" : " matches");
	if (r->events) {
		buf_puts(b, ", ");
		human_time(b, r->first_ns);
		buf_puts(b, " + ");
		human_duration(b, r->last_ns - r->first_ns);
	}
	buf_putc(b, '\n');
	put_missing(b, r);
	for (size_t i = 0; i < sizeof notes / sizeof notes[0]; i++) {
		if (!notes[i].n)
			continue;
		buf_puts(b, "    ");
		human_count(b, notes[i].n);
		buf_printf(b, " %s\n", notes[i].what);
	}
	if (r->outcome == TRACE_DAMAGED)
		buf_puts(b, "    damaged: replayed up to the damage\n");
	if (r->outcome == TRACE_INTERRUPTED)
		buf_puts(b, "    interrupted: replayed up to here\n");
}

struct rule_count {
	const struct rule *rule;
	uint64_t n;
};

/* Most matches first, then most urgent, then by name. */
static int by_count(const void *a, const void *b)
{
	const struct rule_count *x = a, *y = b;

	if (x->n != y->n)
		return x->n < y->n ? 1 : -1;
	if (x->rule->priority != y->rule->priority)
		return x->rule->priority < y->rule->priority ? -1 : 1;
	return sv_cmp(x->rule->name, y->rule->name);
}

static void put_rules(struct buf *b, const struct pump *p)
{
	const struct rule *rules;
	size_t n = ruleset_rules(p->rules, &rules), hit = 0;
	struct rule_count *counts = calloc(n + 1, sizeof *counts);

	if (!counts) {
		b->failed = true;
		return;
	}
	for (size_t i = 0; i < n; i++) {
		if (p->by_rule[i])
			counts[hit++] = (struct rule_count){ &rules[i], p->by_rule[i] };
	}
	qsort(counts, hit, sizeof *counts, by_count);
	for (size_t i = 0; i < hit; i++) {
		buf_printf(b, "%10" PRIu64 "  %-13s  ", counts[i].n,
			   priority_name(counts[i].rule->priority));
		human_text(b, counts[i].rule->name);
		buf_putc(b, '\n');
	}
	free(counts);
}

void summary_total(struct buf *b, const struct tally *t, const struct pump *p, bool with_rate)
{
	if (p->rules)
		put_rules(b, p);
	if (t->ntraces > 1) {
		buf_printf(b, "%zu traces: ", t->traces);
		human_count(b, t->events);
		buf_puts(b, " events, ");
		human_count(b, t->matches);
		buf_puts(b, " matches\n");
	}
	if (with_rate) {
		uint64_t took = monotonic_ns() - t->begun_ns;

		human_duration(b, took);
		buf_puts(b, ", ");
		put_rate(b, t->events, took);
		buf_putc(b, '\n');
	}
}
