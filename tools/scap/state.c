/* scap state: processes, files, sockets, users and containers at one moment. */
#include "format/source.h"
#include "tools/common/when.h"
#include "tools/scap/commands.h"
#include "tools/scap/state_print.h"

#include <stdlib.h>

/*
 * Read up to the moment.  With `seek` a source may begin right in front of it; *reached: there is
 * an event behind it.
 */
static int read_until(const char *path, const struct span_bound *until, bool seek,
		      struct state_view *v, struct state *s, bool *reached, struct err *err)
{
	struct source_options opt = { .upgrade = true };
	struct source *src;
	struct record rec;
	enum next n;
	int rc = 0;

	*reached = false;
	if (seek)
		opt.span.from = *until;
	else
		opt.span.to = *until;
	if (source_open(path, &opt, &src, err) < 0)
		return -1;
	while (rc == 0 && (n = source_next(src, &rec, err)) == NEXT_ITEM) {
		struct span to = { .to = seek ? src->span.from : src->span.to };

		if (rec.kind != RECORD_EVENT) {
			rc = state_meta(s, &rec, err);
			continue;
		}
		*reached = !span_has(&to, &rec.event);
		if (*reached)
			break;
		rc = state_event(s, &rec.event, err);
		v->num = rec.event.num;
		v->ts_ns = rec.event.ts_ns;
	}
	source_close(src);
	return n == NEXT_ERROR ? -1 : rc;
}

static int load(const char *path, const struct span_bound *until, struct state_view *v,
		struct state **s, struct err *err)
{
	bool reached = false;

	if (until->kind != SPAN_OPEN) {
		if (read_until(path, until, true, v, *s, &reached, err) < 0)
			return -1;
		if (reached)
			return 0;
		/* The moment is behind the last event: nothing had to be read to say so. */
		state_free(*s);
		*s = state_new();
		if (!*s)
			return err_set(err, ERR_NOMEM, "no memory for the state of a trace");
	}
	return read_until(path, until, false, v, *s, &reached, err);
}

static int show(const struct state_view *v, bool json, struct err *err)
{
	struct buf out = { 0 };

	(json ? state_print_json : state_print_text)(&out, v);
	return cli_print(&out, err);
}

static int run(struct cli *c, struct err *err)
{
	struct span_bound until = { 0 };
	struct state_view v = { 0 };
	bool json = false;
	int key, rc;

	while ((key = cli_next(c, err)) > 0) {
		if (key == 'j')
			json = true;
		else if (when_parse_bound(c->value, &until, err) < 0)
			return -1;
	}
	if (key < 0 || cli_operands(c, 1, 1, err) < 0 || cli_confine(c, err) < 0)
		return -1;
	struct state *s = state_new();
	if (!s)
		return err_set(err, ERR_NOMEM, "no memory for the state of a trace");
	rc = load(c->argv[0], &until, &v, &s, err);
	v.state = s;
	/* What could be read of a damaged trace is shown. */
	struct err later = { 0 };
	if (s && state_catch_up(s, &later) == 0 && (v.threads = state_threads(s)) != NULL) {
		if (show(&v, json, &later) < 0)
			rc = err_set(err, later.code, "%s", later.msg);
	} else {
		rc = err_set(err, ERR_NOMEM, "no memory for the state of a trace");
	}
	free(v.threads);
	state_free(s);
	return rc;
}

static const struct cli_option options[] = {
	{ 'a', "at", "TIME",
	  "the moment: a time, +90s behind the first event, or #N for behind\n"
	  "event N; default: the end" },
	{ 'j', "json", NULL, "one JSON object, with environments" },
};

const struct cli_command scap_cmd_state = {
	.name = "state",
	.operands = "TRACE",
	.help = "Show the host at one moment of a trace.",
	.details = "The process tree, open files, sockets, users and containers, as all events in "
		   "front of the\n"
		   "first one at TIME or later have left them.  Of a native trace only the segment "
		   "that\n"
		   "holds the moment is read.",
	.options = options,
	.noptions = sizeof options / sizeof options[0],
	.files = CLI_READS,
	.run = run,
};
