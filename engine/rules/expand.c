/*
 * Lists.  Falco replaces their names in the text of a condition before parsing it: any word
 * between blanks, brackets, commas and '=' that is the name of a list.
 */
#include "engine/rules/compile.h"
#include "engine/rules/exception.h"

/*
 * A list of lists, or a condition that names a long one often, can grow without end.  Work is
 * counted in bytes looked at; finding a place costs some more, and what is kept weighs more,
 * because it will be parsed.  All of Falco's rules together take two million.
 */
enum { WORK_MAX = 1 << 29, FOUND = 64, KEPT = 16 };

static bool spend(struct compiled *c, uint64_t work)
{
	c->work += work;
	return c->work <= WORK_MAX;
}

/* Whatever went wrong: too much work, or no memory. */
static int fail(const struct compiled *c, const struct context *ctx, struct diag_list *dl)
{
	if (c->work > WORK_MAX)
		return diag_at(dl,
			       diag_add(dl, LOAD_ERR_VALIDATE, "Lists grow too long when put in"),
			       ctx);
	dl->nerrors++;
	return -1;
}

/* Sets of lists. */
static size_t nwords(const struct compiled *c)
{
	return c->nlists / 64 + 1;
}

static void set_bit(uint64_t *set, size_t i)
{
	set[i / 64] |= UINT64_C(1) << i % 64;
}

/* Take the first one out of the set; c->nlists if it is empty from there on. */
static size_t take_first(const struct compiled *c, uint64_t *set, size_t from)
{
	for (size_t w = from / 64; w < nwords(c); w++) {
		if (set[w] == 0)
			continue;
		size_t bit = (size_t)__builtin_ctzll(set[w]);

		set[w] &= set[w] - 1;
		return 64 * w + bit;
	}
	return c->nlists;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_delimiter(char c)
{
	return is_blank(c) || c == '(' || c == ')' || c == ',' || c == '=';
}

static bool is_one_word(struct sv s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (is_delimiter(s.p[i]))
			return false;
	}
	return true;
}

/* A list named in another, if it was first defined before that one's last change. */
static const struct list_info *visible_list(const struct collection *c, struct sv name,
					    const struct list_info *from, uint32_t *at)
{
	*at = info_table_find(&c->lists, name);
	if (*at == UINT32_MAX || collection_list(c, *at)->index >= from->visibility)
		return NULL;
	return collection_list(c, *at);
}

static bool compile_list(const struct collection *c, struct compiled *out, size_t which)
{
	const struct list_info *info = collection_list(c, which);
	struct compiled_list *list = &out->lists[which];
	struct buf text = { 0 };
	bool ok = true;

	for (size_t i = 0; ok && i < info->items.n; i++) {
		uint32_t at;
		const struct list_info *ref = visible_list(c, info->items.items[i], info, &at);

		if (!ref) {
			ok = sv_list_push(&out->arena, &list->items, info->items.items[i]);
			continue;
		}
		out->lists[at].used = true;
		/* One level only: what the named list itself names stays a name. */
		ok = spend(out, ref->items.n * KEPT);
		for (size_t k = 0; ok && k < ref->items.n; k++)
			ok = sv_list_push(&out->arena, &list->items, ref->items.items[k]);
	}
	for (size_t i = 0; ok && i < list->items.n; i++) {
		if (text.n)
			buf_puts(&text, ", ");
		put_quoted_item(&text, list->items.items[i]);
		ok = spend(out, list->items.items[i].n);
	}
	list->text = arena_sv(&out->arena, buf_sv(&text));
	ok = ok && !text.failed && list->text.p;
	buf_deinit(&text);
	return ok;
}

int compile_lists(const struct collection *c, struct compiled *out, struct diag_list *dl)
{
	out->nlists = c->lists.n;
	out->lists = arena_array(&out->arena, struct compiled_list, c->lists.n);
	out->odd_lists = arena_array(&out->arena, uint64_t, nwords(out));
	out->mentioned = arena_array(&out->arena, uint64_t, nwords(out));
	if (!out->lists || !out->odd_lists || !out->mentioned)
		return fail(out, NULL, dl);
	for (size_t i = 0; i < c->lists.n; i++) {
		out->lists[i].info = collection_list(c, i);
		if (!is_one_word(collection_list(c, i)->name))
			set_bit(out->odd_lists, i);
	}
	for (size_t i = 0; i < c->lists.n; i++) {
		if (!compile_list(c, out, i))
			return fail(out, collection_list(c, i)->ctx, dl);
	}
	return 0;
}

