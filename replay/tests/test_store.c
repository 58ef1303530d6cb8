#include "replay/tests/ask.h"

#include "replay/store.h"

#include <stdio.h>
#include <unistd.h>

/* Each test has a store of its own in a scratch file. */
struct fixture {
	char path[64];
	struct store *store;
	struct buf text;
};

static const struct sv tags[] = { { "container", 9 }, { "host", 4 } };
static const struct store_rule rules[] = {
	{ .name = { "Read shadow", 11 },
	  .source = { "syscall", 7 },
	  .description = { "d", 1 },
	  .condition = { "evt.num > 0", 11 },
	  .output = { "%evt.num", 8 },
	  .file = { "a.yaml", 6 },
	  .source_text = { "- rule: Read shadow", 19 },
	  .tags = tags,
	  .ntags = 2,
	  .priority = 4,
	  .line = 7 },
	{ .name = { "Shell", 5 },
	  .source = { "syscall", 7 },
	  .description = { "", 0 },
	  .condition = { "x", 1 },
	  .output = { "y", 1 },
	  .file = { "a.yaml", 6 },
	  .source_text = { "", 0 },
	  .priority = 1,
	  .line = 9 },
};
static const struct store_file files[] = { { { "a.yaml", 6 }, { "11", 2 } } };

static struct store_run run_of(const char *trace_sha, const char *options)
{
	return (struct store_run){ .trace = { SV("/t/host.scap"), sv_of(trace_sha) },
				   .trace_size = 99,
				   .files = files,
				   .nfiles = 1,
				   .rules_sha256 = SV("22"),
				   .rules = rules,
				   .nrules = 2,
				   .options = sv_of(options),
				   .tool = SV("test"),
				   .now_ns = 1 };
}

static int open_store(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	struct err err = { 0 };

	snprintf(f->path, sizeof f->path, "/tmp/saker-store-XXXXXX");
	close(mkstemp(f->path));
	assert_int_equal(store_open(f->path, &f->store, &err), 0);
	*state = f;
	return 0;
}

static int close_store(void **state)
{
	struct fixture *f = *state;

	store_close(f->store);
	unlink(f->path);
	buf_deinit(&f->text);
	free(f);
	return 0;
}

static void reopen(struct fixture *f)
{
	struct err err = { 0 };

	store_close(f->store);
	assert_int_equal(store_open(f->path, &f->store, &err), 0);
}

static const char *ask(struct fixture *f, const char *sql)
{
	return ask_rows(f->path, sql, &f->text);
}

static void begin(struct fixture *f, const struct store_run *run)
{
	struct err err = { 0 };

	if (store_run_begin(f->store, run, &err) < 0)
		fail_msg("%s", err.msg);
}

static void end(struct fixture *f, uint64_t matches)
{
	const struct store_outcome out = { .outcome = "complete",
					   .hostname = SV("vm"),
					   .cpus = 2,
					   .now_ns = 2,
					   .events = 10,
					   .matches = matches,
					   .first_ns = 1000000000,
					   .last_ns = 3000000000 };
	struct err err = { 0 };

	if (store_run_end(f->store, &out, &err) < 0)
		fail_msg("%s", err.msg);
}

static void put(struct fixture *f, uint32_t rule, uint64_t num, int64_t program,
		const char *message, const char *name_json)
{
	struct err err = { 0 };
	int64_t name, number, time;

	assert_int_equal(store_key(f->store, SV("proc.name"), SV("charbuf"), &name, &err), 0);
	assert_int_equal(store_key(f->store, SV("evt.num"), SV("uint64"), &number, &err), 0);
	assert_int_equal(store_key(f->store, SV("evt.time"), SV("abstime"), &time, &err), 0);

	const struct store_field thread[] = { { name, sv_of(name_json) } };
	const struct store_field event[] = { { number, { "", 0 } }, { time, { "", 0 } } };
	const struct store_match m = { .rule = rule,
				       .evt_num = num,
				       .ts_ns = 1000000000 + num,
				       .tid = 7,
				       .program_id = program,
				       .message = sv_of(message),
				       .thread_fields = thread,
				       .nthread_fields = 1,
				       .event_fields = event,
				       .nevent_fields = 2 };

	if (store_match(f->store, &m, &err) < 0)
		fail_msg("%s", err.msg);
}

