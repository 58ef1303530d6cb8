#include "engine/filter/parser.h"

/* For messages, which are Falco's. */
#define TRANSFORMERS                                                                               \
	"'val', 'tolower', 'toupper', 'b64', 'basename', 'len', 'join', 'concat', 'getopt'"

static struct ast *new_node(struct parser *p, enum ast_kind kind, struct ast_pos pos)
{
	struct ast *a = arena_new(p->arena, struct ast);

	if (!a) {
		parser_no_memory(p);
		return NULL;
	}
	a->kind = kind;
	a->pos = pos;
	return a;
}

static int number_right(struct parser *p, struct ast *check)
{
	if (parser_enter(p) < 0)
		return -1;
	lex_blank(&p->lx);
	check->right_pos = p->lx.pos;
	if (parser_reference(p, &check->right) < 0)
		return -1;
	if (!check->right) {
		if (!lex_number(&p->lx))
			return parser_fail(p, "expected a number value or a field with a valid "
					      "transformer: " TRANSFORMERS);
		if (parser_literal(p, check->right_pos, &check->right) < 0)
			return -1;
	}
	parser_leave(p);
	return 0;
}

/* A quoted or bare value; `expected` is what to say without one. */
static int string_value(struct parser *p, const char *expected, struct ast_operand **out)
{
	struct ast_pos pos = p->lx.pos;
	int quoted = lex_quoted(&p->lx);

	if (quoted < 0)
		return -1;
	if (!quoted && !lex_bare(&p->lx))
		return parser_fail(p, expected);
	return parser_literal(p, pos, out);
}

static int string_right(struct parser *p, struct ast *check)
{
	if (parser_enter(p) < 0)
		return -1;
	lex_blank(&p->lx);
	check->right_pos = p->lx.pos;
	if (parser_reference(p, &check->right) < 0 ||
	    (!check->right && string_value(p,
					   "expected a string value or a field with a valid "
					   "transformer: " TRANSFORMERS,
					   &check->right) < 0))
		return -1;
	parser_leave(p);
	return 0;
}

static int list_element(struct parser *p, struct parser_list *items)
{
	struct ast_operand *item;

	if (parser_enter(p) < 0)
		return -1;
	lex_blank(&p->lx);
	if (string_value(p, "expected a string value", &item) < 0 ||
	    parser_list_add(p, items, item) < 0)
		return -1;
	parser_leave(p);
	return 0;
}

/* "(" item, ... ")"; leaves check->right_is_list false if there is no "(". */
static int list_right(struct parser *p, struct ast *check)
{
	struct parser_list items = { 0 };
	struct err ignored = { 0 }, *outer = p->lx.err;
	uint32_t depth = p->depth;
	int rc;

	if (!lex_text(&p->lx, "("))
		return 0;
	/*
	 * Whatever is wrong with the first element makes this an empty list, which then has to end
	 * right here: "()" and, oddly, "('\q')" are empty lists in Falco's language.
	 */
	lex_blank(&p->lx);
	p->lx.err = &ignored;
	rc = list_element(p, &items);
	p->lx.err = outer;
	if (rc < 0) {
		if (ignored.code == ERR_NOMEM)
			return parser_no_memory(p);
		p->depth = depth;
	}
	if (rc == 0) {
		lex_blank(&p->lx);
		while (lex_text(&p->lx, ",")) {
			if (list_element(p, &items) < 0)
				return -1;
			lex_blank(&p->lx);
		}
	}
	if (!lex_text(&p->lx, ")"))
		return parser_fail(p, "expected a ')' token");
	check->right_is_list = true;
	check->items = (struct ast_operand **)items.items;
	check->nitems = items.n;
	return 0;
}

/* A list, the name of one, or (not behind a modifier) a reference. */
static int list_or_name(struct parser *p, struct ast *check, bool with_reference)
{
	if (parser_enter(p) < 0)
		return -1;
	lex_blank(&p->lx);
	check->right_pos = p->lx.pos;
	if (list_right(p, check) < 0 ||
	    (with_reference && !check->right_is_list && parser_reference(p, &check->right) < 0))
		return -1;
	if (!check->right_is_list && !check->right) {
		if (!lex_identifier(&p->lx))
			return parser_fail(
				p, with_reference
					   ? "expected a list, an identifier, or a field with a "
					     "valid transformer: " TRANSFORMERS
					   : "expected a list or an identifier");
		check->list_name = p->lx.token;
	}
	parser_leave(p);
	return 0;
}

/* --- checks --- */

