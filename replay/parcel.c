#include "replay/parcel.h"

#include "format/base/hash.h"
#include "format/trace/varint.h"

#include <stdlib.h>

enum { ITEM_ALERT = 255 }; /* others are enum news_kind */

/* Of an ancestor; 0 ends the lineage. */
enum { ANCESTOR = 1 << 0, ANCESTOR_MAIN = 1 << 1, ANCESTOR_LOOK = 1 << 2 };

enum { TOLD_MIN = 64 };

/* A process that the reader knows for certain. */
struct told_process {
	int64_t pid;
	uint64_t clone_ts;
	bool used, known;
};

void parcel_writer_deinit(struct parcel_writer *w)
{
	buf_deinit(&w->out);
	buf_deinit(&w->cmdline);
	free(w->told);
	*w = (struct parcel_writer){ 0 };
}

/* --- who is known --- */

static struct told_process *slot_of(struct told_process *slots, uint32_t room, int64_t pid)
{
	uint32_t i = (uint32_t)hash_u64((uint64_t)pid) & (room - 1);

	while (slots[i].used && slots[i].pid != pid)
		i = (i + 1) & (room - 1);
	return &slots[i];
}

static bool is_known(const struct parcel_writer *w, const struct ancestor *a)
{
	if (w->room == 0)
		return false;
	const struct told_process *t = slot_of(w->told, w->room, a->pid);

	return t->known && (t->clone_ts == a->clone_ts || !a->is_main);
}

static bool grow(struct parcel_writer *w)
{
	uint32_t room = w->room ? 2 * w->room : TOLD_MIN;
	struct told_process *told = calloc(room, sizeof *told);

	if (!told)
		return false;
	for (uint32_t i = 0; i < w->room; i++)
		if (w->told[i].used)
			*slot_of(told, room, w->told[i].pid) = w->told[i];
	free(w->told);
	w->told = told;
	w->room = room;
	return true;
}

static void set_known(struct parcel_writer *w, const struct ancestor *a, bool known)
{
	if (2 * w->ntold >= w->room && !grow(w))
		return; /* it will be described again */
	struct told_process *t = slot_of(w->told, w->room, a->pid);

	w->ntold += !t->used;
	*t = (struct told_process){ a->pid, a->clone_ts, true, known };
}

static void forget_all(struct parcel_writer *w)
{
	if (w->told)
		memset(w->told, 0, w->room * sizeof *w->told);
	w->ntold = 0;
}

/* --- packing --- */

static void put_text(struct buf *b, struct sv s)
{
	buf_put_varint(b, s.n);
	buf_putsv(b, s);
}

static void put_signed(struct buf *b, int64_t v)
{
	buf_put_varint(b, zigzag(v));
}

static void put_container(struct buf *b, const struct store_container *c)
{
	put_text(b, c->id);
	put_text(b, c->full_id);
	put_text(b, c->type);
	put_text(b, c->name);
	put_text(b, c->image);
}

static void put_look(struct buf *b, const struct process_look *look)
{
	const struct store_program *p = &look->program;

	put_signed(b, look->ppid);
	put_text(b, p->comm);
	put_text(b, p->exe);
	put_text(b, p->exepath);
	put_text(b, p->cmdline);
	put_text(b, p->cwd);
	put_text(b, p->user);
	buf_put_varint(b, p->uid);
	buf_put_varint(b, p->loginuid);
	buf_put_varint(b, p->tty);
	put_container(b, &look->container);
}

static void put_ancestor(struct parcel_writer *w, const struct lineage *l, const struct ancestor *a,
			 bool with_look)
{
	struct process_look look;

	with_look = with_look && ancestor_look(l, a, &w->cmdline, &look);
	buf_putc(&w->out, (char)(ANCESTOR | (a->is_main ? ANCESTOR_MAIN : 0) |
				 (with_look ? ANCESTOR_LOOK : 0)));
	put_signed(&w->out, a->pid);
	buf_put_varint(&w->out, a->clone_ts);
	if (with_look)
		put_look(&w->out, &look);
}

static void put_end_of_lineage(struct parcel_writer *w)
{
	buf_putc(&w->out, 0);
}

/* The first of a lineage alone. */
static void put_one(struct parcel_writer *w, const struct lineage *l, bool with_look, bool known)
{
	struct lineage_walk walk = lineage_begin(l);
	struct ancestor a;

	if (lineage_next(&walk, &a)) {
		put_ancestor(w, l, &a, with_look);
		set_known(w, &a, known);
	}
	put_end_of_lineage(w);
}

