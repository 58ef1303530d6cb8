/* scap hunt: events for which a condition holds, in many traces, without reading all of them. */
#include "engine/fields/render.h"
#include "engine/filter/filter.h"
#include "engine/filter/need.h"
#include "engine/filter/skip.h"
#include "replay/inputs.h"
#include "tools/common/human.h"
#include "tools/common/when.h"
#include "tools/scap/commands.h"
#include "tools/scap/hunters.h"
#include "tools/scap/printer.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static const char default_line[] = "*%evt.datetime %evt.num %proc.name (%proc.pid) %evt.type "
				   "%evt.args";

static const char default_fields[] = "evt.num,evt.rawtime,proc.name,proc.pid,proc.cmdline,"
				     "container.id,fd.name,evt.type,evt.args";

/*
 * Less is not worth a state of its own.  The number of hunters has no say, so that what is read is
 * always the same.
 */
enum { STRETCH_EVENTS = 1 << 16 };

/* How much there was, and how much of it was read. */
struct extent {
	uint64_t traces, segments, bytes;
};

struct hunt {
	struct cli *cli;
	struct quarry quarry;
	unsigned jobs;
	uint64_t count; /* of matches wanted */
	struct span span;
	bool read_all; /* leave nothing out */
	bool quiet;
	/* To plan with; the hunters have their own. */
	struct arena arena;
	struct program *filter;
	struct printer printer;
	struct column_need need;

	struct inputs traces;
	size_t at;             /* the trace to go on with */
	struct trace_map *map; /* of it; NULL: not begun */
	size_t segment, end;   /* of it, to go on with and to stop at */

	size_t damaged; /* this trace is, counted from 1; nothing behind the damage counts */
	uint64_t matches;
	struct extent whole, read;
};

/* --- stretches --- */

/*
 * A map to skip by.  NULL: read it all, because it is no native trace, because it is damaged and
 * has to be read as far as that goes, or because the conditions look at what happened before.
 */
static struct trace_map *map_of(const struct hunt *h, const char *path)
{
	struct trace_map *m = NULL;
	struct err ignored = { 0 };

	if (h->read_all || strcmp(path, "-") == 0 || program_remembers(h->filter) ||
	    printer_remembers(&h->printer) || trace_map_open(path, &m, &ignored) < 0)
		return NULL;
	if (!trace_map_walked(m))
		return m;
	trace_map_close(m);
	return NULL;
}

static uint64_t size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && st.st_size > 0 ? (uint64_t)st.st_size : 0;
}

static void name_trace(const struct hunt *h, const char *path, struct buf *before)
{
	if (!h->quarry.line) {
		buf_puts(before, "\"trace\":");
		render_json_string(before, sv_of(path));
		buf_putc(before, ',');
	} else if (h->traces.n > 1) {
		buf_puts(before, path);
		buf_puts(before, ": ");
	}
}

/* All of the trace that is next, or a map of it; false: there are no more. */
static bool begin_trace(struct hunt *h, struct stretch *s)
{
	const char *path = h->traces.paths[h->at];
	struct span span = h->span;
	uint64_t size = size_of(path);

	h->whole.traces++;
	h->whole.bytes += size;
	h->map = map_of(h, path);
	if (h->map) {
		span_resolve(&span, trace_map_index(h->map)->first_ts_ns);
		trace_map_span(h->map, &span, true, &h->segment, &h->end);
		h->whole.segments += trace_map_segments(h->map);
		return false;
	}
	h->whole.segments++;
	*s = (struct stretch){ .segments = 1, .bytes = size };
	return true;
}

/* Neighbours that must be read are read together, as far as that is no more than one hunter's. */
static bool next_segments(struct hunt *h, struct stretch *s)
{
	uint64_t events = 0;
	size_t from, to;

	while (h->segment < h->end && !program_may_hold(h->filter, h->map, h->segment))
		h->segment++;
	*s = (struct stretch){ .segments = 0 };
	for (from = to = h->segment; to < h->end && events < STRETCH_EVENTS; to++) {
		const struct trace_segment *segment = trace_map_segment(h->map, to);

		if (to > from && !program_may_hold(h->filter, h->map, to))
			break;
		events += segment->events;
		s->bytes += segment->size;
		s->segments++;
	}
	s->options.segments.from = from;
	s->options.segments.to = h->segment = to;
	return to > from;
}

