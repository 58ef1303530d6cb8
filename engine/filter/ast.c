#include "engine/filter/ast.h"

static const char *const op_names[OP_COUNT] = {
	[OP_EXISTS] = "exists",
	[OP_EQ] = "=",
	[OP_NE] = "!=",
	[OP_LT] = "<",
	[OP_LE] = "<=",
	[OP_GT] = ">",
	[OP_GE] = ">=",
	[OP_GLOB] = "glob",
	[OP_IGLOB] = "iglob",
	[OP_CONTAINS] = "contains",
	[OP_ICONTAINS] = "icontains",
	[OP_BCONTAINS] = "bcontains",
	[OP_STARTSWITH] = "startswith",
	[OP_BSTARTSWITH] = "bstartswith",
	[OP_ENDSWITH] = "endswith",
	[OP_REGEX] = "regex",
	[OP_IN] = "in",
	[OP_INTERSECTS] = "intersects",
	[OP_PMATCH] = "pmatch",
};

static const char *const mod_names[MOD_COUNT] = {
	[MOD_NONE] = "",
	[MOD_ONEOF] = "oneof",
	[MOD_ANYOF] = "anyof",
	[MOD_ALLOF] = "allof",
};

static const char *const trf_names[TRF_COUNT] = {
	[TRF_VAL] = "val",   [TRF_TOLOWER] = "tolower",   [TRF_TOUPPER] = "toupper",
	[TRF_B64] = "b64",   [TRF_BASENAME] = "basename", [TRF_LEN] = "len",
	[TRF_JOIN] = "join", [TRF_CONCAT] = "concat",     [TRF_GETOPT] = "getopt",
};

const char *ast_op_name(enum ast_op op)
{
	return op_names[op];
}

const char *ast_mod_name(enum ast_mod mod)
{
	return mod_names[mod];
}

const char *trf_name(enum trf_kind trf)
{
	return trf_names[trf];
}

/* Bytes that make Falco put a printed value in quotes, and how they look inside them. */
static const char *quoted_form(unsigned char c)
{
	switch (c) {
	case '\b':
		return "\\b";
	case '\f':
		return "\\f";
	case '\n':
		return "\\n";
	case '\r':
		return "\\r";
	case '\t':
		return "\\t";
	case '\\':
		return "\\\\";
	case '"':
		return "\\\"";
	case ' ':
		return " ";
	case '=':
		return "=";
	case '\'':
		return "'";
	case '\0':
		return ""; /* the byte itself */
	}
	return NULL;
}

/* A value as ast_print writes it: in double quotes, escaped, when it would not read back bare. */
static void print_value(struct sv value, struct buf *out)
{
	bool quoted = false;

	for (size_t i = 0; i < value.n && !quoted; i++)
		quoted = quoted_form((unsigned char)value.p[i]);
	if (!quoted) {
		buf_putsv(out, value);
		return;
	}
	buf_putc(out, '"');
	for (size_t i = 0; i < value.n; i++) {
		const char *form = quoted_form((unsigned char)value.p[i]);

		if (form && form[0])
			buf_puts(out, form);
		else
			buf_putc(out, value.p[i]);
	}
	buf_putc(out, '"');
}

static void print_arg(const struct ast_operand *o, struct buf *out)
{
	if (!o->has_arg)
		return;
	buf_putc(out, '[');
	if (o->arg.n)
		print_value(o->arg, out);
	else
		buf_puts(out, "\"\"");
	buf_putc(out, ']');
}

static void print_args(struct ast_operand *const *args, size_t n, struct buf *out)
{
	buf_putc(out, '(');
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_putc(out, ',');
		ast_print_operand(args[i], out);
	}
	buf_putc(out, ')');
}

void ast_print_operand(const struct ast_operand *o, struct buf *out)
{
	switch (o->kind) {
	case OPERAND_FIELD:
		buf_putsv(out, o->text);
		print_arg(o, out);
		break;
	case OPERAND_TRF:
		buf_puts(out, trf_name(o->trf));
		print_args(o->args, o->nargs, out);
		print_arg(o, out);
		break;
	case OPERAND_LITERAL:
		print_value(o->text, out);
		break;
	case OPERAND_LIST:
		print_args(o->args, o->nargs, out);
		break;
	}
}

