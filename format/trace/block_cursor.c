#include "format/trace/event_block.h"

#include "format/scap/upgrade.h"
#include "format/trace/block_layout.h"
#include "format/trace/times.h"
#include "format/trace/varint.h"

#include <stdlib.h>

/*
 * Where a column's rows lie in block_cursor.bytes.  Of a column whose rows are all equal only one
 * is kept, and its cursor does not move.
 */
struct lane {
	size_t at, n;
	uint32_t step;
};

/* A parameter that is handed out. */
struct param_cursor {
	const char *bytes;
	const char *length; /* next u32 */
	uint32_t step;      /* of length: 4, or 0 if all are equal */
	uint32_t index;
};

struct type_cursor {
	const struct event_desc *desc;
	const uint8_t *time_class;
	const uint8_t *np;
	uint32_t np_step;
	uint16_t type;
	uint16_t nlive;
	bool quiet;
	struct param_cursor live[EVENT_MAX_PARAMS]; /* ascending */
};

struct time_base {
	int64_t base;
	uint32_t nbits;
};

/* An event but for its parameters. */
struct head {
	uint64_t ts_ns;
	int64_t tid;
	uint32_t flags;
	uint16_t cpu;
	uint16_t place; /* of its type in the summary's list */
};

/* Where the heads' columns are read next, and what the last head came to. */
struct head_lanes {
	const char *type, *cpu, *flags, *tid_miss, *tid, *time_escape;
	uint32_t type_step, cpu_step, flags_step, tid_miss_step;
	bool wide_types; /* rows of `type` have two bytes */
	struct bit_reader time_bits;
	uint64_t ts_ns;
};

/* Heads are decoded so many at a time, because a loop that does nothing else does it best. */
enum { HEADS_AHEAD = 256 };

struct block_cursor {
	struct block_summary sum;
	struct buf bytes; /* all columns, inflated */
	struct head heads[HEADS_AHEAD];
	uint32_t at, end; /* of heads: the next one, and behind the last one */
	uint32_t left;    /* events behind these */
	struct quiet_event quiet[HEADS_AHEAD];
	struct head_lanes lanes;
	struct time_base classes[256]; /* base -1: does not exist */
	int64_t last_tid[LAST_TID_SLOTS];
	struct type_cursor *types; /* in the order of the summary's list */
	uint32_t types_cap;

	const struct column_need *need;
	bool upgrade;
};

struct block_cursor *block_cursor_new(const struct column_need *need, bool upgrade)
{
	struct block_cursor *c = calloc(1, sizeof *c);

	if (!c)
		return NULL;
	c->need = need;
	c->upgrade = upgrade;
	for (unsigned class = 0; class < 256; class ++)
		c->classes[class].base = time_class_base((uint8_t) class, &c->classes[class].nbits);
	c->classes[TIME_ESCAPE].nbits = 0;
	return c;
}

void block_cursor_free(struct block_cursor *c)
{
	if (!c)
		return;
	free(c->types);
	buf_deinit(&c->bytes);
	free(c);
}

/* --- loading: everything that comes later relies on these checks --- */

struct loader {
	struct block_cursor *c;
	struct packer *packer;
	struct sv in;
	struct block_head head;
	/* What the time classes of all types ask of the shared columns. */
	size_t escapes;
	uint64_t bits;
	struct err *err;
};

static int expect(const char *column, size_t got, size_t want, struct err *err)
{
	if (got == want)
		return 0;
	return err_set(err, ERR_FORMAT, "the %s column has %zu bytes, %zu expected", column, got,
		       want);
}

/* The next column, n bytes of rows. */
static int load(struct loader *l, const char *name, unsigned width, size_t n, struct lane *out)
{
	struct buf *bytes = &l->c->bytes;
	struct column_head column;

	if (column_take(&l->in, &column, l->err) < 0 || expect(name, column.raw_n, n, l->err) < 0)
		return -1;
	*out = (struct lane){ .at = bytes->n, .n = n, .step = width };
	if (!column_is_const(&column) || column.width != width)
		return column_inflate(l->packer, &column, bytes, l->err);
	buf_put(bytes, &column.base, sizeof column.base); /* little-endian: its first bytes */
	out->step = 0;
	return bytes->failed ? err_set(l->err, ERR_NOMEM, "no memory for a block") : 0;
}

