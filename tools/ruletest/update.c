#include "tools/ruletest/update.h"

#include "tools/common/human.h"
#include "tools/ruletest/node.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { CONTEXT = 3 };

/* Bytes from..to of a suite's text become `with`. */
struct edit {
	size_t from, to;
	struct sv with;
};

struct edits {
	struct arena arena;
	struct edit *items;
	size_t n, cap;
	struct buf *left;
	bool failed; /* no memory */
};

static void add(struct edits *e, size_t from, size_t to, const struct buf *with)
{
	struct edit *items = vec_room(&e->arena, e->items, e->n, &e->cap, sizeof *items);
	struct sv text = arena_sv(&e->arena, buf_sv(with));

	if (!items || !text.p) {
		e->failed = true;
		return;
	}
	e->items = items;
	for (size_t i = 0; i < e->n; i++) {
		/* the same place for several cases that agree */
		if (items[i].from == from && items[i].to == to && from != to)
			return;
	}
	items[e->n++] = (struct edit){ from, to, text };
}

static void leave(struct edits *e, const struct test_case *c, const char *why)
{
	buf_putsv(e->left, c->run->suite->file);
	if (c->expect)
		buf_printf(e->left, ":%u", c->expect->node->mark.line + 1);
	buf_puts(e->left, ": ");
	human_text(e->left, c->name);
	buf_printf(e->left, ": %s\n", why);
}

/* --- numbers --- */

/* The same words of the same file, perhaps for another combination of a matrix. */
static bool is_same_text(const struct test_case *a, const struct test_case *b)
{
	return a->expect && b->expect &&
	       a->expect->node->mark.offset == b->expect->node->mark.offset &&
	       sv_eq(a->run->suite->file, b->run->suite->file);
}

/* Cases of one expectation must agree on the number. */
static bool agree(const struct session *s, const struct test_case *c)
{
	for (size_t i = 0; i < s->ncases; i++) {
		const struct test_case *other = &s->cases[i];

		if (is_same_text(other, c) && other->status != CASE_SKIPPED &&
		    other->count != c->count)
			return false;
	}
	return true;
}

/* What stands for a parameter of a matrix stands there, as one of a list. */
static bool is_of_matrix(const struct suite *suite, const struct yaml_node *number)
{
	struct sv rest = suite->text, before;

	if (suite->variant.n == 0)
		return false;
	if (!sv_take(&rest, number->mark.offset, &before) || !sv_starts(rest, number->text))
		return true;
	while (before.n && strchr(" \t\r\n", before.p[before.n - 1]))
		before.n--;
	return !sv_ends(before, SV(":"));
}

static void change_number(struct edits *e, const struct session *s, const struct test_case *c)
{
	const struct expectation *x = c->expect;
	const char *key = c->count < x->least ? "at_least" : "at_most";
	const struct yaml_node *number = yaml_get_key(x->node, key);
	struct buf text = { 0 };
	size_t from;

	if (!x->form || (c->count >= x->least && c->count <= x->most)) {
		leave(e, c, "no number would make it right");
		return;
	}
	if (!number)
		number = x->number;
	if (!agree(s, c)) {
		leave(e, c,
		      c->run->suite->variant.n
			      ? "the traces it is about, or the combinations of the matrix, differ"
			      : "the traces it is about differ");
		return;
	}
	if (is_of_matrix(c->run->suite, number)) {
		leave(e, c, "its number comes from the matrix");
		return;
	}
	from = number->mark.offset;
	if (sv_eq(x->form->text, SV("none"))) {
		from = x->form->mark.offset;
		buf_puts(&text, "exactly: ");
	}
	buf_put_u64(&text, c->count);
	add(e, from, number->mark.offset + number->text.n, &text);
	buf_deinit(&text);
}

/* --- new lines --- */

static bool is_plain(struct sv s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
		    !(i && strchr(" _./-+", c)))
			return false;
	}
	return s.n > 0 && s.p[s.n - 1] != ' ';
}

static void put_yaml(struct buf *out, struct sv s)
{
	if (is_plain(s))
		buf_putsv(out, s);
	else
		text_put_quoted(out, s);
}

static size_t line_start(struct sv text, size_t at)
{
	while (at > 0 && text.p[at - 1] != '\n')
		at--;
	return at;
}

