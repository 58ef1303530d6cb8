#include "tools/ruletest/tuning.h"

#include "engine/fields/render.h"
#include "format/base/strmap.h"

#include <stdlib.h>

/* What exceptions are usually about; a rule's own exceptions may add to them. */
static const char *const usual_fields[] = {
	"proc.exepath",
	"proc.name",
	"proc.pname",
	"proc.cmdline",
	"fd.name",
	"user.name",
	"fd.sip",
	"fd.sport",
	"fd.directory",
	"proc.pexepath",
	"container.image.repository",
	"proc.aname[2]",
};

static int no_memory(struct err *err)
{
	return err_set(err, ERR_NOMEM, "out of memory");
}

struct collector {
	struct tuning *t;
	struct strmap numbers;
	struct field_ref refs[TUNING_MAX_FIELDS];
	struct panel *panel;
	const struct trace *trace;
	const uint64_t *events;
	size_t nevents;
	struct buf text;
};

static uint32_t number_of(struct collector *c, struct sv text)
{
	uint32_t at = strmap_get(&c->numbers, text, 0);
	struct sv kept;

	if (at)
		return at;
	kept = arena_sv(&c->t->arena, text);
	at = (uint32_t)c->t->texts.n;
	if (!kept.p || !sv_list_push(&c->t->arena, &c->t->texts, kept) ||
	    !strmap_put(&c->numbers, kept, at))
		return UINT32_MAX;
	return at;
}

static int note_match(struct collector *c, struct field_ctx *ctx, struct err *err)
{
	struct tuning *t = c->t;
	struct tuning_match *matches =
		vec_room(&t->arena, t->matches, t->n, &t->cap, sizeof *matches);
	const struct event *ev = ctx->state->now.ev;
	struct tuning_match *m;

	if (t->n == TUNING_MAX_MATCHES)
		return err_set(err, ERR_LIMIT, "more than %d matches", TUNING_MAX_MATCHES);
	if (!matches)
		return no_memory(err);
	t->matches = matches;
	m = &matches[t->n++];
	buf_clear(&c->text);
	panel_message(c->panel, 0, ctx, &c->text);
	*m = (struct tuning_match){ .trace = c->trace,
				    .hit = { .num = ev->num, .ts_ns = ev->ts_ns } };
	m->hit.text = arena_sv(&t->arena, buf_sv(&c->text));
	for (size_t i = 0; i < c->nevents; i++)
		m->benign |= c->events[i] == ev->num;
	for (size_t i = 0; i < t->fields.n; i++) {
		struct value v;

		if (!field_get(&c->refs[i], ctx, &v) || v.is_list)
			continue;
		buf_clear(&c->text);
		render_value(&c->text, &v, c->refs[i].def->format);
		m->values[i] = c->text.n ? number_of(c, buf_sv(&c->text)) : 0;
		if (m->values[i] == UINT32_MAX)
			return no_memory(err);
	}
	return m->hit.text.p ? 0 : no_memory(err);
}

/* Probe 0 is the rule, probe 1 the rule where it is benign. */
static int on_hit(void *arg, uint32_t i, struct field_ctx *ctx, struct err *err)
{
	struct collector *c = arg;

	if (i == 0)
		return note_match(c, ctx, err);
	if (c->t->n)
		c->t->matches[c->t->n - 1].benign = true;
	return 0;
}

static int parse_fields(struct collector *c, struct err *err)
{
	struct tuning *t = c->t;

	for (size_t i = 0;
	     t->fields.n < TUNING_MAX_FIELDS && i < sizeof usual_fields / sizeof usual_fields[0];
	     i++) {
		if (!sv_list_push(&t->arena, &t->fields, sv_of(usual_fields[i])))
			return no_memory(err);
	}
	for (size_t i = 0; i < t->fields.n; i++) {
		if (field_parse(t->fields.items[i], &t->arena, &c->refs[i], err) < 0)
			return -1;
	}
	return sv_list_push(&t->arena, &t->texts, SV("")) ? 0 : no_memory(err);
}

static struct ast *benign_cond(struct tuning *t, const struct rule *rule, const char *benign,
			       struct err *err)
{
	struct ast *with, *both = arena_new(&t->arena, struct ast);

	if (ast_parse(sv_of(benign), &t->arena, &with, err) < 0)
		return NULL;
	if (both)
		both->kids = arena_array(&t->arena, struct ast *, 2);
	if (!both || !both->kids) {
		no_memory(err);
		return NULL;
	}
	both->kind = AST_AND;
	both->nkids = 2;
	both->kids[0] = rule->ast;
	both->kids[1] = with;
	return both;
}

int tuning_collect(struct tuning *t, struct subject *s, const struct rule *rule, const char *benign,
		   const uint64_t *events, size_t nevents, struct err *err)
{
	struct collector c = { .t = t, .events = events, .nevents = nevents };
	struct probe probes[2] = { { rule->ast, rule->output_template }, { 0 } };
	const struct panel_watch watch = { .hit = on_hit, .arg = &c };
	int rc = parse_fields(&c, err);

	if (rc == 0 && benign) {
		probes[1].cond = benign_cond(t, rule, benign, err);
		rc = probes[1].cond ? 0 : -1;
	}
	if (rc == 0)
		rc = panel_new(probes, benign ? 2 : 1, &c.panel, err);
	for (size_t i = 0; rc == 0 && i < s->corpus.n; i++) {
		struct trace_span span;

		c.trace = s->corpus.items[i];
		rc = subject_play(s->corpus.items[i], c.panel, &watch, &span, err);
	}
	for (size_t i = 0; i < t->n; i++)
		t->nbenign += t->matches[i].benign;
	panel_free(c.panel);
	strmap_deinit(&c.numbers);
	buf_deinit(&c.text);
	return rc;
}

