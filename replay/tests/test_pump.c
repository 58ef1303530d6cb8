#include "replay/tests/ask.h"

#include "replay/pump.h"
#include "replay/sink_store.h"

#include <stdio.h>
#include <unistd.h>

#define SMALL   "testdata/traces/host-small.scap"
#define LARGE   "testdata/traces/host1.scap.gz"
#define DAMAGED "testdata/bad/event-param-past-its-end.scap"

/* A sink that writes down what happens to it. */
struct witness {
	struct sink sink;
	uint64_t news, alerts, begun, ended;
	uint64_t last_news, last_alert; /* numbers of their events */
	bool in_order;                  /* nothing came after what a later event had to say */
	uint64_t fail_at;               /* alert at which it fails; 0: never */
	volatile sig_atomic_t *stop;    /* set at the first alert */
	struct trace_report last;
};

static int begin(struct sink *s, const struct trace_report *trace, struct err *err)
{
	(void)trace;
	(void)err;
	((struct witness *)s)->begun++;
	return 0;
}

static int news(struct sink *s, const struct process_news *n, struct err *err)
{
	struct witness *w = (struct witness *)s;

	(void)err;
	w->news++;
	/* of an event: before its alerts */
	w->in_order &= n->num == 0 || (n->num >= w->last_news && n->num > w->last_alert);
	if (n->num)
		w->last_news = n->num;
	return 0;
}

static int alert(struct sink *s, const struct alert *a, struct err *err)
{
	struct witness *w = (struct witness *)s;

	w->alerts++;
	w->in_order &= a->num >= w->last_news && a->num >= w->last_alert;
	w->last_alert = a->num;
	if (w->stop)
		*w->stop = 1;
	return w->alerts == w->fail_at ? err_set(err, ERR_IO, "the witness is gone") : 0;
}

static int end(struct sink *s, const struct trace_report *trace, struct err *err)
{
	struct witness *w = (struct witness *)s;

	(void)err;
	w->ended++;
	w->last = *trace;
	return 0;
}

static void close_witness(struct sink *s)
{
	(void)s;
}

static const struct sink_ops witness_ops = { begin, news, alert, end, close_witness };

/* A pump with one rule and a witness. */
struct bench {
	struct ruleset *rules;
	struct diag_list diags;
	struct witness witness;
	struct sink *sinks[2];
	struct pump pump;
	volatile sig_atomic_t stop;
};

static int set_up(void **state)
{
	static const char rules[] = "- rule: Opened\n"
				    "  desc: A file was opened.\n"
				    "  condition: evt.type = openat and evt.rawres >= 0\n"
				    "  output: opened %fd.name by %proc.name\n"
				    "  priority: NOTICE\n"
				    "  tags: [file]\n";
	const struct ruleset_selection all = { .min_priority = PRIO_DEBUG };
	struct bench *b = calloc(1, sizeof *b);
	struct err err = { 0 };

	b->rules = ruleset_new();
	assert_int_equal(ruleset_add_file(b->rules, SV("r.yaml"), sv_of(rules), &b->diags), 0);
	assert_int_equal(ruleset_compile(b->rules, &all, &b->diags), 0);
	b->witness.sink = (struct sink){ .ops = &witness_ops, .wants_values = true };
	b->witness.in_order = true;
	b->sinks[0] = &b->witness.sink;
	b->pump = (struct pump){
		.rules = b->rules, .sinks = b->sinks, .nsinks = 1, .stop = &b->stop
	};
	assert_int_equal(pump_init(&b->pump, &err), 0);
	*state = b;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;

	pump_deinit(&b->pump);
	ruleset_free(b->rules);
	diag_list_deinit(&b->diags);
	free(b);
	return 0;
}

