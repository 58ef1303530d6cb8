#include "format/tests/test.h"

#include "format/snapshot.h"

static struct snapshot_view with_column(const struct snapshot *s, enum snapshot_column column,
					struct sv bytes)
{
	struct snapshot_view v = snapshot_view(s);

	v.columns[column] = bytes;
	return v;
}

static void what_was_put_is_taken(void **state)
{
	struct snapshot s = { 0 };
	struct snapshot_reader r;
	struct err err = { 0 };
	struct ip v4 = ip_from("\x7f\0\0\1", 4), none = { 0 };

	(void)state;
	snapshot_begin(&s, SNAPSHOT_STATE);
	snapshot_put(&s, UINT64_MAX);
	snapshot_put_signed(&s, INT64_MIN);
	snapshot_put_text(&s, SV("a\0b"));
	snapshot_put_text(&s, SV(""));
	snapshot_put_blob(&s, SV("PATH=/bin"));
	snapshot_put_addr(&s, &v4);
	snapshot_put_addr(&s, &none);
	assert_int_equal(snapshot_finish(&s, &err), 0);

	struct snapshot_view v = snapshot_view(&s);
	assert_int_equal(snapshot_reader_init(&r, &v, &err), 0);
	snapshot_reader_begin(&r, &v, SNAPSHOT_STATE);
	assert_true(snapshot_take(&r) == UINT64_MAX);
	assert_true(snapshot_take_signed(&r) == INT64_MIN);
	assert_sv(snapshot_take_text(&r), "a\0b");
	assert_sv(snapshot_take_text(&r), "");
	assert_sv(snapshot_take_blob(&r), "PATH=/bin");
	struct ip got = snapshot_take_addr(&r);
	assert_true(ip_eq(&got, &v4));
	assert_int_equal(snapshot_take_addr(&r).len, 0);
	assert_int_equal(snapshot_reader_finish(&r, &err), 0);
	snapshot_reader_deinit(&r);
	snapshot_deinit(&s);
}

static void equal_texts_are_kept_once(void **state)
{
	struct snapshot s = { 0 };
	char text[16];

	(void)state;
	for (int round = 0; round < 2; round++) {
		snapshot_clear(&s);
		for (int i = 0; i < 3000; i++) {
			size_t n = (size_t)snprintf(text, sizeof text, "t%d", i % 1000);

			snapshot_put_text(&s, (struct sv){ text, n });
		}
		struct snapshot_view v = snapshot_view(&s);
		struct sv rest = v.columns[SNAPSHOT_TEXTS], item;
		int n = 0;
		while (snapshot_next_text(&rest, &item))
			n++;
		assert_int_equal(rest.n, 0);
		assert_int_equal(n, 1000);
	}
	snapshot_deinit(&s);
}

static void noted_texts_have_no_row(void **state)
{
	struct snapshot s = { 0 };
	struct ip ip = ip_from("\x0a\0\0\1", 4), got;

	(void)state;
	snapshot_note_text(&s, SV("/etc/shadow"));
	snapshot_note_addr(&s, &ip);
	struct snapshot_view v = snapshot_view(&s);
	assert_int_equal(v.columns[SNAPSHOT_INTAKE].n, 0);
	struct sv rest = v.columns[SNAPSHOT_ADDRS];
	assert_true(snapshot_next_addr(&rest, &got));
	assert_true(ip_eq(&ip, &got));
	snapshot_deinit(&s);
}

static void damaged_columns_are_refused(void **state)
{
	static const struct {
		enum snapshot_column column;
		struct sv bytes;
		const char *msg;
	} bad[] = {
		{ SNAPSHOT_TEXTS, { "\3ab", 3 }, "the texts of a snapshot are damaged" },
		{ SNAPSHOT_TEXTS, { "\2abc", 4 }, "the texts of a snapshot are damaged" },
		{ SNAPSHOT_TEXTS, { "\0\0", 2 }, "the texts of a snapshot are damaged" },
		{ SNAPSHOT_BLOBS, { "\xff", 1 }, "the blobs of a snapshot are damaged" },
		{ SNAPSHOT_ADDRS, { "\4abc", 4 }, "the addresses of a snapshot are damaged" },
		{ SNAPSHOT_ADDRS, { "\5abcde", 6 }, "the addresses of a snapshot are damaged" },
	};
	struct snapshot s = { 0 };
	struct snapshot_reader r;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct snapshot_view v = with_column(&s, bad[i].column, bad[i].bytes);
		struct err err = { 0 };

		assert_int_equal(snapshot_reader_init(&r, &v, &err), -1);
		assert_string_equal(err.msg, bad[i].msg);
	}
}

static void damaged_rows_end_in_zeros_and_one_error(void **state)
{
	struct snapshot s = { 0 };
	struct snapshot_reader r;
	struct err err = { 0 };
	struct snapshot_view v = with_column(&s, SNAPSHOT_STATE, SV("\1\2\3"));

	(void)state;
	assert_int_equal(snapshot_reader_init(&r, &v, &err), 0);
	snapshot_reader_begin(&r, &v, SNAPSHOT_STATE);
	assert_int_equal(snapshot_take_text(&r).n, 0);
	assert_true(snapshot_take(&r) == 0);
	assert_int_equal(snapshot_reader_finish(&r, &err), -1);
	assert_string_equal(err.msg, "damaged snapshot: a row names a text that is not there");
	snapshot_reader_deinit(&r);
}

static void a_count_needs_bytes_behind_it(void **state)
{
	struct snapshot s = { 0 };
	struct snapshot_reader r;
	struct err err = { 0 };
	struct snapshot_view v = with_column(&s, SNAPSHOT_STATE, SV("\2\0"));

	(void)state;
	assert_int_equal(snapshot_reader_init(&r, &v, &err), 0);
	snapshot_reader_begin(&r, &v, SNAPSHOT_STATE);
	assert_int_equal(snapshot_take_count(&r), 0);
	assert_int_equal(snapshot_reader_finish(&r, &err), -1);
	snapshot_reader_deinit(&r);
}

static void rows_that_are_left_over_are_damage(void **state)
{
	struct snapshot s = { 0 };
	struct snapshot_reader r;
	struct err err = { 0 };
	struct snapshot_view v = with_column(&s, SNAPSHOT_STATE, SV("\1\1"));

	(void)state;
	assert_int_equal(snapshot_reader_init(&r, &v, &err), 0);
	snapshot_reader_begin(&r, &v, SNAPSHOT_STATE);
	assert_true(snapshot_take_max(&r, 1) == 1);
	assert_int_equal(snapshot_reader_finish(&r, &err), -1);
	assert_string_equal(err.msg, "damaged snapshot: 1 bytes are left over");
	snapshot_reader_deinit(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_put_is_taken),
		cmocka_unit_test(equal_texts_are_kept_once),
		cmocka_unit_test(noted_texts_have_no_row),
		cmocka_unit_test(damaged_columns_are_refused),
		cmocka_unit_test(damaged_rows_end_in_zeros_and_one_error),
		cmocka_unit_test(a_count_needs_bytes_behind_it),
		cmocka_unit_test(rows_that_are_left_over_are_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
