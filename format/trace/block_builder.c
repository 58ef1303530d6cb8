#include "format/trace/event_block.h"

#include "format/trace/block_layout.h"
#include "format/trace/times.h"
#include "format/trace/varint.h"

#include <stdlib.h>

/* buf_put for rows: nearly always there is room. */
static inline void put_row(struct buf *b, const void *row, size_t n)
{
	if (b->cap - b->n < n) {
		buf_put(b, row, n);
		return;
	}
	memcpy(b->p + b->n, row, n);
	b->n += n;
}

/* A parameter's bytes: most are integers, whose copies need no call. */
static inline void put_param(struct buf *b, struct sv bytes)
{
	switch (bytes.n) {
	case 0:
		break;
	case 4:
		put_row(b, bytes.p, 4);
		break;
	case 8:
		put_row(b, bytes.p, 8);
		break;
	default:
		put_row(b, bytes.p, bytes.n);
		break;
	}
}

/* Width of a parameter's rows when all of them have the type's fixed size. */
static unsigned param_width(uint32_t type, uint32_t param)
{
	const struct event_desc *desc = schema_event(type);
	uint32_t size = param < desc->nparams ? schema_type_size(desc->params[param].type) : 0;

	return size == 1 || size == 2 || size == 4 || size == 8 ? size : 0;
}

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

	put_row(&t->time_class, &class, 1);
	if (class == TIME_ESCAPE)
		put_row(&b->head[HEAD_TIME_ESCAPE], &step, sizeof step);
	else if (nbits)
		bits_put(&b->time_bits, (uint64_t)step & (((uint64_t)1 << nbits) - 1), nbits);
	b->before_ns = ts_ns;
}

static void add_tid(struct block_builder *b, uint16_t cpu, int64_t tid)
{
	int64_t *last = &b->last_tid[cpu % LAST_TID_SLOTS];
	uint8_t miss = *last != tid;

	put_row(&b->head[HEAD_TID_MISS], &miss, 1);
	if (miss)
		put_row(&b->head[HEAD_TID], &tid, sizeof tid);
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
	put_row(&b->head[HEAD_TYPE], &ev->type, sizeof ev->type);
	put_row(&b->head[HEAD_CPU], &ev->cpu, sizeof ev->cpu);
	put_row(&b->head[HEAD_FLAGS], &ev->flags, sizeof ev->flags);
	add_tid(b, ev->cpu, ev->tid);
	add_time(b, t, ev->ts_ns);
	uint8_t np = (uint8_t)ev->nparams;
	put_row(&t->np, &np, 1);
	if (ev->nparams > t->nparams)
		t->nparams = ev->nparams;
	for (uint32_t i = 0; i < ev->nparams; i++) {
		uint32_t n = (uint32_t)ev->params[i].n;

		put_row(&t->params[i].length, &n, sizeof n);
		put_param(&t->params[i].bytes, ev->params[i]);
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

/* Types become their places in the summary's list, bytes if these suffice. */
static unsigned number_types(struct block_builder *b)
{
	struct buf *rows = &b->head[HEAD_TYPE];
	uint16_t place[EV_COUNT];
	uint32_t ntypes = 0;

	if (rows->failed)
		return 2;
	for (uint32_t type = 0; type < EV_COUNT; type++) {
		place[type] = (uint16_t)ntypes;
		ntypes += b->sum.counts[type] > 0;
	}
	unsigned width = type_width(ntypes);
	for (size_t i = 0; i < b->sum.events; i++) {
		uint16_t row = place[get_le16(rows->p + 2 * i)];

		memcpy(rows->p + width * i, &row, width);
	}
	rows->n = width * (size_t)b->sum.events;
	return width;
}

int block_builder_finish(struct block_builder *b, struct packer *p, struct buf *out,
			 struct err *err)
{
	const unsigned widths[HEAD_COUNT] = { number_types(b), 2, 4, 1, 8, 8 };

	put_summary(b, out);
	for (int i = 0; i < HEAD_COUNT; i++) {
		if (pack(p, &b->head[i], widths[i], out, err) < 0)
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
