/* scap info: what a trace is and what is in it. */
#include "tools/common/human.h"
#include "tools/common/json.h"
#include "tools/scap/commands.h"
#include "tools/scap/info_layout.h"
#include "tools/scap/info_losses.h"
#include "tools/scap/summary.h"

#include <inttypes.h>

enum { TOP_DEFAULT = 10 };

/* --- text --- */

static void label(struct buf *b, const char *name)
{
	buf_printf(b, "  %-14s", name);
}

static void put_format(struct buf *b, const struct summary *s)
{
	label(b, "format");
	if (s->is_stock)
		buf_printf(b, "stock %u.%u%s", s->layout.major, s->layout.minor,
			   s->layout.gzip ? ", gzip" : "");
	else
		buf_printf(b, "native, %" PRIu64 " frames", s->native.frames);
	buf_printf(b, ", %" PRIu64 " section%s\n", s->stats.sections,
		   s->stats.sections == 1 ? "" : "s");
	if (s->is_stock)
		return;
	label(b, "chain");
	human_hex(b, s->native.chain, sizeof s->native.chain);
	buf_puts(b, s->damage.code == ERR_NONE ? "\n" : " (up to the damage)\n");
}

struct manifest_lines {
	struct buf *b;
	bool begun;
};

static void put_manifest_line(void *arg, struct sv name, struct sv value)
{
	struct manifest_lines *lines = arg;

	label(lines->b, lines->begun ? "" : "manifest");
	lines->begun = true;
	human_text(lines->b, name);
	buf_puts(lines->b, ": ");
	human_text(lines->b, value);
	buf_putc(lines->b, '\n');
}

static void put_manifest(struct buf *b, const struct summary *s)
{
	struct manifest_lines lines = { .b = b };

	if (!s->manifest)
		return;
	manifest_each(s->manifest, put_manifest_line, &lines);
	label(b, "its sha256");
	human_hex(b, s->manifest_sha256, sizeof s->manifest_sha256);
	buf_putc(b, '\n');
}

static void put_machine(struct buf *b, const struct summary *s)
{
	if (!s->has_machine)
		return;
	label(b, "machine");
	human_text(b, s->machine.hostname);
	buf_printf(b, "%s%" PRIu32 " CPU%s, ", s->machine.hostname.n ? ", " : "",
		   s->machine.num_cpus, s->machine.num_cpus == 1 ? "" : "s");
	human_bytes(b, s->machine.memory_bytes);
	if (s->machine.boot_ts_ns) {
		buf_puts(b, ", booted ");
		human_time(b, s->machine.boot_ts_ns);
	}
	buf_putc(b, '\n');
}

static void put_start(struct buf *b, const struct summary *s)
{
	const struct {
		uint64_t n;
		const char *what;
	} counts[] = {
		{ s->processes, " processes, " },
		{ s->threads, " threads, " },
		{ s->fds, " fds, " },
		{ s->users, " users, " },
		{ s->groups, " groups, " },
		{ s->ifaces, " interface addresses\n" },
	};

	label(b, "at the start");
	for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
		human_count(b, counts[i].n);
		buf_puts(b, counts[i].what);
	}
}

static void put_span(struct buf *b, const struct summary *s)
{
	label(b, "time");
	if (!s->stats.events) {
		buf_puts(b, "no events\n");
		return;
	}
	human_time(b, s->first_ts_ns);
	buf_puts(b, " to ");
	human_time(b, s->last_ts_ns);
	buf_puts(b, " (");
	human_duration(b, s->last_ts_ns - s->first_ts_ns);
	buf_puts(b, ")\n");
}

