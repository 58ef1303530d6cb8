#include "tools/scap/busy.h"

#include "format/base/hash.h"

#include <stdlib.h>

void busy_deinit(struct busy *b)
{
	arena_deinit(&b->arena);
	strmap_deinit(&b->names);
	free(b->list);
	free(b->threads);
	*b = (struct busy){ 0 };
}

/* Index of a name; UINT32_MAX when there is no memory. */
static uint32_t name_of(struct busy *b, struct sv comm)
{
	uint32_t at = strmap_get(&b->names, comm, UINT32_MAX);

	if (at != UINT32_MAX)
		return at;
	if (b->n == b->cap) {
		uint32_t cap = b->cap ? b->cap * 2 : 64;
		struct busy_name *list = realloc(b->list, cap * sizeof *list);

		if (!list)
			return UINT32_MAX;
		b->list = list;
		b->cap = cap;
	}
	struct sv key = arena_sv(&b->arena, comm);
	if (!key.p || !strmap_put(&b->names, key, b->n))
		return UINT32_MAX;
	b->list[b->n] = (struct busy_name){ .comm = key };
	return b->n++;
}

static struct busy_thread *slot_of(struct busy_thread *slots, uint32_t nslots, int64_t tid)
{
	uint32_t at = (uint32_t)hash_u64((uint64_t)tid) & (nslots - 1);

	while (slots[at].name && slots[at].tid != tid)
		at = (at + 1) & (nslots - 1);
	return &slots[at];
}

static bool grow(struct busy *b)
{
	uint32_t nslots = b->nslots ? b->nslots * 2 : 1024;
	struct busy_thread *slots = calloc(nslots, sizeof *slots);

	if (!slots)
		return false;
	for (uint32_t i = 0; i < b->nslots; i++) {
		if (b->threads[i].name)
			*slot_of(slots, nslots, b->threads[i].tid) = b->threads[i];
	}
	free(b->threads);
	b->threads = slots;
	b->nslots = nslots;
	return true;
}

static struct busy_thread *thread_of(struct busy *b, int64_t tid)
{
	if (b->nthreads * 2 >= b->nslots && !grow(b))
		return NULL;
	return slot_of(b->threads, b->nslots, tid);
}

/* The thread is called so from now on. */
static void rename_thread(struct busy *b, int64_t tid, struct sv comm)
{
	struct busy_thread *t = thread_of(b, tid);
	uint32_t name = t ? name_of(b, comm) : UINT32_MAX;

	if (name == UINT32_MAX) {
		b->nomem = true;
		return;
	}
	b->nthreads += t->name == 0;
	*t = (struct busy_thread){ tid, name + 1 };
}

static void take_event(struct busy *b, const struct event *ev)
{
	struct sv comm;

	/* Whoever is born or becomes another program says so in its own event. */
	if (ev->desc->flags & EF_MODIFIES_STATE &&
	    (ev->desc->category & EC_CLASS_MASK) == EC_PROCESS) {
		int i = event_param_index(ev->desc, SV("comm"));

		if (i >= 0 && event_text(ev, (uint32_t)i, &comm))
			rename_thread(b, ev->tid, comm);
	}
	struct busy_thread *t = thread_of(b, ev->tid);
	if (t && !t->name) {
		rename_thread(b, ev->tid, SV(""));
		t = thread_of(b, ev->tid);
	}
	if (t && t->name)
		b->list[t->name - 1].events++;
}

void busy_record(struct busy *b, const struct record *rec)
{
	if (b->nomem)
		return;
	if (rec->kind == RECORD_PROC)
		rename_thread(b, rec->proc.tid, rec->proc.comm);
	else if (rec->kind == RECORD_EVENT)
		take_event(b, &rec->event);
}

static int by_events(const void *a, const void *b)
{
	const struct busy_name *x = a, *y = b;

	if (x->events != y->events)
		return x->events > y->events ? -1 : 1;
	return sv_cmp(x->comm, y->comm);
}

void busy_sort(struct busy *b)
{
	/* The map points at places that are about to change. */
	strmap_deinit(&b->names);
	b->names = (struct strmap){ 0 };
	if (b->n)
		qsort(b->list, b->n, sizeof *b->list, by_events);
}