static int count_times(struct loader *l, const struct lane *classes)
{
	const struct block_cursor *c = l->c;
	const uint8_t *p = (const uint8_t *)c->bytes.p + classes->at;
	uint64_t bits = 0;
	size_t escapes = 0;
	int64_t bad = 0;

	for (size_t i = 0; i < classes->n; i++) {
		uint8_t class = p[i];

		escapes += class == TIME_ESCAPE;
		bad |= class == TIME_ESCAPE ? 0 : c->classes[class].base;
		bits += c->classes[class].nbits;
	}
	l->escapes += escapes;
	l->bits += bits;
	return bad < 0 ? err_set(l->err, ERR_FORMAT, "a time class does not exist") : 0;
}

/* How many events of a type have more than i parameters, for each i. */
static int count_params(struct loader *l, const struct type_row *row, const struct lane *np,
			uint32_t have[static EVENT_MAX_PARAMS])
{
	uint32_t with[256] = { 0 }; /* exactly i */
	const uint8_t *p = (const uint8_t *)l->c->bytes.p + np->at;

	if (np->step == 0) {
		with[*p] = row->count;
	} else {
		for (size_t i = 0; i < row->count; i++)
			with[p[i]]++;
	}
	uint32_t left = row->count;
	for (uint32_t i = 0; i < row->nparams; i++) {
		left -= with[i];
		have[i] = left;
	}
	/* Those that are left have as many as the most, or more. */
	if (left != with[row->nparams])
		return err_set(l->err, ERR_FORMAT,
			       "an event of type %u has more than the %u parameters announced",
			       row->type, row->nparams);
	return 0;
}

static uint64_t sum_lengths(const char *p, size_t n)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += get_le32(p + i * 4);
	return sum;
}

/* A parameter's two columns. */
static int load_param(struct loader *l, uint32_t have, struct lane *length, struct lane *bytes)
{
	struct column_head column;
	const char *p;

	/* An empty column is like one of equal rows that nobody will ask for. */
	if (load(l, "length", 4, (size_t)have * 4, length) < 0 ||
	    column_take(&l->in, &column, l->err) < 0)
		return -1;
	p = l->c->bytes.p + length->at;
	uint64_t want = length->step == 0 ? (uint64_t)get_le32(p) * have : sum_lengths(p, have);
	*bytes = (struct lane){ .at = l->c->bytes.n, .n = column.raw_n };
	if (column.raw_n != want)
		return err_set(l->err, ERR_FORMAT,
			       "the parameter column has %zu bytes, %llu expected", column.raw_n,
			       (unsigned long long)want);
	return column_inflate(l->packer, &column, &l->c->bytes, l->err);
}

static int skip_param(struct loader *l)
{
	struct column_head column;

	return column_take(&l->in, &column, l->err) < 0 ? -1 : column_take(&l->in, &column, l->err);
}

/* Will events of this type be what they are in the file? */
static bool stay_as_they_are(const struct loader *l, const struct type_row *row,
			     const struct lane *np)
{
	return !l->c->upgrade || (np->step == 0 && upgrade_keeps(schema_event(row->type),
								 (uint8_t)l->c->bytes.p[np->at]));
}

/* Parameters of these events that have to be there. */
static uint64_t needed_params(const struct loader *l, const struct type_row *row,
			      const struct lane *np)
{
	/* What the upgrade makes of an event may depend on any of them. */
	if (!l->c->need || !stay_as_they_are(l, row, np))
		return UINT64_MAX;
	return l->c->need->params[row->type];
}

/* The lanes of a type, kept until the buffer has stopped moving. */
struct type_lanes {
	struct lane np, time_class;
	struct lane length[EVENT_MAX_PARAMS], bytes[EVENT_MAX_PARAMS];
	uint64_t needed;
	bool quiet;
};

