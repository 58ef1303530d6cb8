#include "replay/tests/ask.h"

#include "replay/store_merge.h"

#include <stdio.h>
#include <unistd.h>

enum { STORES = 4 };

/* Stores in scratch files; nothing is in them until it is put there. */
struct fixture {
	char path[STORES][64];
	struct buf text;
};

static const struct store_rule rules[] = {
	{ .name = { "Read shadow", 11 },
	  .source = { "syscall", 7 },
	  .description = { "d", 1 },
	  .condition = { "c", 1 },
	  .output = { "o", 1 },
	  .file = { "a.yaml", 6 },
	  .source_text = { "t", 1 },
	  .priority = 4,
	  .line = 7 },
};
static const struct store_file files[] = { { { "a.yaml", 6 }, { "11", 2 } } };

static int make_paths(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	for (int i = 0; i < STORES; i++) {
		snprintf(f->path[i], sizeof f->path[i], "/tmp/saker-merge-XXXXXX");
		close(mkstemp(f->path[i]));
	}
	*state = f;
	return 0;
}

static int remove_files(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < STORES; i++)
		unlink(f->path[i]);
	buf_deinit(&f->text);
	free(f);
	return 0;
}

/* A process, and a match of it for every word. */
static void fill(struct store *s, char *words, struct err *err)
{
	const struct store_process process = { .pid = 7, .ppid = 1 };
	struct store_program program = { .comm = SV("cat") };
	uint64_t n = 0;
	int64_t key;

	assert_int_equal(store_process(s, &process, &program.process_id, err), 0);
	assert_int_equal(store_key(s, SV("proc.name"), SV("charbuf"), &key, err), 0);
	for (char *word = strtok(words, " "); word; word = strtok(NULL, " ")) {
		const struct store_field field = { key, SV("\"cat\"") };
		struct store_match m = { .message = sv_of(word),
					 .evt_num = ++n,
					 .ts_ns = n,
					 .tid = 7,
					 .thread_fields = &field,
					 .nthread_fields = 1 };

		assert_int_equal(store_program(s, &program, &m.program_id, err), 0);
		assert_int_equal(store_match(s, &m, err), 0);
	}
}

struct told {
	const char *trace; /* also its hash */
	const char *words;
	uint64_t started_ns, ended_ns; /* 0: it does not end */
};

static void put(struct fixture *f, int store, struct told told)
{
	const struct store_run run = { .trace = { sv_of(told.trace), sv_of(told.trace) },
				       .files = files,
				       .nfiles = 1,
				       .rules_sha256 = SV("22"),
				       .rules = rules,
				       .nrules = 1,
				       .options = SV("{}"),
				       .tool = SV("test"),
				       .now_ns = told.started_ns };
	const struct store_outcome end = { .outcome = "complete", .now_ns = told.ended_ns };
	struct err err = { 0 };
	struct store *s;
	char words[64];

	snprintf(words, sizeof words, "%s", told.words);
	assert_int_equal(store_open(f->path[store], &s, &err), 0);
	assert_int_equal(store_run_begin(s, &run, &err), 0);
	fill(s, words, &err);
	if (told.ended_ns)
		assert_int_equal(store_run_end(s, &end, &err), 0);
	store_close(s);
}

/* The first `n` stores into the last one. */
static struct store_merged merge(struct fixture *f, size_t n)
{
	char *paths[] = { f->path[0], f->path[1], f->path[2] };
	struct store_merged m;
	struct err err = { 0 };

	if (store_merge(f->path[STORES - 1], paths, n, &m, &err) < 0)
		fail_msg("%s", err.msg);
	return m;
}

static const char merged_sql[] =
	"SELECT trace, (SELECT group_concat(message, ' ') FROM (SELECT message FROM v_matches m "
	"WHERE m.run_id = r.id ORDER BY m.id)) FROM v_runs r ORDER BY r.id";

