/* scap cat: the events of a trace, as lines of text or as JSON objects. */
#include "engine/engine.h"
#include "engine/filter/need.h"
#include "format/source.h"
#include "tools/common/when.h"
#include "tools/scap/commands.h"
#include "tools/scap/printer.h"

#include <stdio.h>
#include <string.h>

static const char default_line[] = "*%evt.num %evt.outputtime %evt.cpu %proc.name (%thread.tid) "
				   "%evt.dir %evt.type %evt.info";

static const char default_fields[] =
	"evt.num,evt.rawtime,evt.cpu,proc.name,thread.tid,evt.type,evt.info";

enum { KEY_FROM = 256, KEY_TO };

struct cat {
	struct arena arena;
	struct engine *engine;
	struct program *filter; /* NULL: every event */
	uint32_t filter_id;
	struct printer printer;
	bool all; /* events too that only update the state */
	char time_mode;
	struct span span;
	struct column_need need;
	uint64_t left; /* lines still wanted */
};

/* --- setting up --- */

/* A message about a text of the command line says where in it. */
static int at_column(struct err *err, const char *what)
{
	if (err->pos.col)
		return err_prefix(err, "%s, column %u", what, err->pos.col);
	return err_prefix(err, "%s", what);
}

static int set_filter(struct cat *c, const char *text, struct err *err)
{
	struct ast *ast;

	c->filter = program_new();
	if (!c->filter)
		return err_set(err, ERR_NOMEM, "no memory for a filter");
	if (ast_parse(sv_of(text), &c->arena, &ast, err) < 0 ||
	    program_add(c->filter, ast, &c->filter_id, err) < 0 || program_seal(c->filter, err) < 0)
		return at_column(err, "filter");
	return 0;
}

/* --- what it takes --- */

static void note_live(void *arg, uint32_t id)
{
	(void)id;
	*(bool *)arg = true;
}

/* Events that the filter rules out are read only as far as the state needs them. */
static void find_need(struct cat *c)
{
	state_need(&c->need);
	for (uint32_t type = 0; type < EV_COUNT; type++) {
		bool live = !c->filter;

		if (c->filter) {
			c->need.params[type] |= program_params(c->filter, type);
			program_live(c->filter, type, note_live, &live);
		}
		if (live)
			c->need.params[type] |= printer_params(&c->printer, type);
	}
}

/* --- events --- */

static int show(struct cat *c, const struct source *src, struct err *err)
{
	struct field_ctx *ctx = engine_ctx(c->engine);

	if ((!c->all && !engine_state(c->engine)->now.shown) ||
	    !span_has(&src->span, engine_state(c->engine)->now.ev))
		return 0;
	arena_reset(&ctx->scratch);
	if (c->filter && !program_test(c->filter, c->filter_id, ctx))
		return 0;
	int rc = printer_event(&c->printer, ctx, err);

	c->left -= rc > 0;
	return rc < 0 ? -1 : 0;
}

static int show_all(struct cat *c, struct source *src, struct err *err)
{
	struct record rec;
	enum next n = NEXT_ITEM;

	while (c->left > 0 && (n = source_next(src, &rec, err)) == NEXT_ITEM) {
		if (engine_record(c->engine, &rec, NULL, NULL, err) < 0)
			return -1;
		if (rec.kind == RECORD_EVENT && show(c, src, err) < 0)
			return -1;
	}
	return n == NEXT_ERROR ? -1 : 0;
}

/* --- the command --- */

static int options_parse(struct cli *cli, struct cat *c, struct err *err)
{
	const char *format = NULL, *fields = NULL;
	bool json = false;
	int key;

	while ((key = cli_next(cli, err)) > 0) {
		switch (key) {
		case 'a':
			c->all = true;
			break;
		case 'f':
			if (c->filter)
				return err_set(err, ERR_USAGE, "option --filter is given twice");
			if (set_filter(c, cli->value, err) < 0)
				return -1;
			break;
		case KEY_FROM:
			if (when_parse_bound(cli->value, &c->span.from, err) < 0)
				return -1;
			break;
		case KEY_TO:
			if (when_parse_bound(cli->value, &c->span.to, err) < 0)
				return -1;
			break;
		case 'F':
			fields = cli->value;
			break;
		case 'j':
			json = true;
			break;
		case 'n':
			if (cli_number(cli, "count", 1, UINT64_MAX, &c->left, err) < 0)
				return -1;
			break;
		case 'p':
			format = cli->value;
			break;
		case 't':
			if (strlen(cli->value) != 1 || !strchr("ahrdD", cli->value[0]))
				return err_set(err, ERR_USAGE,
					       "option --time wants a, h, r, d or D, not %s",
					       cli->value);
			c->time_mode = cli->value[0];
			break;
		}
	}
	if (key < 0 || cli_operands(cli, 1, 1, err) < 0 || cli_confine(cli, err) < 0)
		return -1;
	if (format && (json || fields))
		return err_set(err, ERR_USAGE,
			       "option --print does not go with --json and --fields");
	if (json || fields)
		return printer_set_fields(&c->printer, fields ? fields : default_fields, err);
	return printer_set_line(&c->printer, format ? format : default_line, err);
}

static int run(struct cli *cli, struct err *err)
{
	struct source_options opt = { .upgrade = true };
	struct cat c = { .left = UINT64_MAX, .time_mode = 'h' };
	struct source *src = NULL;
	int rc = -1;

	if (options_parse(cli, &c, err) < 0)
		goto out;
	find_need(&c);
	opt.span = c.span;
	opt.need = &c.need;
	if (source_open(cli->argv[0], &opt, &src, err) < 0)
		goto out;
	c.engine = engine_new(NULL, MATCH_ALL);
	if (!c.engine) {
		err_set(err, ERR_NOMEM, "no memory for the state of a trace");
		goto out;
	}
	engine_ctx(c.engine)->time_mode = c.time_mode;
	rc = show_all(&c, src, err);
	/* What stands in front of damage is shown. */
	if (printer_flush(&c.printer, err) < 0)
		rc = -1;
out:
	source_close(src);
	engine_free(c.engine);
	program_free(c.filter);
	printer_deinit(&c.printer);
	arena_deinit(&c.arena);
	return rc;
}

static const struct cli_option options[] = {
	{ 'f', "filter", "CONDITION", "only events for which it holds" },
	{ 'p', "print", "FORMAT",
	  "the line, with %fields; a line that lacks a value is left\n"
	  "out unless FORMAT begins with *" },
	{ 'j', "json", NULL, "one JSON object per event" },
	{ 'F', "fields", "LIST",
	  "JSON with these fields, separated by commas; missing\nvalues are left out" },
	{ KEY_FROM, "from", "WHEN",
	  "begin there: a time (2026-11-22T07:04:19.5, UTC), +90s behind\n"
	  "the first event, or the event with number #1234" },
	{ KEY_TO, "to", "WHEN", "end there: before a time, or with the event #1234" },
	{ 'n', "count", "N", "stop after N lines" },
	{ 't', "time", "MODE",
	  "%evt.outputtime: h time of day, a seconds since the epoch,\n"
	  "r since the first event, d since the one before, D since\n"
	  "the one shown before" },
	{ 'a', "all", NULL, "show events too that only update the state" },
};

const struct cli_command scap_cmd_cat = {
	.name = "cat",
	.operands = "TRACE",
	.help = "Print the events of a trace.",
	.details = "Conditions, fields and formats are those of Falco's rules.  Events in front of "
		   "damage are\n"
		   "printed; the exit status is 1 then.",
	.options = options,
	.noptions = sizeof options / sizeof options[0],
	.files = CLI_READS,
	.run = run,
};
