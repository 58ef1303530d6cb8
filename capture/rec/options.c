#include "capture/rec/options.h"

#include "capture/rec/callset.h"
#include "replay/rule_files.h"
#include "tools/common/quantity.h"

#include <stdlib.h>

#define SECOND_NS UINT64_C(1000000000)

enum {
	KEY_MAX_SIZE = 256,
	KEY_ROTATE,
	KEY_KEEP,
	KEY_RING,
	KEY_SYSCALLS,
	KEY_FILTER,
	KEY_SNAPLEN,
	KEY_COMPRESS,
	KEY_BUFFER,
	KEY_SELF,
	KEY_PATHS_AT_EXIT,
	KEY_DRIVER,
	KEY_ON_MATCH,
	KEY_BEFORE,
	KEY_AFTER,
	KEY_JSON,
	KEY_NO_TRACE,
	KEY_ALERT_TO,
	KEY_DB,
	KEY_USER,
	KEY_MAX_CPU,
};

enum { RING_MIN = 256 << 10 };

const struct cli_option options_table[] = {
	{ 'o', "output", "FILE",
	  "record into this file, a native trace whatever its name; -: standard\n"
	  "output" },
	{ KEY_NO_TRACE, "no-trace", NULL, "record nothing, only tell what rules find" },
	{ 'd', "duration", "TIME", "stop after this time: 90s, 10m, 2h" },
	{ KEY_MAX_SIZE, "max-size", "SIZE",
	  "stop when this much is recorded, give or take half a megabyte: 500M, 2G" },
	{ KEY_ROTATE, "rotate", "SIZE|TIME",
	  "begin another file after this size or time; repeat for both. Files get\n"
	  "numbers: trace.000001.scap" },
	{ KEY_KEEP, "keep", "N", "with --rotate or --on-match: keep only the newest N files" },
	{ KEY_RING, "ring", "SIZE",
	  "keep only the newest events, in files of together at most this size;\n"
	  "with --on-match: memory for the recent past (default 64M)" },
	{ KEY_SYSCALLS, "syscalls", "SET",
	  "all (default), or names and %classes with commas, -NAME takes away:\n"
	  "-%time,-read. What the state of processes and files needs always stays" },
	{ KEY_FILTER, "filter", "CONDITION",
	  "record only events for which this holds, and those that change the state" },
	{ KEY_SNAPLEN, "snaplen", "BYTES", "keep this much of data read and written (default 80)" },
	{ KEY_COMPRESS, "compress", "LEVEL", "1 (fast) to 19 (small); default 3" },
	{ KEY_BUFFER, "buffer", "SIZE", "room for events in the kernel, per CPU (default 8M)" },
	{ KEY_SELF, "self", NULL, "record also what rec itself does" },
	{ KEY_PATHS_AT_EXIT, "paths-at-exit", NULL,
	  "read the paths of open and the addresses of connect when the calls end:\n"
	  "cheaper, but another thread may have changed them by then" },
	{ KEY_DRIVER, "driver", "NAME", "auto (default), bpf or kmod" },
	{ 'r', "rules", "PATH",
	  "run the rules of this file, or of the *.yaml and *.yml files of this\n"
	  "folder, on what happens; repeat for more. SIGHUP loads them again" },
	{ KEY_ON_MATCH, "on-match", NULL,
	  "keep the recent past in memory, and record only what is around a match" },
	{ KEY_BEFORE, "before", "TIME", "with --on-match: from this long before it (default 30s)" },
	{ KEY_AFTER, "after", "TIME", "with --on-match: to this long behind it (default 10s)" },
	{ KEY_JSON, "json", NULL, "alerts as JSON" },
	{ KEY_ALERT_TO, "alert-to", "WHERE",
	  "stdout (default), none, syslog, file:PATH, program:COMMAND (lines on its\n"
	  "standard input), http://... or https://... (not in static programs);\n"
	  "repeat for more" },
	{ KEY_DB, "db", "FILE", "keep matches and the processes around them in this SQLite file" },
	{ RULE_OPTION_MATCHING, "rule-matching", "MODE", "all (default) or first; as in replay" },
	{ 't', "tag", "TAG", "use only rules that have this tag; repeat for more" },
	{ 'T', "skip-tag", "TAG", "leave out rules that have this tag" },
	{ 'D', "skip-rule", "TEXT", "leave out rules whose name contains this text" },
	{ RULE_OPTION_PRIORITY, "priority", "LEVEL", "leave out rules below this priority" },
	{ RULE_OPTION_EXTRA_FIELD, "extra-field", "FIELD",
	  "add a field to the output fields (JSON)" },
	{ KEY_USER, "user", "NAME",
	  "become this user when the driver runs; it must be able to write" },
	{ KEY_MAX_CPU, "max-cpu", "PERCENT",
	  "of one CPU: over it, give up kinds of events that are easiest to miss" },
	{ 'q', "quiet", NULL, "no status line and no summary" },
};
const size_t options_table_n = sizeof options_table / sizeof options_table[0];