static const char *merged(struct fixture *f, const char *sql)
{
	return ask_rows(f->path[STORES - 1], sql, &f->text);
}

static void runs_come_in_the_order_of_a_walk_over_their_folders(void **state)
{
	struct fixture *f = *state;

	put(f, 0, (struct told){ "/t/a.scap", "one two", 1, 2 });
	put(f, 0, (struct told){ "/t/c.scap", "three", 1, 2 });
	put(f, 1, (struct told){ "/t/a/z.scap", "four", 1, 2 });
	put(f, 1, (struct told){ "/t/b.scap", "one five", 1, 2 });
	struct store_merged m = merge(f, 2);

	assert_int_equal(m.added, 4);
	assert_string_equal(merged(f, merged_sql),
			    "/t/a/z.scap|four\n/t/a.scap|one two\n/t/b.scap|one five\n"
			    "/t/c.scap|three\n");
	assert_string_equal(merged(f, "SELECT count(*), count(DISTINCT id), max(id) FROM messages"),
			    "6|6|6\n");
	assert_string_equal(merged(f, "SELECT comm, pid, count(*) FROM v_matches GROUP BY 1, 2"),
			    "cat|7|6\n");
	assert_string_equal(merged(f, "SELECT count(*) FROM v_match_fields WHERE value = 'cat'"),
			    "6\n");
	assert_string_equal(merged(f, "SELECT (SELECT count(*) FROM rules), "
				      "(SELECT count(*) FROM keys), "
				      "(SELECT count(*) FROM rule_files)"),
			    "1|1|1\n");
	assert_string_equal(merged(f, "SELECT rowid FROM message_search "
				      "WHERE message_search MATCH 'five'"),
			    "5\n");
}

static void merging_again_changes_nothing(void **state)
{
	struct fixture *f = *state;
	struct buf before = { 0 };

	put(f, 0, (struct told){ "/t/a", "one two", 1, 2 });
	put(f, 1, (struct told){ "/t/b", "three", 1, 2 });
	merge(f, 2);
	buf_puts(&before, merged(f, "SELECT * FROM matches"));
	struct store_merged m = merge(f, 2);

	assert_int_equal(m.added + m.replaced, 0);
	assert_int_equal(m.present, 2);
	assert_string_equal(merged(f, "SELECT * FROM matches"), buf_cstr(&before));
	buf_deinit(&before);
}

static void of_one_run_the_later_stays(void **state)
{
	struct fixture *f = *state;

	put(f, 0, (struct told){ "/t/a", "new", 5, 6 });
	put(f, 1, (struct told){ "/t/a", "old older", 1, 2 });
	assert_int_equal(merge(f, 2).added, 1);
	assert_string_equal(merged(f, merged_sql), "/t/a|new\n");
	put(f, 0, (struct told){ "/t/a", "newest of all", 8, 9 });
	assert_int_equal(merge(f, 1).replaced, 1);
	assert_string_equal(merged(f, merged_sql), "/t/a|newest of all\n");
	assert_string_equal(merged(f, "SELECT count(*) FROM messages"), "3\n");
	assert_string_equal(merged(f, "SELECT count(*) FROM message_search WHERE message_search "
				      "MATCH 'new'"),
			    "0\n");
	assert_string_equal(merged(f, "SELECT count(*) FROM message_search WHERE message_search "
				      "MATCH 'newest'"),
			    "1\n");
}

static void an_older_run_comes_too_late(void **state)
{
	struct fixture *f = *state;

	put(f, 0, (struct told){ "/t/a", "old", 1, 2 });
	put(f, STORES - 1, (struct told){ "/t/a", "new", 5, 6 });
	assert_int_equal(merge(f, 1).present, 1);
	assert_string_equal(merged(f, merged_sql), "/t/a|new\n");
}

