#include "replay/cli/options.h"

#include "replay/crew.h"
#include "replay/rule_files.h"
#include "tools/common/json.h"
#include "tools/common/when.h"

#include <stdlib.h>
#include <unistd.h>

enum {
	KEY_DB = 256,
	KEY_LIST_FIELDS,
	KEY_LIST_EVENTS,
	KEY_LIST_RULES,
	KEY_DESCRIBE_RULE,
	KEY_FORMAT,
	KEY_FROM,
	KEY_TO,
	KEY_SHARD,
};

const struct cli_option options_table[] = {
	{ 'r', "rules", "PATH",
	  "load this rule file, or the *.yaml and *.yml files of this folder in\n"
	  "order of their names; repeat for more" },
	{ RULE_OPTION_MATCHING, "rule-matching", "MODE",
	  "all: every rule that holds at an event alerts (default);\n"
	  "first: only the first one in load order does" },
	{ 'o', "output", "FORM", "text (default) or json: Falco's lines; none: print no alerts" },
	{ KEY_DB, "db", "FILE",
	  "keep matches and the process tree in this SQLite file; a trace that was\n"
	  "replayed with the same rules and options before is replaced in it" },
	{ RULE_OPTION_EXTRA_FIELD, "extra-field", "FIELD",
	  "add a field to the output fields of every alert (JSON and store)" },
	{ 't', "tag", "TAG", "use only rules that have this tag; repeat for more" },
	{ 'T', "skip-tag", "TAG", "leave out rules that have this tag" },
	{ 'D', "skip-rule", "TEXT", "leave out rules whose name contains this text" },
	{ RULE_OPTION_PRIORITY, "priority", "LEVEL", "leave out rules below this priority" },
	{ KEY_FROM, "from", "WHEN",
	  "begin there: a time (2026-11-22T07:04:19.5, UTC), +90s behind the first\n"
	  "event, or the event with number #1234.  What came before counts for the state" },
	{ KEY_TO, "to", "WHEN", "end there: before a time, or with the event #1234" },
	{ 'j', "jobs", "N",
	  "replay on N cores; all of them by default.  What is found, and its order,\n"
	  "stay the same" },
	{ KEY_SHARD, "shard", "K/N",
	  "replay the Kth of N equal parts of the traces: the others can do the rest,\n"
	  "elsewhere and with a store of their own, and matches merge joins the stores" },
	{ 'q', "no-summary", NULL,
	  "only errors on standard error: no summary, progress or warnings" },
	{ KEY_LIST_FIELDS, "list-fields", NULL, "print every field that rules can use" },
	{ KEY_LIST_EVENTS, "list-events", NULL, "print every event with its parameters" },
	{ KEY_LIST_RULES, "list-rules", NULL, "print the rules as loaded and selected" },
	{ KEY_DESCRIBE_RULE, "describe-rule", "NAME", "print all there is to know about one rule" },
	{ KEY_FORMAT, "format", "FORM", "of these listings: text (default), markdown or json" },
};
const size_t options_table_n = sizeof options_table / sizeof options_table[0];

const char options_details[] =
	"TRACE is a trace file, a folder (all *.scap, *.scap.gz and *.skr below it, in order\n"
	"of their names) or - for standard input.  Each trace is replayed on its own.\n"
	"\n"
	"Alerts go to standard output, all else to standard error.  A damaged trace is\n"
	"replayed up to the damage, and the next one follows.  Control-C ends orderly:\n"
	"what was found so far is printed and stored.\n"
	"\n"
	"Exit status: 0 all traces replayed; 1 a trace or the rules had errors; 2 wrong\n"
	"command line; 130 interrupted.\n"
	"\n"
	"Examples:\n"
	"  replay -r falco_rules.yaml incident.scap.gz\n"
	"  replay -r rules.d -r local.yaml --db matches.db -o none traces/\n"
	"  replay -r rules.d --priority warning -t mitre_persistence -o json a.scap";

static int set_listing(struct options *o, enum listing listing, struct err *err)
{
	if (o->listing != LIST_NOTHING && o->listing != listing)
		return err_set(err, ERR_USAGE, "one listing at a time");
	o->listing = listing;
	return 0;
}

