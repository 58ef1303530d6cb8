#include "replay/flow.h"

/* Records between two questions whether to go on. */
enum { CHECK_EVERY = 8192 };

bool flow_open(struct flow *f, const char *path, const struct source_options *options,
	       struct trace_report *report)
{
	*report = (struct trace_report){ .path = path };
	f->report = report;
	f->is_first = options->segments.from == 0;
	f->spanned = !span_is_all(&options->span);
	f->in_span = (struct flow_span){ .list_stale = true, .host_stale = true };
	if (source_open(path, options, &f->source, &report->damage) == 0)
		return true;
	report->outcome = TRACE_UNREADABLE;
	return false;
}

static int tell_news(struct flow *f, struct err *err)
{
	if (f->told || !f->news)
		return 0;
	f->told = true;
	return process_watch_record(&f->watch, f->rec, engine_state(f->engine), f->news, f->arg,
				    err);
}

static int tell_span_news(struct flow *f, struct err *err);

static int on_match(void *arg, const struct match *m, struct err *err)
{
	struct flow *f = arg;
	struct alert alert;

	if ((f->spanned ? tell_span_news(f, err) : tell_news(f, err)) < 0 ||
	    alerts_render(f->alerts, m, &alert, err) < 0)
		return -1;
	f->report->matches++;
	return f->alert(f->arg, &alert, err);
}

static void tally_times(struct trace_report *r, uint64_t min_ns, uint64_t max_ns)
{
	if (r->events == 0 || min_ns < r->first_ns)
		r->first_ns = min_ns;
	if (max_ns > r->last_ns)
		r->last_ns = max_ns;
}

static void tally(struct trace_report *r, const struct event *ev)
{
	tally_times(r, ev->ts_ns, ev->ts_ns);
	r->events++;
	r->drops += ev->type == EV_DROP_E || ev->type == EV_DROP_X;
}

static int step_all(struct flow *f, const struct record *rec, struct err *err)
{
	if (losses_concern(rec) &&
	    losses_record(&f->report->missing, rec, f->report->last_ns, err) < 0)
		return -1;
	if (rec->kind == RECORD_EVENT)
		tally(f->report, &rec->event);
	if (engine_record(f->engine, rec, on_match, f, err) < 0)
		return -1;
	/* A trace that begins in the middle says who ran before; a later part of one need not. */
	if (rec->kind == RECORD_STATE && f->news && f->is_first)
		return process_watch_list(engine_state(f->engine), f->news, f->arg, err);
	return tell_news(f, err);
}

/*
 * A span wants each event judged by itself, and news of who was there at the start wait for the
 * first event.
 */
static bool take_quiet(struct flow *f, struct quiet_run *run)
{
	return !f->spanned && f->watch.n == 0 && source_quiet(f->source, run);
}

static int step_quiet(struct flow *f, const struct quiet_run *run, struct err *err)
{
	tally_times(f->report, run->min_ts_ns, run->max_ts_ns);
	f->report->events += run->n;
	return engine_quiet(f->engine, run, err);
}

/* --- a part of the trace --- */

static bool in_span(const struct flow *f, const struct record *rec)
{
	return rec->kind == RECORD_EVENT && span_has(&f->source->span, &rec->event);
}

/* Rules see no other events. */
static bool gate(void *arg, struct field_ctx *ctx)
{
	const struct flow *f = arg;

	return span_has(&f->source->span, ctx->state->now.ev);
}

/* What the report says of the host is what the span's last event saw. */
static void note_host(struct flow *f)
{
	const struct state *state = engine_state(f->engine);
	struct flow_span *in = &f->in_span;

	f->report->losses = state->losses;
	if (!in->host_stale)
		return;
	in->host_stale = false;
	buf_clear(&in->hostname);
	buf_putsv(&in->hostname, state->machine.hostname);
	f->report->cpus = state->machine.num_cpus;
	f->report->boot_ns = state->machine.boot_ts_ns;
}

/* News of an event of the span; before the first one, who runs there. */
static int tell_span_news(struct flow *f, struct err *err)
{
	struct flow_span *in = &f->in_span;

	if (f->news && in->list_stale && !f->told &&
	    process_watch_list(engine_state(f->engine), f->news, f->arg, err) < 0)
		return -1;
	in->list_stale = false;
	return tell_news(f, err);
}

static int step_in_span(struct flow *f, const struct record *rec, struct err *err)
{
	struct flow_span *in = &f->in_span;
	bool inside = in_span(f, rec);

	in->entered |= inside;
	/* A loss counts if events of the span surround it. */
	if (losses_concern(rec) && (inside || (in->entered && rec->kind != RECORD_EVENT)) &&
	    losses_record(&f->report->missing, rec, f->report->last_ns, err) < 0)
		return -1;
	if (inside)
		tally(f->report, &rec->event);
	if (engine_record(f->engine, rec, on_match, f, err) < 0)
		return -1;
	if (inside) {
		in->nmissing = f->report->missing.n;
		note_host(f);
		return tell_span_news(f, err);
	}
	in->list_stale |= rec->kind == RECORD_SECTION;
	in->host_stale |= rec->kind != RECORD_EVENT;
	return 0;
}

static int step(struct flow *f, const struct record *rec, struct err *err)
{
	f->rec = rec;
	f->told = false;
	return f->spanned ? step_in_span(f, rec, err) : step_all(f, rec, err);
}

static int run(struct flow *f, struct err *err)
{
	struct quiet_run quiet;
	struct record rec;

	for (uint32_t n = 0;; n++) {
		if (n % CHECK_EVERY == 0 &&
		    !f->go_on(f->arg, f->report, source_progress(f->source))) {
			f->report->outcome = TRACE_INTERRUPTED;
			return 0;
		}
		if (take_quiet(f, &quiet)) {
			if (step_quiet(f, &quiet, err) < 0)
				return -1;
			continue;
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

int flow_run(struct flow *f, struct err *err)
{
	struct trace_report *r = f->report;

	f->engine = engine_new(f->rules, f->matching);
	if (!f->engine)
		return err_set(err, ERR_NOMEM, "out of memory");
	/* Compiled rules serve all traces; what their fields remember serves one. */
	engine_ctx(f->engine)->run = f->run;
	if (f->spanned)
		engine_set_gate(f->engine, gate, f);
	if (run(f, err) < 0)
		return -1;
	if (f->spanned) {
		r->missing.n = f->in_span.nmissing;
		r->hostname = buf_sv(&f->in_span.hostname);
		return f->in_span.hostname.failed ? err_set(err, ERR_NOMEM, "out of memory") : 0;
	}

	const struct state *state = engine_state(f->engine);

	r->source = f->source->stats;
	r->losses = state->losses;
	r->hostname = state->machine.hostname;
	r->cpus = state->machine.num_cpus;
	r->boot_ns = state->machine.boot_ts_ns;
	return 0;
}

void flow_close(struct flow *f)
{
	process_watch_deinit(&f->watch);
	buf_deinit(&f->in_span.hostname);
	engine_free(f->engine);
	source_close(f->source);
	f->engine = NULL;
	f->source = NULL;
	if (f->report)
		f->report->hostname = (struct sv){ 0 }; /* it was the state's */
}
