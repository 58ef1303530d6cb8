#include "format/trace/event_block.h"

#include "format/trace/times.h"
#include "format/trace/varint.h"

#include <stdlib.h>

/*
 * Payload:  summary, then packed columns in this order
 *
 *	type (2)  cpu (2)  flags (4)
 *	tid_miss (1)    0: the thread that ran on this cpu before; 1: the next row of
 *	tid (8)
 *	time_escape (8) steps that no class holds
 *	time_bits (0)   raw bits below the classes
 *	and for every type of the summary, ascending:
 *	  nparams (1)  time_class (1)
 *	  and for each parameter up to the most any of them has:  length (4)  bytes (0 or the type's
 *size)
 *
 * Summary:  varint events, u64 first, last, min, max time, varint number of types, then for each
 * varint type, varint count, varint parameters.
 */
enum { LAST_TID_SLOTS = 256 }; /* cpus that share a slot only compress worse */

enum head_column {
	HEAD_TYPE,
	HEAD_CPU,
	HEAD_FLAGS,
	HEAD_TID_MISS,
	HEAD_TID,
	HEAD_TIME_ESCAPE,
	HEAD_COUNT
};
static const uint8_t head_width[HEAD_COUNT] = { 2, 2, 4, 1, 8, 8 };

/* Width of a parameter's rows when all of them have the type's fixed size. */
static unsigned param_width(uint32_t type, uint32_t param)
{
	const struct event_desc *desc = schema_event(type);
	uint32_t size = param < desc->nparams ? schema_type_size(desc->params[param].type) : 0;

	return size == 1 || size == 2 || size == 4 || size == 8 ? size : 0;
}

/* --- building --- */

struct param_column {
	struct buf length;
	struct buf bytes;
};

struct type_columns {
	uint32_t nparams; /* the most any event of this block has */
	struct buf np;
	struct buf time_class;
	struct param_column params[EVENT_MAX_PARAMS];
};

struct block_builder {
	struct block_summary sum;
	uint64_t param_bytes;
	uint64_t before_ns;
	int64_t last_tid[LAST_TID_SLOTS];
	struct buf head[HEAD_COUNT];
	struct bit_writer time_bits;
	struct type_columns *types[EV_COUNT];
};

struct block_builder *block_builder_new(void)
{
	return calloc(1, sizeof(struct block_builder));
}

static void type_columns_free(struct type_columns *t)
{
	if (!t)
		return;
	buf_deinit(&t->np);
	buf_deinit(&t->time_class);
	for (int i = 0; i < EVENT_MAX_PARAMS; i++) {
		buf_deinit(&t->params[i].length);
		buf_deinit(&t->params[i].bytes);
	}
	free(t);
}

void block_builder_free(struct block_builder *b)
{
	if (!b)
		return;
	for (int i = 0; i < HEAD_COUNT; i++)
		buf_deinit(&b->head[i]);
	buf_deinit(&b->time_bits.bytes);
	for (int i = 0; i < EV_COUNT; i++)
		type_columns_free(b->types[i]);
	free(b);
}

bool block_builder_full(const struct block_builder *b)
{
	return b->sum.events >= BLOCK_MAX_EVENTS || b->param_bytes >= BLOCK_MAX_BYTES;
}

const struct block_summary *block_builder_summary(const struct block_builder *b)
{
	return &b->sum;
}

static void add_time(struct block_builder *b, struct type_columns *t, uint64_t ts_ns)
{
	int64_t step = (int64_t)(ts_ns - b->before_ns);
	unsigned nbits;
	uint8_t class = time_class(step, &nbits);

	buf_putc(&t->time_class, (char)class);
	if (class == TIME_ESCAPE)
		buf_put(&b->head[HEAD_TIME_ESCAPE], &step, sizeof step);
	else if (nbits)
		bits_put(&b->time_bits, (uint64_t)step & (((uint64_t)1 << nbits) - 1), nbits);
	b->before_ns = ts_ns;
}

static void add_tid(struct block_builder *b, uint16_t cpu, int64_t tid)
{
	int64_t *last = &b->last_tid[cpu % LAST_TID_SLOTS];
	bool miss = *last != tid;

	buf_putc(&b->head[HEAD_TID_MISS], miss);
	if (miss)
		buf_put(&b->head[HEAD_TID], &tid, sizeof tid);
	*last = tid;
}