/* --- choosing --- */

static bool same_tuple(const struct tuning_choice *c, const struct tuning_match *a,
		       const struct tuning_match *b)
{
	for (uint8_t i = 0; i < c->n; i++) {
		if (a->values[c->fields[i]] != b->values[c->fields[i]])
			return false;
	}
	return true;
}

/* The first benign match with each tuple, as a list of them. */
static size_t find_rows(const struct tuning *t, const struct tuning_choice *c, size_t *rows)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++) {
		size_t k = 0;

		if (!t->matches[i].benign)
			continue;
		while (k < n && !same_tuple(c, &t->matches[i], &t->matches[rows[k]]))
			k++;
		if (k == n)
			rows[n++] = i;
	}
	return n;
}

/* False: a benign match lacks one of the fields. */
static bool judge(const struct tuning *t, struct tuning_choice *c, size_t *rows)
{
	for (size_t i = 0; i < t->n; i++) {
		for (uint8_t k = 0; t->matches[i].benign && k < c->n; k++) {
			if (!t->matches[i].values[c->fields[k]])
				return false;
		}
	}
	c->rows = find_rows(t, c, rows);
	c->hidden = 0;
	for (size_t i = 0; i < t->n; i++) {
		for (size_t k = 0; !t->matches[i].benign && k < c->rows; k++) {
			if (same_tuple(c, &t->matches[i], &t->matches[rows[k]])) {
				c->hidden++;
				break;
			}
		}
	}
	return true;
}

/* Hides least, then fewest values, then fewest fields, then the most telling ones. */
static int by_merit(const void *a, const void *b)
{
	const struct tuning_choice *x = a, *y = b;
	size_t cells_x = x->rows * x->n, cells_y = y->rows * y->n;

	if (x->hidden != y->hidden)
		return x->hidden < y->hidden ? -1 : 1;
	if (cells_x != cells_y)
		return cells_x < cells_y ? -1 : 1;
	return memcmp(x->fields, y->fields, sizeof x->fields);
}

int tuning_rank(struct tuning *t, struct err *err)
{
	size_t n = t->fields.n, room = n + n * n + n * n * n;
	size_t *rows = arena_array(&t->arena, size_t, t->n);

	t->choices = arena_array(&t->arena, struct tuning_choice, room);
	if (!rows || !t->choices)
		return no_memory(err);
	for (size_t a = 0; a < n; a++) {
		for (size_t b = a; b < n; b++) {
			for (size_t c = b; c < n; c++) {
				struct tuning_choice x = { .fields = { (uint8_t)a }, .n = 1 };

				/* equal numbers stand for fewer fields */
				if (b == a && c != b)
					continue;
				if (b != a)
					x.fields[x.n++] = (uint8_t)b;
				if (c != b)
					x.fields[x.n++] = (uint8_t)c;
				if (judge(t, &x, rows))
					t->choices[t->nchoices++] = x;
			}
		}
	}
	if (t->nchoices)
		qsort(t->choices, t->nchoices, sizeof *t->choices, by_merit);
	return 0;
}

/* --- YAML --- */

static void put_quoted(struct buf *out, struct sv s)
{
	buf_putc(out, '"');
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == '"' || c == '\\')
			buf_putc(out, '\\');
		if (c < 0x20)
			buf_printf(out, "\\x%02x", c);
		else
			buf_putc(out, s.p[i]);
	}
	buf_putc(out, '"');
}

void tuning_put_yaml(const struct tuning *t, const struct tuning_choice *c, struct sv rule,
		     struct buf *out)
{
	size_t *rows = malloc((t->n + 1) * sizeof *rows);
	size_t n = rows ? find_rows(t, c, rows) : 0;

	out->failed |= !rows;
	buf_puts(out, "- rule: ");
	put_quoted(out, rule);
	buf_puts(out, "\n  exceptions:\n    - name: tuned");
	for (uint8_t i = 0; i < c->n; i++) {
		struct sv f = t->fields.items[c->fields[i]];

		buf_putc(out, '_');
		for (size_t k = 0; k < f.n; k++)
			buf_putc(out, strchr(".[]", f.p[k]) ? '_' : f.p[k]);
	}
	buf_puts(out, c->n == 1 ? "\n      fields: " : "\n      fields: [");
	for (uint8_t i = 0; i < c->n; i++)
		buf_printf(out, "%s" SV_FMT, i ? ", " : "", SV_ARG(t->fields.items[c->fields[i]]));
	buf_puts(out, c->n == 1 ? "\n      comps: in\n      values: [" : "]\n      comps: [");
	for (uint8_t i = 0; c->n > 1 && i < c->n; i++)
		buf_puts(out, i ? ", =" : "=");
	buf_puts(out, c->n == 1 ? "" : "]\n      values:\n");
	for (size_t i = 0; i < n; i++) {
		const struct tuning_match *m = &t->matches[rows[i]];

		buf_puts(out, c->n > 1 ? "        - [" : i ? ", " : "");
		for (uint8_t k = 0; k < c->n; k++) {
			buf_puts(out, k ? ", " : "");
			put_quoted(out, t->texts.items[m->values[c->fields[k]]]);
		}
		buf_puts(out, c->n > 1 ? "]\n" : "");
	}
	buf_puts(out, c->n > 1 ? "" : "]\n");
	buf_puts(out, "  override:\n    exceptions: append\n");
	free(rows);
}

void tuning_deinit(struct tuning *t)
{
	arena_deinit(&t->arena);
}
