/*
 * What is skipped is certain: conditions made by chance, and some made by hand, never hold in a
 * segment for which program_may_hold says that they cannot.  SAKER_LONG=1 takes public
 * traces, too, SAKER_CONDITIONS and SAKER_SEED other conditions.
 */
#include "engine/filter/skip.h"
#include "engine/tests/each_event.h"
#include "engine/tests/random_conditions.h"
#include "engine/tracker.h"
#include "format/sink.h"
#include "format/source.h"

#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { MAX_CONDITIONS = 2000 };

/* A native copy with segments of so many events. */
static void cut(const char *from, const char *to, uint32_t segment_events)
{
	struct tracker *tracker = tracker_new();
	const struct sink_options opt = { .snapshot = tracker_snapshot,
					  .snapshot_arg = tracker,
					  .block_events = segment_events / 2 + 1,
					  .segment_events = segment_events };
	struct err err = { 0 };
	struct source *src;
	struct sink *sink;
	struct record rec;

	assert_int_equal(source_open(from, &(struct source_options){ 0 }, &src, &err), 0);
	assert_int_equal(sink_open(sink_kind_by_name(SV("native")),
				   open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600), to, &opt, &sink,
				   &err),
			 0);
	while (source_next(src, &rec, &err) == NEXT_ITEM) {
		assert_int_equal(sink_put(sink, &rec, &err), 0);
		assert_int_equal(tracker_record(tracker, &rec, &err), 0);
	}
	assert_int_equal(sink_close(sink, &err), 0);
	source_close(src);
	tracker_free(tracker);
}

/* Every condition by itself. */
struct conditions {
	struct program *programs[MAX_CONDITIONS];
	char *texts[MAX_CONDITIONS];
	bool hit[MAX_CONDITIONS];
	size_t n;
	struct arena arena;
	struct gen *gen; /* takes samples of what fields show, while it is not NULL */
	size_t events;
	size_t skipped, asked; /* segments */
};

static void add(struct conditions *c, const char *text)
{
	struct program *p = program_new();
	struct err err = { 0 };
	struct ast *ast;
	uint32_t id;

	if (c->n < MAX_CONDITIONS && ast_parse(sv_of(text), &c->arena, &ast, &err) == 0 &&
	    program_add(p, ast, &id, &err) == 0 && !program_remembers(p) &&
	    program_seal(p, &err) == 0) {
		c->programs[c->n] = p;
		c->texts[c->n++] = strdup(text);
		return;
	}
	program_free(p);
}

static void clear(struct conditions *c)
{
	for (size_t i = 0; i < c->n; i++) {
		program_free(c->programs[i]);
		free(c->texts[i]);
	}
	c->n = 0;
}

static bool note_hit(void *arg, uint32_t id)
{
	(void)id;
	*(bool *)arg = true;
	return false;
}

static void see(struct field_ctx *ctx, void *arg)
{
	struct conditions *c = arg;

	if (c->gen && c->events++ % 61 == 0)
		gen_sample(c->gen, ctx);
	for (size_t i = 0; i < c->n; i++) {
		if (c->hit[i])
			continue;
		arena_reset(&ctx->scratch);
		program_run(c->programs[i], ctx, note_hit, &c->hit[i]);
	}
}

/* to == 0: all of the trace */
static void play(const char *path, size_t from, size_t to, struct conditions *c)
{
	const struct source_options opt = { .upgrade = true, .segments = { from, to } };

	memset(c->hit, 0, sizeof c->hit);
	each_event(path, &opt, see, c);
}

static void check_segments(const char *path, const char *name, struct conditions *c)
{
	struct trace_map *m;
	struct err err = { 0 };

	assert_int_equal(trace_map_open(path, &m, &err), 0);
	for (size_t s = 0; s < trace_map_segments(m); s++) {
		play(path, s, s + 1, c);
		for (size_t i = 0; i < c->n; i++) {
			bool may = program_may_hold(c->programs[i], m, s);

			c->asked++;
			c->skipped += !may;
			if (c->hit[i] && !may)
				fail_msg("%s, segment %zu: \"%s\" holds there", name, s,
					 c->texts[i]);
		}
	}
	trace_map_close(m);
}