const char options_details[] =
	"Records what happens on this host until Control-C, SIGTERM or a limit.  Needs root, or\n"
	"CAP_BPF, CAP_PERFMON and for a full picture CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH,\n"
	"all of which it gives away as soon as it can.  What is lost is counted, shown and "
	"written\n"
	"into the trace.  Alerts and a trace cannot both go to standard output.\n"
	"\n"
	"Exit status: 0 stopped as asked; 1 an error, or the disk is full; 2 wrong command line;\n"
	"130 stopped by a third signal, with what was in the buffers lost.\n"
	"\n"
	"Examples:\n"
	"  rec -o incident.scap -d 60s\n"
	"  rec -o /var/log/rec/trace.scap --ring 1G\n"
	"  rec -r /etc/falco/rules.d --no-trace --json --alert-to syslog\n"
	"  rec -r rules -o match.scap --on-match --before 30s --after 10s\n"
	"  ssh host rec -q -o - -d 30s > host.scap";

static int add_name(struct names *w, const char *name, struct err *err)
{
	const char **items = realloc(w->items, (w->n + 1) * sizeof *items);

	if (!items)
		return err_set(err, ERR_NOMEM, "out of memory");
	w->items = items;
	items[w->n++] = name;
	return 0;
}

static int set_rotation(struct options *o, const struct cli *c, struct err *err)
{
	struct err not_time = { 0 };

	if (quantity_duration(c->value, "rotate", &o->rotate_ns, &not_time) == 0)
		return 0;
	return quantity_bytes(c->value, "rotate", &o->rotate_bytes, err);
}

static int number(const struct cli *c, const char *name, uint64_t min, uint64_t max, uint32_t *out,
		  struct err *err)
{
	uint64_t v;

	if (cli_number(c, name, min, max, &v, err) < 0)
		return -1;
	*out = (uint32_t)v;
	return 0;
}

static int set_driver(struct options *o, const struct cli *c, struct err *err)
{
	static const char *const names[] = {
		[DRIVER_AUTO] = "auto", [DRIVER_BPF] = "bpf", [DRIVER_KMOD] = "kmod", NULL
	};
	size_t at;

	if (cli_choice(c, "driver", names, &at, err) < 0)
		return -1;
	o->driver = (enum driver_kind)at;
	return 0;
}

static int set_buffer(struct options *o, const struct cli *c, struct err *err)
{
	uint64_t bytes;

	if (quantity_bytes(c->value, "buffer", &bytes, err) < 0)
		return -1;
	if (bytes < 1 << 16 || bytes > 1 << 30)
		return err_set(err, ERR_USAGE, "option --buffer wants 64K to 1G, not %s", c->value);
	o->ring_kib = (uint32_t)(bytes >> 10);
	return 0;
}

static int apply_recording(struct options *o, int key, const struct cli *c, struct err *err)
{
	uint32_t v = 0;
	int rc = 0;

	switch (key) {
	case 'o':
		o->output = c->value;
		return 0;
	case 'd':
		return quantity_duration(c->value, "duration", &o->duration_ns, err);
	case KEY_MAX_SIZE:
		return quantity_bytes(c->value, "max-size", &o->max_bytes, err);
	case KEY_ROTATE:
		return set_rotation(o, c, err);
	case KEY_KEEP:
		return number(c, "keep", 1, 1000000, &o->keep, err);
	case KEY_RING:
		return quantity_bytes(c->value, "ring", &o->ring_bytes, err);
	case KEY_SYSCALLS:
		o->syscalls = c->value;
		return callset_parse(c->value, &o->set, err);
	case KEY_FILTER:
		o->filter = c->value;
		return 0;
	case KEY_SNAPLEN:
		return number(c, "snaplen", 1, DRIVER_MAX_SNAPLEN, &o->snaplen, err);
	case KEY_COMPRESS:
		rc = number(c, "compress", 1, 19, &v, err);
		o->level = (int)v;
		return rc;
	case KEY_BUFFER:
		return set_buffer(o, c, err);
	case KEY_DRIVER:
		return set_driver(o, c, err);
	case KEY_USER:
		o->user = c->value;
		return 0;
	case KEY_MAX_CPU:
		return number(c, "max-cpu", 1, 100000, &o->max_cpu, err);
	default:
		return 0;
	}
}