static void put_events(struct buf *b, const struct summary *s)
{
	const struct {
		uint64_t n;
		const char *noun, *what;
	} notes[] = {
		{ s->stats.upgraded, "event", "upgraded from an old form" },
		{ s->stats.enter_merged, "enter event", "folded into the exit event" },
		{ s->stats.enter_dropped, "enter event",
		  "dropped for want of a current form or of an exit event" },
		{ s->stats.unused_dropped, "event", "of a retired type dropped" },
		{ s->layout.newer_events, "event", "of a type newer than this version skipped" },
		{ s->layout.damaged_events, "event",
		  "skipped: damaged, at the start of a section" },
		{ s->state_only, "event", "for state only" },
		{ s->compat, "event", "of 32-bit system calls" },
	};
	uint64_t in_file = summary_events_in_file(s);

	label(b, "events");
	human_count(b, s->stats.events);
	if (in_file != s->stats.events) {
		buf_puts(b, " of ");
		human_count(b, in_file);
		buf_puts(b, " in the file");
	}
	buf_putc(b, '\n');
	for (size_t i = 0; i < sizeof notes / sizeof notes[0]; i++) {
		if (!notes[i].n)
			continue;
		label(b, "");
		human_count(b, notes[i].n);
		buf_printf(b, " %s%s %s\n", notes[i].noun, notes[i].n == 1 ? "" : "s",
			   notes[i].what);
	}
}

static void put_types(struct buf *b, const struct summary *s, uint64_t top)
{
	uint16_t ids[EV_COUNT];
	size_t n = summary_rank(s, ids);

	for (size_t i = 0; i < n && i < top; i++) {
		const struct event_desc *d = schema_event(ids[i]);

		label(b, i ? "" : "by type");
		buf_printf(b, "%-20s %c %8" PRIu64 "  %5.1f %%\n", d->name,
			   event_is_exit(d->id) ? '<' : '>', s->by_type[ids[i]],
			   100 * (double)s->by_type[ids[i]] / (double)s->stats.events);
	}
	if (n > top && top > 0) {
		label(b, "");
		buf_printf(b, "and %zu more type%s\n", n - (size_t)top, n - top == 1 ? "" : "s");
	}
}

static void put_unknown(struct buf *b, const struct summary *s)
{
	size_t n = sizeof s->layout.unknown / sizeof s->layout.unknown[0];

	for (size_t i = 0; i < n && s->layout.unknown[i].count; i++) {
		label(b, i ? "" : "skipped");
		human_count(b, s->layout.unknown[i].count);
		buf_printf(b, " block%s of unknown type 0x%08" PRIx32 "%s\n",
			   s->layout.unknown[i].count == 1 ? "" : "s", s->layout.unknown[i].id,
			   i == n - 1 ? " and others" : "");
	}
}

static void put_busy(struct buf *b, const struct summary *s, uint64_t top)
{
	for (uint32_t i = 0; i < s->busy.n && i < top && s->busy.list[i].events; i++) {
		const struct busy_name *name = &s->busy.list[i];
		size_t at;

		label(b, i ? "" : "by program");
		at = b->n;
		human_text(b, name->comm.n ? name->comm : SV("(unknown)"));
		human_cut(b, at, 20);
		while (b->n < at + 20)
			buf_putc(b, ' ');
		buf_printf(b, "   %8" PRIu64 "  %5.1f %%\n", name->events,
			   100 * (double)name->events / (double)s->stats.events);
	}
}

static void summary_text(struct buf *b, const struct summary *s, uint64_t top, bool columns)
{
	buf_printf(b, "%s\n", s->path);
	put_format(b, s);
	put_manifest(b, s);
	put_machine(b, s);
	put_start(b, s);
	put_span(b, s);
	put_events(b, s);
	put_types(b, s, top);
	put_busy(b, s, top);
	losses_text(b, &s->losses, top);
	put_unknown(b, s);
	layout_text(b, &s->inside, top, columns);
	if (s->damage.code != ERR_NONE) {
		label(b, "damage");
		buf_printf(b, "%s\n", s->damage.msg);
	}
}

/* --- JSON --- */