static void a_match_comes_back_whole(void **state)
{
	struct fixture *f = *state;
	struct store_run run = run_of("aa", "{}");

	begin(f, &run);
	put(f, 0, 5, 0, "file=/etc/shadow", "\"cat\"");
	end(f, 1);
	assert_string_equal(
		ask(f, "SELECT id, run_id, time, evt_num, priority, rule, tid, message FROM "
		       "v_matches"),
		"1|1|1970-01-01 00:00:01.000000005|5|Warning|Read shadow|7|file=/etc/shadow\n");
	assert_string_equal(
		ask(f,
		    "SELECT key, type, value FROM v_match_fields WHERE match_id = 1 ORDER BY key"),
		"evt.num|uint64|5\nevt.time|abstime|1000000005\nproc.name|charbuf|cat\n");
	assert_string_equal(
		ask(f, "SELECT rule, priority, matches, processes FROM v_alerts_by_rule"),
		"Read shadow|Warning|1|0\n");
	assert_string_equal(
		ask(f, "SELECT trace, hostname, outcome, events, matches, rules FROM v_runs"),
		"/t/host.scap|vm|complete|10|1|a.yaml\n");
	assert_string_equal(ask(f, "SELECT tag FROM rule_tags ORDER BY 1"), "container\nhost\n");
}

static void the_same_run_again_replaces_what_it_left(void **state)
{
	struct fixture *f = *state;
	struct store_run run = run_of("aa", "{}");

	for (int i = 0; i < 3; i++) {
		begin(f, &run);
		put(f, 0, 5, 0, "one", "\"cat\"");
		put(f, 0, 6, 0, "one", "\"cat\"");
		put(f, 1, 6, 0, "two", "\"cat\"");
		end(f, 3);
		reopen(f);
	}
	assert_string_equal(ask(f, "SELECT count(*) FROM runs"), "1\n");
	assert_string_equal(ask(f, "SELECT evt_num, rule, message FROM v_matches ORDER BY id"),
			    "5|Read shadow|one\n6|Read shadow|one\n6|Shell|two\n");
	assert_string_equal(ask(f, "SELECT count(*) FROM messages"), "2\n");
	assert_string_equal(ask(f, "SELECT count(*) FROM rules"), "2\n");
	assert_string_equal(ask(f, "SELECT count(*) FROM message_search WHERE text MATCH 'one'"),
			    "1\n");
}

static void a_run_that_never_ended_is_replaced_too(void **state)
{
	struct fixture *f = *state;
	struct store_run run = run_of("aa", "{}");

	begin(f, &run);
	put(f, 0, 5, 0, "half", "null");
	reopen(f);
	assert_string_equal(ask(f, "SELECT outcome, ended_ns FROM runs"), "running|NULL\n");
	assert_string_equal(ask(f, "SELECT count(*) FROM matches"), "1\n");
	begin(f, &run);
	put(f, 0, 5, 0, "whole", "null");
	end(f, 1);
	assert_string_equal(ask(f, "SELECT outcome FROM runs"), "complete\n");
	assert_string_equal(ask(f, "SELECT message FROM v_matches"), "whole\n");
}

static void other_traces_and_options_are_other_runs(void **state)
{
	struct fixture *f = *state;
	const struct store_run all[] = { run_of("aa", "{}"), run_of("bb", "{}"),
					 run_of("aa", "{\"x\":1}") };

	for (size_t i = 0; i < 3; i++) {
		begin(f, &all[i]);
		put(f, 0, 5, 0, "same words", "\"cat\"");
		end(f, 1);
	}
	begin(f, &all[1]);
	end(f, 0);
	assert_string_equal(ask(f, "SELECT count(*) FROM runs"), "3\n");
	assert_string_equal(ask(f, "SELECT count(*) FROM traces"), "2\n");
	assert_string_equal(ask(f, "SELECT count(*) FROM v_matches"), "2\n");
	assert_string_equal(ask(f, "SELECT count(*) FROM v_match_fields"), "6\n");
	assert_string_equal(
		ask(f, "SELECT count(*) FROM message_search WHERE text MATCH '\"same words\"'"),
		"2\n");
}

