#include "engine/filter/parser.h"

/* Texts are as long as their positions can count. */
int parser_init(struct parser *p, struct sv text, struct arena *arena, struct err *err)
{
	*p = (struct parser){ .arena = arena };
	if (text.n >= UINT32_MAX)
		return err_set(err, ERR_LIMIT, "a condition of %zu bytes is too long", text.n);
	lex_init(&p->lx, text, arena, err);
	return 0;
}

int parser_fail(struct parser *p, const char *what)
{
	return err_at(p->lx.err, ERR_SYNTAX, ast_err_pos(p->lx.pos), "%s", what);
}

int parser_no_memory(struct parser *p)
{
	return err_set(p->lx.err, ERR_NOMEM, "out of memory parsing a condition");
}

int parser_enter(struct parser *p)
{
	if (++p->depth >= AST_MAX_DEPTH)
		return err_at(p->lx.err, ERR_SYNTAX, ast_err_pos(p->lx.pos),
			      "exceeded max depth limit of %d", AST_MAX_DEPTH);
	return 0;
}

int parser_list_add(struct parser *p, struct parser_list *l, void *item)
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 4;
		void **items = arena_array(p->arena, void *, cap);

		if (!items)
			return parser_no_memory(p);
		if (l->n)
			memcpy(items, l->items, l->n * sizeof *items);
		l->items = items;
		l->cap = cap;
	}
	l->items[l->n++] = item;
	return 0;
}

static struct ast_operand *new_operand(struct parser *p, enum operand_kind kind, struct ast_pos pos)
{
	struct ast_operand *o = arena_new(p->arena, struct ast_operand);

	if (!o) {
		parser_no_memory(p);
		return NULL;
	}
	o->kind = kind;
	o->pos = pos;
	return o;
}

int parser_literal(struct parser *p, struct ast_pos pos, struct ast_operand **out)
{
	struct ast_operand *o = new_operand(p, OPERAND_LITERAL, pos);

	if (!o)
		return -1;
	o->text = p->lx.token;
	o->is_quoted = p->lx.token_quoted;
	o->is_number = p->lx.token_number;
	*out = o;
	return 0;
}

/* "[" arg "]", if it is there. */
static int optional_arg(struct parser *p, struct ast_operand *o)
{
	int quoted;

	if (!lex_text(&p->lx, "["))
		return 0;
	quoted = lex_quoted(&p->lx);
	if (quoted < 0)
		return -1;
	if (!quoted && !lex_bare_arg(&p->lx))
		return parser_fail(p, "expected a valid field argument: a quoted string or a "
				      "bare string");
	o->has_arg = true;
	o->arg = p->lx.token;
	return lex_text(&p->lx, "]") ? 0 : parser_fail(p, "expected a ']' token");
}

int parser_field(struct parser *p, struct ast_pos pos, struct ast_operand **out)
{
	struct ast_operand *o;

	if (parser_enter(p) < 0 || !(o = new_operand(p, OPERAND_FIELD, pos)))
		return -1;
	o->text = p->lx.token;
	if (optional_arg(p, o) < 0)
		return -1;
	parser_leave(p);
	*out = o;
	return 0;
}

bool parser_lex_transformer(struct parser *p, enum trf_kind *kind)
{
	for (enum trf_kind t = TRF_TOLOWER; t < TRF_COUNT; t++) {
		struct lexer saved = p->lx;

		if (lex_text(&p->lx, trf_name(t)) && lex_text(&p->lx, "(")) {
			*kind = t;
			return true;
		}
		p->lx = saved;
	}
	return false;
}

/* An item of a literal list inside a transformer call. */
static int list_item(struct parser *p, struct ast_pos pos, struct ast_operand **out)
{
	enum trf_kind kind;
	int quoted;

	if (lex_field_name(&p->lx))
		return parser_field(p, pos, out);
	if (parser_lex_transformer(p, &kind)) {
		lex_blank(&p->lx);
		return parser_transformer(p, kind, pos, out);
	}
	quoted = lex_quoted(&p->lx);
	if (quoted < 0)
		return -1;
	if (quoted || lex_number(&p->lx))
		return parser_literal(p, pos, out);
	return parser_fail(p, "expected transformer list argument: field, transformer, quoted "
			      "string, or number");
}

