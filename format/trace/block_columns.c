#include "format/trace/event_block.h"

#include "format/trace/block_layout.h"

const char *const block_part_names[BLOCK_PARTS] = {
	[BLOCK_TYPE] = "type",
	[BLOCK_CPU] = "cpu",
	[BLOCK_FLAGS] = "flags",
	[BLOCK_TID_MISS] = "tid_miss",
	[BLOCK_TID] = "tid",
	[BLOCK_TIME_ESCAPE] = "time_escape",
	[BLOCK_TIME_BITS] = "time_bits",
	[BLOCK_NPARAMS] = "nparams",
	[BLOCK_TIME_CLASS] = "time_class",
	[BLOCK_LENGTH] = "length",
	[BLOCK_BYTES] = "bytes",
};

struct walk {
	struct sv in;
	int (*each)(void *arg, const struct block_column *c, struct err *err);
	void *arg;
};

static int step(struct walk *w, enum block_part part, uint32_t type, uint32_t param,
		struct err *err)
{
	struct block_column c = { .part = part, .type = (uint16_t)type, .param = param };
	struct sv before = w->in; /* of the column's head */

	if (column_take(&w->in, &c.head, err) < 0)
		return -1;
	c.packed_n = before.n - w->in.n;
	return w->each(w->arg, &c, err);
}

static int walk_type(struct walk *w, const struct type_row *row, struct err *err)
{
	if (step(w, BLOCK_NPARAMS, row->type, 0, err) < 0 ||
	    step(w, BLOCK_TIME_CLASS, row->type, 0, err) < 0)
		return -1;
	for (uint32_t i = 0; i < row->nparams; i++) {
		if (step(w, BLOCK_LENGTH, row->type, i, err) < 0 ||
		    step(w, BLOCK_BYTES, row->type, i, err) < 0)
			return -1;
	}
	return 0;
}

int block_each_column(struct sv payload,
		      int (*each)(void *arg, const struct block_column *c, struct err *err),
		      void *arg, struct err *err)
{
	struct walk w = { .in = payload, .each = each, .arg = arg };
	struct block_head head;

	if (block_head_take(&w.in, &head, err) < 0)
		return -1;
	for (int part = 0; part <= BLOCK_TIME_BITS; part++) {
		if (step(&w, part, 0, 0, err) < 0)
			return -1;
	}
	for (uint32_t i = 0; i < head.ntypes; i++) {
		if (walk_type(&w, &head.types[i], err) < 0)
			return -1;
	}
	return w.in.n ? err_set(err, ERR_FORMAT, "%zu bytes behind a block's last column", w.in.n)
		      : 0;
}
