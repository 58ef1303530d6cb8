#include "format/trace/snapshot_frame.h"

#include "format/trace/varint.h"

/* Section 10: the rows of the intake begin with their layout and the number of the last event. */
static int take_num(struct sv rows, uint64_t *num, struct err *err)
{
	uint64_t layout;

	if (!sv_take_varint(&rows, &layout) || !sv_take_varint(&rows, num))
		return err_set(err, ERR_FORMAT, "a snapshot without the number of an event");
	return 0;
}

int snapshot_frame_put(struct packer *p, const struct snapshot_view *v, struct buf *out,
		       uint64_t *num, struct err *err)
{
	if (take_num(v->columns[SNAPSHOT_INTAKE], num, err) < 0)
		return -1;
	buf_put_varint(out, *num);
	for (int i = 0; i < SNAPSHOT_COLUMNS; i++) {
		if (column_pack(p, v->columns[i], 0, out, err) < 0)
			return -1;
	}
	return 0;
}

void snapshot_columns_deinit(struct snapshot_columns *c)
{
	for (int i = 0; i < SNAPSHOT_COLUMNS; i++)
		buf_deinit(&c->columns[i]);
}

int snapshot_frame_take(struct packer *p, struct sv payload, struct snapshot_columns *c,
			struct snapshot_view *out, uint64_t *num, struct err *err)
{
	uint64_t of_intake;

	if (!sv_take_varint(&payload, num))
		return err_set(err, ERR_FORMAT, "a snapshot ends early");
	for (int i = 0; i < SNAPSHOT_COLUMNS; i++) {
		buf_clear(&c->columns[i]);
		if (column_unpack(p, &payload, &c->columns[i], err) < 0)
			return -1;
		out->columns[i] = buf_sv(&c->columns[i]);
	}
	if (payload.n)
		return err_set(err, ERR_FORMAT, "%zu bytes behind a snapshot", payload.n);
	if (take_num(out->columns[SNAPSHOT_INTAKE], &of_intake, err) < 0)
		return -1;
	if (of_intake != *num)
		return err_set(err, ERR_FORMAT, "a snapshot behind event %llu tells of event %llu",
			       (unsigned long long)*num, (unsigned long long)of_intake);
	return 0;
}
