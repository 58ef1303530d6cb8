/* scap split: a trace in parts, each of which can be read by itself. */
#include "format/source.h"
#include "tools/common/quantity.h"
#include "tools/scap/commands.h"
#include "tools/scap/trace_out.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BYTES_PER_EVENT = 32, MIN_BLOCK = 256 };

struct split {
	uint64_t max_events, max_bytes, max_ns; /* 0: no such limit */
	const char *pattern;
	const struct sink_kind *kind;
	char *const *in;
	struct tracker *tracker;
	struct trace_out out;
	char path[4096];
	bool open;
	uint64_t parts, begun_ns;
};

/* "dir/a.skr" becomes "dir/a.0001.skr". */
static int name_part(struct split *s, struct err *err)
{
	const char *slash = strrchr(s->pattern, '/'), *base = slash ? slash + 1 : s->pattern;
	const char *dot = strchr(base, '.');
	int stem = dot && dot > base ? (int)(dot - s->pattern) : (int)strlen(s->pattern);
	int n = snprintf(s->path, sizeof s->path, "%.*s.%04" PRIu64 "%s", stem, s->pattern,
			 s->parts + 1, s->pattern + stem);

	return n < (int)sizeof s->path
		       ? 0
		       : err_set(err, ERR_USAGE, "the name of a part would be too long");
}

/* Only what is in a finished block counts: small parts want small blocks. */
static uint32_t block_events(const struct split *s)
{
	uint64_t n = s->max_bytes / BYTES_PER_EVENT;

	return !s->max_bytes || n > UINT16_MAX ? 0 : n < MIN_BLOCK ? MIN_BLOCK : (uint32_t)n;
}

static int begin_part(struct split *s, struct err *err)
{
	s->out = (struct trace_out){ .kind = s->kind };
	s->out.options.block_events = block_events(s);
	if (name_part(s, err) < 0 || trace_out_begin(&s->out, "split", s->in, 1, s->path, err) < 0)
		return -1;
	if (s->out.manifest)
		manifest_number(s->out.manifest, NULL, "part", s->parts + 1);
	s->open = true;
	if (trace_out_open(&s->out, s->in, 1, s->path, s->tracker, err) < 0)
		return -1;
	s->parts++;
	return 0;
}

static int end_part(struct split *s, struct err *err)
{
	if (!s->open)
		return 0;
	s->open = false;
	return trace_out_close(&s->out, err);
}

static bool is_full(const struct split *s, const struct event *ev)
{
	return (s->max_events && s->out.events >= s->max_events) ||
	       (s->max_bytes && trace_out_bytes(&s->out) >= s->max_bytes) ||
	       (s->max_ns && s->out.events > 0 && ev->ts_ns > s->begun_ns &&
		ev->ts_ns - s->begun_ns >= s->max_ns);
}

static int put(struct split *s, const struct record *rec, struct err *err)
{
	const struct event *ev = rec->kind == RECORD_EVENT ? &rec->event : NULL;

	if (ev && s->open && is_full(s, ev) && end_part(s, err) < 0)
		return -1;
	if (!s->open) {
		if (begin_part(s, err) < 0)
			return -1;
		if (ev && trace_out_put_state(&s->out, s->tracker, ev->ts_ns, err) < 0)
			return -1;
	}
	if (ev && s->out.events == 0)
		s->begun_ns = ev->ts_ns;
	if (trace_out_put(&s->out, rec, err) < 0)
		return -1;
	return tracker_record(s->tracker, rec, err);
}

static int copy(struct split *s, struct source *src, struct err *err)
{
	struct record rec;
	enum next n;
	int rc = 0;

	while (rc == 0 && (n = source_next(src, &rec, err)) == NEXT_ITEM)
		rc = put(s, &rec, err);
	return rc == 0 && n == NEXT_END ? 0 : -1;
}

static int options_parse(struct cli *c, struct split *s, struct err *err)
{
	struct trace_out kind = { 0 };
	int key;

	while ((key = cli_next(c, err)) > 0) {
		int rc = 0;

		switch (key) {
		case 'b':
			rc = quantity_bytes(c->value, "bytes", &s->max_bytes, err);
			break;
		case 'd':
			rc = quantity_duration(c->value, "duration", &s->max_ns, err);
			break;
		case 'n':
			rc = cli_number(c, "events", 1, UINT64_MAX, &s->max_events, err);
			break;
		case 'F':
			rc = trace_out_kind(&kind, c->value, err);
			s->kind = kind.kind;
			break;
		}
		if (rc < 0)
			return -1;
	}
	if (key < 0 || cli_operands(c, 2, 2, err) < 0)
		return -1;
	if (!s->max_bytes && !s->max_ns && !s->max_events)
		return err_set(err, ERR_USAGE,
			       "how large are the parts (--bytes, --duration or --events)?");
	return strcmp(c->argv[1], "-") == 0
		       ? err_set(err, ERR_USAGE, "parts cannot go to standard output")
		       : 0;
}

static int run(struct cli *c, struct err *err)
{
	struct source_options opt = { .upgrade = false };
	struct split s = { .parts = 0 };
	struct source *src = NULL;
	int rc = -1;

	if (options_parse(c, &s, err) < 0 || cli_confine(c, err) < 0)
		return -1;
	s.in = c->argv;
	s.pattern = c->argv[1];
	s.tracker = tracker_new();
	if (!s.tracker)
		err_set(err, ERR_NOMEM, "no memory for the state of a trace");
	else if (source_open(c->argv[0], &opt, &src, err) == 0)
		rc = copy(&s, src, err);
	/* What stands in front of damage is kept. */
	if (end_part(&s, err) < 0)
		rc = -1;
	if (s.parts)
		printf("%" PRIu64 " part%s, the last one %s\n", s.parts, s.parts == 1 ? "" : "s",
		       s.path);
	source_close(src);
	tracker_free(s.tracker);
	return rc;
}

static const struct cli_option options[] = {
	{ 'n', "events", "N", "parts of N events" },
	{ 'd', "duration", "LENGTH", "parts of 10s, 5m, 1.5h" },
	{ 'b', "bytes", "SIZE",
	  "parts of about that size, as in 64M; of stock-gz, before compression" },
	{ 'F', "format", "FORMAT",
	  "stock, stock-gz or native; default: by the name of OUT (\".gz\": stock-gz, \".skr\": "
	  "native)" },
};

const struct cli_command scap_cmd_split = {
	.name = "split",
	.operands = "IN OUT",
	.help = "Cut a trace into parts.",
	.details = "The parts are called OUT with a number in front of its suffix: a.skr gives "
		   "a.0001.skr and so\n"
		   "on.  Each begins with the state in front of it, as a slice does.",
	.options = options,
	.noptions = sizeof options / sizeof options[0],
	.files = CLI_WRITES_BY_LAST,
	.run = run,
};