static size_t line_end(struct sv text, size_t at)
{
	const char *nl = at < text.n ? memchr(text.p + at, '\n', text.n - at) : NULL;

	return nl ? (size_t)(nl - text.p) + 1 : text.n;
}

static size_t indent_of(struct sv text, size_t at)
{
	size_t n = 0;

	while (at + n < text.n && text.p[at + n] == ' ')
		n++;
	return n;
}

/* Behind the last item of a block sequence; its dash stands `*indent` columns in. */
static size_t end_of_items(struct sv text, const struct yaml_node *list, size_t *indent)
{
	size_t start = line_start(text, list->items[list->n - 1]->mark.offset);
	size_t end = line_end(text, start), last = end;

	*indent = indent_of(text, start);
	while (end < text.n) {
		size_t next = line_end(text, end), n = indent_of(text, end);
		bool blank = end + n < text.n && text.p[end + n] == '\n';

		if (!blank && n <= *indent)
			break;
		if (!blank)
			last = next;
		end = next;
	}
	return last;
}

static void add_lines(struct edits *e, const struct test_case *c)
{
	const struct suite *suite = c->run->suite;
	const struct yaml_node *list = suite->expect_node;
	bool is_new = !list || list->kind != YAML_SEQ || list->n == 0;
	size_t at = suite->text.n, indent = 2;
	struct buf lines = { 0 };

	if (list && (is_new || suite->text.p[list->mark.offset] == '[')) {
		leave(e, c, "\"expect\" is not a list with a line for each item");
		return;
	}
	if (!is_new)
		at = end_of_items(suite->text, list, &indent);
	if (at && suite->text.p[at - 1] != '\n')
		buf_putc(&lines, '\n');
	for (size_t i = 0; is_new && i < e->n; i++)
		is_new &= e->items[i].from != e->items[i].to;
	if (is_new && !list)
		buf_puts(&lines, "\nexpect:\n");
	for (size_t i = 0; i < c->nextras; i++) {
		buf_printf(&lines, "%*s- {rule: ", (int)indent, "");
		put_yaml(&lines, c->run->rules[c->extras[i].rule].name);
		buf_puts(&lines, ", trace: ");
		put_yaml(&lines, c->run->uses[c->use].name);
		buf_printf(&lines, ", exactly: %" PRIu64 "}\n", c->extras[i].count);
	}
	e->failed |= lines.failed;
	add(e, at, at, &lines);
	buf_deinit(&lines);
}

/* --- the new text and the difference --- */

static int by_place(const void *a, const void *b)
{
	const struct edit *x = a, *y = b;

	return x->from < y->from ? -1 : x->from > y->from;
}

/* Stable for lines that are added at one place: they were noted in the order of the cases. */
static void sort(struct edits *e)
{
	for (size_t i = 1; i < e->n; i++) {
		struct edit item = e->items[i];
		size_t k = i;

		for (; k > 0 && by_place(&e->items[k - 1], &item) > 0; k--)
			e->items[k] = e->items[k - 1];
		e->items[k] = item;
	}
}

static void apply(const struct edits *e, struct sv text, struct buf *out)
{
	size_t at = 0;

	for (size_t i = 0; i < e->n; i++) {
		buf_put(out, text.p + at, e->items[i].from - at);
		buf_putsv(out, e->items[i].with);
		at = e->items[i].to;
	}
	buf_put(out, text.p + at, text.n - at);
}

static void put_lines(struct buf *out, char sign, struct sv lines)
{
	while (lines.n) {
		size_t n = line_end(lines, 0);

		buf_putc(out, sign);
		buf_put(out, lines.p, n);
		if (lines.p[n - 1] != '\n')
			buf_puts(out, "\n\\ No newline at end of file\n");
		sv_take(&lines, n, &(struct sv){ 0 });
	}
}

