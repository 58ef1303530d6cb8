/* scap hunt: events for which a condition holds, in many traces, without reading all of them. */
#include "engine/engine.h"
#include "engine/fields/render.h"
#include "engine/filter/need.h"
#include "engine/filter/skip.h"
#include "format/source.h"
#include "replay/inputs.h"
#include "tools/common/human.h"
#include "tools/common/when.h"
#include "tools/scap/commands.h"
#include "tools/scap/printer.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

static const char default_line[] = "*%evt.datetime %evt.num %proc.name (%proc.pid) %evt.type "
				   "%evt.args";

static const char default_fields[] = "evt.num,evt.rawtime,proc.name,proc.pid,proc.cmdline,"
				     "container.id,fd.name,evt.type,evt.args";

/* How much there was, and how much of it was read. */
struct extent {
	uint64_t traces, segments, bytes, events;
};

struct hunt {
	struct inputs traces;
	struct arena arena;
	struct program *filter;
	struct printer printer;
	struct column_need need;
	struct span span;
	bool read_all; /* leave nothing out */
	bool quiet;
	uint64_t left; /* matches still wanted */

	uint64_t matches;
	struct extent whole, read;
	uint64_t runs;     /* states begun */
	struct buf before; /* what names the trace in every line */
	bool failed;       /* a trace could not be read to its end */
};

/* --- events --- */

/* One stretch of a trace on its way through the conditions. */
struct stretch {
	struct hunt *hunt;
	struct engine *engine;
	struct source *source;
	uint64_t events; /* seen, in the file's own count where that is known */
	struct err *err;
	int rc;
};

static bool on_hit(void *arg, uint32_t id)
{
	struct stretch *s = arg;
	struct hunt *h = s->hunt;

	(void)id;
	s->rc = printer_event(&h->printer, buf_sv(&h->before), engine_ctx(s->engine), s->err);
	if (s->rc > 0) {
		h->matches++;
		h->left--;
	}
	return false;
}

static int see(struct stretch *s, const struct record *rec)
{
	const struct state *state = engine_state(s->engine);
	struct field_ctx *ctx = engine_ctx(s->engine);

	if (engine_record(s->engine, rec, NULL, NULL, s->err) < 0)
		return -1;
	if (rec->kind != RECORD_EVENT || !state->now.shown ||
	    !span_has(&s->source->span, state->now.ev))
		return 0;
	arena_reset(&ctx->scratch);
	program_run(s->hunt->filter, ctx, on_hit, s);
	return s->rc < 0 ? -1 : 0;
}

/* -1 with ERR_NONE in err: the trace is damaged, *damage says how. */
static int search(struct hunt *h, const char *path, const struct source_options *opt,
		  struct err *damage, struct err *err)
{
	struct stretch s = { .hunt = h, .err = err };
	enum next n = NEXT_ITEM;
	struct record rec;
	int rc = 0;

	if (source_open(path, opt, &s.source, damage) < 0)
		return -1;
	s.engine = engine_new(NULL, MATCH_ALL);
	if (!s.engine)
		rc = err_set(err, ERR_NOMEM, "no memory for the state of a trace");
	else
		engine_ctx(s.engine)->run = ++h->runs;
	while (rc == 0 && h->left > 0 && (n = source_next(s.source, &rec, damage)) == NEXT_ITEM)
		rc = see(&s, &rec);
	if (n == NEXT_ERROR)
		rc = -1;
	h->read.events += s.source->stats.events;
	engine_free(s.engine);
	source_close(s.source);
	return rc;
}

/* --- traces --- */

/* Segments from `from` up to before `to`. */
static int search_segments(struct hunt *h, const char *path, const struct trace_map *m, size_t from,
			   size_t to, struct err *damage, struct err *err)
{
	const struct source_options opt = {
		.upgrade = true, .span = h->span, .need = &h->need, .segments = { from, to }
	};

	for (size_t i = from; i < to; i++)
		h->read.bytes += trace_map_segment(m, i)->size;
	h->read.segments += to - from;
	return search(h, path, &opt, damage, err);
}

/* Neighbours that must be read are read together. */
static int search_map(struct hunt *h, const char *path, struct trace_map *m, struct err *damage,
		      struct err *err)
{
	struct span span = h->span;
	size_t begin, end, to;

