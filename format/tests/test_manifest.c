#include "format/tests/test.h"

#include "format/trace/manifest.h"
#include "format/trace/trace_writer.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static void assert_prints(const struct manifest *m, const char *want)
{
	struct buf out = { 0 };
	struct err err = { 0 };

	assert_int_equal(manifest_print(m, &out, &err), 0);
	assert_string_equal(buf_cstr(&out), want);
	buf_deinit(&out);
}

static void a_manifest_is_one_json_object(void **state)
{
	struct manifest *inner = manifest_new(SV("rec 1")), *m = manifest_new(SV("scap slice 2"));

	(void)state;
	manifest_option(m, SV("--from"));
	manifest_option(m, SV("+90s"));
	manifest_not_recorded(m, SV("read data"));
	manifest_source(m, SV("a.skr"), 12, SV("00ff"), inner);
	manifest_source(m, SV("standard input"), 0, (struct sv){ 0 }, NULL);
	manifest_number(m, "limits", "events", 5);
	manifest_number(m, "limits", "bytes", UINT64_MAX);
	manifest_time(m, NULL, "begun", 1500000000000000042u);
	assert_prints(
		m, "{\"writer\":\"scap slice 2\",\"options\":[\"--from\",\"+90s\"],"
		   "\"not_recorded\":[\"read data\"],\"source\":[{\"name\":\"a.skr\",\"size\":12,"
		   "\"sha256\":\"00ff\",\"manifest\":{\"writer\":\"rec 1\"}},"
		   "{\"name\":\"standard input\"}],"
		   "\"limits\":{\"events\":5,\"bytes\":\"18446744073709551615\"},"
		   "\"begun\":\"2017-07-14T02:40:00.000000042Z\"}");
	manifest_free(inner);
	manifest_free(m);
}

static void any_bytes_become_text(void **state)
{
	struct manifest *m = manifest_new(SV("a\xff\"\n\x1b"));

	(void)state;
	manifest_option(m, SV("cut\0here"));
	manifest_option(m, SV(""));
	assert_prints(m, "{\"writer\":\"a\xef\xbf\xbd\\\"\\n\\u001b\",\"options\":[\"cut\",\"\"]}");
	manifest_free(m);
}

static void the_host_tells_its_kernel_and_boot(void **state)
{
	struct manifest *m = manifest_new(SV("rec"));
	struct buf out = { 0 };

	(void)state;
	manifest_host(m, 1);
	assert_int_equal(manifest_print(m, &out, NULL), 0);
	assert_non_null(strstr(buf_cstr(&out), "\"kernel\":\""));
	assert_non_null(strstr(buf_cstr(&out), "\"begun\":\"1970-01-01T00:00:00.000000001Z\""));
	buf_deinit(&out);
	manifest_free(m);
}

static void without_memory_nothing_is_done(void **state)
{
	struct buf out = { 0 };
	struct err err = { 0 };

	(void)state;
	manifest_text(NULL, NULL, "a", SV("b"));
	manifest_source(NULL, SV("a"), 0, SV("b"), NULL);
	manifest_host(NULL, 0);
	assert_int_equal(manifest_print(NULL, &out, &err), -1);
	assert_int_equal(err.code, ERR_NOMEM);
	manifest_free(NULL);
}

static void tell(void *arg, struct sv name, struct sv value)
{
	buf_printf(arg, SV_FMT "=" SV_FMT "\n", SV_ARG(name), SV_ARG(value));
}

static void values_are_told_by_their_names(void **state)
{
	struct manifest *m;
	struct buf out = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(manifest_parse(SV("{\"a\":{\"b\":[1,{\"c\":\"x\"},true]},\"d\":null,"
					   "\"e\":[],\"\":0.5}"),
					&m, &err),
			 0);
	manifest_each(m, tell, &out);
	assert_string_equal(buf_cstr(&out), "a.b[0]=1\na.b[1].c=x\na.b[2]=true\nd=null\n=0.5\n");
	buf_deinit(&out);
	manifest_free(m);
}

static void what_is_no_object_is_refused(void **state)
{
	static const char *const bad[] = { "", "{", "[]", "1", "{\"a\":}", "nonsense", "{\"a\":1" };

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct manifest *m;
		struct err err = { 0 };

		assert_int_equal(manifest_parse(sv_of(bad[i]), &m, &err), -1);
		assert_int_equal(err.code, ERR_FORMAT);
		assert_null(m);
	}
}

static void count(void *arg, struct sv name, struct sv value)
{
	(void)name;
	(void)value;
	++*(unsigned *)arg;
}

/* It was written by whoever had the host. */
static void a_hostile_manifest_is_told_in_bounds(void **state)
{
	struct buf text = { 0 };
	struct manifest *m;
	unsigned told = 0;

	(void)state;
	buf_puts(&text, "{\"a\":[");
	for (int i = 0; i < 100000; i++)
		buf_puts(&text, "1,");
	buf_puts(&text, "1],\"b\":");
	for (int i = 0; i < 900; i++)
		buf_puts(&text, "[");
	for (int i = 0; i < 900; i++)
		buf_puts(&text, "]");
	buf_puts(&text, "}");
	assert_int_equal(manifest_parse(buf_sv(&text), &m, NULL), 0);
	manifest_each(m, count, &told);
	assert_int_equal(told, MANIFEST_SHOW);
	manifest_free(m);
	buf_clear(&text);
	for (int i = 0; i < 1000000; i++)
		buf_puts(&text, "[");
	assert_int_equal(manifest_parse(buf_sv(&text), &m, NULL), -1);
	buf_deinit(&text);
}

static void a_trace_gives_its_manifest_back(void **state)
{
	const struct sink_options opt = { .manifest = SV("{\"writer\":\"w\"}") };
	/* sha256sum of that text */
	static const uint8_t begins[] = { 0xcb, 0x51, 0x0c, 0x52 };
	struct trace_writer *w;
	struct manifest *m;
	uint8_t sha256[32];
	char path[64];

	(void)state;
	snprintf(path, sizeof path, "/tmp/saker-manifest-%d", (int)getpid());
	assert_int_equal(trace_writer_open(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600), path,
					   &opt, &w, NULL),
			 0);
	assert_int_equal(trace_writer_close(w, NULL), 0);
	assert_int_equal(manifest_read(path, &m, sha256, NULL), 0);
	assert_prints(m, "{\"writer\":\"w\"}");
	assert_memory_equal(sha256, begins, sizeof begins);
	manifest_free(m);
	unlink(path);
	assert_int_equal(manifest_read(path, &m, sha256, NULL), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_manifest_is_one_json_object),
		cmocka_unit_test(any_bytes_become_text),
		cmocka_unit_test(the_host_tells_its_kernel_and_boot),
		cmocka_unit_test(without_memory_nothing_is_done),
		cmocka_unit_test(values_are_told_by_their_names),
		cmocka_unit_test(what_is_no_object_is_refused),
		cmocka_unit_test(a_hostile_manifest_is_told_in_bounds),
		cmocka_unit_test(a_trace_gives_its_manifest_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
