/*
 * Lists.  Falco replaces their names in the text of a condition before parsing it: any word
 * between blanks, brackets, commas and '=' that is the name of a list.
 */
#include "engine/rules/compile.h"
#include "engine/rules/exception.h"

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
		for (size_t k = 0; ok && k < ref->items.n; k++)
			ok = sv_list_push(&out->arena, &list->items, ref->items.items[k]);
	}
	for (size_t i = 0; i < list->items.n; i++) {
		if (text.n)
			buf_puts(&text, ", ");
		put_quoted_item(&text, list->items.items[i]);
	}
	list->text = arena_sv(&out->arena, buf_sv(&text));
	ok = ok && !text.failed && list->text.p;
	buf_deinit(&text);
	return ok;
}

int compile_lists(const struct collection *c, struct compiled *out, struct diag_list *dl)
{
	bool ok = true;

	out->nlists = c->lists.n;
	out->lists = arena_array(&out->arena, struct compiled_list, c->lists.n);
	for (size_t i = 0; out->lists && i < c->lists.n; i++) {
		out->lists[i].info = collection_list(c, i);
		out->odd_list_names |= !is_one_word(collection_list(c, i)->name);
	}
	for (size_t i = 0; out->lists && ok && i < c->lists.n; i++)
		ok = compile_list(c, out, i);
	if (out->lists && ok)
		return 0;
	dl->nerrors++;
	return -1;
}

/* Where `name` stands in s at or after `from`, or s.n. */
static size_t find_from(struct sv s, struct sv name, size_t from)
{
	if (from >= s.n)
		return s.n;
	ptrdiff_t at = sv_find((struct sv){ s.p + from, s.n - from }, name);

	return at < 0 ? s.n : from + (size_t)at;
}

/* Replace s[from, to) in *text, one blank on either side; `spare` is swapped with it. */
static void splice(struct buf *text, struct buf *spare, size_t from, size_t to, struct sv with)
{
	buf_clear(spare);
	if (from > 0) {
		buf_put(spare, text->p, from);
		buf_putc(spare, ' ');
	}
	buf_putsv(spare, with);
	buf_putc(spare, ' ');
	buf_put(spare, text->p + to, text->n - to);

	struct buf old = *text;
	*text = *spare;
	*spare = old;
}

/* Replace every mention of one list.  The search goes on behind what was put in. */
static bool put_list(struct buf *text, struct buf *spare, const struct compiled_list *list)
{
	struct sv name = list->info->name;
	bool used = false;
	size_t start = find_from(buf_sv(text), name, 0);

	while (start < text->n && !text->failed && !spare->failed) {
		size_t end = start + name.n;

		if ((start == 0 || is_delimiter(text->p[start - 1])) &&
		    (end >= text->n || is_delimiter(text->p[end]))) {
			while (start > 0 && is_blank(text->p[start - 1]))
				start--;
			while (end < text->n && is_blank(text->p[end]))
				end++;
			/* An empty list takes a comma with it. */
			if (list->text.n == 0) {
				if (start > 0 && text->p[start - 1] == ',')
					start--;
				else if (end < text->n && text->p[end] == ',')
					end++;
			}
			splice(text, spare, start, end, list->text);
			start += list->text.n + 1;
			used = true;
		}
		start = find_from(buf_sv(text), name, start + 1);
	}
	return used;
}

/* Note which lists are mentioned in a text, by the numbers they are defined under. */
static void note_mentions(const struct collection *c, struct sv text, bool *mentioned)
{
	size_t at = 0;

	while (at < text.n) {
		size_t from = at;

		while (at < text.n && !is_delimiter(text.p[at]))
			at++;
		uint32_t list = info_table_find(&c->lists, (struct sv){ text.p + from, at - from });
		if (list != UINT32_MAX)
			mentioned[list] = true;
		at++;
	}
}

int expand_lists(const struct collection *c, struct compiled *into, struct sv condition,
		 struct sv *out, struct diag_list *dl)
{
	struct buf text = { 0 }, spare = { 0 };
	bool *mentioned = arena_array(&into->arena, bool, into->nlists);

	buf_putsv(&text, condition);
	if (mentioned)
		note_mentions(c, condition, mentioned);
	for (size_t i = 0; mentioned && i < into->nlists; i++) {
		struct compiled_list *list = &into->lists[i];

		if (!mentioned[i] && !(into->odd_list_names && !is_one_word(list->info->name)))
			continue;
		if (put_list(&text, &spare, list)) {
			list->used = true;
			note_mentions(c, list->text, mentioned);
		}
	}
	*out = arena_sv(&into->arena, buf_sv(&text));
	bool ok = mentioned && !text.failed && !spare.failed && out->p;
	buf_deinit(&text);
	buf_deinit(&spare);
	if (ok)
		return 0;
	dl->nerrors++;
	return -1;
}
