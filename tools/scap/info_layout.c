#include "tools/scap/info_layout.h"

#include "tools/common/human.h"

#include <inttypes.h>

/* --- text --- */

static void label(struct buf *b, const char *name)
{
	buf_printf(b, "  %-14s", name);
}

static void more(struct buf *b, size_t n, uint64_t top, const char *noun)
{
	if (n <= top || top == 0)
		return;
	label(b, "");
	buf_puts(b, "and ");
	human_count(b, n - top);
	buf_printf(b, " more %s%s\n", noun, n - top == 1 ? "" : "s");
}

static double percent(uint64_t part, uint64_t of)
{
	return of ? 100 * (double)part / (double)of : 0;
}

static void put_segment(struct buf *b, const struct trace_segment *s)
{
	if (s->events) {
		human_time(b, s->min_ts_ns);
		buf_puts(b, " + ");
		human_duration(b, s->max_ts_ns - s->min_ts_ns);
		buf_puts(b, ", ");
	}
	human_count(b, s->events);
	buf_printf(b, " event%s, ", s->events == 1 ? "" : "s");
	human_bytes(b, s->size);
	buf_putc(b, '\n');
}

static void put_segments(struct buf *b, const struct layout *l, uint64_t top)
{
	size_t n = trace_map_segments(l->map), with_state = 0;

	for (size_t i = 0; i < n; i++)
		with_state += trace_map_segment(l->map, i)->has_state;
	label(b, "segments");
	human_count(b, n);
	buf_puts(b, ", ");
	human_count(b, with_state);
	buf_puts(b, " with a snapshot");
	buf_puts(b, trace_map_walked(l->map) ? "; the trace has no index\n" : "\n");
	for (size_t i = 0; i < n && i < top; i++) {
		label(b, "");
		put_segment(b, trace_map_segment(l->map, i));
	}
	more(b, n, top, "segment");
}

static void put_sizes(struct buf *b, const struct layout *l)
{
	const char *before = ": ";

	label(b, "size");
	human_bytes(b, l->total);
	for (int i = 0; i < SIZE_PARTS; i++) {
		if (!l->bytes[i])
			continue;
		buf_printf(b, "%s%s %.1f %%", before, size_part_names[i],
			   percent(l->bytes[i], l->total));
		before = ", ";
	}
	buf_putc(b, '\n');
	if (!l->packed)
		return;
	label(b, "columns");
	human_bytes(b, l->raw);
	buf_puts(b, " in ");
	human_bytes(b, l->packed);
	buf_printf(b, ", 1 : %.1f\n", (double)l->raw / (double)l->packed);
}

static void put_columns(struct buf *b, const struct layout *l, uint64_t top)
{
	for (size_t i = 0; i < l->ncolumns && i < top; i++) {
		const struct column_size *c = &l->columns[i];
		size_t at;

		label(b, "");
		at = b->n;
		layout_column_name(b, c);
		while (b->n < at + 36)
			buf_putc(b, ' ');
		buf_printf(b, "%12" PRIu64 " %5.1f %%  1 : %.1f\n", c->packed,
			   percent(c->packed, l->total), (double)c->raw / (double)c->packed);
	}
	more(b, l->ncolumns, top, "column");
}

void layout_text(struct buf *b, const struct layout *l, uint64_t top, bool columns)
{
	if (!l->map)
		return;
	put_segments(b, l, top);
	put_sizes(b, l);
	if (columns)
		put_columns(b, l, top);
}

/* --- JSON --- */

static void json_segment(struct json *j, const struct trace_index *index,
			 const struct trace_segment *s)
{
	json_object(j, NULL);
	json_u64(j, "offset", s->offset);
	json_u64(j, "bytes", s->size);
	json_bool(j, "snapshot", s->has_state);
	json_u64(j, "first_event", s->first_event);
	json_u64(j, "num_before", s->num_before);
	json_u64(j, "events", s->events);
	if (s->events) {
		json_u64(j, "min_ts_ns", s->min_ts_ns);
		json_u64(j, "max_ts_ns", s->max_ts_ns);
	}
	json_array(j, "by_type");
	for (size_t i = s->first_type; i < s->first_type + s->ntypes; i++) {
		json_object(j, NULL);
		json_u64(j, "id", index->types[i].type);
		json_text(j, "type", sv_of(schema_event(index->types[i].type)->name));
		json_u64(j, "count", index->types[i].events);
		json_end_object(j);
	}
	json_end_array(j);
	json_end_object(j);
}

static void json_columns(struct json *j, const struct layout *l)
{
	struct buf name = { 0 };

	json_array(j, "columns");
	for (size_t i = 0; i < l->ncolumns; i++) {
		buf_clear(&name);
		layout_column_name(&name, &l->columns[i]);
		json_object(j, NULL);
		json_text(j, "name", buf_sv(&name));
		json_u64(j, "bytes", l->columns[i].packed);
		json_u64(j, "raw_bytes", l->columns[i].raw);
		json_end_object(j);
	}
	json_end_array(j);
	buf_deinit(&name);
}

void layout_json(struct json *j, const struct layout *l, bool columns)
{
	if (!l->map)
		return;
	json_bool(j, "index", !trace_map_walked(l->map));
	json_array(j, "segments");
	for (size_t i = 0; i < trace_map_segments(l->map); i++)
		json_segment(j, trace_map_index(l->map), trace_map_segment(l->map, i));
	json_end_array(j);
	json_object(j, "size");
	json_u64(j, "total", l->total);
	for (int i = 0; i < SIZE_PARTS; i++)
		json_u64(j, size_part_names[i], l->bytes[i]);
	json_u64(j, "columns", l->packed);
	json_u64(j, "columns_raw", l->raw);
	json_end_object(j);
	if (columns)
		json_columns(j, l);
}