static void print_check(const struct ast *a, struct buf *out)
{
	ast_print_operand(a->left, out);
	buf_putc(out, ' ');
	buf_puts(out, a->doubled ? "==" : ast_op_name(a->op));
	if (a->mod != MOD_NONE) {
		buf_putc(out, ' ');
		buf_puts(out, ast_mod_name(a->mod));
	}
	if (a->op == OP_EXISTS)
		return;
	buf_putc(out, ' ');
	if (a->right) {
		ast_print_operand(a->right, out);
	} else if (a->right_is_list) {
		buf_putc(out, '(');
		for (size_t i = 0; i < a->nitems; i++) {
			if (i)
				buf_puts(out, ", ");
			print_value(a->items[i]->text, out);
		}
		buf_putc(out, ')');
	} else {
		print_value(a->list_name, out);
	}
}

void ast_print(const struct ast *a, struct buf *out)
{
	switch (a->kind) {
	case AST_AND:
	case AST_OR:
		buf_putc(out, '(');
		for (size_t i = 0; i < a->nkids; i++) {
			if (i)
				buf_puts(out, a->kind == AST_AND ? " and " : " or ");
			ast_print(a->kids[i], out);
		}
		buf_putc(out, ')');
		break;
	case AST_NOT:
		buf_puts(out, "not ");
		ast_print(a->kids[0], out);
		break;
	case AST_IDENT:
		buf_putsv(out, a->ident);
		break;
	case AST_CHECK:
		print_check(a, out);
		break;
	}
}

static struct ast_operand *dup_operand(const struct ast_operand *o, struct arena *arena);

static struct ast_operand **dup_operands(struct ast_operand *const *args, size_t n,
					 struct arena *arena)
{
	struct ast_operand **copy = arena_array(arena, struct ast_operand *, n);

	for (size_t i = 0; copy && i < n; i++) {
		copy[i] = dup_operand(args[i], arena);
		if (!copy[i])
			return NULL;
	}
	return copy;
}

static struct ast_operand *dup_operand(const struct ast_operand *o, struct arena *arena)
{
	struct ast_operand *copy = arena_new(arena, struct ast_operand);

	if (!copy)
		return NULL;
	*copy = *o;
	copy->args = dup_operands(o->args, o->nargs, arena);
	return copy->args ? copy : NULL;
}

struct ast *ast_dup(const struct ast *a, struct arena *arena)
{
	struct ast *copy = arena_new(arena, struct ast);

	if (!copy)
		return NULL;
	*copy = *a;
	copy->kids = arena_array(arena, struct ast *, a->nkids);
	if (!copy->kids)
		return NULL;
	for (size_t i = 0; i < a->nkids; i++) {
		copy->kids[i] = ast_dup(a->kids[i], arena);
		if (!copy->kids[i])
			return NULL;
	}
	copy->items = dup_operands(a->items, a->nitems, arena);
	if (!copy->items)
		return NULL;
	if ((a->left && !(copy->left = dup_operand(a->left, arena))) ||
	    (a->right && !(copy->right = dup_operand(a->right, arena))))
		return NULL;
	return copy;
}

bool ast_walk(struct ast *a, ast_visit *visit, void *arg)
{
	if (!visit(a, arg))
		return false;
	for (size_t i = 0; i < a->nkids; i++)
		if (!ast_walk(a->kids[i], visit, arg))
			return false;
	return true;
}

bool ast_walk_operand(const struct ast_operand *o, ast_operand_visit *visit, void *arg)
{
	for (size_t i = 0; i < o->nargs; i++)
		if (!ast_walk_operand(o->args[i], visit, arg))
			return false;
	return visit(o, arg);
}

struct ast *ast_replace_idents(struct ast *a, ast_replace *replace, void *arg)
{
	if (a->kind == AST_IDENT)
		return replace(a, arg);
	for (size_t i = 0; i < a->nkids; i++)
		a->kids[i] = ast_replace_idents(a->kids[i], replace, arg);
	return a;
}
