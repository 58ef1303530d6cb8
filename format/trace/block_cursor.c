#include "format/trace/event_block.h"

#include "format/trace/block_layout.h"
#include "format/trace/times.h"
#include "format/trace/varint.h"

#include <stdlib.h>

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
	struct block_summary sum;
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
	c->sum = head->sum;
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

const struct block_summary *block_cursor_summary(const struct block_cursor *c)
{
	return &c->sum;
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
