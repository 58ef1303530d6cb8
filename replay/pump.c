#include "replay/pump.h"

#include <stdlib.h>

/* Records between two looks at the clock and at the stop flag. */
enum { CHECK_EVERY = 8192 };

int pump_init(struct pump *p, struct err *err)
{
	const struct rule *rules;
	bool wants_values = false;

	if (!p->rules)
		return 0;
	for (size_t i = 0; i < p->nsinks; i++)
		wants_values |= p->sinks[i]->wants_values;
	p->by_rule = calloc(ruleset_rules(p->rules, &rules) + 1, sizeof *p->by_rule);
	if (!p->by_rule)
		return err_set(err, ERR_NOMEM, "out of memory");
	return alerts_new(p->rules, wants_values, &p->alerts, err);
}

void pump_deinit(struct pump *p)
{
	alerts_free(p->alerts);
	free(p->by_rule);
	p->alerts = NULL;
	p->by_rule = NULL;
}

/* One trace on its way. */
struct flow {
	struct pump *pump;
	struct engine *engine;
	struct source *source;
	struct trace_report *report;
	const struct record *rec;
	bool observed; /* the sinks have seen rec */
};

static int observe(struct flow *f, struct err *err)
{
	if (f->observed)
		return 0;
	f->observed = true;
	for (size_t i = 0; i < f->pump->nsinks; i++) {
		struct sink *s = f->pump->sinks[i];

		if (s->ops->observe && s->ops->observe(s, f->rec, engine_state(f->engine), err) < 0)
			return -1;
	}
	return 0;
}

static int on_match(void *arg, const struct match *m, struct err *err)
{
	struct flow *f = arg;
	struct pump *p = f->pump;
	struct alert alert;

	if (observe(f, err) < 0 || alerts_render(p->alerts, m, &alert, err) < 0)
		return -1;
	f->report->matches++;
	p->by_rule[alert.rule_index]++;
	for (size_t i = 0; i < p->nsinks; i++) {
		if (p->sinks[i]->ops->alert(p->sinks[i], &alert, err) < 0)
			return -1;
	}
	return 0;
}

static void tally(struct trace_report *r, const struct event *ev)
{
	if (r->events == 0 || ev->ts_ns < r->first_ns)
		r->first_ns = ev->ts_ns;
	if (ev->ts_ns > r->last_ns)
		r->last_ns = ev->ts_ns;
	r->events++;
	r->drops += ev->type == EV_DROP_E || ev->type == EV_DROP_X;
}

static int step(struct flow *f, const struct record *rec, struct err *err)
{
	f->rec = rec;
	f->observed = false;
	if (rec->kind == RECORD_EVENT)
		tally(f->report, &rec->event);
	if (engine_record(f->engine, rec, on_match, f, err) < 0)
		return -1;
	return observe(f, err);
}

/* Called now and then: should the trace go on? */
static bool go_on(struct flow *f)
{
	struct pump *p = f->pump;

	if (p->progress)
		p->progress(p->arg, f->report, source_progress(f->source));
	return !p->stop || !*p->stop;
}

static int run(struct flow *f, struct err *err)
{
	struct record rec;

	for (uint32_t n = 0;; n++) {
		if (n % CHECK_EVERY == 0 && !go_on(f)) {
			f->report->outcome = TRACE_INTERRUPTED;
			return 0;
		}
		switch (source_next(f->source, &rec, &f->report->damage)) {
		case NEXT_ITEM:
			if (step(f, &rec, err) < 0)
				return -1;
			break;
		case NEXT_IDLE:
			break;
		case NEXT_ERROR:
			f->report->outcome = TRACE_DAMAGED;
			return 0;
		case NEXT_END:
			return 0;
		}
	}
}

static int begin_sinks(struct flow *f, struct err *err)
{
	for (size_t i = 0; i < f->pump->nsinks; i++) {
		struct sink *s = f->pump->sinks[i];

		if (s->ops->begin(s, f->report, err) < 0)
			return -1;
	}
	return 0;
}

static int end_sinks(struct flow *f, struct err *err)
{
	const struct state *state = engine_state(f->engine);
	struct trace_report *r = f->report;

	r->source = f->source->stats;
	r->losses = state->losses;
	r->hostname = state->machine.hostname;
	r->cpus = state->machine.num_cpus;
	r->boot_ns = state->machine.boot_ts_ns;
	for (size_t i = 0; i < f->pump->nsinks; i++) {
		struct sink *s = f->pump->sinks[i];

		if (s->ops->end(s, r, err) < 0)
			return -1;
	}
	r->hostname = (struct sv){ 0 }; /* the state goes */
	return 0;
}

int pump_trace(struct pump *p, const char *path, struct trace_report *out, struct err *err)
{
	const struct source_options options = { .upgrade = true };
	struct flow f = { .pump = p, .report = out };
	int rc = -1;

	*out = (struct trace_report){ .path = path };
	if (source_open(path, &options, &f.source, &out->damage) < 0) {
		out->outcome = TRACE_UNREADABLE;
		return 0;
	}
	f.engine = engine_new(p->rules, p->matching);
	if (!f.engine)
		err_set(err, ERR_NOMEM, "out of memory");
	else {
		/* Compiled rules serve all traces; what their fields remember serves one. */
		engine_ctx(f.engine)->run = ++p->runs;
		if (begin_sinks(&f, err) == 0 && run(&f, err) == 0)
			rc = end_sinks(&f, err);
	}
	engine_free(f.engine);
	source_close(f.source);
	return rc;
}
