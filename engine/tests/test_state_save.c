/* Saved states that somebody damaged: refused with a reason, or another state, never more than
 * that. */
#include "engine/tests/play.h"

#include "engine/tracker.h"
#include "format/source.h"

struct saved {
	struct snapshot snapshot;
	struct state *state;
};

static int setup(void **state)
{
	struct saved *s = calloc(1, sizeof *s);
	struct source_options options = { .upgrade = false };
	struct tracker *t = tracker_new();
	struct err err = { 0 };
	struct source *source;
	struct record rec;

	assert_int_equal(
		source_open("testdata/traces/container-small.scap.gz", &options, &source, &err), 0);
	while (source_next(source, &rec, &err) == NEXT_ITEM)
		assert_int_equal(tracker_record(t, &rec, &err), 0);
	assert_int_equal(tracker_snapshot(t, &s->snapshot, &err), 0);
	source_close(source);
	tracker_free(t);
	s->state = state_new();
	assert_non_null(s->state);
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct saved *s = *state;

	snapshot_deinit(&s->snapshot);
	state_free(s->state);
	free(s);
	return 0;
}

/* A copy of the snapshot's bytes in a block of their own, and n of them. */
static struct sv copy_of(struct sv column, size_t n)
{
	char *p = malloc(n + !n);

	memcpy(p, column.p, n);
	return (struct sv){ p, n };
}

/* Load with one column replaced.  What was refused leaves an empty state and a reason. */
static bool load_with(struct saved *s, enum snapshot_column column, struct sv bytes)
{
	struct snapshot_view v = snapshot_view(&s->snapshot);
	struct err err = { 0 };

	v.columns[column] = bytes;
	int rc = state_load(s->state, &v, &err);
	if (rc < 0) {
		assert_int_not_equal(err.code, ERR_NONE);
		assert_int_not_equal(err.msg[0], 0);
		assert_int_equal(s->state->nthreads, 0);
		assert_null(state_user(s->state, SV(""), 0));
	}
	return rc == 0;
}

static void assert_loads_as_it_was(struct saved *s)
{
	struct snapshot again = { 0 };
	struct snapshot_view v = snapshot_view(&s->snapshot);
	struct err err = { 0 };

	assert_int_equal(state_load(s->state, &v, &err), 0);
	state_save(s->state, &again);
	assert_true(sv_eq(buf_sv(&again.columns[SNAPSHOT_STATE]), v.columns[SNAPSHOT_STATE]));
	snapshot_deinit(&again);
}

static void a_changed_bit_is_refused_or_another_state(void **state)
{
	struct saved *s = *state;
	size_t refused = 0, taken = 0;

	for (enum snapshot_column c = SNAPSHOT_STATE; c < SNAPSHOT_COLUMNS; c++) {
		struct sv whole = buf_sv(&s->snapshot.columns[c]);

		for (size_t i = 0; i < whole.n; i++) {
			struct sv bytes = copy_of(whole, whole.n);

			((char *)bytes.p)[i] ^= (char)(1 << i % 8);
			if (load_with(s, c, bytes))
				taken++;
			else
				refused++;
			free((char *)bytes.p);
		}
	}
	assert_true(refused > 100);
	assert_true(taken > 100);
	assert_loads_as_it_was(s);
}

static void rows_that_end_early_are_refused(void **state)
{
	struct saved *s = *state;
	struct sv whole = buf_sv(&s->snapshot.columns[SNAPSHOT_STATE]);

	for (size_t n = 0; n < whole.n; n++) {
		struct sv bytes = copy_of(whole, n);

		assert_false(load_with(s, SNAPSHOT_STATE, bytes));
		free((char *)bytes.p);
	}
	assert_loads_as_it_was(s);
}

static void rows_behind_the_last_are_refused(void **state)
{
	struct saved *s = *state;
	struct sv whole = buf_sv(&s->snapshot.columns[SNAPSHOT_STATE]);
	char *more = malloc(whole.n + 1);

	memcpy(more, whole.p, whole.n);
	more[whole.n] = 0;
	assert_false(load_with(s, SNAPSHOT_STATE, (struct sv){ more, whole.n + 1 }));
	free(more);
}

static void missing_texts_are_refused(void **state)
{
	struct saved *s = *state;

	for (enum snapshot_column c = SNAPSHOT_TEXTS; c < SNAPSHOT_COLUMNS; c++)
		assert_false(load_with(s, c, SV("")));
}

static void another_layout_is_refused(void **state)
{
	struct saved *s = *state;
	struct snapshot_view v = snapshot_view(&s->snapshot);
	struct err err = { 0 };
	struct sv bytes = copy_of(v.columns[SNAPSHOT_STATE], v.columns[SNAPSHOT_STATE].n);

	((char *)bytes.p)[0]++;
	v.columns[SNAPSHOT_STATE] = bytes;
	assert_int_equal(state_load(s->state, &v, &err), -1);
	assert_string_equal(err.msg, "damaged snapshot: its layout is of a later version");
	free((char *)bytes.p);
}

/* --- the state as lists --- */

struct listed {
	struct tracker *t;
	int sections;
};

static int take_list(void *arg, const struct record *rec, struct err *err)
{
	struct listed *l = arg;

	l->sections += rec->kind == RECORD_SECTION;
	return tracker_record(l->t, rec, err);
}

static void assert_same_fds(const struct thread *a, const struct thread *b)
{
	int64_t num = 0;

	for (const struct fd *f; (f = fd_table_next(a->fds.table, num, &num)) != NULL; num++) {
		const struct fd *g = fd_table_get(b->fds.table, num);

		if (f->type == FD_UNSET)
			continue;
		assert_non_null(g);
		assert_int_equal(f->type, g->type);
		assert_true(sv_eq(text_sv(f->name), text_sv(g->name)));
		assert_int_equal(f->ino, g->ino);
	}
}

static void lists_tell_processes_and_fds(void **state)
{
	struct saved *s = *state;
	struct listed l = { .t = tracker_new() };
	struct err err = { 0 };

	assert_loads_as_it_was(s);
	assert_int_equal(state_catch_up(s->state, &err), 0);
	assert_int_equal(state_records(s->state, take_list, &l, &err), 0);
	assert_int_equal(l.sections, 1);
	struct thread **all = state_threads(s->state);
	for (uint64_t i = 0; i < s->state->nthreads; i++) {
		const struct thread *a = all[i], *b = state_thread(tracker_state(l.t), a->tid);

		if (thread_is_placeholder(a))
			continue;
		assert_non_null(b);
		assert_int_equal(a->pid, b->pid);
		assert_int_equal(a->uid, b->uid);
		assert_true(sv_eq(text_sv(a->comm), text_sv(b->comm)));
		assert_true(sv_eq(text_sv(a->args), text_sv(b->args)));
		assert_true(sv_eq(text_sv(a->exepath), text_sv(b->exepath)));
		assert_true(sv_eq(text_sv(a->cgroups), text_sv(b->cgroups)));
		assert_same_fds(a, b);
	}
	free(all);
	tracker_free(l.t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_changed_bit_is_refused_or_another_state),
		cmocka_unit_test(rows_that_end_early_are_refused),
		cmocka_unit_test(rows_behind_the_last_are_refused),
		cmocka_unit_test(missing_texts_are_refused),
		cmocka_unit_test(another_layout_is_refused),
		cmocka_unit_test(lists_tell_processes_and_fds),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
