#include "replay/pump_private.h"

#include "replay/flow.h"

#include <stdlib.h>

/* Drops go into the ledger of losses, others are only counted. */
static bool is_quiet(const struct pump *p, uint16_t type)
{
	return type != EV_DROP_E && type != EV_DROP_X && state_is_quiet(type) &&
	       (!p->rules || ruleset_is_quiet(p->rules, type));
}

int pump_init(struct pump *p, struct err *err)
{
	const struct rule *rules;

	for (size_t i = 0; i < p->nsinks; i++) {
		p->wants_values |= p->sinks[i]->wants_values;
		p->wants_news |= p->sinks[i]->ops->news != NULL;
	}
	state_need(&p->need); /* news need no more than that */
	if (p->rules)
		ruleset_need(p->rules, &p->need);
	for (uint16_t type = 0; type < EV_COUNT; type++)
		p->need.quiet[type] = is_quiet(p, type);
	if (!p->rules)
		return 0;
	p->by_rule = calloc(ruleset_rules(p->rules, &rules) + 1, sizeof *p->by_rule);
	if (!p->by_rule)
		return err_set(err, ERR_NOMEM, "out of memory");
	return alerts_new(p->rules, p->wants_values, &p->alerts, err);
}

void pump_deinit(struct pump *p)
{
	alerts_free(p->alerts);
	free(p->by_rule);
	match_times_deinit(&p->times);
	p->alerts = NULL;
	p->by_rule = NULL;
}

/* --- to the sinks --- */

int pump_begin(struct pump *p, const struct trace_report *r, struct err *err)
{
	match_times_clear(&p->times);
	for (size_t i = 0; i < p->nsinks; i++) {
		if (p->sinks[i]->ops->begin(p->sinks[i], r, err) < 0)
			return -1;
	}
	return 0;
}

int pump_news(struct pump *p, const struct process_news *n, struct err *err)
{
	for (size_t i = 0; i < p->nsinks; i++) {
		struct sink *s = p->sinks[i];

		if (s->ops->news && s->ops->news(s, n, err) < 0)
			return -1;
	}
	return 0;
}

int pump_alert(struct pump *p, const struct alert *a, struct err *err)
{
	p->by_rule[a->rule_index]++;
	match_times_add(&p->times, a->ts_ns);
	for (size_t i = 0; i < p->nsinks; i++) {
		if (p->sinks[i]->ops->alert(p->sinks[i], a, err) < 0)
			return -1;
	}
	return 0;
}

/* Which of the matches to trust less. */
static int weigh(const struct pump *p, struct trace_report *r, struct err *err)
{
	struct loss_gap *gaps;
	size_t n;

	if (losses_gaps(&r->missing, &gaps, &n, err) < 0)
		return -1;
	r->in_gaps = match_times_within(&p->times, gaps, n);
	r->in_gaps_at_least = n > 0 && p->times.incomplete;
	free(gaps);
	return 0;
}

int pump_end(struct pump *p, struct trace_report *r, struct err *err)
{
	if (weigh(p, r, err) < 0)
		return -1;
	for (size_t i = 0; i < p->nsinks; i++) {
		if (p->sinks[i]->ops->end(p->sinks[i], r, err) < 0)
			return -1;
	}
	return 0;
}

/* --- by this thread --- */

static int on_news(void *arg, const struct process_news *n, struct err *err)
{
	return pump_news(arg, n, err);
}

static int on_alert(void *arg, const struct alert *a, struct err *err)
{
	return pump_alert(arg, a, err);
}

static bool go_on(void *arg, const struct trace_report *so_far, struct source_progress at)
{
	struct pump *p = arg;

	if (p->progress)
		p->progress(p->arg, so_far, at);
	return !pump_stopped(p);
}

int pump_trace(struct pump *p, const char *path, struct trace_report *out, struct err *err)
{
	const struct source_options options = { .upgrade = true,
						.span = p->span,
						.need = &p->need };
	struct flow f = { .rules = p->rules,
			  .matching = p->matching,
			  .alerts = p->alerts,
			  .run = ++p->runs,
			  .news = p->wants_news ? on_news : NULL,
			  .alert = on_alert,
			  .go_on = go_on,
			  .arg = p };
	int rc = -1;

	if (!flow_open(&f, path, &options, out))
		return 0;
	if (pump_begin(p, out, err) == 0 && flow_run(&f, err) == 0)
		rc = pump_end(p, out, err);
	flow_close(&f);
	return rc;
}

static int run_one_by_one(struct pump *p, char *const *paths, size_t n, struct err *err)
{
	struct trace_report r;

	for (size_t i = 0; i < n && !pump_stopped(p); i++) {
		if (p->begun)
			p->begun(p->arg);
		int rc = pump_trace(p, paths[i], &r, err);

		if (rc == 0 && p->done)
			p->done(p->arg, &r);
		trace_report_deinit(&r);
		if (rc < 0)
			return -1;
	}
	return 0;
}

int pump_run(struct pump *p, char *const *paths, size_t n, struct err *err)
{
	/*
	 * What a field remembers from one event to the next makes parts depend on each other.  So
	 * does the first event of a span, in which it is told who runs.
	 */
	struct parts parts = { .paths = paths,
			       .n = n,
			       .need = &p->need,
			       .span = p->span,
			       .whole = !span_is_all(&p->span) ||
					(p->rules && ruleset_remembers(p->rules)),
			       .jobs = p->jobs,
			       .events = p->part_events };
	bool alone = p->jobs < 2 || (p->rules && !p->copy_rules) || parts_are_one(&parts);
	int rc = alone ? run_one_by_one(p, paths, n, err) : pump_run_parallel(p, &parts, err);

	parts_deinit(&parts);
	return rc;
}
