#include "tools/scap/printer.h"

#include "engine/fields/render.h"

#include <stdio.h>

enum { FLUSH_BYTES = 64 * 1024 };

/* One column of JSON output: its key is rendered once. */
struct column {
	struct field_ref field;
	struct sv key; /* "\"evt.num\":" */
};

void printer_deinit(struct printer *p)
{
	buf_deinit(&p->out);
	arena_deinit(&p->arena);
}

/* --- setting up --- */

int printer_set_line(struct printer *p, const char *format, struct err *err)
{
	if (format_compile(sv_of(format), &p->arena, &p->line, err) == 0)
		return 0;
	/* A message about a text of the command line says where in it. */
	if (err->pos.col)
		return err_prefix(err, "format, column %u", err->pos.col);
	return err_prefix(err, "format");
}

/* The next name of a list with commas; those inside brackets belong to a name. */
static bool next_name(struct sv *rest, struct sv *name)
{
	size_t n = 0;
	int depth = 0;

	if (!rest->p)
		return false;
	for (; n < rest->n && (rest->p[n] != ',' || depth > 0); n++)
		depth += (rest->p[n] == '[') - (rest->p[n] == ']');
	*name = (struct sv){ rest->p, n };
	if (n < rest->n)
		*rest = (struct sv){ rest->p + n + 1, rest->n - n - 1 };
	else
		*rest = (struct sv){ 0 };
	return true;
}

static int set_column(struct printer *p, struct column *col, struct sv name, struct err *err)
{
	struct buf key = { 0 };

	if (field_parse(name, &p->arena, &col->field, err) < 0)
		return err_prefix(err, "fields");
	render_json_string(&key, name);
	buf_putc(&key, ':');
	col->key = arena_sv(&p->arena, buf_sv(&key));
	buf_deinit(&key);
	return col->key.p ? 0 : err_set(err, ERR_NOMEM, "no memory for the fields");
}

int printer_set_fields(struct printer *p, const char *list, struct err *err)
{
	struct sv rest = sv_of(list), name;
	size_t n = 1;

	for (const char *c = list; *c; c++)
		n += *c == ',';
	p->columns = arena_array(&p->arena, struct column, n);
	if (!p->columns)
		return err_set(err, ERR_NOMEM, "no memory for the fields");
	while (next_name(&rest, &name)) {
		if (set_column(p, &p->columns[p->ncolumns++], name, err) < 0)
			return -1;
	}
	return 0;
}

uint64_t printer_params(const struct printer *p, uint32_t event_type)
{
	uint64_t params = p->line ? format_params(p->line, event_type) : 0;

	for (size_t i = 0; i < p->ncolumns; i++)
		params |= field_params(&p->columns[i].field, event_type);
	return params;
}

bool printer_remembers(const struct printer *p)
{
	bool remembers = p->line && format_remembers(p->line);

	for (size_t i = 0; i < p->ncolumns; i++)
		remembers |= (p->columns[i].field.def->flags & FF_PER_USE) != 0;
	return remembers;
}

/* --- events --- */

static void put_object(const struct printer *p, struct sv before, struct field_ctx *ctx,
		       struct buf *out)
{
	buf_putc(out, '{');
	buf_putsv(out, before);
	for (size_t i = 0; i < p->ncolumns; i++) {
		const struct field_ref *f = &p->columns[i].field;
		struct value v;

		if (!field_get_json(f, ctx, &v) || (v.is_list && v.list.n == 0))
			continue;
		buf_putsv(out, p->columns[i].key);
		render_value_json(out, &v, f->def->format);
		buf_putc(out, ',');
	}
	if (!out->failed && out->p[out->n - 1] == ',')
		out->n--;
	buf_putc(out, '}');
}

bool printer_put(struct printer *p, struct sv before, struct field_ctx *ctx, struct buf *out)
{
	size_t begin = out->n;

	if (!p->line) {
		put_object(p, before, ctx, out);
	} else {
		buf_putsv(out, before);
		if (!format_print(p->line, ctx, out)) {
			out->n = begin;
			return false;
		}
	}
	buf_putc(out, '\n');
	return true;
}

static int flush(struct printer *p, size_t above, struct err *err)
{
	if (p->out.failed)
		return err_set(err, ERR_NOMEM, "no memory for a line of output");
	if (p->out.n <= above)
		return 0;
	if (!buf_write(&p->out, stdout))
		return err_errno(err, "cannot write to standard output");
	buf_clear(&p->out);
	return 0;
}

int printer_event(struct printer *p, struct field_ctx *ctx, struct err *err)
{
	if (!printer_put(p, SV(""), ctx, &p->out))
		return 0;
	return flush(p, FLUSH_BYTES, err) < 0 ? -1 : 1;
}

int printer_flush(struct printer *p, struct err *err)
{
	return flush(p, 0, err);
}
