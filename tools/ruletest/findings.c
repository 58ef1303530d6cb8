#include "tools/ruletest/findings.h"

#include "replay/rule_files.h"
#include "tools/common/human.h"
#include "tools/common/json.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const level_names[] = { "error", "warning", "style" };

void findings_deinit(struct findings *f)
{
	arena_deinit(&f->arena);
	*f = (struct findings){ 0 };
}

int findings_add_file(struct findings *f, const char *path, struct err *err)
{
	struct lint_file *files =
		vec_room(&f->arena, f->files, f->nfiles, &f->cap_files, sizeof *files);
	struct lint_file file = { .name = arena_sv(&f->arena, sv_of(path)) };
	struct buf text = { 0 };

	if (!files || !file.name.p)
		return err_set(err, ERR_NOMEM, "out of memory");
	if (rule_file_read(path, &text, err) < 0) {
		buf_deinit(&text);
		return -1;
	}
	file.text = arena_sv(&f->arena, buf_sv(&text));
	buf_deinit(&text);
	if (!file.text.p)
		return err_set(err, ERR_NOMEM, "out of memory");
	f->files = files;
	files[f->nfiles++] = file;
	return 0;
}

const struct lint_file *findings_file(const struct findings *f, struct sv name)
{
	for (size_t i = 0; i < f->nfiles; i++) {
		if (sv_eq(f->files[i].name, name))
			return &f->files[i];
	}
	return NULL;
}

size_t lint_offset(const struct lint_file *file, uint32_t line, uint32_t col)
{
	size_t at = 0;

	for (uint32_t l = 1; l < line; l++) {
		const char *nl = at < file->text.n
					 ? memchr(file->text.p + at, '\n', file->text.n - at)
					 : NULL;

		if (!nl)
			return SIZE_MAX;
		at = (size_t)(nl - file->text.p) + 1;
	}
	at += col ? col - 1 : 0;
	return at < file->text.n ? at : SIZE_MAX;
}

static struct finding *put(struct findings *f, struct finding finding, const char *fmt, va_list ap)
	__attribute__((format(printf, 3, 0)));

static struct finding *put(struct findings *f, struct finding finding, const char *fmt, va_list ap)
{
	struct finding *items = vec_room(&f->arena, f->items, f->n, &f->cap, sizeof *items);
	char text[512];

	vsnprintf(text, sizeof text, fmt, ap);
	finding.message = arena_sv(&f->arena, sv_of(text));
	finding.file = arena_sv(&f->arena, finding.file);
	if (!items || !finding.message.p || !finding.file.p) {
		f->failed = true;
		return NULL;
	}
	f->items = items;
	items[f->n] = finding;
	return &items[f->n++];
}

struct finding *findings_add(struct findings *f, enum finding_level level, const char *check,
			     struct sv file, uint32_t line, uint32_t col, const char *fmt, ...)
{
	struct finding *out;
	va_list ap;

	va_start(ap, fmt);
	out = put(f,
		  (struct finding){
			  .level = level, .check = check, .file = file, .line = line, .col = col },
		  fmt, ap);
	va_end(ap);
	return out;
}

struct finding *findings_at(struct findings *f, enum finding_level level, const char *check,
			    const struct lint_file *file, size_t offset, const char *fmt, ...)
{
	struct finding at = { .level = level, .check = check, .file = file->name, .line = 1 };
	size_t start = 0;
	struct finding *out;
	va_list ap;

	for (size_t i = 0; i < offset && i < file->text.n; i++) {
		if (file->text.p[i] == '\n') {
			at.line++;
			start = i + 1;
		}
	}
	at.col = (uint32_t)(offset - start) + 1;
	va_start(ap, fmt);
	out = put(f, at, fmt, ap);
	va_end(ap);
	return out;
}

/* --- order --- */

static size_t file_number(const struct findings *f, struct sv name)
{
	const struct lint_file *file = findings_file(f, name);

	return file ? (size_t)(file - f->files) : f->nfiles;
}