	span_resolve(&span, trace_map_index(m)->first_ts_ns);
	trace_map_span(m, &span, true, &begin, &end);
	for (size_t from = begin; from < end && h->left > 0; from = to) {
		for (to = from; to < end && program_may_hold(h->filter, m, to);)
			to++;
		if (to > from && search_segments(h, path, m, from, to, damage, err) < 0)
			return -1;
		if (to == from)
			to++;
	}
	return 0;
}

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

static void name_trace(struct hunt *h, const char *path)
{
	buf_clear(&h->before);
	if (!h->printer.line) {
		buf_puts(&h->before, "\"trace\":");
		render_json_string(&h->before, sv_of(path));
		buf_putc(&h->before, ',');
	} else if (h->traces.n > 1) {
		buf_puts(&h->before, path);
		buf_puts(&h->before, ": ");
	}
}

static int hunt_trace(struct hunt *h, struct cli *c, const char *path, struct err *err)
{
	const struct source_options all = { .upgrade = true, .span = h->span, .need = &h->need };
	struct trace_map *m = map_of(h, path);
	struct err damage = { 0 };
	uint64_t size = size_of(path), read = h->read.events;
	int rc;

	name_trace(h, path);
	h->whole.traces++;
	h->whole.bytes += size;
	if (m) {
		h->whole.segments += trace_map_segments(m);
		h->whole.events += trace_map_index(m)->events;
		rc = search_map(h, path, m, &damage, err);
	} else {
		h->whole.segments++;
		h->read.segments++;
		h->read.bytes += size;
		rc = search(h, path, &all, &damage, err);
		h->whole.events += h->read.events - read;
	}
	trace_map_close(m);
	if (rc == 0 || err->code != ERR_NONE)
		return rc;
	if (printer_flush(&h->printer, err) < 0)
		return -1;
	cli_complain(c->program->name, &damage);
	c->status = 1;
	return 0;
}

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

enum { KEY_FROM = 256, KEY_TO, KEY_ALL };

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

static int options_parse(struct hunt *h, struct cli *c, struct err *err)
{
	const char *format = NULL, *fields = NULL;
	bool json = false;
	int key;

	while ((key = cli_next(c, err)) > 0) {
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
			if (cli_number(c, "count", 1, UINT64_MAX, &h->left, err) < 0)
				return -1;
			break;
		case 'q':
			h->quiet = true;
			break;
		case KEY_FROM:
			if (when_parse_bound(c->value, &h->span.from, err) < 0)
				return -1;
			break;
		case KEY_TO:
			if (when_parse_bound(c->value, &h->span.to, err) < 0)
				return -1;
			break;
		case KEY_ALL:
			h->read_all = true;
			break;
		}
	}
	if (key < 0 || cli_operands(c, 2, -1, err) < 0)
		return -1;
	if (format && (json || fields))
		return err_set(err, ERR_USAGE,
			       "option --print does not go with --json and --fields");
	if (json || fields)
		return printer_set_fields(&h->printer, fields ? fields : default_fields, err);
	return printer_set_line(&h->printer, format ? format : default_line, err);
}

static int hunt(struct hunt *h, struct cli *c, struct err *err)
{
	if (options_parse(h, c, err) < 0 || set_filter(h, c->argv[c->argc - 1], err) < 0)
		return -1;
	for (int i = 0; i + 1 < c->argc; i++)
		if (inputs_add(&h->traces, c->argv[i], &inputs_traces, err) < 0)
			return -1;
	cli_allow_all(c, h->traces.paths, h->traces.n, CONFINE_READ);
	if (cli_confine(c, err) < 0)
		return -1;
	find_need(h);
	for (size_t i = 0; i < h->traces.n && h->left > 0; i++)
		if (hunt_trace(h, c, h->traces.paths[i], err) < 0)
			return -1;
	if (printer_flush(&h->printer, err) < 0)
		return -1;
	if (!h->quiet)
		put_summary(h);
	return 0;
}

static int run(struct cli *c, struct err *err)
{
	struct hunt h = { .left = UINT64_MAX };
	int rc = hunt(&h, c, err);

	inputs_deinit(&h.traces);
	program_free(h.filter);
	printer_deinit(&h.printer);
	buf_deinit(&h.before);
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