static void news_and_alerts_come_in_the_order_of_their_events(void **state)
{
	struct bench *b = *state;
	struct trace_report r;
	struct err err = { 0 };

	assert_int_equal(pump_trace(&b->pump, SMALL, &r, &err), 0);
	assert_int_equal(r.outcome, TRACE_COMPLETE);
	assert_int_equal(r.events, 111);
	assert_int_equal(r.matches, b->witness.alerts);
	assert_int_equal(b->pump.by_rule[0], r.matches);
	assert_true(r.matches > 0);
	assert_true(b->witness.news > 0);
	assert_true(b->witness.in_order);
	assert_int_equal(b->witness.begun, 1);
	assert_int_equal(b->witness.ended, 1);
}

static void each_trace_begins_with_nothing_known(void **state)
{
	struct bench *b = *state;
	struct trace_report once, again;
	struct err err = { 0 };

	assert_int_equal(pump_trace(&b->pump, SMALL, &once, &err), 0);
	assert_int_equal(pump_trace(&b->pump, SMALL, &again, &err), 0);
	assert_int_equal(once.matches, again.matches);
	assert_int_equal(b->pump.by_rule[0], 2 * once.matches);
}

static void what_fields_remember_ends_with_the_trace(void **state)
{
	static const char rules[] = "- rule: Delta\n  desc: d\n  condition: evt.type = openat\n"
				    "  output: \"%util.cnt %evt.deltatime\"\n  priority: INFO\n";
	const struct ruleset_selection all = { .min_priority = PRIO_DEBUG };
	struct bench *b = *state;
	struct diag_list diags = { 0 };
	struct ruleset *rs = ruleset_new();
	struct sink *sink;
	struct trace_report r;
	struct err err = { 0 };
	char *text = NULL;
	size_t n = 0, once;
	FILE *out = open_memstream(&text, &n);

	(void)b;
	assert_int_equal(ruleset_add_file(rs, SV("d.yaml"), sv_of(rules), &diags), 0);
	assert_int_equal(ruleset_compile(rs, &all, &diags), 0);
	sink = sink_text_new(out, NULL);
	struct pump pump = { .rules = rs, .sinks = &sink, .nsinks = 1 };

	assert_int_equal(pump_init(&pump, &err), 0);
	assert_int_equal(pump_trace(&pump, SMALL, &r, &err), 0);
	once = n;
	assert_int_equal(pump_trace(&pump, SMALL, &r, &err), 0);
	assert_int_equal(n, 2 * once);
	assert_memory_equal(text, text + once, once);
	assert_non_null(strstr(text, "Informational 2 "));
	assert_null(strstr(text, "Informational 2 0"));
	pump_deinit(&pump);
	sink_close(sink);
	ruleset_free(rs);
	diag_list_deinit(&diags);
	fclose(out);
	free(text);
}

static void a_damaged_trace_is_replayed_up_to_the_damage(void **state)
{
	struct bench *b = *state;
	struct trace_report r;
	struct err err = { 0 };

	assert_int_equal(pump_trace(&b->pump, DAMAGED, &r, &err), 0);
	assert_int_equal(r.outcome, TRACE_DAMAGED);
	assert_int_equal(r.damage.code, ERR_FORMAT);
	assert_int_equal(b->witness.ended, 1);
	assert_int_equal(err.code, ERR_NONE);
}

static void a_missing_trace_reaches_no_sink(void **state)
{
	struct bench *b = *state;
	struct trace_report r;
	struct err err = { 0 };

	assert_int_equal(pump_trace(&b->pump, "testdata/traces/gone.scap", &r, &err), 0);
	assert_int_equal(r.outcome, TRACE_UNREADABLE);
	assert_int_equal(r.damage.code, ERR_IO);
	assert_int_equal(b->witness.begun, 0);
}

static void a_signal_ends_the_trace_orderly(void **state)
{
	struct bench *b = *state;
	struct trace_report r;
	struct err err = { 0 };

	b->witness.stop = &b->stop;
	assert_int_equal(pump_trace(&b->pump, LARGE, &r, &err), 0);
	assert_int_equal(r.outcome, TRACE_INTERRUPTED);
	assert_true(r.events > 0 && r.events < 74636);
	assert_int_equal(b->witness.ended, 1);
	assert_int_equal(b->witness.last.outcome, TRACE_INTERRUPTED);
}