/*
 * Up to the first one that the reader knows.  From now on it knows the first; whether it had to
 * look at those above depends on what it knew before.  Of one that has exited it may forget.
 */
static void put_lineage(struct parcel_writer *w, const struct lineage *l)
{
	struct lineage_walk walk = lineage_begin(l);
	struct ancestor a, first = { 0 };
	bool known = false;

	while (!known && lineage_next(&walk, &a)) {
		known = is_known(w, &a);
		if (walk.n == 1)
			first = a;
		put_ancestor(w, l, &a, !known);
	}
	put_end_of_lineage(w);
	if (first.thread && !thread_is_dead(first.thread))
		set_known(w, &first, true);
}

void parcel_put_alert(struct parcel_writer *w, const struct alert *a)
{
	buf_putc(&w->out, (char)ITEM_ALERT);
	buf_put_varint(&w->out, a->rule_index);
	buf_put_varint(&w->out, a->num);
	buf_put_varint(&w->out, a->ts_ns);
	put_signed(&w->out, a->tid);
	put_text(&w->out, a->hostname);
	put_text(&w->out, a->prefix);
	put_text(&w->out, a->message);
	buf_put_varint(&w->out, a->nvalues);
	for (size_t i = 0; i < a->nvalues; i++)
		put_text(&w->out, a->values[i]);
	if (a->has_process && w->with_processes)
		put_lineage(w, &a->process);
	else
		put_end_of_lineage(w);
}

void parcel_put_news(struct parcel_writer *w, const struct process_news *n)
{
	struct process_look look;

	buf_putc(&w->out, (char)n->kind);
	buf_put_varint(&w->out, n->num);
	buf_put_varint(&w->out, n->ts_ns);
	switch (n->kind) {
	case NEWS_SECTION:
		forget_all(w);
		break;
	case NEWS_LISTED:
		put_one(w, &n->who, true, true);
		break;
	case NEWS_PARENT:
		put_signed(&w->out, n->pid);
		put_signed(&w->out, n->parent_pid);
		break;
	case NEWS_STARTED:
		put_lineage(w, &n->who);
		break;
	case NEWS_PROGRAM:
		news_look(n, &w->cmdline, &look);
		put_look(&w->out, &look);
		put_lineage(w, &n->who);
		break;
	case NEWS_ENDED:
		put_one(w, &n->who, false, false);
		buf_put_varint(&w->out, n->exit.ended_ns);
		put_signed(&w->out, n->exit.code);
		buf_put_varint(&w->out, n->exit.signal);
		buf_putc(&w->out, n->exit.has_status);
		break;
	case NEWS_CONTAINER:
		put_container(&w->out, &n->container);
		break;
	}
	w->out.failed |= w->cmdline.failed;
}

/* --- unpacking: our own bytes, yet checked --- */

void parcel_reader_deinit(struct parcel_reader *r)
{
	free(r->values);
	*r = (struct parcel_reader){ 0 };
}

static bool take_byte(struct sv *in, uint8_t *out)
{
	struct sv byte;

	if (!sv_take(in, 1, &byte))
		return false;
	*out = (uint8_t)byte.p[0];
	return true;
}

static bool take_text(struct sv *in, struct sv *out)
{
	uint64_t n;

	return sv_take_varint(in, &n) && n <= in->n && sv_take(in, (size_t)n, out);
}

static bool take_signed(struct sv *in, int64_t *out)
{
	uint64_t v;

	if (!sv_take_varint(in, &v))
		return false;
	*out = unzigzag(v);
	return true;
}

static bool take_u32(struct sv *in, uint32_t *out)
{
	uint64_t v;

	if (!sv_take_varint(in, &v))
		return false;
	*out = (uint32_t)v;
	return true;
}

static bool take_container(struct sv *in, struct store_container *c)
{
	return take_text(in, &c->id) && take_text(in, &c->full_id) && take_text(in, &c->type) &&
	       take_text(in, &c->name) && take_text(in, &c->image);
}

