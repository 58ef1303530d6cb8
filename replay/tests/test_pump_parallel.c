#include "replay/tests/ask.h"

#include "replay/pump.h"
#include "replay/sink_store.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char rule_text[] =
	"- rule: Opened\n  desc: A file was opened.\n"
	"  condition: evt.type in (open, openat) and evt.rawres >= 0\n"
	"  output: opened %fd.name by %proc.name of %proc.pname at %evt.reltime\n"
	"  priority: NOTICE\n"
	"- rule: Ran\n  desc: A program was run.\n"
	"  condition: evt.type in (execve, clone, procexit)\n"
	"  output: \"%evt.num %proc.cmdline %container.id %user.name\"\n"
	"  priority: INFO\n";

static char small[] = "testdata/traces/host-small.scap";
static char large[] = "testdata/traces/host1.scap.gz";
static char damaged[] = "testdata/bad/event-param-past-its-end.scap";
static char missing[] = "testdata/traces/gone.scap";
static char *traces[] = { small, damaged, missing, large, small, damaged };
enum { NTRACES = sizeof traces / sizeof traces[0] };

static char **paths = traces;
static size_t npaths = NTRACES;
static uint64_t part_events;

static struct ruleset *load(void *arg, struct err *err)
{
	const struct ruleset_selection all = { .min_priority = PRIO_DEBUG };
	struct ruleset *rs = ruleset_new();
	struct diag_list diags = { 0 };

	(void)err;
	assert_int_equal(ruleset_add_file(rs, SV("r.yaml"), sv_of(arg), &diags), 0);
	assert_int_equal(ruleset_compile(rs, &all, &diags), 0);
	diag_list_deinit(&diags);
	return rs;
}

/* What a replay came to. */
struct outcome {
	struct buf reports;
	char *lines;
	size_t nlines;
	struct buf stored;
};

static struct outcome *noting;

static void note_report(void *arg, const struct trace_report *r)
{
	const struct source_stats *s = &r->source;

	(void)arg;
	buf_printf(&noting->reports, "%s %d %s %llu %llu %llu %llu %llu %llu %llu %u %llu\n",
		   r->path, r->outcome, r->damage.msg, (unsigned long long)r->events,
		   (unsigned long long)r->matches, (unsigned long long)r->first_ns,
		   (unsigned long long)r->last_ns, (unsigned long long)s->sections,
		   (unsigned long long)s->upgraded, (unsigned long long)s->events, r->cpus,
		   (unsigned long long)r->boot_ns);
}

static void release(struct outcome *o)
{
	buf_deinit(&o->reports);
	buf_deinit(&o->stored);
	free(o->lines);
}

static void replay(unsigned jobs, const char *rules, struct outcome *out)
{
	char path[] = "/tmp/saker-parallel-XXXXXX";
	const struct store_file file = { SV("r.yaml"), SV("11") };
	struct pump pump = { .jobs = jobs,
			     .part_events = part_events,
			     .copy_rules = load,
			     .done = note_report,
			     .arg = (void *)rules };
	struct store_sink_options options = {
		.files = &file, .nfiles = 1, .options = SV("{}"), .tool = SV("test")
	};
	static const char *const tables[] = { "processes", "programs", "containers",  "messages",
					      "matches",   "keys",     "field_values" };
	struct sink *sinks[2];
	struct buf rows = { 0 };
	struct err err = { 0 };

	*out = (struct outcome){ 0 };
	noting = out;
	FILE *lines = open_memstream(&out->lines, &out->nlines);

	close(mkstemp(path));
	options.rules = pump.rules = load(pump.arg, &err);
	assert_int_equal(store_open(path, &options.store, &err), 0);
	assert_int_equal(sink_store_new(&options, &sinks[0], &err), 0);
	sinks[1] = sink_json_new(lines);
	pump.sinks = sinks;
	pump.nsinks = 2;
	assert_int_equal(pump_init(&pump, &err), 0);
	if (pump_run(&pump, paths, npaths, &err) < 0)
		fail_msg("%s", err.msg);
	pump_deinit(&pump);
	sink_close(sinks[0]);
	sink_close(sinks[1]);
	store_close(options.store);
	ruleset_free(pump.rules);
	fclose(lines);
	for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
		char sql[80];

		snprintf(sql, sizeof sql, "SELECT * FROM %s", tables[i]);
		buf_puts(&out->stored, ask_rows(path, sql, &rows));
	}
	buf_deinit(&rows);
	unlink(path);
}

static void same(const char *rules, unsigned jobs)
{
	struct outcome alone, together;

	replay(1, rules, &alone);
	replay(jobs, rules, &together);
	assert_true(alone.nlines > 0);
	assert_string_equal(buf_cstr(&together.reports), buf_cstr(&alone.reports));
	assert_string_equal(together.lines, alone.lines);
	assert_string_equal(buf_cstr(&together.stored), buf_cstr(&alone.stored));
	release(&alone);
	release(&together);
}

