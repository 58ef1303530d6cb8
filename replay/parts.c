#include "replay/parts.h"

#include "format/trace/trace_map.h"

#include <string.h>

/*
 * Every part costs a state that is loaded and room that is made anew, and whoever gets the last one
 * keeps all others waiting: large parts come first, and each is a share of what is left.
 */
enum {
	PART_EVENTS = 1 << 16,     /* less is not worth it */
	PART_EVENTS_MAX = 1 << 20, /* what is found in one is kept until those before it are done */
	PARTS_EACH = 3,            /* of what is left, if they were all of one size */
};

void parts_deinit(struct parts *p)
{
	trace_map_close(p->map);
	p->map = NULL;
}

static void next_trace(struct parts *p)
{
	parts_deinit(p);
	p->segment = 0;
	p->at++;
}

/*
 * A map of the trace, if it can be cut.  One whose index is missing or wrong is read from front to
 * end: so whatever is wrong with it is found where it would be otherwise.
 */
static void open_map(struct parts *p)
{
	struct err ignored = { 0 };

	if (p->whole || p->map || p->segment || strcmp(p->paths[p->at], "-") == 0 ||
	    trace_map_open(p->paths[p->at], &p->map, &ignored) < 0)
		return;
	if (trace_map_walked(p->map) || trace_map_segments(p->map) < 2)
		parts_deinit(p);
}

static uint64_t usual_events(const struct parts *p)
{
	uint64_t left = 0;

	for (size_t i = p->segment; i < trace_map_segments(p->map); i++)
		left += trace_map_segment(p->map, i)->events;
	uint64_t share = left / PARTS_EACH / (p->jobs ? p->jobs : 1);
	if (share > PART_EVENTS_MAX)
		return PART_EVENTS_MAX;
	return share > PART_EVENTS ? share : PART_EVENTS;
}

/* The segment behind those that make one part. */
static size_t end_of_part(const struct parts *p)
{
	uint64_t want = p->events ? p->events : usual_events(p), events = 0;
	size_t n = trace_map_segments(p->map), to = p->segment;

	while (to < n && events < want)
		events += trace_map_segment(p->map, to++)->events;
	return to;
}

bool parts_next(struct parts *p, struct part_plan *out)
{
	if (p->at == p->n)
		return false;
	*out = (struct part_plan){ .trace = p->at,
				   .options = { .upgrade = true, .span = p->span, .need = p->need },
				   .last = true };
	open_map(p);
	if (p->map) {
		out->options.segments.from = p->segment;
		out->options.segments.to = p->segment = end_of_part(p);
		out->last = p->segment == trace_map_segments(p->map);
	}
	if (out->last)
		next_trace(p);
	return true;
}

bool parts_are_one(struct parts *p)
{
	if (p->n != 1)
		return p->n == 0;
	open_map(p);
	return !p->map;
}

void parts_skip(struct parts *p, size_t trace)
{
	if (p->at == trace)
		next_trace(p);
}