static void end_trace(struct hunt *h)
{
	trace_map_close(h->map);
	h->map = NULL;
	h->at++;
}

static bool next_stretch(void *arg, struct stretch *s)
{
	struct hunt *h = arg;
	bool found = false;
	size_t trace = h->at;

	while (!found && h->at < h->traces.n) {
		trace = h->at;
		found = h->map ? next_segments(h, s) : begin_trace(h, s);
		if (found ? !h->map : h->map && h->segment >= h->end)
			end_trace(h);
	}
	if (!found)
		return false;
	s->trace = trace;
	s->path = h->traces.paths[trace];
	s->options.upgrade = true;
	s->options.span = h->span;
	s->options.need = &h->need;
	name_trace(h, s->path, &s->before);
	return true;
}

static int take(void *arg, const struct stretch *s, bool done, struct err *err)
{
	struct hunt *h = arg;

	if (h->damaged == s->trace + 1)
		return 0;
	if (!buf_write(&s->out, stdout))
		return err_errno(err, "cannot write to standard output");
	if (!done)
		return 0;
	h->matches += s->matches;
	h->read.segments += s->segments;
	h->read.bytes += s->bytes;
	if (s->damage.code != ERR_NONE) {
		cli_complain(h->cli->program->name, &s->damage);
		h->cli->status = 1;
		h->damaged = s->trace + 1;
	}
	return 0;
}

/* --- the summary --- */

static void put_summary(const struct hunt *h)
{
	struct buf b = { 0 };

	human_count(&b, h->matches);
	buf_puts(&b, h->matches == 1 ? " match in " : " matches in ");
	human_count(&b, h->whole.traces);
	buf_puts(&b, h->whole.traces == 1 ? " trace; read " : " traces; read ");
	human_count(&b, h->read.segments);
	buf_puts(&b, " of ");
	human_count(&b, h->whole.segments);
	buf_puts(&b, h->whole.segments == 1 ? " segment, " : " segments, ");
	human_bytes(&b, h->read.bytes);
	buf_puts(&b, " of ");
	human_bytes(&b, h->whole.bytes);
	buf_putc(&b, '\n');
	buf_write(&b, stderr);
	buf_deinit(&b);
}

/* --- the command --- */

enum { KEY_FROM = 256, KEY_TO, KEY_ALL, KEY_JOBS };

static int set_filter(struct hunt *h, const char *text, struct err *err)
{
	struct ast *ast;
	uint32_t id;

	h->filter = program_new();
	if (!h->filter)
		return err_set(err, ERR_NOMEM, "no memory for a filter");
	if (ast_parse(sv_of(text), &h->arena, &ast, err) == 0 &&
	    program_add(h->filter, ast, &id, err) == 0 && program_seal(h->filter, err) == 0)
		return 0;
	return err->pos.col ? err_prefix(err, "filter, column %u", err->pos.col)
			    : err_prefix(err, "filter");
}

static void note_live(void *arg, uint32_t id)
{
	(void)id;
	*(bool *)arg = true;
}

static void find_need(struct hunt *h)
{
	state_need(&h->need);
	for (uint32_t type = 0; type < EV_COUNT; type++) {
		bool live = false;

		h->need.params[type] |= program_params(h->filter, type);
		program_live(h->filter, type, note_live, &live);
		if (live)
			h->need.params[type] |= printer_params(&h->printer, type);
	}
}

static unsigned cores(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > HUNTERS_MAX ? HUNTERS_MAX : (unsigned)n;
}

