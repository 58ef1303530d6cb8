#include "replay/store_merge.h"

#include "replay/store_from.h"
#include "replay/store_private.h"

#include <stdlib.h>

/* One run somewhere, with what it is known by. */
struct found {
	size_t store; /* whose */
	int64_t id;   /* in it */
	struct sv trace, rules, options, path, tool;
	int64_t started_ns, ended_ns; /* 0: never */
};

struct merge {
	struct store *to;
	char *const *paths;
	struct arena arena;
	struct found *runs;
	size_t n, room;
	struct store_from from; /* the store that is open */
	size_t open;            /* its index; n of paths: none */
};

/* --- which runs there are --- */

static struct sv column_sv(struct merge *m, sqlite3_stmt *st, int i, bool *failed)
{
	const char *text = (const char *)sqlite3_column_text(st, i);
	struct sv copy = arena_sv(&m->arena, sv_of(text ? text : ""));

	*failed |= !copy.p;
	return copy;
}

static int add_run(struct merge *m, size_t store, sqlite3_stmt *st, struct err *err)
{
	bool failed = false;

	if (m->n == m->room) {
		size_t room = m->room ? 2 * m->room : 64;
		struct found *runs = realloc(m->runs, room * sizeof *runs);

		if (!runs)
			return err_set(err, ERR_NOMEM, "out of memory");
		m->runs = runs;
		m->room = room;
	}
	m->runs[m->n++] = (struct found){ .store = store,
					  .id = sqlite3_column_int64(st, 0),
					  .trace = column_sv(m, st, 1, &failed),
					  .rules = column_sv(m, st, 2, &failed),
					  .options = column_sv(m, st, 3, &failed),
					  .path = column_sv(m, st, 4, &failed),
					  .tool = column_sv(m, st, 5, &failed),
					  .started_ns = sqlite3_column_int64(st, 6),
					  .ended_ns = sqlite3_column_int64(st, 7) };
	return failed ? err_set(err, ERR_NOMEM, "out of memory") : 0;
}

/* Open another one of the stores, if it is another one. */
static int switch_to(struct merge *m, size_t store, struct err *err)
{
	if (m->open == store)
		return 0;
	store_from_close(&m->from);
	m->open = SIZE_MAX;
	if (store_from_open(&m->from, m->paths[store], err) < 0)
		return -1;
	m->open = store;
	return 0;
}

static int survey(struct merge *m, size_t store, struct err *err)
{
	sqlite3_stmt *st;
	int rc = 0, step;

	if (switch_to(m, store, err) < 0 ||
	    store_from_prepare(&m->from,
			       "SELECT r.id, t.sha256, s.sha256, r.options, t.path, r.tool, "
			       "r.started_ns, r.ended_ns FROM runs r "
			       "JOIN traces t ON t.id = r.trace_id "
			       "JOIN rulesets s ON s.id = r.ruleset_id ORDER BY r.id",
			       &st, err) < 0)
		return -1;
	while (rc == 0 && (step = sqlite3_step(st)) == SQLITE_ROW)
		rc = add_run(m, store, st, err);
	if (rc == 0 && step != SQLITE_DONE)
		rc = store_from_fail(&m->from, err);
	sqlite3_finalize(st);
	return rc;
}

/* --- in which order, and which of those that are one --- */

/* As folders are walked: what is in a folder comes before the files whose names go on. */
static int compare_paths(struct sv a, struct sv b)
{
	size_t n = a.n < b.n ? a.n : b.n;

	for (size_t i = 0; i < n; i++) {
		int x = a.p[i] == '/' ? 0 : (unsigned char)a.p[i];
		int y = b.p[i] == '/' ? 0 : (unsigned char)b.p[i];

		if (x != y)
			return x - y;
	}
	return a.n < b.n ? -1 : a.n > b.n;
}

static int compare_sv(struct sv a, struct sv b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n ? memcmp(a.p, b.p, n) : 0;

	return c ? c : a.n < b.n ? -1 : a.n > b.n;
}

static int compare_keys(const struct found *x, const struct found *y)
{
	int c = compare_sv(x->trace, y->trace);

	c = c ? c : compare_sv(x->rules, y->rules);
	return c ? c : compare_sv(x->options, y->options);
}