/* "(" is taken.  All items share the list's position. */
static int literal_list(struct parser *p, struct ast_pos pos, struct ast_operand **out)
{
	struct ast_operand *o = new_operand(p, OPERAND_LIST, pos), *item;
	struct parser_list items = { 0 };

	if (!o)
		return -1;
	lex_blank(&p->lx);
	if (!lex_text(&p->lx, ")")) {
		do {
			lex_blank(&p->lx);
			if (list_item(p, pos, &item) < 0 || parser_list_add(p, &items, item) < 0)
				return -1;
			lex_blank(&p->lx);
		} while (lex_text(&p->lx, ","));
		if (!lex_text(&p->lx, ")"))
			return parser_fail(p, "expected ')'");
	}
	o->args = (struct ast_operand **)items.items;
	o->nargs = items.n;
	*out = o;
	return 0;
}

static int transformer_arg(struct parser *p, struct ast_operand **out)
{
	struct ast_pos pos = p->lx.pos;
	enum trf_kind kind;
	int quoted, rc;

	if (parser_enter(p) < 0)
		return -1;
	lex_blank(&p->lx);
	if (lex_number(&p->lx)) {
		rc = parser_literal(p, pos, out);
	} else if ((quoted = lex_quoted(&p->lx)) != 0) {
		rc = quoted < 0 ? -1 : parser_literal(p, pos, out);
	} else if (lex_text(&p->lx, "(")) {
		rc = literal_list(p, pos, out);
	} else if (parser_lex_transformer(p, &kind)) {
		rc = parser_transformer(p, kind, pos, out);
	} else if (lex_field_name(&p->lx)) {
		rc = parser_field(p, pos, out);
	} else {
		rc = parser_fail(p, "expected field transformer argument: field, transformer, "
				    "quoted string, number, or transformer list");
	}
	if (rc == 0)
		parser_leave(p);
	return rc;
}

int parser_transformer(struct parser *p, enum trf_kind kind, struct ast_pos pos,
		       struct ast_operand **out)
{
	struct ast_operand *o, *arg;
	struct parser_list args = { 0 };

	if (parser_enter(p) < 0 || !(o = new_operand(p, OPERAND_TRF, pos)))
		return -1;
	o->trf = kind;
	lex_blank(&p->lx);
	do {
		if (transformer_arg(p, &arg) < 0 || parser_list_add(p, &args, arg) < 0)
			return -1;
		lex_blank(&p->lx);
	} while (lex_text(&p->lx, ","));
	if (!lex_text(&p->lx, ")"))
		return parser_fail(p, "expected a ')' token closing the transformer");
	o->args = (struct ast_operand **)args.items;
	o->nargs = args.n;
	if (optional_arg(p, o) < 0)
		return -1;
	parser_leave(p);
	*out = o;
	return 0;
}

int parser_reference(struct parser *p, struct ast_operand **out)
{
	struct ast_operand *o, *field;
	struct ast_pos pos;
	enum trf_kind kind;
	struct parser_list args = { 0 };

	if (parser_enter(p) < 0)
		return -1;
	lex_blank(&p->lx);
	pos = p->lx.pos;
	if (lex_text(&p->lx, "val(")) {
		lex_blank(&p->lx);
		struct ast_pos field_pos = p->lx.pos;
		if (!lex_field_name(&p->lx))
			return parser_fail(p, "expected a field within 'val' transformer");
		o = new_operand(p, OPERAND_TRF, pos);
		if (!o || parser_field(p, field_pos, &field) < 0 ||
		    parser_list_add(p, &args, field) < 0)
			return -1;
		lex_blank(&p->lx);
		if (!lex_text(&p->lx, ")"))
			return parser_fail(p, "expected a ')' token closing the transformer");
		o->trf = TRF_VAL;
		o->args = (struct ast_operand **)args.items;
		o->nargs = args.n;
		if (optional_arg(p, o) < 0)
			return -1;
		*out = o;
	} else if (parser_lex_transformer(p, &kind)) {
		lex_blank(&p->lx);
		if (parser_transformer(p, kind, pos, out) < 0)
			return -1;
	}
	parser_leave(p);
	return 0;
}

int ast_parse_operand(struct sv text, struct arena *arena, struct ast_operand **out, size_t *used,
		      struct err *err)
{
	struct err own = { 0 };
	struct parser p;
	enum trf_kind kind;
	int rc;

	*out = NULL;
	if (parser_init(&p, text, arena, err ? err : &own) < 0 || parser_enter(&p) < 0)
		return -1;
	if (lex_field_name(&p.lx)) {
		rc = parser_field(&p, (struct ast_pos){ 0, 1, 1 }, out);
	} else if (parser_lex_transformer(&p, &kind)) {
		rc = parser_transformer(&p, kind, (struct ast_pos){ 0, 1, 1 }, out);
	} else {
		rc = parser_fail(&p, "unexpected token after '");
	}
	if (rc < 0) {
		*out = NULL;
		return -1;
	}
	*used = p.lx.pos.offset;
	return 0;
}