static void summarise(struct block_summary *sum, const struct event *ev)
{
	if (sum->events++ == 0) {
		sum->first_ts_ns = ev->ts_ns;
		sum->min_ts_ns = ev->ts_ns;
		sum->max_ts_ns = ev->ts_ns;
	}
	sum->last_ts_ns = ev->ts_ns;
	if (ev->ts_ns < sum->min_ts_ns)
		sum->min_ts_ns = ev->ts_ns;
	if (ev->ts_ns > sum->max_ts_ns)
		sum->max_ts_ns = ev->ts_ns;
	sum->counts[ev->type]++;
}

int block_builder_add(struct block_builder *b, const struct event *ev, struct err *err)
{
	if (ev->type >= EV_COUNT || ev->nparams > EVENT_MAX_PARAMS)
		return err_set(err, ERR_UNSUPPORTED, "event type %u with %u parameters", ev->type,
			       ev->nparams);
	struct type_columns *t = b->types[ev->type];
	if (!t) {
		t = calloc(1, sizeof *t);
		if (!t)
			return err_set(err, ERR_NOMEM, "no memory for a block");
		b->types[ev->type] = t;
	}
	if (b->sum.events == 0)
		b->before_ns = ev->ts_ns;
	summarise(&b->sum, ev);
	buf_put(&b->head[HEAD_TYPE], &ev->type, sizeof ev->type);
	buf_put(&b->head[HEAD_CPU], &ev->cpu, sizeof ev->cpu);
	buf_put(&b->head[HEAD_FLAGS], &ev->flags, sizeof ev->flags);
	add_tid(b, ev->cpu, ev->tid);
	add_time(b, t, ev->ts_ns);
	buf_putc(&t->np, (char)ev->nparams);
	if (ev->nparams > t->nparams)
		t->nparams = ev->nparams;
	for (uint32_t i = 0; i < ev->nparams; i++) {
		uint32_t n = (uint32_t)ev->params[i].n;

		buf_put(&t->params[i].length, &n, sizeof n);
		buf_putsv(&t->params[i].bytes, ev->params[i]);
		b->param_bytes += n;
	}
	return 0;
}

static void put_summary(const struct block_builder *b, struct buf *out)
{
	const uint64_t times[] = { b->sum.first_ts_ns, b->sum.last_ts_ns, b->sum.min_ts_ns,
				   b->sum.max_ts_ns };
	uint32_t ntypes = 0;

	for (uint32_t type = 0; type < EV_COUNT; type++)
		ntypes += b->sum.counts[type] > 0;
	buf_put_varint(out, b->sum.events);
	buf_put(out, times, sizeof times);
	buf_put_varint(out, ntypes);
	for (uint32_t type = 0; type < EV_COUNT; type++) {
		if (!b->sum.counts[type])
			continue;
		buf_put_varint(out, type);
		buf_put_varint(out, b->sum.counts[type]);
		buf_put_varint(out, b->types[type]->nparams);
	}
}

/* Pack and empty one column. */
static int pack(struct packer *p, struct buf *column, unsigned width, struct buf *out,
		struct err *err)
{
	if (column->failed)
		return err_set(err, ERR_NOMEM, "no memory for a block");
	if (width && column->n % width != 0)
		width = 0; /* a parameter of the wrong size is kept all the same */
	int rc = column_pack(p, buf_sv(column), width, out, err);
	buf_clear(column);
	return rc;
}

static int pack_type(struct block_builder *b, struct packer *p, uint32_t type, struct buf *out,
		     struct err *err)
{
	struct type_columns *t = b->types[type];

	if (pack(p, &t->np, 1, out, err) < 0 || pack(p, &t->time_class, 1, out, err) < 0)
		return -1;
	for (uint32_t i = 0; i < t->nparams; i++) {
		if (pack(p, &t->params[i].length, 4, out, err) < 0 ||
		    pack(p, &t->params[i].bytes, param_width(type, i), out, err) < 0)
			return -1;
	}
	t->nparams = 0;
	return 0;
}

int block_builder_finish(struct block_builder *b, struct packer *p, struct buf *out,
			 struct err *err)
{
	put_summary(b, out);
	for (int i = 0; i < HEAD_COUNT; i++) {
		if (pack(p, &b->head[i], head_width[i], out, err) < 0)
			return -1;
	}
	bits_flush(&b->time_bits);
	if (pack(p, &b->time_bits.bytes, 0, out, err) < 0)
		return -1;
	for (uint32_t type = 0; type < EV_COUNT; type++) {
		if (b->sum.counts[type] && pack_type(b, p, type, out, err) < 0)
			return -1;
	}
	memset(&b->sum, 0, sizeof b->sum);
	memset(b->last_tid, 0, sizeof b->last_tid);
	b->param_bytes = 0;
	return 0;
}