static bool take_look(struct sv *in, struct process_look *look)
{
	struct store_program *p = &look->program;

	*look = (struct process_look){ 0 };
	if (!take_signed(in, &look->ppid) || !take_text(in, &p->comm) || !take_text(in, &p->exe) ||
	    !take_text(in, &p->exepath) || !take_text(in, &p->cmdline) || !take_text(in, &p->cwd) ||
	    !take_text(in, &p->user) || !take_u32(in, &p->uid) || !take_u32(in, &p->loginuid) ||
	    !take_u32(in, &p->tty) || !take_container(in, &look->container))
		return false;
	p->container_id = look->container.id;
	return true;
}

static bool take_lineage(struct parcel_reader *r, struct sv *in, struct lineage *out)
{
	uint8_t flags;
	size_t n = 0;

	while (take_byte(in, &flags) && flags && n < LINEAGE_MAX) {
		struct ancestor *a = &r->chain[n];

		*a = (struct ancestor){ .is_main = flags & ANCESTOR_MAIN };
		if (!take_signed(in, &a->pid) || !sv_take_varint(in, &a->clone_ts))
			return false;
		if (flags & ANCESTOR_LOOK) {
			if (!take_look(in, &r->looks[n]))
				return false;
			a->look = &r->looks[n];
		}
		n++;
	}
	*out = (struct lineage){ .told = r->chain, .ntold = n };
	return flags == 0;
}

static bool take_values(struct parcel_reader *r, struct sv *in, struct alert *a)
{
	uint64_t n;

	if (!sv_take_varint(in, &n) || n != a->nvalues)
		return false;
	if (n > r->room) {
		struct sv *values = realloc(r->values, (size_t)n * sizeof *values);

		if (!values)
			return false;
		r->values = values;
		r->room = (size_t)n;
	}
	for (size_t i = 0; i < n; i++)
		if (!take_text(in, &r->values[i]))
			return false;
	a->values = r->values;
	return true;
}

static bool take_alert(struct parcel_reader *r, const struct alerts *alerts, struct sv *in,
		       struct alert *a)
{
	uint32_t index;

	*a = (struct alert){ 0 };
	if (!take_u32(in, &index) || !alerts_of_rule(alerts, index, a) ||
	    !sv_take_varint(in, &a->num) || !sv_take_varint(in, &a->ts_ns) ||
	    !take_signed(in, &a->tid) || !take_text(in, &a->hostname) ||
	    !take_text(in, &a->prefix) || !take_text(in, &a->message) || !take_values(r, in, a) ||
	    !take_lineage(r, in, &a->process))
		return false;
	a->has_process = a->process.ntold > 0;
	return true;
}

static bool take_exit(struct sv *in, struct store_exit *x)
{
	uint8_t has_status;

	if (!sv_take_varint(in, &x->ended_ns) || !take_signed(in, &x->code) ||
	    !take_u32(in, &x->signal) || !take_byte(in, &has_status))
		return false;
	x->has_status = has_status;
	return true;
}

static bool take_news(struct parcel_reader *r, struct sv *in, struct process_news *n)
{
	if (!sv_take_varint(in, &n->num) || !sv_take_varint(in, &n->ts_ns))
		return false;
	switch (n->kind) {
	case NEWS_SECTION:
		return true;
	case NEWS_LISTED:
	case NEWS_STARTED:
		return take_lineage(r, in, &n->who);
	case NEWS_PARENT:
		return take_signed(in, &n->pid) && take_signed(in, &n->parent_pid);
	case NEWS_PROGRAM:
		n->look = &r->look;
		return take_look(in, &r->look) && take_lineage(r, in, &n->who);
	case NEWS_ENDED:
		return take_lineage(r, in, &n->who) && take_exit(in, &n->exit);
	case NEWS_CONTAINER:
		return take_container(in, &n->container);
	}
	return false;
}

enum next parcel_next(struct parcel_reader *r, const struct alerts *alerts, struct sv *parcel,
		      struct parcel_item *out, struct err *err)
{
	uint8_t kind;
	bool good;

	if (!take_byte(parcel, &kind))
		return NEXT_END;
	out->is_alert = kind == ITEM_ALERT;
	if (out->is_alert) {
		good = take_alert(r, alerts, parcel, &out->alert);
	} else {
		out->news = (struct process_news){ .kind = kind };
		good = take_news(r, parcel, &out->news);
	}
	if (good)
		return NEXT_ITEM;
	err_set(err, ERR_NOMEM, "out of memory");
	return NEXT_ERROR;
}