static void a_sink_that_fails_ends_the_replay(void **state)
{
	struct bench *b = *state;
	struct trace_report r;
	struct err err = { 0 };

	b->witness.fail_at = 3;
	assert_int_equal(pump_trace(&b->pump, SMALL, &r, &err), -1);
	assert_string_equal(err.msg, "the witness is gone");
	assert_int_equal(b->witness.alerts, 3);
	assert_int_equal(b->witness.ended, 0);
}

/* Replay into a store of its own and ask it. */
static void stored(struct bench *b, const char *trace, int times, const char *sql, const char *want)
{
	char path[] = "/tmp/saker-pump-XXXXXX";
	const struct store_file file = { SV("r.yaml"), SV("11") };
	struct store_sink_options options = { .rules = b->rules,
					      .files = &file,
					      .nfiles = 1,
					      .options = SV("{}"),
					      .tool = SV("test") };
	struct pump pump = {
		.rules = b->rules, .sinks = b->sinks + 1, .nsinks = 1, .stop = &b->stop
	};
	struct trace_report r;
	struct buf text = { 0 };
	struct err err = { 0 };

	close(mkstemp(path));
	assert_int_equal(store_open(path, &options.store, &err), 0);
	assert_int_equal(sink_store_new(&options, &b->sinks[1], &err), 0);
	assert_int_equal(pump_init(&pump, &err), 0);
	for (int i = 0; i < times; i++) {
		if (pump_trace(&pump, trace, &r, &err) < 0)
			fail_msg("%s", err.msg);
	}
	pump_deinit(&pump);
	sink_close(b->sinks[1]);
	store_close(options.store);
	assert_string_equal(ask_rows(path, sql, &text), want);
	buf_deinit(&text);
	unlink(path);
}

static void the_store_knows_who_did_it(void **state)
{
	stored(*state, SMALL, 1,
	       "SELECT m.evt_num, m.comm, m.cmdline, c.pid = m.tid, m.message FROM v_matches m "
	       "JOIN processes c ON c.id = m.process_id WHERE m.evt_num = 29",
	       "29|setsid|setsid env -i "
	       "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:"
	       "/bin HOME=/root LANG=C.UTF-8 USER=root /tmp/saker-scn|1|"
	       "opened /etc/ld.so.cache by setsid\n");
}

static void a_stored_trace_is_replaced_not_doubled(void **state)
{
	stored(*state, SMALL, 3,
	       "SELECT (SELECT count(*) FROM runs), (SELECT count(*) FROM traces), "
	       "(SELECT matches FROM runs) = (SELECT count(*) FROM matches), "
	       "(SELECT outcome FROM runs), (SELECT hostname FROM traces)",
	       "1|1|1|complete|vm\n");
}

static void damage_is_written_down_in_the_store(void **state)
{
	stored(*state, DAMAGED, 1, "SELECT outcome, message IS NOT NULL FROM runs", "damaged|1\n");
}

static void fields_of_a_match_have_their_types(void **state)
{
	stored(*state, SMALL, 1,
	       "SELECT key, type, typeof(value) FROM v_match_fields WHERE match_id = 1 ORDER BY "
	       "key",
	       "evt.time|charbuf|integer\nfd.name|charbuf|text\nproc.name|charbuf|text\n");
}

#define PUMP_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PUMP_TEST(news_and_alerts_come_in_the_order_of_their_events),
		PUMP_TEST(each_trace_begins_with_nothing_known),
		PUMP_TEST(what_fields_remember_ends_with_the_trace),
		PUMP_TEST(a_damaged_trace_is_replayed_up_to_the_damage),
		PUMP_TEST(a_missing_trace_reaches_no_sink),
		PUMP_TEST(a_signal_ends_the_trace_orderly),
		PUMP_TEST(a_sink_that_fails_ends_the_replay),
		PUMP_TEST(the_store_knows_who_did_it),
		PUMP_TEST(a_stored_trace_is_replaced_not_doubled),
		PUMP_TEST(damage_is_written_down_in_the_store),
		PUMP_TEST(fields_of_a_match_have_their_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