/* --- reading --- */

struct span {
	size_t at, n; /* in block_cursor.bytes */
};

struct param_cursor {
	const char *length; /* next u32 */
	const char *bytes;
};

struct type_cursor {
	const uint8_t *np;
	const uint8_t *time_class;
	struct param_cursor params[EVENT_MAX_PARAMS];
};

struct block_cursor {
	struct buf bytes; /* all columns, inflated */
	uint32_t left;
	uint64_t ts_ns;
	int64_t last_tid[LAST_TID_SLOTS];
	const char *type, *cpu, *flags, *tid_miss, *tid, *time_escape;
	struct bit_reader time_bits;
	struct type_cursor *types[EV_COUNT];
};

struct block_cursor *block_cursor_new(void)
{
	return calloc(1, sizeof(struct block_cursor));
}

void block_cursor_free(struct block_cursor *c)
{
	if (!c)
		return;
	for (int i = 0; i < EV_COUNT; i++)
		free(c->types[i]);
	buf_deinit(&c->bytes);
	free(c);
}

struct type_row {
	uint32_t type, count, nparams;
};

struct block_head {
	struct block_summary sum;
	struct type_row types[EV_COUNT];
	uint32_t ntypes;
};

static int take_summary(struct sv *in, struct block_head *out, struct err *err)
{
	uint64_t events, ntypes, total = 0;
	struct sv times;

	if (!sv_take_varint(in, &events) || !sv_take(in, 32, &times) ||
	    !sv_take_varint(in, &ntypes))
		return err_set(err, ERR_FORMAT, "a block's summary ends early");
	if (events == 0 || events > BLOCK_MAX_EVENTS || ntypes > EV_COUNT)
		return err_set(err, ERR_FORMAT, "a block of %llu events and %llu types",
			       (unsigned long long)events, (unsigned long long)ntypes);
	out->sum = (struct block_summary){
		.events = (uint32_t)events,
		.first_ts_ns = get_le64(times.p),
		.last_ts_ns = get_le64(times.p + 8),
		.min_ts_ns = get_le64(times.p + 16),
		.max_ts_ns = get_le64(times.p + 24),
	};
	out->ntypes = (uint32_t)ntypes;
	for (uint32_t i = 0; i < ntypes; i++) {
		uint64_t type, count, nparams;

		if (!sv_take_varint(in, &type) || !sv_take_varint(in, &count) ||
		    !sv_take_varint(in, &nparams))
			return err_set(err, ERR_FORMAT, "a block's summary ends early");
		if (type >= EV_COUNT || (i > 0 && type <= out->types[i - 1].type) || count == 0 ||
		    count > events || nparams > EVENT_MAX_PARAMS)
			return err_set(err, ERR_FORMAT,
				       "a block's summary lists type %llu, %llu times with %llu "
				       "parameters",
				       (unsigned long long)type, (unsigned long long)count,
				       (unsigned long long)nparams);
		out->types[i] =
			(struct type_row){ (uint32_t)type, (uint32_t)count, (uint32_t)nparams };
		out->sum.counts[type] = (uint32_t)count;
		total += count;
	}
	if (total != events)
		return err_set(err, ERR_FORMAT, "a block of %llu events counts %llu by type",
			       (unsigned long long)events, (unsigned long long)total);
	return 0;
}

int block_read_summary(struct sv payload, struct block_summary *out, struct err *err)
{
	struct block_head head;

	if (take_summary(&payload, &head, err) < 0)
		return -1;
	*out = head.sum;
	return 0;
}

static int unpack(struct block_cursor *c, struct packer *p, struct sv *in, struct span *out,
		  struct err *err)
{
	out->at = c->bytes.n;
	if (column_unpack(p, in, &c->bytes, err) < 0)
		return -1;
	out->n = c->bytes.n - out->at;
	return 0;
}

/* Rows that a column must have: what comes later relies on it without looking again. */
static int expect(const char *column, size_t got, size_t want, struct err *err)
{
	if (got == want)
		return 0;
	return err_set(err, ERR_FORMAT, "the %s column has %zu bytes, %zu expected", column, got,
		       want);
}

struct type_spans {
	struct span np, time_class;
	struct span length[EVENT_MAX_PARAMS], bytes[EVENT_MAX_PARAMS];
};

/* What the time classes of all types ask of the shared columns. */
struct time_need {
	size_t escapes;
	uint64_t bits;
};