/* May they be handed out as quiet ones?  What they tell must be a 64-bit number in all of them. */
static bool are_quiet(const struct loader *l, const struct type_row *row,
		      const struct type_lanes *t)
{
	const char *bytes = l->c->bytes.p;
	uint32_t told = 0;

	if (!l->c->need || !l->c->need->quiet[row->type] || !stay_as_they_are(l, row, &t->np) ||
	    t->np.step || (uint8_t)bytes[t->np.at] != row->nparams)
		return false;
	for (uint32_t i = 0; i < row->nparams; i++) {
		if (!(t->needed >> i & 1))
			continue;
		if (t->length[i].step || get_le32(bytes + t->length[i].at) != 8)
			return false;
		told++;
	}
	return told <= 1;
}

static int load_type(struct loader *l, const struct type_row *row, struct type_lanes *t)
{
	uint32_t have[EVENT_MAX_PARAMS];

	if (load(l, "nparams", 1, row->count, &t->np) < 0 ||
	    count_params(l, row, &t->np, have) < 0 ||
	    load(l, "time class", 0, row->count, &t->time_class) < 0 ||
	    count_times(l, &t->time_class) < 0)
		return -1;
	t->needed = needed_params(l, row, &t->np);
	for (uint32_t i = 0; i < row->nparams; i++) {
		int rc = t->needed >> i & 1 ? load_param(l, have[i], &t->length[i], &t->bytes[i])
					    : skip_param(l);
		if (rc < 0)
			return -1;
	}
	t->quiet = are_quiet(l, row, t);
	return 0;
}

static void set_type_cursor(struct block_cursor *c, const struct type_row *row,
			    const struct type_lanes *lanes, struct type_cursor *t)
{
	const char *base = c->bytes.p;

	t->type = (uint16_t)row->type;
	t->desc = schema_event(row->type);
	t->np = (const uint8_t *)base + lanes->np.at;
	t->np_step = lanes->np.step;
	t->time_class = (const uint8_t *)base + lanes->time_class.at;
	t->quiet = lanes->quiet;
	t->nlive = 0;
	for (uint32_t i = 0; i < row->nparams; i++) {
		if (lanes->needed >> i & 1)
			t->live[t->nlive++] = (struct param_cursor){ base + lanes->bytes[i].at,
								     base + lanes->length[i].at,
								     lanes->length[i].step, i };
	}
}

/* Do the rows of the type column agree with the summary? */
static int check_types(const struct loader *l, const struct lane *type)
{
	const struct block_head *head = &l->head;
	const uint8_t *p = (const uint8_t *)l->c->bytes.p + type->at;
	uint32_t counts[EV_COUNT] = { 0 };
	size_t n = head->sum.events;

	if (type_width(head->ntypes) == 1) {
		uint32_t places[256] = { 0 };

		for (size_t i = 0; i < n; i++)
			places[p[i * type->step]]++;
		for (uint32_t i = head->ntypes; i < 256; i++) {
			if (places[i])
				return err_set(l->err, ERR_FORMAT,
					       "a block of %u types has an event of type number %u",
					       head->ntypes, i);
		}
		memcpy(counts, places, head->ntypes * sizeof *counts);
	} else {
		for (size_t i = 0; i < n; i++) {
			uint16_t place = get_le16((const char *)p + i * type->step);

			if (place >= head->ntypes)
				return err_set(l->err, ERR_FORMAT,
					       "a block of %u types has an event of type number %u",
					       head->ntypes, place);
			counts[place]++;
		}
	}
	for (uint32_t i = 0; i < head->ntypes; i++) {
		if (counts[i] != head->types[i].count)
			return err_set(l->err, ERR_FORMAT,
				       "a block's events do not add up to its summary");
	}
	return 0;
}

static size_t count_misses(const struct block_cursor *c, const struct lane *miss, size_t n)
{
	const char *p = c->bytes.p + miss->at;
	size_t misses = 0;

	if (miss->step == 0)
		return *p ? n : 0;
	for (size_t i = 0; i < n; i++)
		misses += p[i] != 0;
	return misses;
}

/* A column whose rows are counted by others, later. */
static int load_counted(struct loader *l, struct lane *out)
{
	out->at = l->c->bytes.n;
	if (column_unpack(l->packer, &l->in, &l->c->bytes, l->err) < 0)
		return -1;
	out->n = l->c->bytes.n - out->at;
	return 0;
}

