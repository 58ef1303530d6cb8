#include "capture/rec/batch.h"

#include <stdlib.h>

/* An event behind its item: this, the length of each parameter, the parameters. */
struct packed_event {
	uint64_t ts_ns;
	int64_t tid;
	uint16_t type, cpu;
	uint32_t flags;
	uint32_t nparams;
	uint32_t bytes; /* of all parameters */
	uint32_t lengths[];
};

enum { MAX_VIEWS = 8 };

/* Any other record: its member of the union, then what its views look at. */
#define MEMBER(name)       sizeof(((struct record *)NULL)->name)
#define VIEW(member, view) offsetof(struct record, member.view) - offsetof(struct record, machine)

static const struct shape {
	size_t size; /* of the member of the union */
	size_t nviews;
	size_t views[MAX_VIEWS]; /* offsets within the union */
} shapes[] = {
	[RECORD_MACHINE] = { MEMBER(machine), 1, { VIEW(machine, hostname) } },
	[RECORD_IFACE] = { MEMBER(iface), 1, { VIEW(iface, name) } },
	[RECORD_USER] = { MEMBER(user),
			  3,
			  { VIEW(user, name), VIEW(user, homedir), VIEW(user, shell) } },
	[RECORD_GROUP] = { MEMBER(group), 1, { VIEW(group, name) } },
	[RECORD_PROC] = { MEMBER(proc),
			  8,
			  { VIEW(proc, comm), VIEW(proc, exe), VIEW(proc, exepath), VIEW(proc, cwd),
			    VIEW(proc, root), VIEW(proc, args), VIEW(proc, env),
			    VIEW(proc, cgroups) } },
	[RECORD_FD] = { MEMBER(fd), 1, { VIEW(fd, name) } },
	[RECORD_LOSS] = { MEMBER(loss), 1, { VIEW(loss, what) } },
	[RECORD_STATE] = { 0 },
};

static char *union_of(const struct record *rec)
{
	return (char *)&rec->machine;
}

static struct sv *view_of(const struct record *rec, const struct shape *shape, size_t i)
{
	return (struct sv *)(union_of(rec) + shape->views[i]);
}

static size_t padded(size_t n)
{
	return (n + 7) & ~(size_t)7;
}

int batch_init(struct batch *p, size_t cap, struct err *err)
{
	*p = (struct batch){ .mem = malloc(cap), .cap = cap };
	return p->mem ? 0 : err_set(err, ERR_NOMEM, "no memory for buffers");
}

void batch_deinit(struct batch *p)
{
	free(p->mem);
	p->mem = NULL;
}

static size_t event_bytes(const struct event *ev)
{
	size_t n = 0;

	for (uint32_t i = 0; i < ev->nparams; i++)
		n += ev->params[i].n;
	return n;
}

static size_t event_need(const struct event *ev, size_t bytes)
{
	return padded(sizeof(struct item) + sizeof(struct packed_event) +
		      ev->nparams * sizeof(uint32_t) + bytes);
}

size_t batch_need(const struct record *rec)
{
	const struct shape *shape = &shapes[rec->kind];
	size_t n = sizeof(struct item) + shape->size;

	if (rec->kind == RECORD_EVENT)
		return event_need(&rec->event, event_bytes(&rec->event));
	for (size_t i = 0; i < shape->nviews; i++)
		n += view_of(rec, shape, i)->n;
	return padded(n);
}

static struct item *add_item(struct batch *p, size_t size, enum record_kind kind)
{
	struct item *item = (struct item *)(p->mem + p->n);

	*item = (struct item){ .size = (uint32_t)size, .kind = (uint16_t)kind };
	p->n += size;
	return item;
}

static bool put_event(struct batch *p, const struct event *ev)
{
	size_t bytes = event_bytes(ev), size = event_need(ev, bytes);

	if (size > p->cap - p->n)
		return false;
	struct packed_event *packed = (struct packed_event *)(add_item(p, size, RECORD_EVENT) + 1);
	char *to = (char *)(packed->lengths + ev->nparams);

	*packed = (struct packed_event){ .ts_ns = ev->ts_ns,
					 .tid = ev->tid,
					 .type = ev->type,
					 .cpu = ev->cpu,
					 .flags = ev->flags,
					 .nparams = ev->nparams,
					 .bytes = (uint32_t)bytes };
	for (uint32_t i = 0; i < ev->nparams; i++)
		packed->lengths[i] = (uint32_t)ev->params[i].n;
	p->events++;
	if (bytes == 0)
		return true;
	/* Sources hand out parameters back to back: one copy takes them all. */
	const char *first = ev->params[0].p, *at = first;
	uint32_t i = 0;
	while (i < ev->nparams && ev->params[i].p == at)
		at += ev->params[i++].n;
	if (i == ev->nparams) {
		memcpy(to, first, bytes);
		return true;
	}
	for (i = 0; i < ev->nparams; i++) {
		if (ev->params[i].n)
			memcpy(to, ev->params[i].p, ev->params[i].n);
		to += ev->params[i].n;
	}
	return true;
}

bool batch_put(struct batch *p, const struct record *rec)
{
	const struct shape *shape = &shapes[rec->kind];
	size_t size;

	if (rec->kind == RECORD_EVENT)
		return put_event(p, &rec->event);
	size = batch_need(rec);
	if (size > p->cap - p->n)
		return false;
	char *to = (char *)(add_item(p, size, rec->kind) + 1);

	memcpy(to, union_of(rec), shape->size);
	to += shape->size;
	for (size_t i = 0; i < shape->nviews; i++) {
		const struct sv *view = view_of(rec, shape, i);

		if (view->n)
			memcpy(to, view->p, view->n);
		to += view->n;
	}
	return true;
}

static void get_event(const struct packed_event *packed, struct event *ev)
{
	const char *at = (const char *)(packed->lengths + packed->nparams);

	ev->num = 0;
	ev->ts_ns = packed->ts_ns;
	ev->tid = packed->tid;
	ev->type = packed->type;
	ev->cpu = packed->cpu;
	ev->flags = packed->flags;
	ev->nparams = packed->nparams;
	ev->desc = schema_event(packed->type);
	for (uint32_t i = 0; i < packed->nparams; i++) {
		ev->params[i] = (struct sv){ at, packed->lengths[i] };
		at += packed->lengths[i];
	}
}

static void get_other(const struct item *item, struct record *rec)
{
	const struct shape *shape = &shapes[item->kind];
	const char *at = (const char *)(item + 1);

	memcpy(union_of(rec), at, shape->size);
	at += shape->size;
	for (size_t i = 0; i < shape->nviews; i++) {
		struct sv *view = view_of(rec, shape, i);

		view->p = at;
		at += view->n;
	}
}

bool batch_next(const struct batch *p, struct batch_cursor *c, struct record *rec)
{
	struct item *item;

	do {
		if (c->at == p->n)
			return false;
		item = (struct item *)(p->mem + c->at);
		c->at += item->size;
	} while (item->flags & ITEM_DROPPED);
	c->item = item;
	rec->kind = (enum record_kind)item->kind;
	if (rec->kind == RECORD_EVENT)
		get_event((const struct packed_event *)(item + 1), &rec->event);
	else
		get_other(item, rec);
	return true;
}

void batch_hide(struct batch_cursor *c)
{
	struct packed_event *packed = (struct packed_event *)(c->item + 1);

	packed->flags |= EVENT_STATE_ONLY;
}
