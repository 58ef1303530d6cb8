#include "format/tests/test.h"

#include "replay/sink.h"

#include <stdio.h>

/* What a sink of either kind prints for one alert. */
enum kind { TEXT, CLEAN_TEXT, JSON };

static void in_brackets(struct buf *out, struct sv text)
{
	buf_printf(out, "[" SV_FMT "]", SV_ARG(text));
}

static void prints(enum kind kind, const struct alert *a, const char *want)
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);
	struct sink *s = kind == JSON ? sink_json_new(out)
				      : sink_text_new(out, kind == TEXT ? NULL : in_brackets);
	const struct trace_report trace = { .path = "t" };
	struct err err = { 0 };

	assert_int_equal(s->ops->begin(s, &trace, &err), 0);
	assert_int_equal(s->ops->alert(s, a, &err), 0);
	assert_int_equal(s->ops->end(s, &trace, &err), 0);
	sink_close(s);
	fclose(out);
	assert_string_equal(text, want);
	free(text);
}

static const struct sv tags[] = { { "a", 1 }, { "b\"c", 3 } };
static const struct rule rule = { .name = { "Read \"it\"", 9 },
				  .source = { "syscall", 7 },
				  .priority = PRIO_WARNING,
				  .tags = tags,
				  .ntags = 2 };
static const struct alert_key keys[] = { { .name = { "evt.time", 8 } },
					 { .name = { "proc.name", 9 } } };
static const struct sv values[] = { { "1795331059845942417", 19 }, { "\"cat\"", 5 } };

static struct alert alert_of(struct sv message)
{
	return (struct alert){ .rule = &rule,
			       .num = 5,
			       .ts_ns = 1795331059845942417,
			       .hostname = SV("vm"),
			       .prefix = SV("07:04:19.845942417: Warning"),
			       .message = message,
			       .keys = keys,
			       .values = values,
			       .nvalues = 2 };
}

static void a_text_line_is_time_priority_and_message(void **state)
{
	const struct alert a = alert_of(SV("file=/etc/shadow"));

	(void)state;
	prints(TEXT, &a, "07:04:19.845942417: Warning file=/etc/shadow\n");
}

static void text_is_printed_as_it_is_unless_somebody_cleans_it(void **state)
{
	const struct alert a = alert_of(SV("sh -c \"a\\b\"\x1b\xff"));

	(void)state;
	prints(TEXT, &a, "07:04:19.845942417: Warning sh -c \"a\\b\"\x1b\xff\n");
	prints(CLEAN_TEXT, &a, "[07:04:19.845942417: Warning sh -c \"a\\b\"\x1b\xff]\n");
}

static void a_json_line_has_falcos_keys_in_their_order(void **state)
{
	const struct alert a = alert_of(SV("say \"x\""));

	(void)state;
	prints(JSON, &a,
	       "{\"hostname\":\"vm\",\"message\":\"say \\\"x\\\"\","
	       "\"output\":\"07:04:19.845942417: Warning say \\\"x\\\"\","
	       "\"output_fields\":{\"evt.time\":1795331059845942417,\"proc.name\":\"cat\"},"
	       "\"priority\":\"Warning\",\"rule\":\"Read \\\"it\\\"\",\"source\":\"syscall\","
	       "\"tags\":[\"a\",\"b\\\"c\"],\"time\":\"2026-11-22T07:04:19.845942417Z\"}\n");
}

static void an_alert_without_tags_and_fields_is_still_complete(void **state)
{
	const struct rule bare = { .name = SV("r"), .source = SV("syscall") };
	struct alert a = alert_of(SV(""));

	(void)state;
	a.rule = &bare;
	a.nvalues = 0;
	a.ts_ns = 5;
	prints(JSON, &a,
	       "{\"hostname\":\"vm\",\"message\":\"\",\"output\":\"07:04:19.845942417: Warning \","
	       "\"output_fields\":{},\"priority\":\"Emergency\",\"rule\":\"r\","
	       "\"source\":\"syscall\",\"tags\":[],\"time\":\"1970-01-01T00:00:00.000000005Z\"}\n");
}

static void a_full_disk_is_an_error(void **state)
{
	FILE *full = fopen("/dev/full", "w");
	const struct alert a = alert_of(SV("x"));
	const struct trace_report trace = { .path = "t" };
	struct err err = { 0 };

	(void)state;
	if (!full)
		skip();
	struct sink *s = sink_text_new(full, NULL);

	assert_int_equal(s->ops->alert(s, &a, &err), 0);
	assert_int_equal(s->ops->end(s, &trace, &err), -1);
	assert_int_equal(err.code, ERR_IO);
	sink_close(s);
	fclose(full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_line_is_time_priority_and_message),
		cmocka_unit_test(text_is_printed_as_it_is_unless_somebody_cleans_it),
		cmocka_unit_test(a_json_line_has_falcos_keys_in_their_order),
		cmocka_unit_test(an_alert_without_tags_and_fields_is_still_complete),
		cmocka_unit_test(a_full_disk_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