/* Lines of the old text from..to, and what they become. */
static void put_hunk(struct buf *out, struct sv old, size_t from, size_t to, struct sv new_lines,
		     long *shift)
{
	size_t line = 1, nold = 0, nnew = 0, begin = from, end = to;

	for (int i = 0; i < CONTEXT && begin > 0; i++)
		begin = line_start(old, begin - 1);
	for (int i = 0; i < CONTEXT && end < old.n; i++)
		end = line_end(old, end);
	for (size_t i = 0; i < begin; i++)
		line += old.p[i] == '\n';
	for (size_t i = begin; i < end; i = line_end(old, i))
		nold++;
	for (size_t i = 0; i < new_lines.n; i = line_end(new_lines, i))
		nnew++;
	for (size_t i = begin; i < end; i = line_end(old, i))
		nnew += i < from || i >= to;
	buf_printf(out, "@@ -%zu,%zu +%ld,%zu @@\n", line, nold, (long)line + *shift, nnew);
	*shift += (long)nnew - (long)nold;
	put_lines(out, ' ', (struct sv){ old.p + begin, from - begin });
	put_lines(out, '-', (struct sv){ old.p + from, to - from });
	put_lines(out, '+', new_lines);
	put_lines(out, ' ', (struct sv){ old.p + to, end - to });
}

/* Edits whose lines are near each other make one hunk. */
static void put_diff(const struct edits *e, const struct suite *suite, struct buf *out)
{
	struct sv old = suite->text;
	long shift = 0;

	buf_printf(out, "--- " SV_FMT "\n+++ " SV_FMT "\n", SV_ARG(suite->file),
		   SV_ARG(suite->file));
	for (size_t i = 0, next; i < e->n; i = next) {
		size_t from = line_start(old, e->items[i].from), to = from, at = from;
		struct buf lines = { 0 };

		for (next = i; next < e->n; next++) {
			size_t limit = to;

			for (int k = 0; k < 2 * CONTEXT && limit < old.n; k++)
				limit = line_end(old, limit);
			if (next > i && e->items[next].from > limit)
				break;
			buf_put(&lines, old.p + at, e->items[next].from - at);
			buf_putsv(&lines, e->items[next].with);
			at = e->items[next].to;
			if (at > line_start(old, at))
				to = line_end(old, at);
			else if (at > to)
				to = at;
		}
		buf_put(&lines, old.p + at, to - at);
		put_hunk(out, old, from, to, buf_sv(&lines), &shift);
		out->failed |= lines.failed;
		buf_deinit(&lines);
	}
}

static int rewrite(const struct suite *suite, const struct buf *text, struct err *err)
{
	FILE *file = fopen(suite->file.p, "wbe");
	bool written;

	if (!file)
		return err_errno(err, "%s", suite->file.p);
	written = buf_write(text, file);
	written = fclose(file) == 0 && written;
	return written ? 0 : err_errno(err, "%s", suite->file.p);
}

static void change(struct edits *e, const struct session *s, const struct test_case *c)
{
	if (c->status != CASE_FAILED && c->status != CASE_WARNED)
		return;
	if (c->kind == CASE_COUNT)
		change_number(e, s, c);
	else if (c->kind != CASE_REST || !c->nextras)
		leave(e, c, "no number would make it right");
	else if (c->run->suite->variant.n)
		leave(e, c,
		      "what is to be expected of one combination of a matrix is told by hand");
	else
		add_lines(e, c);
}

/* The runs from..to are of one file: of a matrix there is one for each combination. */
static int update(const struct session *s, size_t from, size_t to, struct buf *diff,
		  struct buf *left, struct err *err)
{
	const struct suite *suite = s->runs[from].suite;
	struct edits e = { .left = left };
	struct buf text = { 0 };
	int rc = 0;

	for (size_t i = s->runs[from].first_case; i < s->runs[to - 1].end_case; i++)
		change(&e, s, &s->cases[i]);
	if (e.n) {
		sort(&e);
		apply(&e, suite->text, &text);
		put_diff(&e, suite, diff);
		rc = e.failed || text.failed || diff->failed
			     ? err_set(err, ERR_NOMEM, "out of memory")
			     : rewrite(suite, &text, err);
	}
	buf_deinit(&text);
	arena_deinit(&e.arena);
	return rc;
}

int update_suites(const struct session *s, struct buf *diff, struct buf *left, struct err *err)
{
	int rc = 0;

	for (size_t i = 0, next; rc == 0 && i < s->nruns; i = next) {
		for (next = i + 1;
		     next < s->nruns && sv_eq(s->runs[next].suite->file, s->runs[i].suite->file);)
			next++;
		rc = update(s, i, next, diff, left, err);
	}
	return rc;
}
