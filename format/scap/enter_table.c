#include "format/scap/enter_table.h"

#include "format/base/hash.h"

#include <stdlib.h>

enum {
	MAX_THREADS = 1 << 18,
	MAX_BYTES = 256 << 20, /* of parameters that do not fit in ENTER_SMALL */
	MIN_SLOTS = 256,
};

static void enters_free(struct enter *enters, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		free(enters[i].heap);
	free(enters);
}

void enter_table_clear(struct enter_table *t)
{
	enters_free(t->slots, t->nslots);
	*t = (struct enter_table){ 0 };
}

/* The place of tid, or the free one where it belongs. */
static struct enter *enter_slot(struct enter *enters, uint32_t nslots, int64_t tid)
{
	uint32_t at = (uint32_t)hash_u64((uint64_t)tid) & (nslots - 1);

	while (enters[at].used && enters[at].tid != tid)
		at = (at + 1) & (nslots - 1);
	return &enters[at];
}

struct enter *enter_table_find(const struct enter_table *t, int64_t tid)
{
	if (!t->nslots)
		return NULL;
	struct enter *e = enter_slot(t->slots, t->nslots, tid);
	return e->used && e->stored ? e : NULL;
}

/* A larger table with those threads that are inside a system call: the others may be gone. */
static bool rebuild(struct enter_table *t)
{
	uint32_t stored = enter_table_count(t), nslots = MIN_SLOTS;

	if (stored >= MAX_THREADS)
		return false;
	while (nslots < 4 * (stored + 1))
		nslots *= 2;
	struct enter *enters = calloc(nslots, sizeof *enters);
	if (!enters)
		return false;
	for (uint32_t i = 0; i < t->nslots; i++) {
		struct enter *e = &t->slots[i];

		if (!e->stored) {
			t->heap_bytes -= e->cap;
			continue;
		}
		*enter_slot(enters, nslots, e->tid) = *e;
		e->heap = NULL;
	}
	enters_free(t->slots, t->nslots);
	t->slots = enters;
	t->nslots = nslots;
	t->nused = stored;
	return true;
}

static bool enter_room(struct enter_table *t, struct enter *e, size_t n)
{
	if (n <= ENTER_SMALL || n <= e->cap)
		return true;
	if (t->heap_bytes - e->cap + n > MAX_BYTES)
		return false;
	free(e->heap);
	t->heap_bytes -= e->cap;
	e->heap = malloc(n);
	e->cap = e->heap ? (uint32_t)n : 0;
	t->heap_bytes += e->cap;
	return e->heap != NULL;
}

static const char *enter_bytes(const struct enter *e, size_t n)
{
	return n <= ENTER_SMALL ? e->small : e->heap;
}

static size_t enter_total(const struct enter *e)
{
	size_t n = 0;

	for (uint32_t i = 0; i < e->nparams; i++)
		n += e->lens[i];
	return n;
}

struct sv enter_param(const struct enter *e, uint32_t i)
{
	size_t at = 0;

	for (uint32_t k = 0; k < i; k++)
		at += e->lens[k];
	return (struct sv){ enter_bytes(e, enter_total(e)) + at, e->lens[i] };
}

void enter_table_store(struct enter_table *t, const struct event *ev, bool passed)
{
	struct enter *e;
	size_t n = 0;

	if (t->nused * 2 >= t->nslots && !rebuild(t))
		return;
	e = enter_slot(t->slots, t->nslots, ev->tid);
	if (!e->used) {
		e->used = true;
		e->tid = ev->tid;
		t->nused++;
	}
	e->stored = false;
	for (uint32_t i = 0; i < ev->nparams; i++)
		n += ev->params[i].n;
	if (!enter_room(t, e, n))
		return;
	e->stored = true;
	e->passed = passed;
	e->type = ev->type;
	e->nparams = (uint8_t)ev->nparams;
	char *to = n <= ENTER_SMALL ? e->small : e->heap;
	for (uint32_t i = 0; i < ev->nparams; i++) {
		e->lens[i] = (uint32_t)ev->params[i].n;
		if (e->lens[i])
			memcpy(to, ev->params[i].p, e->lens[i]);
		to += e->lens[i];
	}
}

static int by_tid(const void *a, const void *b)
{
	const struct enter *x = *(struct enter *const *)a, *y = *(struct enter *const *)b;

	return (x->tid > y->tid) - (x->tid < y->tid);
}

uint32_t enter_table_count(const struct enter_table *t)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < t->nslots; i++)
		n += t->slots[i].stored;
	return n;
}

int enter_table_each(const struct enter_table *t,
		     int (*take)(void *arg, const struct event *ev, bool passed, struct err *err),
		     void *arg, struct err *err)
{
	struct enter **stored = malloc((t->nslots + 1) * sizeof *stored);
	uint32_t n = 0;
	int rc = 0;

	if (!stored)
		return err_set(err, ERR_NOMEM, "no memory to list enter events");
	for (uint32_t i = 0; i < t->nslots; i++) {
		if (t->slots[i].stored)
			stored[n++] = &t->slots[i];
	}
	qsort(stored, n, sizeof *stored, by_tid);
	for (uint32_t i = 0; rc == 0 && i < n; i++) {
		const struct enter *e = stored[i];
		struct event ev = { .tid = e->tid, .type = e->type };

		ev.desc = schema_event(e->type);
		ev.nparams = e->nparams;
		for (uint32_t k = 0; k < ev.nparams; k++)
			ev.params[k] = enter_param(e, k);
		rc = take(arg, &ev, e->passed, err);
	}
	free(stored);
	return rc;
}