static void json_machine(struct json *j, const struct summary *s)
{
	if (!s->has_machine)
		return;
	json_object(j, "machine");
	json_text(j, "hostname", s->machine.hostname);
	json_u64(j, "cpus", s->machine.num_cpus);
	json_u64(j, "memory_bytes", s->machine.memory_bytes);
	json_u64(j, "boot_ts_ns", s->machine.boot_ts_ns);
	json_end_object(j);
}

static void json_start(struct json *j, const struct summary *s)
{
	json_object(j, "at_start");
	json_u64(j, "processes", s->processes);
	json_u64(j, "threads", s->threads);
	json_u64(j, "fds", s->fds);
	json_u64(j, "users", s->users);
	json_u64(j, "groups", s->groups);
	json_u64(j, "interface_addresses", s->ifaces);
	json_end_object(j);
}

static void json_manifest(struct json *j, const struct summary *s)
{
	struct buf text = { 0 };

	if (!s->manifest)
		return;
	if (manifest_print(s->manifest, &text, NULL) == 0) {
		json_raw(j, "manifest", buf_sv(&text));
		buf_clear(&text);
		human_hex(&text, s->manifest_sha256, sizeof s->manifest_sha256);
		json_text(j, "manifest_sha256", buf_sv(&text));
	}
	buf_deinit(&text);
}

static void json_events(struct json *j, const struct summary *s)
{
	uint16_t ids[EV_COUNT];
	size_t n = summary_rank(s, ids);

	json_object(j, "events");
	json_u64(j, "shown", s->stats.events);
	json_u64(j, "in_file", summary_events_in_file(s));
	json_u64(j, "upgraded", s->stats.upgraded);
	json_u64(j, "enter_merged", s->stats.enter_merged);
	json_u64(j, "enter_dropped", s->stats.enter_dropped);
	json_u64(j, "unused_dropped", s->stats.unused_dropped);
	json_u64(j, "newer_skipped", s->layout.newer_events);
	json_u64(j, "damaged_skipped", s->layout.damaged_events);
	json_u64(j, "state_only", s->state_only);
	json_u64(j, "compat", s->compat);
	json_array(j, "by_type");
	for (size_t i = 0; i < n; i++) {
		json_object(j, NULL);
		json_u64(j, "id", ids[i]);
		json_text(j, "type", sv_of(schema_event(ids[i])->name));
		json_u64(j, "count", s->by_type[ids[i]]);
		json_end_object(j);
	}
	json_end_array(j);
	json_end_object(j);
}

static void json_blocks(struct json *j, const struct summary *s)
{
	json_array(j, "blocks");
	for (size_t i = 0; i < BLOCK_TYPES; i++) {
		if (!s->layout.blocks[i])
			continue;
		json_object(j, NULL);
		json_u64(j, "id", block_types[i].id);
		json_text(j, "name", sv_of(block_types[i].name));
		json_u64(j, "count", s->layout.blocks[i]);
		json_end_object(j);
	}
	json_end_array(j);
	json_array(j, "unknown_blocks");
	for (size_t i = 0; i < sizeof s->layout.unknown / sizeof s->layout.unknown[0]; i++) {
		if (!s->layout.unknown[i].count)
			continue;
		json_object(j, NULL);
		json_u64(j, "id", s->layout.unknown[i].id);
		json_u64(j, "count", s->layout.unknown[i].count);
		json_end_object(j);
	}
	json_end_array(j);
}

static void json_busy(struct json *j, const struct summary *s)
{
	json_array(j, "by_program");
	for (uint32_t i = 0; i < s->busy.n && s->busy.list[i].events; i++) {
		json_object(j, NULL);
		json_text(j, "comm", s->busy.list[i].comm);
		json_u64(j, "count", s->busy.list[i].events);
		json_end_object(j);
	}
	json_end_array(j);
}

