/* scap slice: a part of a trace that replays as it did in the whole. */
#include "engine/filter/filter.h"
#include "format/losses.h"
#include "format/source.h"
#include "tools/common/when.h"
#include "tools/scap/commands.h"
#include "tools/scap/trace_out.h"

#include <string.h>

struct slice {
	struct span span;
	struct arena arena;     /* of the filter */
	struct program *filter; /* NULL: every event of the span */
	uint32_t filter_id;
	struct source *src;
	struct tracker *tracker; /* follows all that is read */
	struct field_ctx ctx;    /* of what the filter asks about an event */
	struct trace_out out;
	struct buf options; /* NUL-terminated words for the manifest */
	bool begun;
};

static int set_filter(struct slice *s, const char *text, struct err *err)
{
	struct ast *ast;

	if (s->filter)
		return err_set(err, ERR_USAGE, "option --filter is given twice");
	s->filter = program_new();
	if (!s->filter)
		return err_set(err, ERR_NOMEM, "no memory for a filter");
	if (ast_parse(sv_of(text), &s->arena, &ast, err) == 0 &&
	    program_add(s->filter, ast, &s->filter_id, err) == 0 &&
	    program_seal(s->filter, err) == 0)
		return 0;
	return err->pos.col ? err_prefix(err, "filter, column %u", err->pos.col)
			    : err_prefix(err, "filter");
}

/* --- where it begins and ends --- */

/*
 * In the order of the file: from the first event that reaches the bound.  Old events have no number
 * before they are upgraded: each may be the next one, and one that readers do not see harms
 * nothing.
 */
static bool reaches(const struct slice *s, const struct span_bound *b, const struct event *ev)
{
	switch (b->kind) {
	case SPAN_TIME:
		return ev->ts_ns >= b->value;
	case SPAN_EVENT:
		return tracker_num(s->tracker) + 1 >= b->value;
	case SPAN_OPEN:
	case SPAN_AFTER:
		break;
	}
	return true;
}

static bool is_past(const struct slice *s, const struct event *ev)
{
	struct span_bound to = s->src->span.to;

	if (s->span.to.kind == SPAN_EVENT) {
		to = s->span.to;
		if (to.value == UINT64_MAX)
			return false;
		to.value++; /* that event belongs to it */
	}
	return to.kind != SPAN_OPEN && reaches(s, &to, ev);
}

static bool is_start(const struct slice *s, const struct event *ev)
{
	return reaches(s, s->span.from.kind == SPAN_EVENT ? &s->span.from : &s->src->span.from, ev);
}

/* --- records --- */

/*
 * An event that the filter does not want still has to be there if later ones would look different
 * without it; it is only not shown then.
 */
static int put_filtered(struct slice *s, const struct record *rec, struct err *err)
{
	struct record hidden;

	if (tracker_record(s->tracker, rec, err) < 0)
		return -1;
	if (!s->begun)
		return 0;
	if (losses_concern(rec) || !tracker_event(s->tracker))
		return trace_out_put(&s->out, rec, err);
	arena_reset(&s->ctx.scratch);
	if (tracker_state(s->tracker)->now.shown && program_test(s->filter, s->filter_id, &s->ctx))
		return trace_out_put(&s->out, rec, err);
	if (!state_may_have_changed(tracker_state(s->tracker)))
		return 0;
	hidden = *rec;
	hidden.event.flags |= EVENT_STATE_ONLY;
	return trace_out_put(&s->out, &hidden, err);
}

/* A writer asks for the state in front of the record that it is given. */
static int put(struct slice *s, const struct record *rec, struct err *err)
{
	if (s->filter && rec->kind == RECORD_EVENT)
		return put_filtered(s, rec, err);
	if (s->begun && trace_out_put(&s->out, rec, err) < 0)
		return -1;
	return tracker_record(s->tracker, rec, err);
}

static int copy(struct slice *s, struct err *err)
{
	struct record rec;
	enum next n;

	s->begun = s->span.from.kind == SPAN_OPEN;
	while ((n = source_next(s->src, &rec, err)) == NEXT_ITEM) {
		const struct event *ev = rec.kind == RECORD_EVENT ? &rec.event : NULL;

		if (ev && !s->begun && is_start(s, ev)) {
			s->begun = true;
			if (trace_out_put_state(&s->out, s->tracker, ev->ts_ns, err) < 0)
				return -1;
		}
		if (ev && s->begun && is_past(s, ev))
			return 0;
		if (put(s, &rec, err) < 0)
			return -1;
	}
	return n == NEXT_END ? 0 : -1;
}