static int apply(struct options *o, int key, const struct cli *c, struct err *err)
{
	static const char *const outputs[] = { "text", "json", "none", NULL };
	static const char *const formats[] = { "text", "markdown", "json", NULL };
	uint64_t number = 0;
	size_t choice = 0;
	int rc = 0;

	switch (key) {
	case 'r':
		return inputs_add(&o->rules, c->value, &inputs_rules, err);
	case 'o':
		rc = cli_choice(c, "output", outputs, &choice, err);
		o->output = (enum output)choice;
		return rc;
	case KEY_DB:
		o->db = c->value;
		return 0;
	case KEY_FROM:
		o->from = c->value;
		return when_parse_bound(c->value, &o->span.from, err);
	case KEY_TO:
		o->to = c->value;
		return when_parse_bound(c->value, &o->span.to, err);
	case 'j':
		rc = cli_number(c, "jobs", 1, CREW_MAX, &number, err);
		o->jobs = (unsigned)number;
		return rc;
	case KEY_SHARD:
		return shard_parse(c->value, &o->shard, err);
	case 'q':
		o->quiet = true;
		return 0;
	case KEY_LIST_FIELDS:
		return set_listing(o, LIST_FIELDS, err);
	case KEY_LIST_EVENTS:
		return set_listing(o, LIST_EVENTS, err);
	case KEY_LIST_RULES:
		return set_listing(o, LIST_RULES, err);
	case KEY_DESCRIBE_RULE:
		o->describe = c->value;
		return set_listing(o, LIST_RULE, err);
	case KEY_FORMAT:
		rc = cli_choice(c, "format", formats, &choice, err);
		o->format = (enum listing_format)choice;
		return rc;
	default:
		return rule_options_take(&o->select, key, c, err);
	}
}

static int check(const struct options *o, const struct cli *c, struct err *err)
{
	if (o->listing == LIST_RULES || o->listing == LIST_RULE) {
		if (o->rules.n == 0)
			return err_set(err, ERR_USAGE, "which rules? load some with -r");
	}
	if (o->listing != LIST_NOTHING)
		return cli_operands(c, 0, 0, err);
	if (cli_operands(c, 1, -1, err) < 0)
		return -1;
	for (int i = 0; i < c->argc; i++) {
		if (strcmp(c->argv[i], "-") != 0)
			continue;
		if (o->db)
			return err_set(
				err, ERR_USAGE,
				"--db needs traces that are files: the store refers to them");
		if (o->shard.of)
			return err_set(err, ERR_USAGE,
				       "--shard needs traces that are files: their sizes count");
	}
	return 0;
}

static unsigned cores(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > CREW_MAX ? CREW_MAX : (unsigned)n;
}

int options_parse(struct options *o, struct cli *c, struct err *err)
{
	int key;

	*o = (struct options){ .select = RULE_OPTIONS_INIT, .jobs = cores() };
	while ((key = cli_next(c, err)) > 0) {
		if (apply(o, key, c, err) < 0)
			return -1;
	}
	if (key < 0 || check(o, c, err) < 0)
		return -1;
	for (int i = 0; i < c->argc; i++) {
		if (inputs_add(&o->traces, c->argv[i], &inputs_traces, err) < 0)
			return -1;
	}
	return shard_keep(&o->shard, &o->traces, err);
}

void options_deinit(struct options *o)
{
	inputs_deinit(&o->rules);
	inputs_deinit(&o->traces);
	rule_options_deinit(&o->select);
}

void options_identity(const struct options *o, struct buf *out)
{
	const struct {
		const char *key;
		const struct words *words;
	} lists[] = { { "extra_fields", &o->select.extra_fields },
		      { "tags", &o->select.tags_on },
		      { "skip_tags", &o->select.tags_off },
		      { "skip_rules", &o->select.rules_off } };
	struct json j = { .out = out };

	json_object(&j, NULL);
	json_text(&j, "rule_matching", o->select.matching == MATCH_ALL ? SV("all") : SV("first"));
	json_text(&j, "priority", sv_of(priority_name(o->select.min_priority)));
	if (o->from)
		json_text(&j, "from", sv_of(o->from));
	if (o->to)
		json_text(&j, "to", sv_of(o->to));
	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
		if (lists[i].words->n == 0)
			continue;
		json_array(&j, lists[i].key);
		for (size_t k = 0; k < lists[i].words->n; k++)
			json_text(&j, NULL, lists[i].words->items[k]);
		json_end_array(&j);
	}
	json_end_object(&j);
}