static void summary_json(struct buf *b, const struct summary *s, bool columns)
{
	struct json j = { .out = b };

	json_object(&j, NULL);
	json_text(&j, "path", sv_of(s->path));
	if (s->is_stock) {
		json_text(&j, "format", SV("stock"));
		json_u64(&j, "major", s->layout.major);
		json_u64(&j, "minor", s->layout.minor);
		json_bool(&j, "gzip", s->layout.gzip);
	} else {
		struct buf chain = { 0 };

		human_hex(&chain, s->native.chain, sizeof s->native.chain);
		json_text(&j, "format", SV("native"));
		json_u64(&j, "frames", s->native.frames);
		json_u64(&j, "event_blocks", s->native.blocks);
		json_text(&j, "chain", buf_sv(&chain));
		buf_deinit(&chain);
		json_manifest(&j, s);
	}
	json_u64(&j, "sections", s->stats.sections);
	json_machine(&j, s);
	json_start(&j, s);
	if (s->stats.events) {
		json_u64(&j, "first_ts_ns", s->first_ts_ns);
		json_u64(&j, "last_ts_ns", s->last_ts_ns);
		json_u64(&j, "duration_ns", s->last_ts_ns - s->first_ts_ns);
	}
	json_events(&j, s);
	json_busy(&j, s);
	losses_json(&j, &s->losses);
	if (s->is_stock)
		json_blocks(&j, s);
	layout_json(&j, &s->inside, columns);
	if (s->damage.code != ERR_NONE)
		json_text(&j, "damage", sv_of(s->damage.msg));
	json_end_object(&j);
	buf_putc(b, '\n');
}

/* --- the command --- */

struct info_options {
	bool json, columns;
	uint64_t top;
};

/* One trace. What is wrong with it shows in the exit status. */
static int tell(struct cli *c, const char *path, const struct info_options *opt, struct err *err)
{
	struct summary s;
	struct err why = { 0 };
	int rc = 0;

	if (summary_read(&s, path, &why) == 0) {
		struct buf b = { 0 };

		if (opt->json)
			summary_json(&b, &s, opt->columns);
		else
			summary_text(&b, &s, opt->top, opt->columns);
		rc = cli_print(&b, err);
		why = s.damage;
	}
	if (why.code != ERR_NONE) {
		cli_complain(c->program->name, &why);
		c->status = 1;
	}
	summary_deinit(&s);
	return rc;
}

static int run(struct cli *c, struct err *err)
{
	struct info_options opt = { .top = TOP_DEFAULT };
	int key, rc = 0;

	while ((key = cli_next(c, err)) > 0) {
		switch (key) {
		case 'j':
			opt.json = true;
			break;
		case 'c':
			opt.columns = true;
			break;
		case 'n':
			if (cli_number(c, "top", 0, UINT32_MAX, &opt.top, err) < 0)
				return -1;
			break;
		}
	}
	if (key < 0 || cli_operands(c, 1, -1, err) < 0 || cli_confine(c, err) < 0)
		return -1;
	for (int i = 0; rc == 0 && i < c->argc; i++)
		rc = tell(c, c->argv[i], &opt, err);
	return rc;
}

static const struct cli_option options[] = {
	{ 'j', "json", NULL, "one JSON object per trace and line" },
	{ 'c', "columns", NULL, "native traces: the columns that take most room, too" },
	{ 'n', "top", "N",
	  "list the N most frequent event types and programs, the first N\nlosses and segments "
	  "(default 10)" },
};

const struct cli_command scap_cmd_info = {
	.name = "info",
	.operands = "TRACE...",
	.help = "Tell what traces are and what is in them.",
	.details = "Events are counted in their current form: what old recorders wrote as a pair "
		   "of events\n"
		   "is one.  A damaged trace is described up to the damage; the exit status is 1 "
		   "then.",
	.options = options,
	.noptions = sizeof options / sizeof options[0],
	.files = CLI_READS,
	.run = run,
};