/* --- the command --- */

static const struct cli_option options[] = {
	{ 'b', "from", "TIME", "a time, +90s behind the first event, or #N for event N" },
	{ 'e', "to", "TIME", "the first event that does not belong to it; #N: the last one" },
	{ 'f', "filter", "CONDITION",
	  "only events for which it holds, and hidden ones without\nwhich these would look "
	  "different; old events become current" },
	{ 'F', "format", "FORMAT",
	  "stock, stock-gz or native; default: by the name of OUT (\".gz\": stock-gz, \".skr\": "
	  "native)" },
};

/* "--from=+90s" */
static void note_option(struct slice *s, int key, const char *value)
{
	for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
		if (options[i].key == key)
			buf_printf(&s->options, "--%s=%s%c", options[i].name, value, 0);
	}
}

static int options_parse(struct cli *c, struct slice *s, struct err *err)
{
	int key;

	while ((key = cli_next(c, err)) > 0) {
		int rc = 0;

		switch (key) {
		case 'f':
			rc = set_filter(s, c->value, err);
			break;
		case 'F':
			rc = trace_out_kind(&s->out, c->value, err);
			break;
		case 'b':
			rc = when_parse_bound(c->value, &s->span.from, err);
			break;
		case 'e':
			rc = when_parse_bound(c->value, &s->span.to, err);
			break;
		}
		if (rc < 0)
			return -1;
		if (key != 'F')
			note_option(s, key, c->value);
	}
	if (key < 0 || cli_operands(c, 2, 2, err) < 0)
		return -1;
	return cli_confine(c, err);
}

/* Numbers count current events: a source that does not upgrade cannot look for them. */
static struct span of_source(const struct slice *s)
{
	struct span span = s->span;

	if (!s->filter && span.from.kind == SPAN_EVENT)
		span.from.kind = SPAN_OPEN;
	if (!s->filter && span.to.kind == SPAN_EVENT)
		span.to.kind = SPAN_OPEN;
	return span;
}

static int open_all(struct slice *s, const struct cli *c, struct err *err)
{
	struct sv words = buf_sv(&s->options), word;
	struct source_options opt = { .upgrade = s->filter != NULL, .span = of_source(s) };

	s->tracker = tracker_new();
	if (!s->tracker)
		return err_set(err, ERR_NOMEM, "no memory for the state of a trace");
	s->ctx = (struct field_ctx){ .state = tracker_state(s->tracker), .time_mode = 'h' };
	if (source_open(c->argv[0], &opt, &s->src, err) < 0 ||
	    trace_out_begin(&s->out, "slice", c->argv, 1, c->argv[1], err) < 0)
		return -1;
	while (s->out.manifest && sv_next_item(&words, &word))
		manifest_option(s->out.manifest, word);
	/* What a filter leaves out the writer must not track. */
	return trace_out_open(&s->out, c->argv, 1, c->argv[1], s->filter ? NULL : s->tracker, err);
}

static int run(struct cli *c, struct err *err)
{
	struct slice s = { .begun = false };
	int rc = -1;

	if (options_parse(c, &s, err) == 0 && open_all(&s, c, err) == 0)
		rc = copy(&s, err);
	/* What stands in front of damage is kept. */
	if (trace_out_close(&s.out, err) < 0)
		rc = -1;
	source_close(s.src);
	tracker_free(s.tracker);
	program_free(s.filter);
	arena_deinit(&s.ctx.scratch);
	arena_deinit(&s.arena);
	buf_deinit(&s.options);
	return rc;
}

const struct cli_command scap_cmd_slice = {
	.name = "slice",
	.operands = "IN OUT",
	.help = "Cut a part out of a trace, with the state in front of it.",
	.details = "A native OUT begins with a snapshot: rules find what they found there in IN, "
		   "event numbers\n"
		   "included unless --filter leaves some out.  A stock OUT begins with lists of "
		   "processes and\n"
		   "files instead, which have no room for all of it.",
	.options = options,
	.noptions = sizeof options / sizeof options[0],
	.files = CLI_WRITES_LAST,
	.run = run,
};
