/* What is known to be missing from the trace of a run. */
#include "replay/store_private.h"

#include <stdlib.h>

/* Times that nobody knows are NULL; those beyond what SQLite counts to never come. */
static void bind_time(sqlite3_stmt *st, int i, uint64_t ns)
{
	if (ns == 0 || ns > INT64_MAX)
		sqlite3_bind_null(st, i);
	else
		sqlite3_bind_int64(st, i, (sqlite3_int64)ns);
}

static int64_t clip(uint64_t v)
{
	return v > INT64_MAX ? INT64_MAX : (int64_t)v;
}

static int put_loss(struct store *s, size_t position, const struct loss_entry *e, struct err *err)
{
	sqlite3_stmt *st = store_statement(s, ST_LOSS, err);

	if (!st)
		return -1;
	sqlite3_bind_int64(st, 1, s->run_id);
	sqlite3_bind_int64(st, 2, (sqlite3_int64)position);
	if (e->cpu == LOSS_ALL_CPUS)
		sqlite3_bind_null(st, 3);
	else
		sqlite3_bind_int64(st, 3, e->cpu);
	store_bind_text_or_null(s, st, 4, e->what);
	if (e->count)
		sqlite3_bind_int64(st, 5, clip(e->count));
	else
		sqlite3_bind_null(st, 5);
	bind_time(st, 6, e->from_ns);
	bind_time(st, 7, e->to_ns);
	return store_done(s, st, err);
}

static int put_gap(struct store *s, const struct loss_gap *g, struct err *err)
{
	sqlite3_stmt *st = store_statement(s, ST_GAP, err);

	if (!st)
		return -1;
	sqlite3_bind_int64(st, 1, s->run_id);
	sqlite3_bind_int64(st, 2, clip(g->from_ns));
	sqlite3_bind_int64(st, 3, clip(g->to_ns));
	return store_done(s, st, err);
}

int store_losses(struct store *s, const struct losses *l, struct err *err)
{
	struct loss_gap *gaps;
	size_t ngaps;
	int rc = 0;

	if (losses_gaps(l, &gaps, &ngaps, err) < 0)
		return -1;
	if (store_write_begin(s, err) < 0)
		rc = -1;
	for (size_t i = 0; i < l->n && rc == 0; i++)
		rc = put_loss(s, i + 1, &l->items[i], err);
	for (size_t i = 0; i < ngaps && rc == 0; i++)
		rc = put_gap(s, &gaps[i], err);
	free(gaps);
	return rc;
}