static bool comes_before(const struct findings *f, const struct finding *a, const struct finding *b)
{
	size_t x = file_number(f, a->file), y = file_number(f, b->file);

	if (x != y)
		return x < y;
	if (a->line != b->line)
		return a->line < b->line;
	if (a->col != b->col)
		return a->col < b->col;
	return strcmp(a->check, b->check) < 0;
}

static bool same(const struct finding *a, const struct finding *b)
{
	return a->line == b->line && a->col == b->col && sv_eq(a->file, b->file) &&
	       strcmp(a->check, b->check) == 0 && sv_eq(a->message, b->message);
}

void findings_sort(struct findings *f)
{
	size_t kept = 0;

	for (size_t i = 1; i < f->n; i++) {
		struct finding item = f->items[i];
		size_t k = i;

		for (; k > 0 && comes_before(f, &item, &f->items[k - 1]); k--)
			f->items[k] = f->items[k - 1];
		f->items[k] = item;
	}
	for (size_t i = 0; i < f->n; i++) {
		if (kept == 0 || !same(&f->items[i], &f->items[kept - 1]))
			f->items[kept++] = f->items[i];
	}
	f->n = kept;
}

/* --- mending --- */

static int fix_file(struct findings *f, const struct lint_file *file, size_t *fixed,
		    struct err *err)
{
	struct buf text = { 0 };
	size_t at = 0, kept = 0, here = 0;
	bool written;

	for (size_t i = 0; i < f->n; i++) {
		struct finding *x = &f->items[i];
		bool mends = x->with.p && sv_eq(x->file, file->name) && x->from >= at;

		if (!mends) {
			f->items[kept++] = *x;
			continue;
		}
		buf_put(&text, file->text.p + at, x->from - at);
		buf_putsv(&text, x->with);
		at = x->to;
		here++;
	}
	f->n = kept;
	if (here == 0)
		return 0;
	*fixed += here;
	buf_put(&text, file->text.p + at, file->text.n - at);
	FILE *out = text.failed ? NULL : fopen(file->name.p, "wbe");
	if (!out) {
		buf_deinit(&text);
		return err_errno(err, "%s", file->name.p);
	}
	written = buf_write(&text, out);
	written = fclose(out) == 0 && written;
	buf_deinit(&text);
	return written ? 0 : err_errno(err, "%s", file->name.p);
}

int findings_fix(struct findings *f, size_t *fixed, struct err *err)
{
	*fixed = 0;
	for (size_t i = 0; i < f->nfiles; i++) {
		if (fix_file(f, &f->files[i], fixed, err) < 0)
			return -1;
	}
	return 0;
}

/* --- printing --- */

void findings_put_text(const struct findings *f, struct buf *out)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct finding *x = &f->items[i];

		human_text(out, x->file);
		if (x->line)
			buf_printf(out, ":%u", x->line);
		if (x->line && x->col)
			buf_printf(out, ":%u", x->col);
		buf_printf(out, ": %s: ", level_names[x->level]);
		human_text(out, x->message);
		buf_printf(out, " [%s]%s\n", x->check, x->with.p ? " (--fix)" : "");
	}
}

void findings_put_json(const struct findings *f, struct buf *out)
{
	struct json j = { .out = out };

	json_array(&j, NULL);
	for (size_t i = 0; i < f->n; i++) {
		const struct finding *x = &f->items[i];

		json_object(&j, NULL);
		json_text(&j, "file", x->file);
		json_u64(&j, "line", x->line);
		json_u64(&j, "column", x->col);
		json_text(&j, "level", sv_of(level_names[x->level]));
		json_text(&j, "check", sv_of(x->check));
		json_text(&j, "message", x->message);
		if (x->with.p) {
			json_object(&j, "fix");
			json_u64(&j, "from", x->from);
			json_u64(&j, "to", x->to);
			json_text(&j, "with", x->with);
			json_end_object(&j);
		}
		json_end_object(&j);
	}
	json_end_array(&j);
	buf_putc(out, '\n');
}
