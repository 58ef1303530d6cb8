#include "engine/output/format.h"

#include "engine/fields/render.h"
#include "engine/filter/expr.h"
#include "engine/filter/filter.h"
#include "engine/filter/need.h"

/* A stretch of literal text, or one token. */
struct piece {
	struct sv literal;
	const struct expr *expr;     /* transformer's call; NULL for a plain field */
	const struct field_ref *ref; /* plain field; NULL for literal text */
	enum print_format print;
	uint32_t width; /* pad or cut to so many bytes; 0: as it is */
};

struct format {
	bool require_all;
	struct piece *pieces;
	size_t n, cap;
	struct format_field *fields;
	size_t nfields, fields_cap;
	struct sv *mentions;
	size_t nmentions, mentions_cap;
};

struct compiler {
	struct format *f;
	struct arena *arena;
	struct sv text; /* without a leading '*' */
	size_t base;    /* length of that '*' */
	struct err *err;
};

static int no_memory(struct compiler *c)
{
	return err_set(c->err, ERR_NOMEM, "out of memory compiling an output template");
}

static int fail_at(struct compiler *c, size_t at, const char *what)
{
	return err_at(c->err, ERR_CHECK,
		      (struct err_pos){ .line = 1, .col = (uint32_t)(c->base + at + 1) }, "%s",
		      what);
}

/* An array in the arena with room for one more. */
static void *grow(struct compiler *c, void *items, size_t n, size_t *cap, size_t size)
{
	size_t more = *cap ? 2 * *cap : 8;
	void *grown;

	if (n < *cap)
		return items;
	grown = arena_calloc(c->arena, more, size);
	if (grown && n)
		memcpy(grown, items, n * size);
	*cap = more;
	return grown;
}

static int add_piece(struct compiler *c, struct piece piece)
{
	struct format *f = c->f;

	f->pieces = grow(c, f->pieces, f->n, &f->cap, sizeof *f->pieces);
	if (!f->pieces)
		return no_memory(c);
	f->pieces[f->n++] = piece;
	return 0;
}

static int add_literal(struct compiler *c, size_t from, size_t to)
{
	struct sv text = { c->text.p + from, to - from };

	return from == to ? 0 : add_piece(c, (struct piece){ .literal = text });
}

/* --- the fields of a token --- */

struct collector {
	struct compiler *c;
	bool failed;
	bool last_is_call; /* what was mentioned last is a transformer's call */
};

static bool has_field(const struct format *f, struct sv key)
{
	for (size_t i = 0; i < f->nfields; i++)
		if (sv_eq(f->fields[i].key, key))
			return true;
	return false;
}

/* A call that is the last thing inside another is told by the outer one. */
static bool mention(struct collector *to, struct sv key, bool is_call)
{
	struct format *f = to->c->f;

	if (is_call && to->last_is_call)
		f->nmentions--;
	to->last_is_call = is_call;
	f->mentions = grow(to->c, f->mentions, f->nmentions, &f->mentions_cap, sizeof *f->mentions);
	if (!f->mentions)
		return false;
	f->mentions[f->nmentions++] = key;
	return true;
}

/* Every field of the operand, through expr_field() of an expression made for it alone. */
static bool collect_field(const struct ast_operand *o, void *arg)
{
	struct collector *to = arg;
	struct compiler *c = to->c;
	struct format *f = c->f;
	struct buf key = { 0 };
	struct format_field field = { 0 };
	struct expr *expr;

	if (o->kind != OPERAND_FIELD && o->kind != OPERAND_TRF)
		return true;
	ast_print_operand(o, &key);
	field.key = arena_sv(c->arena, buf_sv(&key));
	buf_deinit(&key);
	to->failed = !field.key.p || !mention(to, field.key, o->kind == OPERAND_TRF);
	if (to->failed || o->kind == OPERAND_TRF || has_field(f, field.key))
		return !to->failed;
	to->failed = filter_operand_compile(o, c->arena, &expr, c->err) < 0;
	if (to->failed)
		return false;
	field.ref = filter_operand_field(expr);
	field.print = field.ref->def->format;
	f->fields = grow(c, f->fields, f->nfields, &f->fields_cap, sizeof *f->fields);
	to->failed = !f->fields;
	if (!to->failed)
		f->fields[f->nfields++] = field;
	return !to->failed;
}

/* --- tokens --- */

/* Could a field or a call end with this byte? */
static bool may_end_token(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == ']' || c == ')';
}

/*
 * The longest beginning of `rest` that parses and compiles: "%proc.name." is "%proc.name" and a
 * dot, "%proc.name[x" is "%proc.name" and "[x".  Falco's complaint is about the shortest beginning,
 * a single byte, and so always the same.
 */
static int take_operand(struct compiler *c, struct sv rest, struct ast_operand **o,
			struct expr **expr, size_t *used)
{
	size_t n = rest.n < FORMAT_MAX_TOKEN ? rest.n : FORMAT_MAX_TOKEN;

	for (struct sv head = { rest.p, n }; head.n; head.n--) {
		struct err err = { 0 };

		if (head.n < n && !may_end_token(head.p[head.n - 1]))
			continue;
		if (ast_parse_operand(head, c->arena, o, used, &err) == 0 &&
		    filter_operand_compile(*o, c->arena, expr, &err) == 0)
			return 0;
		if (err.code == ERR_NOMEM)
			return no_memory(c);
	}
	return fail_at(c, (size_t)(rest.p - c->text.p), "unknown filter: unexpected token after '");
}