/* Conditions of whose kinds chance makes few. */
static const char *const by_hand[] = {
	"proc.name = nosuchname",
	"proc.name in (cat, sh, nosuchname)",
	"proc.name contains s",
	"proc.name endswith h",
	"proc.aname contains sys",
	"proc.pname exists and not proc.pname in (sh, bash)",
	"proc.cmdline icontains SETSID",
	"tolower(proc.name) = SETSID",
	"toupper(proc.name) startswith SET",
	"basename(proc.exepath) = setsid",
	"fd.name startswith /etc/",
	"fd.name = '/etc/ld.so.cache'",
	"fd.name contains '.so'",
	"fd.name contains 127.0.0.1",
	"fd.name contains '->'",
	"fd.name pmatch (/etc, /usr/lib)",
	"fd.name pmatch ('/etc/ld*')",
	"fd.name glob '*/ld.so.*'",
	"fd.name glob '/[a-f]tc/*'",
	"fd.directory = /etc",
	"fd.filename = ld.so.cache",
	"fs.path.name startswith /etc",
	"evt.abspath contains cache",
	"evt.arg.name contains etc",
	"evt.arg.flags contains O_RDONLY",
	"fd.sip = 127.0.0.1",
	"fd.ip in (127.0.0.1, 8.8.8.8)",
	"fd.cip = 10.1.2.0",
	"fd.sip = ::1",
	"user.name = root",
	"user.name contains oo",
	"user.homedir = /root",
	"user.loginname = '<NA>'",
	"group.name = root",
	"container.id = host",
	"container.id contains 4",
	"container.id startswith a or container.id endswith 0",
	"evt.type = openat and proc.name = setsid",
	"evt.type in (connect, accept4) and fd.name exists",
	"not (evt.type = openat and fd.name = /nowhere/else)",
	"evt.type = container",
};

static void check_trace(const char *trace, uint32_t segment_events, struct conditions *c,
			struct gen *g, size_t tries)
{
	char path[] = "/tmp/saker-skip-XXXXXX";
	struct buf text = { 0 };

	close(mkstemp(path));
	cut(trace, path, segment_events);
	c->gen = g;
	play(path, 0, 0, c);
	c->gen = NULL;
	for (size_t i = 0; i < sizeof by_hand / sizeof by_hand[0]; i++)
		add(c, by_hand[i]);
	for (size_t i = 0; i < tries; i++) {
		buf_clear(&text);
		gen_condition(g, 2, &text);
		add(c, buf_cstr(&text));
	}
	check_segments(path, trace, c);
	clear(c);
	buf_deinit(&text);
	unlink(path);
}

static void check_all(const char *const *traces, size_t n, uint32_t segment_events, size_t tries)
{
	struct conditions *c = calloc(1, sizeof *c);
	struct gen *g = calloc(1, sizeof *g);

	assert_true(c && g);
	gen_open(g, number_from_env("SAKER_SEED", 11));
	for (size_t i = 0; i < n; i++)
		check_trace(traces[i], segment_events, c, g,
			    number_from_env("SAKER_CONDITIONS", tries));
	/* Else it would be right for the wrong reason. */
	print_message("%zu of %zu skipped\n", c->skipped, c->asked);
	assert_true(c->skipped > c->asked / 20);
	gen_close(g);
	arena_deinit(&c->arena);
	free(g);
	free(c);
}

static void nothing_that_is_skipped_holds_a_match(void **state)
{
	(void)state;
	check_all(small_traces, SMALL_TRACES, 15, 150);
}

static void nor_does_it_in_public_traces(void **state)
{
	const char *corpus = getenv("SAKER_LONG") ? getenv("SAKER_CORPUS") : NULL;
	static const struct {
		const char *pattern;
		uint32_t segment_events;
	} folders[] = { { "stock/*.scap", 200 }, { "captured/[ch]*.gz", 10000 } };

	(void)state;
	if (!corpus || !*corpus)
		skip();
	for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
		char pattern[1024];
		glob_t found;

		snprintf(pattern, sizeof pattern, "%s/traces/%s", corpus, folders[i].pattern);
		assert_int_equal(glob(pattern, 0, NULL, &found), 0);
		check_all((const char *const *)found.gl_pathv, found.gl_pathc,
			  folders[i].segment_events, 300);
		globfree(&found);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_that_is_skipped_holds_a_match),
		cmocka_unit_test(nor_does_it_in_public_traces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