static void two_threads_find_what_one_finds(void **state)
{
	(void)state;
	same(rule_text, 2);
}

static void more_threads_than_traces_do_no_harm(void **state)
{
	(void)state;
	same(rule_text, 9);
}

static void fields_with_a_memory_are_right_as_well(void **state)
{
	(void)state;
	same("- rule: Delta\n  desc: d\n  condition: evt.type = openat\n"
	     "  output: \"%util.cnt %evt.deltatime\"\n  priority: INFO\n",
	     3);
}

/* --- native traces, cut into many segments --- */

/* A copy of the trace with segments of so many events; false: it could not be made. */
static bool cut(const char *in, const char *out, unsigned segment_events)
{
	const char *bin = getenv("SAKER_BIN_DIR");
	char command[1024];

	snprintf(command, sizeof command,
		 "%s/scap convert --to=native --segment-events=%u --block-events=%u %s %s "
		 "2>/dev/null",
		 bin ? bin : ".", segment_events, segment_events / 2 + 1, in, out);
	return system(command) == 0;
}

static void same_in_segments(char *path)
{
	static const unsigned jobs[] = { 2, 7 };
	struct outcome alone;

	paths = &path;
	npaths = 1;
	part_events = 1;
	replay(1, rule_text, &alone);
	for (size_t i = 0; i < sizeof jobs / sizeof jobs[0]; i++) {
		struct outcome together;

		replay(jobs[i], rule_text, &together);
		assert_string_equal(buf_cstr(&together.reports), buf_cstr(&alone.reports));
		assert_string_equal(together.lines, alone.lines);
		assert_string_equal(buf_cstr(&together.stored), buf_cstr(&alone.stored));
		release(&together);
	}
	release(&alone);
	paths = traces;
	npaths = NTRACES;
	part_events = 0;
}

static void segments_find_what_the_whole_finds(void **state)
{
	static const struct {
		const char *trace;
		unsigned segment_events;
	} cuts[] = {
		{ "testdata/traces/host-small.scap", 7 },
		{ "testdata/traces/container-small.scap.gz", 13 },
		{ "testdata/traces/crafted.scap", 3 },
		{ "testdata/traces/synthetic-upgrades.scap", 2 },
		{ "testdata/traces/synthetic-every-block.scap", 1 },
	};
	char path[] = "/tmp/saker-segments-XXXXXX";

	(void)state;
	close(mkstemp(path));
	for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
		char to[64];

		snprintf(to, sizeof to, "%s.skr", path);
		assert_true(cut(cuts[i].trace, to, cuts[i].segment_events));
		same_in_segments(to);
		unlink(to);
	}
	unlink(path);
}

static void spoil(const char *path, long at, bool cut_off)
{
	FILE *f = fopen(path, "r+b");
	int c;

	assert_non_null(f);
	if (cut_off) {
		assert_int_equal(ftruncate(fileno(f), at), 0);
	} else {
		fseek(f, at, SEEK_SET);
		c = fgetc(f);
		fseek(f, at, SEEK_SET);
		fputc(c ^ 0x10, f);
	}
	fclose(f);
}

static void damage_ends_the_trace_at_the_same_place(void **state)
{
	char to[] = "/tmp/saker-spoilt-XXXXXX";
	struct stat st;

	(void)state;
	close(mkstemp(to));
	for (long i = 1; i < 16; i++) {
		assert_true(cut(small, to, 7));
		assert_int_equal(stat(to, &st), 0);
		spoil(to, (long)st.st_size * i / 16, i % 3 == 0);
		same_in_segments(to);
	}
	unlink(to);
}

/* The public traces: tools/tests/conformance_parallel.py. */
static void segments_of_the_corpus_find_what_the_whole_finds(void **state)
{
	static const struct {
		const char *pattern;
		unsigned segment_events;
	} folders[] = { { "stock/*.scap", 100 }, { "captured/*.gz", 20000 } };
	const char *corpus = getenv("SAKER_LONG") ? getenv("SAKER_CORPUS") : NULL;
	char to[] = "/tmp/saker-corpus-XXXXXX";

	(void)state;
	if (!corpus || !*corpus)
		skip();
	close(mkstemp(to));
	for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
		char pattern[1024];
		glob_t found;

		snprintf(pattern, sizeof pattern, "%s/traces/%s", corpus, folders[i].pattern);
		if (glob(pattern, 0, NULL, &found) != 0)
			continue;
		for (size_t k = 0; k < found.gl_pathc; k++) {
			assert_true(cut(found.gl_pathv[k], to, folders[i].segment_events));
			same_in_segments(to);
		}
		globfree(&found);
	}
	unlink(to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_threads_find_what_one_finds),
		cmocka_unit_test(more_threads_than_traces_do_no_harm),
		cmocka_unit_test(fields_with_a_memory_are_right_as_well),
		cmocka_unit_test(segments_find_what_the_whole_finds),
		cmocka_unit_test(damage_ends_the_trace_at_the_same_place),
		cmocka_unit_test(segments_of_the_corpus_find_what_the_whole_finds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