/* Decimal digits at *at. */
static int take_width(struct compiler *c, size_t *at, uint32_t *width)
{
	uint64_t n = 0;
	size_t start = *at;

	while (*at < c->text.n && c->text.p[*at] >= '0' && c->text.p[*at] <= '9') {
		n = n * 10 + (uint64_t)(c->text.p[(*at)++] - '0');
		if (n > FORMAT_MAX_WIDTH)
			return fail_at(c, start, "the width of the field is too large");
	}
	if (*at == c->text.n)
		return fail_at(c, start,
			       "invalid formatting syntax: formatting cannot end with a number");
	*width = (uint32_t)n;
	return 0;
}

/* The '%' is at *at. */
static int compile_token(struct compiler *c, size_t *at)
{
	struct piece piece = { 0 };
	struct ast_operand *o;
	struct expr *expr;
	struct collector collector = { .c = c };
	size_t used;

	if (++*at == c->text.n)
		return fail_at(c, *at - 1,
			       "invalid formatting syntax: formatting cannot end with a %");
	if (take_width(c, at, &piece.width) < 0 ||
	    take_operand(c, (struct sv){ c->text.p + *at, c->text.n - *at }, &o, &expr, &used) < 0)
		return -1;
	*at += used;
	piece.print = filter_operand_format(expr);
	if (o->kind == OPERAND_FIELD)
		piece.ref = filter_operand_field(expr);
	else
		piece.expr = expr;
	if (add_piece(c, piece) < 0)
		return -1;
	ast_walk_operand(o, collect_field, &collector);
	return collector.failed ? no_memory(c) : 0;
}

static int compile(struct compiler *c)
{
	size_t at = 0, literal = 0;

	while (at < c->text.n) {
		if (c->text.p[at] != '%') {
			at++;
			continue;
		}
		if (add_literal(c, literal, at) < 0 || compile_token(c, &at) < 0)
			return -1;
		literal = at;
	}
	return add_literal(c, literal, at);
}

int format_compile(struct sv template_text, struct arena *arena, struct format **out,
		   struct err *err)
{
	struct compiler c = { .arena = arena, .err = err, .f = arena_new(arena, struct format) };
	struct sv text = arena_sv(arena, template_text);

	*out = NULL;
	if (!c.f || !text.p)
		return no_memory(&c);
	if (text.n == 0)
		return fail_at(&c, 0, "empty formatting token");
	c.base = text.p[0] == '*';
	c.text = (struct sv){ text.p + c.base, text.n - c.base };
	c.f->require_all = !c.base;
	if (compile(&c) < 0)
		return -1;
	*out = c.f;
	return 0;
}

/* --- printing --- */

/* Falco has no text for such a number unless it is a 64-bit one: it counts as missing. */
static bool has_text(const struct value *v, enum print_format print)
{
	if (v->format)
		print = v->format;
	if (!value_type_is_integer(v->type) || (print != PF_NA && print != PF_DIR))
		return true;
	return v->type == PT_INT64 || v->type == PT_PID || v->type == PT_FD || v->type == PT_ERRNO;
}

static bool piece_get(const struct piece *p, struct field_ctx *ctx, struct value *v)
{
	if (p->expr ? !filter_operand_get(p->expr, ctx, v) : !field_get(p->ref, ctx, v))
		return false;
	return has_text(v, p->print);
}

static void fit(struct buf *out, size_t start, uint32_t width)
{
	size_t n = out->n - start;

	if (n > width)
		out->n = start + width;
	for (; n < width; n++)
		buf_putc(out, ' ');
}

bool format_print(const struct format *f, struct field_ctx *ctx, struct buf *out)
{
	size_t line = out->n;

	for (size_t i = 0; i < f->n; i++) {
		const struct piece *p = &f->pieces[i];
		size_t start = out->n;
		struct value v;

		if (!p->ref && !p->expr) {
			buf_putsv(out, p->literal);
			continue;
		}
		if (piece_get(p, ctx, &v)) {
			render_value(out, &v, p->print);
		} else if (f->require_all) {
			out->n = line;
			return false;
		} else {
			buf_puts(out, "<NA>");
		}
		if (p->width && !out->failed)
			fit(out, start, p->width);
	}
	return true;
}

size_t format_fields(const struct format *f, const struct format_field **out)
{
	*out = f->fields;
	return f->nfields;
}

bool format_field_get(const struct format_field *ff, struct field_ctx *ctx, struct value *out)
{
	if (ff->expr)
		return filter_operand_get(ff->expr, ctx, out);
	return field_get_json(ff->ref, ctx, out);
}

uint64_t format_params(const struct format *f, uint32_t event_type)
{
	uint64_t params = 0;

	for (size_t i = 0; i < f->n; i++) {
		const struct piece *p = &f->pieces[i];

		if (p->ref)
			params |= field_params(p->ref, event_type);
		else if (p->expr)
			params |= expr_params(p->expr, event_type);
	}
	return params;
}

bool format_remembers(const struct format *f)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct piece *p = &f->pieces[i];

		if ((p->ref ? p->ref->def->flags : p->expr ? p->expr->flags : 0) & FF_PER_USE)
			return true;
	}
	return false;
}

size_t format_mentions(const struct format *f, const struct sv **names)
{
	*names = f->mentions;
	return f->nmentions;
}
