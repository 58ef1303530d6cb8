#include "format/losses.h"

#include <stdlib.h>

static int no_memory(struct err *err)
{
	return err_set(err, ERR_NOMEM, "no memory for the losses of a trace");
}

/* Unknown numbers stay unknown, large ones do not wrap. */
static uint64_t add_counts(uint64_t a, uint64_t b)
{
	if (!a || !b)
		return 0;
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static void widen(struct loss_entry *e, const struct loss_entry *by)
{
	e->cpu = e->cpu == by->cpu ? e->cpu : LOSS_ALL_CPUS;
	e->what = sv_eq(e->what, by->what) ? e->what : SV("");
	e->count = add_counts(e->count, by->count);
	e->from_ns = e->from_ns < by->from_ns ? e->from_ns : by->from_ns;
	e->to_ns = e->to_ns > by->to_ns ? e->to_ns : by->to_ns;
}

static int append(struct losses *l, const struct loss_entry *e, struct err *err)
{
	if (l->n == LOSSES_MAX) {
		widen(&l->items[l->n - 1], e);
		return 0;
	}
	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 16;
		struct loss_entry *items = realloc(l->items, cap * sizeof *items);

		if (!items)
			return no_memory(err);
		l->items = items;
		l->cap = cap;
	}
	l->items[l->n] = *e;
	/* Classes are few: most losses are of the same one as the one before. */
	if (l->n && sv_eq(l->items[l->n - 1].what, e->what))
		l->items[l->n].what = l->items[l->n - 1].what;
	else
		l->items[l->n].what = arena_sv(&l->texts, e->what);
	if (e->what.n && !l->items[l->n].what.p)
		return no_memory(err);
	l->n++;
	return 0;
}

/* A "drop" event: the first one of a pair opens a gap, the second one closes it. */
static int enter_drop(struct losses *l, const struct event *ev, struct err *err)
{
	bool begins = ev->type == EV_DROP_E;
	const struct loss_entry gap = { .cpu = LOSS_ALL_CPUS,
					.what = SV("drop"),
					.from_ns = begins ? ev->ts_ns : 0,
					.to_ns = begins ? UINT64_MAX : ev->ts_ns };

	if (l->dropping) {
		if (!begins)
			l->items[l->drop].to_ns = ev->ts_ns;
		l->dropping = begins;
		return 0;
	}
	if (append(l, &gap, err) < 0)
		return -1;
	l->dropping = begins;
	l->drop = l->n - 1;
	return 0;
}

/* What comes next was recorded at another time: a gap that is open ends with the last event. */
static void enter_section(struct losses *l, uint64_t last_ns)
{
	l->fresh_section |= l->n == 0;
	if (l->dropping)
		l->items[l->drop].to_ns = last_ns;
	l->dropping = false;
}

int losses_record(struct losses *l, const struct record *rec, uint64_t last_ns, struct err *err)
{
	if (rec->kind == RECORD_LOSS)
		return append(l, &rec->loss, err);
	if (rec->kind == RECORD_EVENT)
		return enter_drop(l, &rec->event, err);
	enter_section(l, last_ns);
	return 0;
}

/* Index of the first gap that "drop" events made, or n. */
static size_t first_drop(const struct losses *l)
{
	size_t i = 0;

	while (i < l->n && !sv_eq(l->items[i].what, SV("drop")))
		i++;
	return i;
}

int losses_join(struct losses *l, const struct losses *later, uint64_t last_ns, struct err *err)
{
	size_t absorbed = later->n;

	if (later->fresh_section)
		enter_section(l, last_ns);
	if (l->dropping) {
		/* Its pair may be in there: then both are one gap. */
		absorbed = first_drop(later);
		if (absorbed < later->n)
			l->items[l->drop].to_ns = later->items[absorbed].to_ns;
		l->dropping = absorbed == later->n || (later->dropping && later->drop == absorbed);
	}
	for (size_t i = 0; i < later->n; i++) {
		if (i == absorbed)
			continue;
		if (append(l, &later->items[i], err) < 0)
			return -1;
		if (later->dropping && later->drop == i) {
			l->dropping = true;
			l->drop = l->n - 1;
		}
	}
	return 0;
}

void losses_deinit(struct losses *l)
{
	free(l->items);
	arena_deinit(&l->texts);
	*l = (struct losses){ 0 };
}

uint64_t losses_count(const struct losses *l, bool *at_least)
{
	uint64_t sum = 0;

	*at_least = false;
	for (size_t i = 0; i < l->n; i++) {
		uint64_t n = l->items[i].count;

		*at_least |= n == 0;
		sum = n > UINT64_MAX - sum ? UINT64_MAX : sum + n;
	}
	return sum;
}

static int by_start(const void *a, const void *b)
{
	const struct loss_gap *x = a, *y = b;

	return x->from_ns < y->from_ns ? -1 : x->from_ns > y->from_ns;
}

int losses_gaps(const struct losses *l, struct loss_gap **out, size_t *n, struct err *err)
{
	struct loss_gap *gaps;
	size_t used = 0;

	*out = NULL;
	*n = 0;
	if (l->n == 0)
		return 0;
	gaps = malloc(l->n * sizeof *gaps);
	if (!gaps)
		return no_memory(err);
	for (size_t i = 0; i < l->n; i++) {
		const struct loss_entry *e = &l->items[i];

		if (e->from_ns <= e->to_ns)
			gaps[used++] = (struct loss_gap){ e->from_ns, e->to_ns };
	}
	qsort(gaps, used, sizeof *gaps, by_start);
	for (size_t i = 0; i < used; i++) {
		if (*n == 0 || gaps[i].from_ns > gaps[*n - 1].to_ns)
			gaps[(*n)++] = gaps[i];
		else if (gaps[i].to_ns > gaps[*n - 1].to_ns)
			gaps[*n - 1].to_ns = gaps[i].to_ns;
	}
	*out = gaps;
	return 0;
}

bool loss_gaps_hold(const struct loss_gap *gaps, size_t n, uint64_t ts_ns)
{
	size_t low = 0;

	/* Below `low` all begin at or before ts_ns. */
	for (size_t high = n; low < high;) {
		size_t mid = low + (high - low) / 2;

		if (gaps[mid].from_ns <= ts_ns)
			low = mid + 1;
		else
			high = mid;
	}
	return low > 0 && gaps[low - 1].to_ns >= ts_ns;
}
