/*
 * A pump whose traces are replayed by a crew, part by part.  This thread plans the parts, and hands
 * what comes out of them to the sinks in the order of the traces.
 */
#include "replay/crew.h"
#include "replay/parcel.h"
#include "replay/parts.h"
#include "replay/pump_private.h"

#include <stdlib.h>

struct convoy {
	struct pump *pump;
	struct crew *crew;
	struct parts *parts;
	struct part_plan *planned; /* what the crew has: a ring, the part in front first */
	size_t first, n, room;
	struct parcel_reader reader;
	struct buf hostname; /* of the report */
};

/* --- planning --- */

static int plan_one(struct convoy *c, const struct part_plan *part, struct err *err)
{
	if (c->n == c->room)
		return err_set(err, ERR_LIMIT, "too many parts at once");
	if (crew_add(c->crew, c->parts->paths[part->trace], &part->options, err) < 0)
		return -1;
	c->planned[(c->first + c->n++) % c->room] = *part;
	return 0;
}

/* Keep everybody busy, and have a part in front as long as there are any. */
static int feed(struct convoy *c, struct err *err)
{
	struct part_plan part;

	while (c->n == 0 || (c->n < c->room && crew_wants(c->crew))) {
		if (!parts_next(c->parts, &part))
			return 0;
		if (plan_one(c, &part, err) < 0)
			return -1;
	}
	return 0;
}

/* Done with the part in front. */
static void drop_part(struct convoy *c)
{
	crew_pop(c->crew);
	c->first = (c->first + 1) % c->room;
	c->n--;
}

static struct part_plan *front(struct convoy *c)
{
	return &c->planned[c->first];
}

/* --- taking --- */

static int deliver(struct convoy *c, struct sv parcel, struct err *err)
{
	struct pump *p = c->pump;
	struct parcel_item item;
	enum next next;

	while ((next = parcel_next(&c->reader, p->alerts, &parcel, &item, err)) == NEXT_ITEM) {
		if ((item.is_alert ? pump_alert(p, &item.alert, err)
				   : pump_news(p, &item.news, err)) < 0)
			return -1;
	}
	return next == NEXT_ERROR ? -1 : 0;
}

/* *r: the trace before the part in front. */
static void show_progress(struct convoy *c, const struct trace_report *r)
{
	struct trace_report so_far = *r, part;
	struct source_progress at;

	if (!c->pump->progress)
		return;
	crew_report(c->crew, &part, &at);
	so_far.events += part.events;
	so_far.matches += part.matches;
	c->pump->progress(c->pump->arg, &so_far, at);
}

/* All that comes out of the part in front. */
static int take_part(struct convoy *c, const struct trace_report *r, struct err *err)
{
	struct buf parcel;
	int rc = 0;

	while (rc == 0) {
		switch (crew_take(c->crew, &parcel, err)) {
		case NEXT_ITEM:
			rc = deliver(c, buf_sv(&parcel), err);
			buf_deinit(&parcel);
			break;
		case NEXT_IDLE:
			break;
		case NEXT_END:
			return 0;
		case NEXT_ERROR:
			return -1;
		}
		show_progress(c, r);
		if (rc == 0)
			rc = feed(c, err);
	}
	return -1;
}

/* What a state or a source saved and took up again goes on from part to part. */
static void take_up(struct convoy *c, struct trace_report *r, const struct trace_report *part)
{
	if (part->source.sections == 0)
		return; /* damaged where it begins */
	r->source.sections = part->source.sections;
	r->losses = part->losses;
	r->cpus = part->cpus;
	r->boot_ns = part->boot_ns;
	buf_clear(&c->hostname);
	buf_putsv(&c->hostname, part->hostname);
	r->hostname = buf_sv(&c->hostname);
}

static int join_reports(struct convoy *c, struct trace_report *r, const struct trace_report *part,
			struct err *err)
{
	struct source_stats *s = &r->source;