/* Tried in this order; a word needs a blank behind it, a symbol does not. */
static const enum ast_op number_ops[] = { OP_LE, OP_LT, OP_GE, OP_GT };
static const enum ast_op word_ops[] = {
	OP_GLOB,       OP_IGLOB,       OP_CONTAINS, OP_ICONTAINS, OP_BCONTAINS,
	OP_STARTSWITH, OP_BSTARTSWITH, OP_ENDSWITH, OP_REGEX,
};
static const enum ast_op list_ops[] = { OP_INTERSECTS, OP_IN, OP_PMATCH };

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static bool lex_op(struct parser *p, const enum ast_op *ops, size_t n,
		   bool (*lex)(struct lexer *, const char *), enum ast_op *op)
{
	for (size_t i = 0; i < n; i++) {
		if (lex(&p->lx, ast_op_name(ops[i]))) {
			*op = ops[i];
			return true;
		}
	}
	return false;
}

static bool lex_equality(struct parser *p, struct ast *check)
{
	check->op = OP_EQ;
	check->doubled = lex_text(&p->lx, "==");
	if (check->doubled || lex_text(&p->lx, "="))
		return true;
	check->op = OP_NE;
	return lex_text(&p->lx, "!=");
}

static bool keyword_follows(const struct lexer *lx)
{
	static const char *const keywords[] = { "and", "or", "not" };
	struct sv rest = { lx->text.p + lx->pos.offset, lx->text.n - lx->pos.offset };

	for (size_t i = 0; i < COUNT(keywords); i++) {
		struct sv word = sv_of(keywords[i]);

		if (sv_starts(rest, word)) {
			unsigned char c = rest.n > word.n ? (unsigned char)rest.p[word.n] : 0;

			if (!((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')))
				return true;
		}
	}
	return false;
}

/* "oneof", "anyof", "allof", but only if a list or a list's name follows; else it is a value. */
static bool lex_modifier(struct parser *p, enum ast_mod *mod)
{
	struct lexer saved = p->lx, ahead;

	for (enum ast_mod m = MOD_ONEOF; m < MOD_COUNT; m++) {
		if (!lex_word(&p->lx, ast_mod_name(m)))
			continue;
		ahead = p->lx;
		if ((lex_peek(&p->lx) == '(' || lex_identifier(&ahead)) &&
		    !keyword_follows(&p->lx)) {
			*mod = m;
			return true;
		}
		break;
	}
	p->lx = saved;
	return false;
}

static int condition(struct parser *p, struct ast *check)
{
	bool blank;
	int rc;

	if (parser_enter(p) < 0)
		return -1;
	lex_blank(&p->lx);
	if (lex_text(&p->lx, "exists")) {
		check->op = OP_EXISTS;
		rc = 0;
	} else if (lex_op(p, number_ops, COUNT(number_ops), lex_text, &check->op)) {
		rc = number_right(p, check);
	} else if ((blank = lex_op(p, word_ops, COUNT(word_ops), lex_word, &check->op)) ||
		   lex_equality(p, check)) {
		blank |= lex_blank(&p->lx);
		if (blank && lex_modifier(p, &check->mod))
			rc = list_or_name(p, check, false);
		else
			rc = string_right(p, check);
	} else if (lex_op(p, list_ops, COUNT(list_ops), lex_text, &check->op)) {
		rc = list_or_name(p, check, true);
	} else {
		rc = parser_fail(
			p,
			"expected a valid check operator: one of 'exists', '<=', '<', '>=', '>', "
			"'==', '=', '!=', 'glob', 'iglob', 'contains', 'icontains', 'bcontains', "
			"'startswith', 'bstartswith', 'endswith', 'regex', 'intersects', 'in', "
			"'pmatch'");
	}
	if (rc == 0)
		parser_leave(p);
	return rc;
}

static int parse_or(struct parser *p, struct ast **out);

/* "(" is taken. */
static int group_rest(struct parser *p, struct ast **out)
{
	if (parser_enter(p) < 0)
		return -1;
	lex_blank(&p->lx);
	if (parse_or(p, out) < 0)
		return -1;
	lex_blank(&p->lx);
	if (!lex_text(&p->lx, ")"))
		return parser_fail(p, "expected a ')' token");
	parser_leave(p);
	return 0;
}

static int check_with(struct parser *p, struct ast_operand *left, struct ast_pos pos,
		      struct ast **out)
{
	struct ast *a = new_node(p, AST_CHECK, pos);

	if (!a)
		return -1;
	a->left = left;
	*out = a;
	return condition(p, a);
}

static int parse_check(struct parser *p, struct ast **out)
{
	struct ast_pos pos = p->lx.pos;
	struct ast_operand *left;
	enum trf_kind kind;
	int rc;

	if (parser_enter(p) < 0)
		return -1;
	lex_blank(&p->lx);
	if (lex_text(&p->lx, "(")) {
		rc = group_rest(p, out);
	} else if (lex_field_name(&p->lx)) {
		rc = parser_field(p, pos, &left) < 0 ? -1 : check_with(p, left, pos, out);
	} else if (parser_lex_transformer(p, &kind)) {
		lex_blank(&p->lx);
		rc = parser_transformer(p, kind, pos, &left) < 0 ? -1
								 : check_with(p, left, pos, out);
	} else if (lex_identifier(&p->lx)) {
		*out = new_node(p, AST_IDENT, pos);
		if (*out)
			(*out)->ident = p->lx.token;
		rc = *out ? 0 : -1;
	} else {
		rc = parser_fail(p, "expected a '(' token, a field check, or an identifier");
	}
	if (rc == 0)
		parser_leave(p);
	return rc;
}

static int parse_not(struct parser *p, struct ast **out)
{
	struct ast_pos pos = p->lx.pos;
	struct parser_list kids = { 0 };
	struct ast *a, *kid = NULL;
	bool negated = false;

	if (parser_enter(p) < 0)
		return -1;
	lex_blank(&p->lx);
	while (lex_not(&p->lx))
		negated = !negated;
	if (lex_text(&p->lx, "not(")) {
		negated = !negated;
		if (group_rest(p, &kid) < 0)
			return -1;
	} else if (parse_check(p, &kid) < 0) {
		return -1;
	}
	parser_leave(p);
	*out = kid;
	if (!negated)
		return 0;
	if (!(a = new_node(p, AST_NOT, pos)) || parser_list_add(p, &kids, kid) < 0)
		return -1;
	a->kids = (struct ast **)kids.items;
	a->nkids = 1;
	*out = a;
	return 0;
}

/*
 * operand { word operand }.  Right behind the word stands a blank, or a "(" whose group then is
 * the whole operand: "a or(b) and c" is an error although "a or (b) and c" is not.
 */
static int parse_chain(struct parser *p, enum ast_kind kind, const char *word,
		       int (*operand)(struct parser *, struct ast **), struct ast **out)
{
	struct ast_pos pos = p->lx.pos;
	struct parser_list kids = { 0 };
	struct ast *a, *kid;

	if (parser_enter(p) < 0)
		return -1;
	lex_blank(&p->lx);
	if (operand(p, &kid) < 0 || parser_list_add(p, &kids, kid) < 0)
		return -1;
	lex_blank(&p->lx);
	while (lex_text(&p->lx, word)) {
		int rc;

		if (lex_blank(&p->lx))
			rc = operand(p, &kid);
		else if (lex_text(&p->lx, "("))
			rc = group_rest(p, &kid);
		else
			rc = parser_fail(p, kind == AST_AND ? "expected blank or '(' after 'and'"
							    : "expected blank or '(' after 'or'");
		if (rc < 0 || parser_list_add(p, &kids, kid) < 0)
			return -1;
		lex_blank(&p->lx);
	}
	parser_leave(p);
	*out = kids.items[0];
	if (kids.n == 1)
		return 0;
	if (!(a = new_node(p, kind, pos)))
		return -1;
	a->kids = (struct ast **)kids.items;
	a->nkids = kids.n;
	*out = a;
	return 0;
}

static int parse_and(struct parser *p, struct ast **out)
{
	return parse_chain(p, AST_AND, "and", parse_not, out);
}

static int parse_or(struct parser *p, struct ast **out)
{
	return parse_chain(p, AST_OR, "or", parse_and, out);
}

static int parse_all(struct parser *p, struct ast **out)
{
	if (p->lx.text.n == 0)
		return err_at(p->lx.err, ERR_SYNTAX, ast_err_pos(p->lx.pos),
			      "filter input string is empty");
	if (parse_or(p, out) < 0)
		return -1;
	if (!lex_at_end(&p->lx))
		return err_at(p->lx.err, ERR_SYNTAX, ast_err_pos(p->lx.pos),
			      "unexpected token after '" SV_FMT "', expecting 'or', 'and'",
			      SV_ARG(p->lx.token));
	return 0;
}

int ast_parse(struct sv text, struct arena *arena, struct ast **out, struct err *err)
{
	struct err own = { 0 };
	struct parser p;

	*out = NULL;
	if (parser_init(&p, text, arena, err ? err : &own) < 0 || parse_all(&p, out) < 0) {
		*out = NULL;
		return -1;
	}
	return 0;
}