static int count_times(const struct block_cursor *c, struct span classes, struct time_need *need,
		       struct err *err)
{
	for (size_t i = 0; i < classes.n; i++) {
		uint8_t class = (uint8_t)c->bytes.p[classes.at + i];
		unsigned nbits;

		if (class == TIME_ESCAPE) {
			need->escapes++;
			continue;
		}
		if (time_class_base(class, &nbits) < 0)
			return err_set(err, ERR_FORMAT, "time class %u does not exist", class);
		need->bits += nbits;
	}
	return 0;
}

static int unpack_type(struct block_cursor *c, struct packer *p, struct sv *in,
		       const struct type_row *row, struct type_spans *s, struct time_need *need,
		       struct err *err)
{
	size_t with[EVENT_MAX_PARAMS + 1] = { 0 }; /* events that have exactly i parameters */

	if (unpack(c, p, in, &s->np, err) < 0 || expect("nparams", s->np.n, row->count, err) < 0 ||
	    unpack(c, p, in, &s->time_class, err) < 0 ||
	    expect("time class", s->time_class.n, row->count, err) < 0)
		return -1;
	for (size_t i = 0; i < row->count; i++) {
		uint8_t np = (uint8_t)c->bytes.p[s->np.at + i];

		if (np > row->nparams)
			return err_set(
				err, ERR_FORMAT,
				"an event of type %u has %u parameters, at most %u announced",
				row->type, np, row->nparams);
		with[np]++;
	}
	if (count_times(c, s->time_class, need, err) < 0)
		return -1;
	size_t have = row->count;
	for (uint32_t i = 0; i < row->nparams; i++) {
		size_t sum = 0;

		have -= with[i];
		if (unpack(c, p, in, &s->length[i], err) < 0 ||
		    expect("length", s->length[i].n, have * 4, err) < 0 ||
		    unpack(c, p, in, &s->bytes[i], err) < 0)
			return -1;
		for (size_t k = 0; k < have; k++)
			sum += get_le32(c->bytes.p + s->length[i].at + k * 4);
		if (expect("parameter", s->bytes[i].n, sum, err) < 0)
			return -1;
	}
	return 0;
}

/* Do the rows of the type column agree with the summary? */
static int check_types(const struct block_cursor *c, struct span type,
		       const struct block_head *head, struct err *err)
{
	uint32_t counts[EV_COUNT] = { 0 };

	for (size_t i = 0; i < type.n; i += 2) {
		uint16_t t = get_le16(c->bytes.p + type.at + i);

		if (t >= EV_COUNT)
			return err_set(err, ERR_FORMAT, "a block holds an event of type %u", t);
		counts[t]++;
	}
	if (memcmp(counts, head->sum.counts, sizeof counts) != 0)
		return err_set(err, ERR_FORMAT, "a block's events do not add up to its summary");
	return 0;
}

static int set_type_cursor(struct block_cursor *c, const struct type_row *row,
			   const struct type_spans *s, struct err *err)
{
	struct type_cursor *t = c->types[row->type];

	if (!t) {
		t = calloc(1, sizeof *t);
		if (!t)
			return err_set(err, ERR_NOMEM, "no memory for a block");
		c->types[row->type] = t;
	}
	t->np = (uint8_t *)c->bytes.p + s->np.at;
	t->time_class = (uint8_t *)c->bytes.p + s->time_class.at;
	for (uint32_t i = 0; i < row->nparams; i++) {
		t->params[i].length = c->bytes.p + s->length[i].at;
		t->params[i].bytes = c->bytes.p + s->bytes[i].at;
	}
	return 0;
}