/* Negative: x is the older one.  One that has ended is newer than the same before its end. */
static int compare_age(const struct found *x, const struct found *y)
{
	if (x->started_ns != y->started_ns)
		return x->started_ns < y->started_ns ? -1 : 1;
	return x->ended_ns < y->ended_ns ? -1 : x->ended_ns > y->ended_ns;
}

static int by_key(const void *a, const void *b)
{
	const struct found *x = a, *y = b;
	int c = compare_keys(x, y);

	c = c ? c : compare_age(y, x);
	return c ? c : x->store < y->store ? -1 : x->store > y->store;
}

static int by_path(const void *a, const void *b)
{
	const struct found *x = a, *y = b;
	int c = compare_paths(x->path, y->path);

	return c ? c : compare_keys(x, y);
}

static void choose(struct merge *m)
{
	size_t kept = 0;

	if (m->n == 0)
		return;
	qsort(m->runs, m->n, sizeof *m->runs, by_key);
	for (size_t i = 0; i < m->n; i++) {
		if (kept == 0 || compare_keys(&m->runs[kept - 1], &m->runs[i]) != 0)
			m->runs[kept++] = m->runs[i];
	}
	m->n = kept;
	qsort(m->runs, m->n, sizeof *m->runs, by_path);
}

/* --- one after the other --- */

static int bind_key(struct store *s, const char *sql, const struct found *run, sqlite3_stmt **st,
		    struct err *err)
{
	if (sqlite3_prepare_v2(s->db, sql, -1, st, NULL) != SQLITE_OK)
		return store_fail(s, err);
	store_bind_text(s, *st, 1, run->trace);
	store_bind_text(s, *st, 2, run->rules);
	store_bind_text(s, *st, 3, run->options);
	return 0;
}

/* What the store has of this run; *id is 0 when it has nothing. */
static int find_present(struct store *s, const struct found *run, struct found *out,
			struct err *err)
{
	sqlite3_stmt *st;
	int rc = -1;

	*out = (struct found){ 0 };
	if (bind_key(s,
		     "SELECT r.id, r.started_ns, r.ended_ns FROM runs r "
		     "JOIN traces t ON t.id = r.trace_id JOIN rulesets s ON s.id = r.ruleset_id "
		     "WHERE t.sha256 = ?1 AND s.sha256 = ?2 AND r.options = ?3",
		     run, &st, err) < 0)
		return -1;
	switch (sqlite3_step(st)) {
	case SQLITE_ROW:
		out->id = sqlite3_column_int64(st, 0);
		out->started_ns = sqlite3_column_int64(st, 1);
		out->ended_ns = sqlite3_column_int64(st, 2);
		rc = 0;
		break;
	case SQLITE_DONE:
		rc = 0;
		break;
	default:
		store_fail(s, err);
	}
	sqlite3_finalize(st);
	return rc;
}

static int take_run(struct merge *m, const struct found *run, struct store_merged *out,
		    struct err *err)
{
	struct store *s = m->to;
	struct found present;

	if (store_write_begin(s, err) < 0 || find_present(s, run, &present, err) < 0)
		return -1;
	int age = compare_age(&present, run);

	/* Of one that has not ended nobody knows whether it is the same. */
	if (present.id && (age > 0 || (age == 0 && run->ended_ns))) {
		out->present++;
		return store_commit(s, err);
	}
	if ((present.id && store_forget_run(s, present.id, err) < 0) ||
	    store_from_copy(&m->from, run->id, s, err) < 0)
		return -1;
	if (present.id)
		out->replaced++;
	else
		out->added++;
	return store_commit(s, err);
}

int store_merge(const char *to, char *const *paths, size_t n, struct store_merged *out,
		struct err *err)
{
	struct merge m = { .paths = paths, .open = SIZE_MAX };
	int rc = 0;

	*out = (struct store_merged){ 0 };
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = survey(&m, i, err);
	choose(&m);
	if (rc == 0)
		rc = store_open(to, &m.to, err);
	for (size_t i = 0; rc == 0 && i < m.n; i++) {
		rc = switch_to(&m, m.runs[i].store, err);
		if (rc == 0)
			rc = take_run(&m, &m.runs[i], out, err);
	}
	if (rc < 0 && m.to)
		store_rollback(m.to);
	store_close(m.to);
	store_from_close(&m.from);
	free(m.runs);
	arena_deinit(&m.arena);
	return rc;
}