static void a_run_that_goes_on_is_taken_again(void **state)
{
	struct fixture *f = *state;

	put(f, 0, (struct told){ "/t/a", "half", 1, 0 });
	assert_int_equal(merge(f, 1).added, 1);
	assert_int_equal(merge(f, 1).replaced, 1);
	put(f, 0, (struct told){ "/t/a", "half whole", 1, 7 });
	assert_int_equal(merge(f, 1).replaced, 1);
	assert_int_equal(merge(f, 1).present, 1);
	assert_string_equal(merged(f, merged_sql), "/t/a|half whole\n");
}

static void runs_of_other_traces_stay(void **state)
{
	struct fixture *f = *state;

	put(f, STORES - 1, (struct told){ "/t/z", "mine", 1, 2 });
	put(f, 0, (struct told){ "/t/a", "yours", 1, 2 });
	assert_int_equal(merge(f, 1).added, 1);
	assert_string_equal(merged(f, merged_sql), "/t/z|mine\n/t/a|yours\n");
}

/* Each makes a store that no replay writes. */
static const struct {
	const char *sql, *says;
} damages[] = {
	{ "UPDATE matches SET message_id = 99", "points at rows that are not there" },
	{ "UPDATE matches SET rule_id = 99", "points at rows that are not there" },
	{ "UPDATE matches SET program_id = 99", "points at rows that are not there" },
	{ "UPDATE processes SET parent_id = 99", "points at rows that are not there" },
	{ "UPDATE messages SET id = -9223372036854775807; UPDATE matches SET message_id = "
	  "-9223372036854775807",
	  "a number of a row is out of range" },
	{ "PRAGMA user_version = 77", "match store of version 77" },
	{ "PRAGMA application_id = 1", "not a match store" },
	{ "DROP TABLE losses; CREATE VIEW losses AS SELECT 1 AS run_id", "not a match store" },
	{ "ALTER TABLE gaps RENAME to_ns TO until", "no such column" },
	{ "PRAGMA ignore_check_constraints = 1; UPDATE runs SET outcome = 'fine'",
	  "CHECK constraint failed" },
};

static void a_store_that_no_replay_wrote_is_refused(void **state)
{
	struct fixture *f = *state;
	char *path[] = { f->path[0] };

	for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
		struct err err = { 0 };
		struct store_merged m;
		sqlite3 *db;

		assert_int_equal(truncate(f->path[0], 0), 0);
		put(f, 0, (struct told){ "/t/a", "one", 1, 2 });
		assert_int_equal(sqlite3_open(f->path[0], &db), SQLITE_OK);
		if (sqlite3_exec(db, damages[i].sql, NULL, NULL, NULL) != SQLITE_OK)
			fail_msg("%s: %s", damages[i].sql, sqlite3_errmsg(db));
		sqlite3_close(db);
		if (store_merge(f->path[1], path, 1, &m, &err) == 0)
			fail_msg("taken after %s", damages[i].sql);
		assert_int_equal(err.code, ERR_STORE);
		if (!strstr(err.msg, damages[i].says) || !strstr(err.msg, f->path[0]))
			fail_msg("%s: %s", damages[i].sql, err.msg);
	}
	/* Nothing of any of them is left. */
	put(f, 1, (struct told){ "/t/b", "two", 1, 2 });
	assert_string_equal(ask_rows(f->path[1],
				     "SELECT (SELECT count(*) FROM runs), "
				     "(SELECT count(*) FROM traces), "
				     "(SELECT count(*) FROM matches)",
				     &f->text),
			    "1|1|1\n");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, make_paths, remove_files)
	const struct CMUnitTest tests[] = {
		T(runs_come_in_the_order_of_a_walk_over_their_folders),
		T(merging_again_changes_nothing),
		T(of_one_run_the_later_stays),
		T(an_older_run_comes_too_late),
		T(a_run_that_goes_on_is_taken_again),
		T(runs_of_other_traces_stay),
		T(a_store_that_no_replay_wrote_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
