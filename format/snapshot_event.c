#include "format/snapshot_event.h"

enum { FAMILY_UNIX = 1, FAMILY_INET = 2, FAMILY_INET6 = 10, UNIX_TUPLE_HEAD = 17 };

/* Kept as a number: parameters of the fixed size of their type. */
static bool is_int(enum param_type type, uint64_t n)
{
	return n == schema_type_size(type) && (n == 1 || n == 2 || n == 4 || n == 8);
}

static enum param_type type_of(const struct event *ev, uint32_t i)
{
	return i < ev->desc->nparams ? ev->desc->params[i].type : PT_BYTEBUF;
}

/* Addresses and paths stand inside a socket parameter: for whoever looks for them as such. */
static void note_socket(struct snapshot *s, enum param_type type, struct sv p)
{
	bool tuple = type == PT_SOCKTUPLE;

	if ((type != PT_SOCKADDR && !tuple) || p.n == 0)
		return;
	size_t len = p.p[0] == FAMILY_INET ? 4 : p.p[0] == FAMILY_INET6 ? 16 : 0;
	for (size_t at = 1; len && at + len <= p.n && at <= (tuple ? len + 3 : 1); at += len + 2) {
		struct ip ip = ip_from(p.p + at, len);

		snapshot_note_addr(s, &ip);
	}
	size_t head = tuple ? UNIX_TUPLE_HEAD : 1;
	if (p.p[0] == FAMILY_UNIX && p.n > head)
		snapshot_note_text(s, sv_upto_nul((struct sv){ p.p + head, p.n - head }));
}

void snapshot_put_event(struct snapshot *s, const struct event *ev)
{
	snapshot_put(s, ev->type);
	snapshot_put(s, ev->nparams);
	for (uint32_t i = 0; i < ev->nparams; i++) {
		struct sv p = ev->params[i];
		enum param_type type = type_of(ev, i);
		uint64_t v = 0;

		snapshot_put(s, p.n);
		if (is_int(type, p.n)) {
			memcpy(&v, p.p, p.n);
			snapshot_put(s, v);
		} else if (type == PT_BYTEBUF) {
			snapshot_put_blob(s, p);
		} else {
			snapshot_put_text(s, p);
			note_socket(s, type, p);
		}
	}
}

void snapshot_take_event(struct snapshot_reader *r, struct event *ev, struct snapshot_ints *room)
{
	ev->type = (uint16_t)snapshot_take_max(r, EV_COUNT - 1);
	ev->desc = schema_event(ev->type);
	ev->nparams = (uint32_t)snapshot_take_max(r, EVENT_MAX_PARAMS);
	for (uint32_t i = 0; i < ev->nparams; i++) {
		uint64_t n = snapshot_take(r);
		enum param_type type = type_of(ev, i);

		if (is_int(type, n)) {
			room->of[i] = snapshot_take(r);
			ev->params[i] = (struct sv){ (const char *)&room->of[i], (size_t)n };
			continue;
		}
		ev->params[i] = type == PT_BYTEBUF ? snapshot_take_blob(r) : snapshot_take_text(r);
		if (ev->params[i].n != n)
			snapshot_damaged(r, "a parameter has another length than its row says");
	}
}