	if (losses_join(&r->missing, &part->missing, r->last_ns, err) < 0)
		return -1;
	if (part->events && (r->events == 0 || part->first_ns < r->first_ns))
		r->first_ns = part->first_ns;
	if (part->last_ns > r->last_ns)
		r->last_ns = part->last_ns;
	r->events += part->events;
	r->matches += part->matches;
	r->drops += part->drops;
	s->events += part->source.events;
	s->blocks_skipped += part->source.blocks_skipped;
	s->enter_merged += part->source.enter_merged;
	s->enter_dropped += part->source.enter_dropped;
	s->upgraded += part->source.upgraded;
	s->unused_dropped += part->source.unused_dropped;
	r->outcome = part->outcome;
	r->damage = part->damage;
	take_up(c, r, part);
	return c->hostname.failed ? err_set(err, ERR_NOMEM, "out of memory") : 0;
}

/* The part in front into the sinks and the report; *over: the trace ends with it. */
static int run_part(struct convoy *c, struct trace_report *r, bool first, bool *over,
		    struct err *err)
{
	struct source_progress at;
	struct trace_report part;
	bool opened = crew_opened(c->crew);

	if (opened && ((first && pump_begin(c->pump, r, err) < 0) || take_part(c, r, err) < 0))
		return -1;
	crew_report(c->crew, &part, &at);
	if (!opened && part.outcome == TRACE_COMPLETE) /* never came to reading it */
		return take_part(c, r, err) < 0 ? -1 : 0;
	if (join_reports(c, r, &part, err) < 0)
		return -1;
	if (!opened && !first)
		r->outcome = TRACE_DAMAGED; /* a moment ago it was there */
	*over = front(c)->last || r->outcome != TRACE_COMPLETE;
	if (*over && r->outcome != TRACE_UNREADABLE && pump_end(c->pump, r, err) < 0)
		return -1;
	return 0;
}

/* The trace that the part in front begins. */
static int run_trace(struct convoy *c, struct trace_report *r, struct err *err)
{
	size_t trace = front(c)->trace;
	bool over = false;

	*r = (struct trace_report){ .path = c->parts->paths[trace] };
	for (bool first = true; !over; first = false) {
		if (feed(c, err) < 0 || run_part(c, r, first, &over, err) < 0)
			return -1;
		drop_part(c);
	}
	while (c->n && front(c)->trace == trace)
		drop_part(c);
	parts_skip(c->parts, trace);
	r->hostname = (struct sv){ 0 }; /* the convoy's */
	return 0;
}

static int run_all(struct convoy *c, struct err *err)
{
	struct pump *p = c->pump;
	struct trace_report r;

	while (!pump_stopped(p)) {
		if (feed(c, err) < 0)
			return -1;
		if (c->n == 0)
			return 0;
		if (p->begun)
			p->begun(p->arg);
		int rc = run_trace(c, &r, err);

		if (rc == 0 && p->done)
			p->done(p->arg, &r);
		trace_report_deinit(&r);
		if (rc < 0)
			return -1;
	}
	return 0;
}

int pump_run_parallel(struct pump *p, struct parts *parts, struct err *err)
{
	/* This thread prints names and keys of p->rules, but runs none of them. */
	const struct crew_options options = { .workers = p->jobs,
					      .matching = p->matching,
					      .wants_values = p->wants_values,
					      .wants_news = p->wants_news,
					      .rules = p->rules,
					      .copy_rules = p->copy_rules,
					      .arg = p->arg,
					      .stop = p->stop };
	struct convoy c = { .pump = p, .parts = parts, .room = 4 * (size_t)p->jobs };
	int rc = -1;

	c.planned = calloc(c.room, sizeof *c.planned);
	if (!c.planned)
		err_set(err, ERR_NOMEM, "out of memory");
	else if (crew_new(&options, &c.crew, err) == 0)
		rc = run_all(&c, err);
	crew_free(c.crew);
	free(c.planned);
	parcel_reader_deinit(&c.reader);
	buf_deinit(&c.hostname);
	return rc;
}