static void equal_content_is_kept_once(void **state)
{
	struct fixture *f = *state;
	struct store_run run = run_of("aa", "{}");

	begin(f, &run);
	for (uint64_t i = 1; i <= 100; i++)
		put(f, 0, i, 0, i % 2 ? "odd" : "even", i % 4 ? "\"a\"" : "\"b\"");
	end(f, 100);
	assert_string_equal(ask(f, "SELECT count(*) FROM messages"), "2\n");
	assert_string_equal(ask(f, "SELECT count(DISTINCT set_id), count(*) FROM field_values"),
			    "3|4\n");
	assert_string_equal(ask(f, "SELECT count(*) FROM v_match_fields WHERE key = 'proc.name' "
				   "AND value = 'b'"),
			    "25\n");
	assert_string_equal(ask(f, "SELECT count(DISTINCT value) FROM v_match_fields "
				   "WHERE key = 'evt.num'"),
			    "100\n");
}

static void values_keep_their_type(void **state)
{
	static const char *const json[] = { "\"a\\\"\\\\\\n\\u00e9\\ud83d\\ude00\"",
					    "-3",
					    "18446744073709551615",
					    "1.5",
					    "true",
					    "null",
					    "[\"x\",\"y\"]",
					    "\"\"" };
	struct fixture *f = *state;
	struct store_run run = run_of("aa", "{}");

	begin(f, &run);
	for (uint32_t i = 0; i < sizeof json / sizeof json[0]; i++)
		put(f, 0, i + 1, 0, "m", json[i]);
	end(f, 8);
	assert_string_equal(ask(f, "SELECT typeof(value), value FROM v_match_fields "
				   "WHERE key = 'proc.name' ORDER BY match_id"),
			    "text|a\"\\\n\xc3\xa9\xf0\x9f\x98\x80\ninteger|-3\n"
			    "text|18446744073709551615\nreal|1.5\ninteger|1\nnull|NULL\n"
			    "text|[\"x\",\"y\"]\ntext|\n");
}

static void broken_json_and_text_do_no_harm(void **state)
{
	static const char *const json[] = { "\"\\",
					    "\"\\u12\"",
					    "\"\\q\"",
					    "\"",
					    "\"\\ud800\\u\"",
					    "-",
					    "99999999999999999999999999999999999999999999",
					    "[" };
	struct fixture *f = *state;
	struct store_run run = run_of("aa", "{}");

	begin(f, &run);
	for (uint32_t i = 0; i < sizeof json / sizeof json[0]; i++)
		put(f, 0, i + 1, 0, "bad \xff text", json[i]);
	end(f, 8);
	assert_string_equal(ask(f, "SELECT DISTINCT message FROM v_matches"),
			    "bad \xef\xbf\xbd text\n");
	assert_string_equal(ask(f, "SELECT count(*) FROM v_match_fields"), "24\n");
}

static void words_of_a_path_are_found_as_a_phrase(void **state)
{
	struct fixture *f = *state;
	struct store_run run = run_of("aa", "{}");

	begin(f, &run);
	put(f, 0, 1, 0, "file=/etc/shadow user=root", "null");
	put(f, 0, 2, 0, "file=/shadow/etc user=root", "null");
	end(f, 2);
	assert_string_equal(ask(f, "SELECT m.evt_num FROM matches m JOIN message_search s "
				   "ON s.rowid = m.message_id WHERE message_search MATCH "
				   "'\"/etc/shadow\"'"),
			    "1\n");
}