static int load_columns(struct loader *l, struct type_lanes *types)
{
	struct block_cursor *c = l->c;
	size_t n = l->head.sum.events;
	struct lane type, cpu, flags, tid_miss, tid, escape, bits;

	buf_clear(&c->bytes);
	if (load(l, "type", type_width(l->head.ntypes), n * type_width(l->head.ntypes), &type) <
		    0 ||
	    check_types(l, &type) < 0 || load(l, "cpu", 2, n * 2, &cpu) < 0 ||
	    load(l, "flags", 4, n * 4, &flags) < 0 || load(l, "tid_miss", 1, n, &tid_miss) < 0 ||
	    load_counted(l, &tid) < 0 ||
	    expect("tid", tid.n, count_misses(c, &tid_miss, n) * 8, l->err) < 0 ||
	    load_counted(l, &escape) < 0 || load_counted(l, &bits) < 0)
		return -1;
	/* Behind the bits: reading a word at the last of them stays inside. */
	buf_put(&c->bytes, "\0\0\0\0\0\0\0", BITS_SLACK);
	for (uint32_t i = 0; i < l->head.ntypes; i++) {
		if (load_type(l, &l->head.types[i], &types[i]) < 0)
			return -1;
	}
	if (expect("time_escape", escape.n, l->escapes * 8, l->err) < 0 ||
	    expect("time_bits", bits.n, (size_t)((l->bits + 7) / 8), l->err) < 0)
		return -1;
	if (l->in.n)
		return err_set(l->err, ERR_FORMAT, "%zu bytes behind a block's last column",
			       l->in.n);
	if (c->bytes.failed)
		return err_set(l->err, ERR_NOMEM, "no memory for a block");

	/* The columns stopped moving: from here on by pointer. */
	const char *base = c->bytes.p;
	c->lanes = (struct head_lanes){ .type = base + type.at,
					.cpu = base + cpu.at,
					.flags = base + flags.at,
					.tid_miss = base + tid_miss.at,
					.tid = base + tid.at,
					.time_escape = base + escape.at,
					.type_step = type.step,
					.cpu_step = cpu.step,
					.flags_step = flags.step,
					.tid_miss_step = tid_miss.step,
					.wide_types = type_width(l->head.ntypes) == 2,
					.time_bits = { .p = base + bits.at },
					.ts_ns = l->head.sum.first_ts_ns };
	for (uint32_t i = 0; i < l->head.ntypes; i++)
		set_type_cursor(c, &l->head.types[i], &types[i], &c->types[i]);
	return 0;
}

static int grow_types(struct block_cursor *c, uint32_t n, struct err *err)
{
	if (n <= c->types_cap)
		return 0;
	free(c->types);
	c->types = calloc(n, sizeof *c->types);
	c->types_cap = c->types ? n : 0;
	return c->types ? 0 : err_set(err, ERR_NOMEM, "no memory for a block");
}

int block_cursor_load(struct block_cursor *c, struct packer *p, struct sv payload, struct err *err)
{
	struct loader *l = calloc(1, sizeof *l);
	struct type_lanes *types = NULL;
	int rc = -1;

	c->left = c->at = c->end = 0;
	if (!l) {
		err_set(err, ERR_NOMEM, "no memory for a block");
		goto out;
	}
	l->c = c;
	l->packer = p;
	l->in = payload;
	l->err = err;
	if (block_head_take(&l->in, &l->head, err) < 0 || grow_types(c, l->head.ntypes, err) < 0)
		goto out;
	types = malloc(l->head.ntypes * sizeof *types);
	if (!types) {
		err_set(err, ERR_NOMEM, "no memory for a block");
		goto out;
	}
	if (load_columns(l, types) < 0)
		goto out;
	c->sum = l->head.sum;
	c->left = l->head.sum.events;
	memset(c->last_tid, 0, sizeof c->last_tid);
	rc = 0;
out:
	free(types);
	free(l);
	return rc;
}

const struct block_summary *block_cursor_summary(const struct block_cursor *c)
{
	return &c->sum;
}

/* --- stepping --- */

static inline uint64_t take_step(struct head_lanes *l, const struct time_base *classes,
				 struct type_cursor *t)
{
	uint8_t class = *t->time_class++;