static int load(struct block_cursor *c, struct packer *p, struct sv in,
		const struct block_head *head, struct type_spans *types, struct err *err)
{
	struct span heads[HEAD_COUNT], bits;
	size_t n = head->sum.events, misses = 0;
	struct time_need need = { 0 };

	buf_clear(&c->bytes);
	for (int i = 0; i < HEAD_COUNT; i++) {
		if (unpack(c, p, &in, &heads[i], err) < 0)
			return -1;
	}
	if (unpack(c, p, &in, &bits, err) < 0)
		return -1;
	/* Behind the bits: reading a word at the last of them stays inside. */
	buf_put(&c->bytes, "\0\0\0\0\0\0\0", BITS_SLACK);
	if (expect("type", heads[HEAD_TYPE].n, n * 2, err) < 0 ||
	    expect("cpu", heads[HEAD_CPU].n, n * 2, err) < 0 ||
	    expect("flags", heads[HEAD_FLAGS].n, n * 4, err) < 0 ||
	    expect("tid_miss", heads[HEAD_TID_MISS].n, n, err) < 0 ||
	    check_types(c, heads[HEAD_TYPE], head, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		misses += c->bytes.p[heads[HEAD_TID_MISS].at + i] != 0;
	if (expect("tid", heads[HEAD_TID].n, misses * 8, err) < 0)
		return -1;
	for (uint32_t i = 0; i < head->ntypes; i++) {
		if (unpack_type(c, p, &in, &head->types[i], &types[i], &need, err) < 0)
			return -1;
	}
	if (expect("time_escape", heads[HEAD_TIME_ESCAPE].n, need.escapes * 8, err) < 0 ||
	    expect("time_bits", bits.n, (size_t)((need.bits + 7) / 8), err) < 0)
		return -1;
	if (in.n)
		return err_set(err, ERR_FORMAT, "%zu bytes behind a block's last column", in.n);
	if (c->bytes.failed)
		return err_set(err, ERR_NOMEM, "no memory for a block");

	/* The columns stopped moving: from here on by pointer. */
	const char *base = c->bytes.p;
	c->type = base + heads[HEAD_TYPE].at;
	c->cpu = base + heads[HEAD_CPU].at;
	c->flags = base + heads[HEAD_FLAGS].at;
	c->tid_miss = base + heads[HEAD_TID_MISS].at;
	c->tid = base + heads[HEAD_TID].at;
	c->time_escape = base + heads[HEAD_TIME_ESCAPE].at;
	c->time_bits = (struct bit_reader){ .p = base + bits.at };
	for (uint32_t i = 0; i < head->ntypes; i++) {
		if (set_type_cursor(c, &head->types[i], &types[i], err) < 0)
			return -1;
	}
	return 0;
}

int block_cursor_load(struct block_cursor *c, struct packer *p, struct sv payload, struct err *err)
{
	struct block_head *head = malloc(sizeof *head);
	struct type_spans *types = NULL;
	int rc = -1;

	c->left = 0;
	if (!head) {
		err_set(err, ERR_NOMEM, "no memory for a block");
		goto out;
	}
	if (take_summary(&payload, head, err) < 0)
		goto out;
	types = calloc(head->ntypes, sizeof *types);
	if (!types) {
		err_set(err, ERR_NOMEM, "no memory for a block");
		goto out;
	}
	if (load(c, p, payload, head, types, err) < 0)
		goto out;
	c->left = head->sum.events;
	c->ts_ns = head->sum.first_ts_ns;
	memset(c->last_tid, 0, sizeof c->last_tid);
	rc = 0;
out:
	free(types);
	free(head);
	return rc;
}

static uint64_t next_time(struct block_cursor *c, struct type_cursor *t)
{
	uint8_t class = *t->time_class++;
	unsigned nbits;

	if (class == TIME_ESCAPE) {
		c->ts_ns += get_le64(c->time_escape);
		c->time_escape += 8;
	} else {
		int64_t base = time_class_base(class, &nbits);

		c->ts_ns += (uint64_t)base;
		if (nbits)
			c->ts_ns += bits_take(&c->time_bits, nbits);
	}
	return c->ts_ns;
}

static int64_t next_tid(struct block_cursor *c, uint16_t cpu)
{
	int64_t *last = &c->last_tid[cpu % LAST_TID_SLOTS];

	if (*c->tid_miss++) {
		*last = (int64_t)get_le64(c->tid);
		c->tid += 8;
	}
	return *last;
}

bool block_cursor_next(struct block_cursor *c, struct event *ev)
{
	if (c->left == 0)
		return false;
	c->left--;
	ev->type = get_le16(c->type);
	ev->cpu = get_le16(c->cpu);
	ev->flags = get_le32(c->flags);
	c->type += 2;
	c->cpu += 2;
	c->flags += 4;

	struct type_cursor *t = c->types[ev->type];
	ev->ts_ns = next_time(c, t);
	ev->tid = next_tid(c, ev->cpu);
	ev->desc = schema_event(ev->type);
	ev->nparams = *t->np++;
	for (uint32_t i = 0; i < ev->nparams; i++) {
		struct param_cursor *pc = &t->params[i];
		uint32_t n = get_le32(pc->length);

		ev->params[i] = (struct sv){ pc->bytes, n };
		pc->length += 4;
		pc->bytes += n;
	}
	return true;
}
