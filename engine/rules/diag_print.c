#include "engine/fields/render.h"
#include "engine/rules/diag.h"

/* --- as Falco's JSON: members in alphabetical order, no blanks --- */

static void put_location(const struct diag_location *l, struct buf *out)
{
	buf_puts(out, "{\"item_name\":");
	render_json_string(out, l->item_name);
	buf_puts(out, ",\"item_type\":");
	render_json_string(out, sv_of(l->item_type));
	buf_printf(out, ",\"position\":{\"column\":%u,\"line\":%u,\"name\":", l->col, l->line);
	render_json_string(out, l->name);
	buf_printf(out, ",\"offset\":%u}}", l->offset);
}

static void put_diag(const struct diag *d, struct buf *out)
{
	buf_printf(out, "{\"code\":\"%s\",\"codedesc\":", diag_code_name(d->code));
	render_json_string(out, sv_of(diag_code_desc(d->code)));
	buf_puts(out, ",\"context\":{\"locations\":[");
	for (size_t i = 0; i < d->nwhere; i++) {
		if (i)
			buf_putc(out, ',');
		put_location(&d->where[i], out);
	}
	buf_puts(out, "],\"snippet\":");
	render_json_string(out, d->snippet);
	buf_putc(out, '}');
	if (d->deprecated_field.n) {
		buf_puts(out, ",\"deprecated_field\":");
		render_json_string(out, d->deprecated_field);
	}
	buf_puts(out, ",\"message\":");
	render_json_string(out, d->message);
	buf_putc(out, '}');
}

static void put_diags(const struct diag_list *dl, uint32_t file, bool errors, struct buf *out)
{
	bool first = true;

	buf_putc(out, '[');
	for (size_t i = 0; i < dl->n; i++) {
		const struct diag *d = &dl->items[i];

		if (d->file != file || diag_is_error(d->code) != errors)
			continue;
		if (!first)
			buf_putc(out, ',');
		first = false;
		put_diag(d, out);
	}
	buf_putc(out, ']');
}

static void put_file(const struct diag_list *dl, uint32_t which, struct buf *out)
{
	const struct diag_file *f = &dl->files[which];

	buf_puts(out, "{\"errors\":");
	put_diags(dl, which, true, out);
	buf_puts(out, ",\"name\":");
	render_json_string(out, f->name);
	if (f->schema_checked) {
		buf_printf(out, ",\"schema_valid\":%s,\"schema_warnings\":[",
			   f->schema_valid ? "true" : "false");
		for (size_t i = 0; i < f->nschema_warnings; i++) {
			if (i)
				buf_putc(out, ',');
			render_json_string(out, f->schema_warnings[i]);
		}
		buf_putc(out, ']');
	}
	buf_printf(out, ",\"successful\":%s,\"warnings\":", f->failed ? "false" : "true");
	put_diags(dl, which, false, out);
	buf_putc(out, '}');
}

void diag_print_json(const struct diag_list *dl, struct buf *out)
{
	buf_puts(out, "{\"falco_load_results\":[");
	for (size_t i = 0; i < dl->nfiles; i++) {
		if (i)
			buf_putc(out, ',');
		put_file(dl, (uint32_t)i, out);
	}
	buf_puts(out, "]}\n");
}

/* --- as text for people --- */

/* Text from a rule file: what a terminal might act on is shown as '?'. */
static void put_safe(struct sv text, struct buf *out)
{
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		bool control = ((unsigned char)c < 0x20 && c != '\n' && c != '\t') || c == 0x7F;

		buf_putc(out, control ? '?' : c);
	}
}

/*
 * "FILE:LINE:COL: ", counted from 1.  Within a condition that is where its YAML value begins,
 * because the text that was judged is not the text in the file.
 */
static void put_place(const struct diag *d, struct sv file, struct buf *out)
{
	const struct diag_location *l = d->nwhere ? &d->where[d->nwhere - 1] : NULL;

	if (d->spot.file.n) {
		put_safe(d->spot.file, out);
		buf_printf(out, ":%u:%u: ", d->spot.line + 1, d->spot.col + 1);
		return;
	}
	while (l > d->where && !sv_eq(l->name, d->where[0].name))
		l--;
	put_safe(l ? l->name : file, out);
	if (l && l > d->where)
		buf_printf(out, ":%u:%u", l->line + 1, l->col + 1);
	buf_puts(out, ": ");
}

/* The innermost thing with a name: "rule 'x'". */
static void put_subject(const struct diag *d, struct buf *out)
{
	for (size_t i = d->nwhere; i-- > 0;) {
		if (d->where[i].item_name.n) {
			buf_printf(out, "%s '", d->where[i].item_type);
			put_safe(d->where[i].item_name, out);
			buf_puts(out, "': ");
			return;
		}
	}
}

static void put_indented(struct sv lines, struct buf *out)
{
	while (lines.n) {
		const char *nl = memchr(lines.p, '\n', lines.n);
		struct sv line;

		sv_take(&lines, nl ? (size_t)(nl - lines.p) + 1 : lines.n, &line);
		buf_puts(out, "    ");
		put_safe(line, out);
	}
}

static void put_text(const struct diag_list *dl, const struct diag *d, struct buf *out)
{
	put_place(d, d->file < dl->nfiles ? dl->files[d->file].name : (struct sv){ 0 }, out);
	buf_puts(out, diag_is_error(d->code) ? "error: " : "warning: ");
	put_subject(d, out);
	if (d->message.n)
		put_safe(d->message, out);
	else
		buf_puts(out, diag_code_title(d->code));
	buf_printf(out, " [%s]\n", diag_code_name(d->code));
	if (d->nwhere > 1)
		put_indented(d->spot.file.n ? d->spot.snippet : d->snippet, out);
	if (d->hint.n)
		buf_printf(out, "    did you mean " SV_FMT "?\n", SV_ARG(d->hint));
}

void diag_print_text(const struct diag_list *dl, struct buf *out)
{
	for (int errors = 1; errors >= 0; errors--) {
		for (size_t i = 0; i < dl->n; i++) {
			if (diag_is_error(dl->items[i].code) == errors)
				put_text(dl, &dl->items[i], out);
		}
	}
}