	if (class != TIME_ESCAPE)
		return (uint64_t)classes[class].base +
		       bits_take(&l->time_bits, classes[class].nbits);
	l->time_escape += 8;
	return get_le64(l->time_escape - 8);
}

static inline int64_t take_tid(struct head_lanes *l, int64_t *last)
{
	if (*l->tid_miss) {
		*last = (int64_t)get_le64(l->tid);
		l->tid += 8;
	}
	l->tid_miss += l->tid_miss_step;
	return *last;
}

static bool take_heads(struct block_cursor *c)
{
	struct head_lanes l = c->lanes; /* in registers, where no store can change it */
	uint32_t n = c->left < HEADS_AHEAD ? c->left : HEADS_AHEAD;

	for (uint32_t i = 0; i < n; i++) {
		struct head *h = &c->heads[i];

		h->place = l.wide_types ? get_le16(l.type) : (uint8_t)*l.type;
		h->cpu = get_le16(l.cpu);
		h->flags = get_le32(l.flags);
		h->ts_ns = l.ts_ns += take_step(&l, c->classes, &c->types[h->place]);
		h->tid = take_tid(&l, &c->last_tid[h->cpu % LAST_TID_SLOTS]);
		l.type += l.type_step;
		l.cpu += l.cpu_step;
		l.flags += l.flags_step;
	}
	c->lanes = l;
	c->left -= n;
	c->at = 0;
	c->end = n;
	return n > 0;
}

/* Few enough for the compiler to clear them in place. */
enum { CLEARED_AT_ONCE = 4 };
_Static_assert(EVENT_MAX_PARAMS % CLEARED_AT_ONCE == 0, "clearing stays inside");

static inline void take_params(struct type_cursor *t, struct event *ev)
{
	uint32_t nlive = t->nlive;

	ev->nparams = *t->np;
	t->np += t->np_step;
	if (nlive < ev->nparams) {
		for (uint32_t i = 0; i < ev->nparams; i += CLEARED_AT_ONCE)
			memset(ev->params + i, 0, CLEARED_AT_ONCE * sizeof ev->params[0]);
	}
	/* This one may have fewer than others of its type. */
	while (t->np_step && nlive && t->live[nlive - 1].index >= ev->nparams)
		nlive--;
	for (uint32_t i = 0; i < nlive; i++) {
		struct param_cursor *pc = &t->live[i];
		uint32_t n = get_le32(pc->length);

		ev->params[pc->index] = (struct sv){ pc->bytes, n };
		pc->length += pc->step;
		pc->bytes += n;
	}
}

bool block_cursor_next(struct block_cursor *c, struct event *ev)
{
	if (c->at == c->end && !take_heads(c))
		return false;
	const struct head *h = &c->heads[c->at++];
	struct type_cursor *t = &c->types[h->place];

	ev->type = t->type;
	ev->desc = t->desc;
	ev->cpu = h->cpu;
	ev->flags = h->flags;
	ev->ts_ns = h->ts_ns;
	ev->tid = h->tid;
	take_params(t, ev);
	return true;
}

bool block_cursor_quiet(struct block_cursor *c, struct quiet_run *run)
{
	const struct head *h;
	struct type_cursor *t;
	uint32_t n = 0;

	if (c->at == c->end && !take_heads(c))
		return false;
	h = &c->heads[c->at];
	run->first_ts_ns = run->min_ts_ns = run->max_ts_ns = h->ts_ns;
	for (; c->at < c->end && (t = &c->types[h->place])->quiet; h++, c->at++) {
		struct quiet_event *q = &c->quiet[n++];

		*q = (struct quiet_event){ .tid = h->tid, .param = -1, .type = t->type };
		if (t->nlive) {
			q->param = (int64_t)get_le64(t->live[0].bytes);
			t->live[0].bytes += sizeof q->param;
		}
		if (h->ts_ns < run->min_ts_ns)
			run->min_ts_ns = h->ts_ns;
		if (h->ts_ns > run->max_ts_ns)
			run->max_ts_ns = h->ts_ns;
	}
	run->events = c->quiet;
	run->n = n;
	return n > 0;
}