/* Where `name` stands in s at or after `from`, or s.n. */
static size_t find_from(struct sv s, struct sv name, size_t from)
{
	while (from < s.n) {
		const char *at = memchr(s.p + from, name.p[0], s.n - from);

		from = at ? (size_t)(at - s.p) : s.n;
		if (s.n - from < name.n)
			break;
		if (memcmp(s.p + from, name.p, name.n) == 0)
			return from;
		from++;
	}
	return s.n;
}

/* Whether a name from `start` to `end` of the text, which goes on behind `done`, stands alone. */
static bool stands_alone(const struct buf *done, struct sv text, size_t start, size_t end)
{
	bool begins = start > 0 ? is_delimiter(text.p[start - 1])
				: done->n == 0 || is_delimiter(done->p[done->n - 1]);

	return begins && (end >= text.n || is_delimiter(text.p[end]));
}

/* Replace every mention (*put: there was one) of a list in *text, with the help of *spare. */
static bool put_list(struct buf *text, struct buf *spare, const struct compiled_list *list,
		     struct compiled *into, bool *put)
{
	struct sv name = list->info->name, rest = buf_sv(text);
	size_t start = find_from(rest, name, 0);
	bool ok = spend(into, text->n);

	buf_clear(spare);
	while (ok && start < rest.n) {
		size_t end = start + name.n;

		if (!stands_alone(spare, rest, start, end)) {
			start = find_from(rest, name, start + 1);
			continue;
		}
		*put = true;
		buf_put(spare, rest.p, start);
		while (spare->n && is_blank(spare->p[spare->n - 1]))
			spare->n--;
		while (end < rest.n && is_blank(rest.p[end]))
			end++;
		/* An empty list takes a comma with it. */
		if (list->text.n == 0) {
			if (spare->n && spare->p[spare->n - 1] == ',')
				spare->n--;
			else if (end < rest.n && rest.p[end] == ',')
				end++;
		}
		/*
		 * Behind a list that begins the text, Falco skips a byte before it looks for more.
		 */
		bool first = spare->n == 0;
		if (!first)
			buf_putc(spare, ' ');
		buf_putsv(spare, list->text);
		buf_putc(spare, ' ');
		sv_take(&rest, end, &(struct sv){ 0 });
		start = find_from(rest, name, first);
		ok = spend(into, FOUND + list->text.n) && !spare->failed;
	}
	if (!*put)
		return ok;
	buf_putsv(spare, rest);

	struct buf old = *text;
	*text = *spare;
	*spare = old;
	return ok && !text->failed;
}

/* Note which lists from number `from` on are mentioned in a text. */
static void note_mentions(const struct collection *c, struct sv text, size_t from, uint64_t *set)
{
	size_t at = 0;

	while (at < text.n) {
		size_t start = at;

		while (at < text.n && !is_delimiter(text.p[at]))
			at++;
		uint32_t list =
			info_table_find(&c->lists, (struct sv){ text.p + start, at - start });
		if (list != UINT32_MAX && list >= from)
			set_bit(set, list);
		at++;
	}
}

int expand_lists(const struct collection *c, struct compiled *into, struct sv condition,
		 const struct context *ctx, struct sv *out, struct diag_list *dl)
{
	struct buf text = { 0 }, spare = { 0 };
	bool ok = true;
	size_t i = 0;

	buf_putsv(&text, condition);
	memcpy(into->mentioned, into->odd_lists, nwords(into) * sizeof *into->mentioned);
	note_mentions(c, condition, 0, into->mentioned);
	while (ok && (i = take_first(into, into->mentioned, i)) < into->nlists) {
		struct compiled_list *list = &into->lists[i++];
		bool put = false;

		ok = put_list(&text, &spare, list, into, &put);
		if (!put)
			continue;
		list->used = true;
		note_mentions(c, list->text, i, into->mentioned);
	}
	ok = ok && spend(into, text.n * KEPT);
	if (ok)
		*out = arena_sv(&into->arena, buf_sv(&text));
	ok = ok && !text.failed && out->p;
	buf_deinit(&text);
	buf_deinit(&spare);
	return ok ? 0 : fail(into, ctx, dl);
}