static int apply_rules(struct options *o, int key, const struct cli *c, struct err *err)
{
	switch (key) {
	case 'r':
		return add_name(&o->rules, c->value, err);
	case KEY_BEFORE:
		return quantity_duration(c->value, "before", &o->before_ns, err);
	case KEY_AFTER:
		return quantity_duration(c->value, "after", &o->after_ns, err);
	case KEY_ALERT_TO:
		return add_name(&o->alert_to, c->value, err);
	case KEY_DB:
		o->db = c->value;
		return 0;
	default:
		return rule_options_take(&o->select, key, c, err);
	}
}

static int apply(struct options *o, int key, const struct cli *c, bool *no_trace, struct err *err)
{
	const struct {
		int key;
		bool *flag;
	} flags[] = { { KEY_SELF, &o->self },         { KEY_PATHS_AT_EXIT, &o->paths_at_exit },
		      { KEY_ON_MATCH, &o->on_match }, { KEY_JSON, &o->json },
		      { KEY_NO_TRACE, no_trace },     { 'q', &o->quiet } };

	for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
		if (flags[i].key == key) {
			*flags[i].flag = true;
			return 0;
		}
	}
	return apply_recording(o, key, c, err) < 0 || apply_rules(o, key, c, err) < 0 ? -1 : 0;
}

static bool to_stdout(const struct options *o)
{
	for (size_t i = 0; i < o->alert_to.n; i++) {
		if (strcmp(o->alert_to.items[i], "stdout") == 0)
			return true;
	}
	return o->alert_to.n == 0;
}

/* Combinations that make no sense, each with its sentence. */
static int check(const struct options *o, bool no_trace, struct err *err)
{
	bool pipe = o->output && strcmp(o->output, "-") == 0;
	bool many = o->rotate_bytes || o->rotate_ns || o->ring_bytes || o->on_match;
	const struct {
		bool wrong;
		const char *why;
	} rules[] = {
		{ !o->output && !no_trace, "where to? give a file with -o, or --no-trace" },
		{ o->output && no_trace, "-o and --no-trace exclude each other" },
		{ no_trace && o->rules.n == 0, "--no-trace needs rules (-r)" },
		{ no_trace && (many || o->max_bytes), "--no-trace leaves nothing to limit" },
		{ o->on_match && o->rules.n == 0, "--on-match needs rules (-r)" },
		{ o->on_match && (o->rotate_bytes || o->rotate_ns),
		  "--on-match makes a file per match: leave --rotate out" },
		{ pipe && many, "standard output is one stream: no --rotate, --ring, --on-match" },
		{ pipe && o->rules.n && to_stdout(o),
		  "the trace and the alerts cannot both go to standard output: see --alert-to" },
		{ o->ring_bytes && o->ring_bytes < RING_MIN, "--ring of at least 256K, please" },
		{ o->db && o->rules.n == 0, "--db needs rules (-r)" },
		{ o->keep && !o->rotate_bytes && !o->rotate_ns && !o->on_match,
		  "--keep needs --rotate or --on-match" },
	};

	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
		if (rules[i].wrong)
			return err_set(err, ERR_USAGE, "%s", rules[i].why);
	}
	return 0;
}

int options_parse(struct options *o, struct cli *c, struct err *err)
{
	bool no_trace = false;
	int key;

	*o = (struct options){ .set = driver_set_all(),
			       .select = RULE_OPTIONS_INIT,
			       .before_ns = 30 * SECOND_NS,
			       .after_ns = 10 * SECOND_NS };
	while ((key = cli_next(c, err)) > 0) {
		if (apply(o, key, c, &no_trace, err) < 0)
			return -1;
	}
	if (key < 0 || cli_operands(c, 0, 0, err) < 0)
		return -1;
	return check(o, no_trace, err);
}

void options_deinit(struct options *o)
{
	free(o->rules.items);
	rule_options_deinit(&o->select);
	free(o->alert_to.items);
}
