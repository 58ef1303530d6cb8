#include "tools/ruletest/corpus.h"

#include "replay/inputs.h"

#include <glob.h>
#include <stdlib.h>
#include <sys/stat.h>

static int no_memory(struct err *err)
{
	return err_set(err, ERR_NOMEM, "out of memory");
}

int trace_open(const struct trace *t, const struct column_need *need, struct source **out,
	       struct err *err)
{
	const struct source_options options = { .upgrade = true, .need = need };

	if (t->path.n == 0)
		return source_open_list(t->records, t->nrecords, out, err);
	return source_open(t->path.p, &options, out, err);
}

void corpus_deinit(struct corpus *c)
{
	for (size_t i = 0; i < c->n; i++)
		arena_deinit(&c->items[i]->arena);
	arena_deinit(&c->arena);
	*c = (struct corpus){ 0 };
}

static struct trace *add(struct corpus *c)
{
	struct trace **items = vec_room(&c->arena, c->items, c->n, &c->cap, sizeof *items);
	struct trace *t = arena_new(&c->arena, struct trace);

	if (!items || !t)
		return NULL;
	c->items = items;
	return items[c->n++] = t;
}

/* The same file under another name is the same trace. */
struct trace *corpus_file(struct corpus *c, const char *path)
{
	struct stat st;
	bool there = stat(path, &st) == 0;
	struct trace *t;

	for (size_t i = 0; there && i < c->n; i++) {
		t = c->items[i];
		if (t->path.n && t->device == st.st_dev && t->inode == st.st_ino)
			return t;
	}
	t = add(c);
	if (!t)
		return NULL;
	t->path = arena_sv(&c->arena, sv_of(path));
	if (there) {
		t->bytes = (uint64_t)st.st_size;
		t->device = st.st_dev;
		t->inode = st.st_ino;
	}
	return t->path.p ? t : NULL;
}

int corpus_add(struct corpus *c, char **operands, int n, struct err *err)
{
	struct inputs in = { 0 };
	int rc = 0;

	for (int i = 0; rc == 0 && i < n; i++)
		rc = inputs_add(&in, operands[i], &inputs_traces, err);
	for (size_t i = 0; rc == 0 && i < in.n; i++) {
		if (!corpus_file(c, in.paths[i]))
			rc = no_memory(err);
	}
	inputs_deinit(&in);
	return rc;
}

void corpus_allow(const struct corpus *c, struct cli *cli)
{
	for (size_t i = 0; i < c->n; i++)
		cli_allow(cli, c->items[i]->path.p, CONFINE_READ);
}

struct trace *corpus_list(struct corpus *c, const struct record *records, size_t n)
{
	struct trace *t = add(c);

	if (t) {
		t->records = records;
		t->nrecords = n;
	}
	return t;
}

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

/* "$NAME" at the front of *text; false: the environment does not know it. */
static bool put_variable(struct sv *text, struct buf *out, struct buf *name)
{
	bool braces = text->n > 1 && text->p[1] == '{';
	size_t at = braces ? 2 : 1, end = at;

	while (end < text->n && is_name(text->p[end]))
		end++;
	buf_clear(name);
	buf_put(name, text->p + at, end - at);
	const char *value = getenv(buf_cstr(name));
	if (braces && end < text->n && text->p[end] == '}')
		end++;
	sv_take(text, end, &(struct sv){ 0 });
	if (value)
		buf_puts(out, value);
	return value && *value;
}

int corpus_path(struct sv text, struct sv base, struct arena *arena, struct sv *out,
		struct sv *absent, struct err *err)
{
	struct buf path = { 0 }, name = { 0 };
	bool known = true;

	if (text.n && text.p[0] != '/' && text.p[0] != '$' && base.n) {
		buf_putsv(&path, base);
		if (sv_eq(text, SV(".")))
			text.n = 0;
		else
			buf_putc(&path, '/');
	}
	while (text.n && known) {
		if (text.p[0] == '$') {
			known = put_variable(&text, &path, &name);
			continue;
		}
		buf_putc(&path, text.p[0]);
		sv_take(&text, 1, &(struct sv){ 0 });
	}
	*out = arena_sv(arena, buf_sv(&path));
	if (!known) {
		buf_clear(&path);
		buf_printf(&path, "$%s is not set", buf_cstr(&name));
		*absent = arena_sv(arena, buf_sv(&path));
	}
	bool ok = !path.failed && out->p;
	buf_deinit(&path);
	buf_deinit(&name);
	return ok ? 0 : no_memory(err);
}

static int push_inputs(const struct inputs *in, struct arena *arena, struct sv_list *out,
		       struct err *err)
{
	for (size_t i = 0; i < in->n; i++) {
		struct sv path = arena_sv(arena, sv_of(in->paths[i]));

		if (!path.p || !sv_list_push(arena, out, path))
			return no_memory(err);
	}
	return 0;
}

int corpus_paths(struct sv text, struct sv base, struct arena *arena, struct sv_list *out,
		 struct sv *absent, struct err *err)
{
	struct inputs in = { 0 };
	struct err ignored = { 0 };
	struct sv path;
	glob_t found;
	int rc = 0;

	if (corpus_path(text, base, arena, &path, absent, err) < 0)
		return -1;
	if (absent->n)
		return 0;
	if (glob(path.p, 0, NULL, &found) != 0) {
		struct buf why = { 0 };

		buf_printf(&why, "there is no %s", path.p);
		*absent = arena_sv(arena, buf_sv(&why));
		buf_deinit(&why);
		return absent->p ? 0 : no_memory(err);
	}
	for (size_t i = 0; rc == 0 && i < found.gl_pathc; i++) {
		/* Of what a pattern matches, a directory without traces is no trouble. */
		if (inputs_add(&in, found.gl_pathv[i], &inputs_traces,
			       found.gl_pathc > 1 ? &ignored : err) < 0)
			rc = found.gl_pathc > 1 ? 0 : -1;
	}
	globfree(&found);
	if (rc == 0)
		rc = push_inputs(&in, arena, out, err);
	inputs_deinit(&in);
	return rc;
}
