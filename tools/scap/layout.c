#include "tools/scap/layout.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

const char *const size_part_names[SIZE_PARTS] = {
	[SIZE_EVENTS] = "events",   [SIZE_LISTS] = "lists",   [SIZE_SNAPSHOTS] = "snapshots",
	[SIZE_FILTERS] = "filters", [SIZE_LOSSES] = "losses", [SIZE_REST] = "other",
};

/* --- columns, added up over all blocks --- */

/* Slots of a column: those of every type, then those of every parameter of it. */
enum {
	SLOTS_OF_TYPE = 2 + 2 * EVENT_MAX_PARAMS,
	SLOTS = BLOCK_NPARAMS + EV_COUNT * SLOTS_OF_TYPE,
};

struct tally {
	struct layout *l;
	struct column_size slots[SLOTS];
};

static size_t slot_of(const struct block_column *c)
{
	size_t of_type = BLOCK_NPARAMS + c->type * (size_t)SLOTS_OF_TYPE;

	switch (c->part) {
	case BLOCK_NPARAMS:
		return of_type;
	case BLOCK_TIME_CLASS:
		return of_type + 1;
	case BLOCK_LENGTH:
		return of_type + 2 + 2 * (size_t)c->param;
	case BLOCK_BYTES:
		return of_type + 3 + 2 * (size_t)c->param;
	default:
		return c->part;
	}
}

static int take_column(void *arg, const struct block_column *c, struct err *err)
{
	struct tally *t = arg;
	struct column_size *slot = &t->slots[slot_of(c)];

	(void)err;
	slot->part = c->part;
	slot->type = c->type;
	slot->param = (uint16_t)c->param;
	slot->packed += c->packed_n;
	slot->raw += c->head.raw_n;
	t->l->packed += c->packed_n;
	t->l->raw += c->head.raw_n;
	return 0;
}

static int read_blocks(struct layout *l, const char *path, struct tally *t, struct err *err)
{
	const struct trace_index *index = trace_map_index(l->map);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct frame_reader *frames;
	struct frame frame;
	int rc = 0;

	if (fd < 0)
		return err_errno(err, "cannot open %s", path);
	if (frame_reader_open_file(fd, path, &frames, err) < 0)
		return -1;
	for (size_t i = 0; rc == 0 && i < index->nframes; i++) {
		if (index->frames[i].kind != FRAME_EVENTS)
			continue;
		frame_reader_seek(frames, index->frames[i].offset, i + 1);
		rc = frame_reader_next(frames, &frame, err) == NEXT_ITEM
			     ? block_each_column(frame.payload, take_column, t, err)
			     : -1;
	}
	frame_reader_close(frames);
	return rc;
}

static int by_size(const void *a, const void *b)
{
	const struct column_size *x = a, *y = b;

	if (x->packed != y->packed)
		return x->packed > y->packed ? -1 : 1;
	return x->raw > y->raw ? -1 : x->raw < y->raw;
}

static int keep_columns(struct layout *l, const struct tally *t, struct err *err)
{
	size_t n = 0;

	for (size_t i = 0; i < SLOTS; i++)
		n += t->slots[i].packed > 0;
	l->columns = calloc(n + 1, sizeof *l->columns);
	if (!l->columns)
		return err_set(err, ERR_NOMEM, "no memory for %zu columns", n);
	for (size_t i = 0; i < SLOTS; i++) {
		if (t->slots[i].packed)
			l->columns[l->ncolumns++] = t->slots[i];
	}
	qsort(l->columns, n, sizeof *l->columns, by_size);
	return 0;
}

/* --- the file --- */

static enum size_part part_of(uint8_t kind)
{
	switch (kind) {
	case FRAME_EVENTS:
		return SIZE_EVENTS;
	case FRAME_META:
		return SIZE_LISTS;
	case FRAME_SNAPSHOT:
		return SIZE_SNAPSHOTS;
	case FRAME_FILTER:
		return SIZE_FILTERS;
	case FRAME_LOSS:
		return SIZE_LOSSES;
	default:
		return SIZE_REST;
	}
}

static void add_up(struct layout *l)
{
	const struct trace_index *index = trace_map_index(l->map);
	uint64_t payloads = 0;

	for (size_t i = 0; i < index->nframes; i++) {
		uint64_t n = index->frames[i].size - FRAME_HEADER_SIZE;
		enum size_part part = part_of(index->frames[i].kind);

		if (part == SIZE_REST)
			continue;
		l->bytes[part] += n;
		payloads += n;
	}
	l->bytes[SIZE_REST] = l->total > payloads ? l->total - payloads : 0;
}

int layout_read(struct layout *l, const char *path, struct err *err)
{
	struct tally *t = calloc(1, sizeof *t);
	struct stat st;
	int rc = -1;

	*l = (struct layout){ 0 };
	if (!t)
		return err_set(err, ERR_NOMEM, "no memory to read %s", path);
	t->l = l;
	if (stat(path, &st) < 0)
		err_errno(err, "cannot read %s", path);
	else if (trace_map_open(path, &l->map, err) == 0) {
		l->total = (uint64_t)st.st_size;
		add_up(l);
		rc = read_blocks(l, path, t, err) < 0 ? -1 : keep_columns(l, t, err);
	}
	free(t);
	return rc;
}

void layout_deinit(struct layout *l)
{
	trace_map_close(l->map);
	free(l->columns);
	*l = (struct layout){ 0 };
}

void layout_column_name(struct buf *b, const struct column_size *c)
{
	const struct event_desc *desc = schema_event(c->type);

	if (c->part >= BLOCK_NPARAMS)
		buf_puts(b, desc->name);
	if (c->part >= BLOCK_LENGTH) {
		if (c->param < desc->nparams)
			buf_printf(b, ".%s", desc->params[c->param].name);
		else
			buf_printf(b, ".%u", c->param);
	}
	if (c->part >= BLOCK_NPARAMS)
		buf_putc(b, ' ');
	buf_puts(b, block_part_names[c->part]);
}