static void matches_join_to_the_tree_of_processes(void **state)
{
	struct fixture *f = *state;
	struct store_run run = run_of("aa", "{}");
	struct err err = { 0 };
	int64_t shell, cat, program;

	begin(f, &run);
	const struct store_process parent = { .pid = 10, .ppid = 1 };

	assert_int_equal(store_process(f->store, &parent, &shell, &err), 0);
	struct store_program p = { .process_id = shell,
				   .comm = SV("sh"),
				   .cmdline = SV("sh -c x"),
				   .uid = 0,
				   .user = SV("root"),
				   .loginuid = UINT32_MAX };

	assert_int_equal(store_program(f->store, &p, &program, &err), 0);
	const struct store_process child = { .pid = 11, .ppid = 10, .started_ns = 5 };

	assert_int_equal(store_process(f->store, &child, &cat, &err), 0);
	assert_int_equal(store_process_parent(f->store, cat, shell, &err), 0);
	p.process_id = cat;
	assert_int_equal(store_program(f->store, &p, &program, &err), 0);
	p.comm = SV("cat");
	p.cmdline = SV("cat /etc/shadow");
	p.since_ns = 6;
	assert_int_equal(store_program(f->store, &p, &program, &err), 0);
	put(f, 0, 5, program, "m", "\"cat\"");
	const struct store_exit x = {
		.process_id = cat, .ended_ns = 9, .code = 1, .has_status = true
	};

	assert_int_equal(store_process_exit(f->store, &x, &err), 0);
	const struct store_container c = { SV("c0ffee"), SV("c0ffee00"), SV("docker"), SV("web"),
					   SV("") };

	assert_int_equal(store_container(f->store, &c, &err), 0);
	assert_int_equal(store_container(f->store, &c, &err), 0);
	end(f, 1);
	assert_string_equal(ask(f, "SELECT depth, pid, tree, execs, matches, ended_ns "
				   "FROM v_process_tree"),
			    "0|10|sh -c x|0|0|NULL\n1|11|  cat /etc/shadow|1|1|9\n");
	assert_string_equal(ask(f, "SELECT pid, ppid, comm, user, cmdline FROM v_matches"),
			    "11|10|cat|root|cat /etc/shadow\n");
	assert_string_equal(ask(f, "SELECT name, image FROM containers"), "web|NULL\n");
	assert_string_equal(ask(f, "PRAGMA foreign_key_check"), "");
	begin(f, &run);
	end(f, 0);
	assert_string_equal(ask(f,
				"SELECT (SELECT count(*) FROM processes) + (SELECT count(*) FROM "
				"programs) + (SELECT count(*) FROM containers)"),
			    "0\n");
}

static void a_match_of_a_rule_that_is_not_there_is_refused(void **state)
{
	struct fixture *f = *state;
	struct store_run run = run_of("aa", "{}");
	const struct store_match m = { .rule = 2 };
	struct err err = { 0 };

	begin(f, &run);
	assert_int_equal(store_match(f->store, &m, &err), -1);
	assert_int_equal(err.code, ERR_STORE);
}

static void a_foreign_database_is_refused(void **state)
{
	struct fixture *f = *state;
	struct store *other;
	struct err err = { 0 };
	char path[80];
	sqlite3 *db;

	snprintf(path, sizeof path, "%s-other", f->path);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_exec(db, "CREATE TABLE t (a)", NULL, NULL, NULL);
	sqlite3_close(db);
	assert_int_equal(store_open(path, &other, &err), -1);
	assert_non_null(strstr(err.msg, "not a match store"));
	assert_null(other);
	unlink(path);
}

static void a_file_that_is_no_database_is_refused(void **state)
{
	struct fixture *f = *state;
	struct store *other;
	struct err err = { 0 };
	char path[80];

	snprintf(path, sizeof path, "%s-text", f->path);
	FILE *text = fopen(path, "w");

	for (int i = 0; i < 100; i++)
		fputs("this is not a database\n", text);
	fclose(text);
	assert_int_equal(store_open(path, &other, &err), -1);
	assert_int_equal(err.code, ERR_STORE);
	unlink(path);
}

static void a_store_of_another_version_is_refused(void **state)
{
	struct fixture *f = *state;
	struct store *other;
	struct err err = { 0 };
	sqlite3 *db;

	assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
	sqlite3_exec(db, "PRAGMA user_version = 99", NULL, NULL, NULL);
	sqlite3_close(db);
	assert_int_equal(store_open(f->path, &other, &err), -1);
	assert_non_null(strstr(err.msg, "version 99"));
}

#define STORE_TEST(f) cmocka_unit_test_setup_teardown(f, open_store, close_store)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(a_match_comes_back_whole),
		STORE_TEST(the_same_run_again_replaces_what_it_left),
		STORE_TEST(a_run_that_never_ended_is_replaced_too),
		STORE_TEST(other_traces_and_options_are_other_runs),
		STORE_TEST(equal_content_is_kept_once),
		STORE_TEST(values_keep_their_type),
		STORE_TEST(broken_json_and_text_do_no_harm),
		STORE_TEST(words_of_a_path_are_found_as_a_phrase),
		STORE_TEST(matches_join_to_the_tree_of_processes),
		STORE_TEST(a_match_of_a_rule_that_is_not_there_is_refused),
		STORE_TEST(a_foreign_database_is_refused),
		STORE_TEST(a_file_that_is_no_database_is_refused),
		STORE_TEST(a_store_of_another_version_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