static int options_parse(struct hunt *h, struct cli *c, struct err *err)
{
	const char *format = NULL, *fields = NULL;
	bool json = false;
	uint64_t jobs = cores();
	int key;

	while ((key = cli_next(c, err)) > 0) {
		int rc = 0;

		switch (key) {
		case 'p':
			format = c->value;
			break;
		case 'j':
			json = true;
			break;
		case 'F':
			fields = c->value;
			break;
		case 'n':
			rc = cli_number(c, "count", 1, UINT64_MAX, &h->count, err);
			break;
		case 'q':
			h->quiet = true;
			break;
		case KEY_FROM:
			rc = when_parse_bound(c->value, &h->span.from, err);
			break;
		case KEY_TO:
			rc = when_parse_bound(c->value, &h->span.to, err);
			break;
		case KEY_ALL:
			h->read_all = true;
			break;
		case KEY_JOBS:
			rc = cli_number(c, "jobs", 1, HUNTERS_MAX, &jobs, err);
			break;
		}
		if (rc < 0)
			return -1;
	}
	if (key < 0 || cli_operands(c, 2, -1, err) < 0)
		return -1;
	if (format && (json || fields))
		return err_set(err, ERR_USAGE,
			       "option --print does not go with --json and --fields");
	/* Where to stop depends on all that is in front. */
	h->jobs = h->count < UINT64_MAX ? 1 : (unsigned)jobs;
	h->quarry.condition = c->argv[c->argc - 1];
	if (json || fields)
		h->quarry.fields = fields ? fields : default_fields;
	else
		h->quarry.line = format ? format : default_line;
	return h->quarry.line ? printer_set_line(&h->printer, h->quarry.line, err)
			      : printer_set_fields(&h->printer, h->quarry.fields, err);
}

static int hunt(struct hunt *h, struct cli *c, struct err *err)
{
	if (options_parse(h, c, err) < 0 || set_filter(h, h->quarry.condition, err) < 0)
		return -1;
	for (int i = 0; i + 1 < c->argc; i++)
		if (inputs_add(&h->traces, c->argv[i], &inputs_traces, err) < 0)
			return -1;
	cli_allow_all(c, h->traces.paths, h->traces.n, CONFINE_READ);
	if (cli_confine(c, err) < 0)
		return -1;
	find_need(h);
	const struct hunters_options options = { .quarry = h->quarry,
						 .jobs = h->jobs,
						 .count = h->count,
						 .next = next_stretch,
						 .take = take,
						 .arg = h };

	if (hunters_run(&options, err) < 0)
		return -1;
	if (!h->quiet)
		put_summary(h);
	return 0;
}

static int run(struct cli *c, struct err *err)
{
	struct hunt h = { .cli = c, .count = UINT64_MAX };
	int rc = hunt(&h, c, err);

	trace_map_close(h.map);
	inputs_deinit(&h.traces);
	program_free(h.filter);
	printer_deinit(&h.printer);
	arena_deinit(&h.arena);
	return rc;
}

static const struct cli_option options[] = {
	{ 'p', "print", "FORMAT",
	  "the line, with %fields; a line that lacks a value is left\n"
	  "out unless FORMAT begins with *" },
	{ 'j', "json", NULL, "one JSON object per match" },
	{ 'F', "fields", "LIST",
	  "JSON with these fields, separated by commas; missing\nvalues are left out" },
	{ KEY_FROM, "from", "WHEN",
	  "begin there: a time (2026-11-22T07:04:19.5, UTC), +90s behind\n"
	  "the first event of a trace, or the event with number #1234" },
	{ KEY_TO, "to", "WHEN", "end there: before a time, or with the event #1234" },
	{ 'n', "count", "N", "stop after N matches" },
	{ KEY_ALL, "read-all", NULL, "leave nothing out: slower, and finds the same" },
	{ KEY_JOBS, "jobs", "N",
	  "search on N cores; all of them by default, with --count one.\nWhat is found, and its "
	  "order, stay the same" },
	{ 'q', "no-summary", NULL, "do not say how much was read" },
};

const struct cli_command scap_cmd_hunt = {
	.name = "hunt",
	.operands = "TRACE... CONDITION",
	.help = "Find events in many traces, reading no more of them than needed.",
	.details =
		"TRACE is a trace file or a folder of them.  Of native traces only the segments "
		"are "
		"read that\n"
		"may hold what CONDITION asks for: types of events, names, paths, addresses.  What "
		"is found is\n"
		"the same as if all were read.  Of damaged traces everything in front of the "
		"damage "
		"is\n"
		"searched; the exit status is 1 then.",
	.options = options,
	.noptions = sizeof options / sizeof options[0],
	.files = CLI_NAMES_NONE,
	.run = run,
};
