/*
 * The syntax tree of a condition, as written: macros and lists not yet replaced, fields not yet
 * looked up.  Nodes live in one arena; positions are kept for messages.
 * Grammar: filter-language 1, 2 (engine/filter/README.md).
 */
#ifndef SAKER_FILTER_AST_H
#define SAKER_FILTER_AST_H

#include "format/base/arena.h"
#include "format/base/buf.h"
#include "format/base/err.h"

/* Offset (bytes), line and column (from 1) within the text that was parsed. */
struct ast_pos {
	uint32_t offset, line, col;
};

enum ast_op {
	OP_EXISTS,
	OP_EQ,
	OP_NE,
	OP_LT,
	OP_LE,
	OP_GT,
	OP_GE,
	OP_GLOB,
	OP_IGLOB,
	OP_CONTAINS,
	OP_ICONTAINS,
	OP_BCONTAINS,
	OP_STARTSWITH,
	OP_BSTARTSWITH,
	OP_ENDSWITH,
	OP_REGEX,
	OP_IN,
	OP_INTERSECTS,
	OP_PMATCH,
	OP_COUNT
};

enum ast_mod { MOD_NONE, MOD_ONEOF, MOD_ANYOF, MOD_ALLOF, MOD_COUNT };

enum trf_kind {
	TRF_VAL,
	TRF_TOLOWER,
	TRF_TOUPPER,
	TRF_B64,
	TRF_BASENAME,
	TRF_LEN,
	TRF_JOIN,
	TRF_CONCAT,
	TRF_GETOPT,
	TRF_COUNT
};

/*
 * An operand: a field, a transformer call, a literal, a literal list (inside a transformer call).
 */
enum operand_kind { OPERAND_FIELD, OPERAND_TRF, OPERAND_LITERAL, OPERAND_LIST };

struct ast_operand {
	enum operand_kind kind;
	struct ast_pos pos;
	struct sv text; /* FIELD: name without argument; LITERAL: the text, unescaped */
	bool has_arg;
	struct sv arg;  /* FIELD, TRF: the argument in brackets, unescaped */
	bool is_number; /* LITERAL: written as a number */
	bool is_quoted; /* LITERAL */
	enum trf_kind trf;
	struct ast_operand **args; /* TRF: arguments; LIST: items */
	size_t nargs;
};

enum ast_kind { AST_AND, AST_OR, AST_NOT, AST_IDENT, AST_CHECK };

struct ast {
	enum ast_kind kind;
	struct ast_pos pos;
	struct ast **kids; /* AND, OR: two or more; NOT: one */
	size_t nkids;
	struct sv ident; /* IDENT: macro name */
	/* CHECK */
	struct ast_operand *left;
	enum ast_op op;
	enum ast_mod mod;
	bool doubled;              /* OP_EQ was written "==" */
	struct ast_pos right_pos;  /* of whatever stands right of the operator */
	struct ast_operand *right; /* scalar or field on the right; NULL for exists and lists */
	bool right_is_list;
	struct ast_operand **items; /* list: literals (list names are plain words here) */
	size_t nitems;
	struct sv list_name; /* `in name`, `= anyof name`: an identifier in place of a list */
};

/*
 * Everything goes into arena. ERR_SYNTAX with err->pos (line, col, offset in text) otherwise.
 * The position is where reading stopped, which is where Falco puts its caret.
 */
int ast_parse(struct sv text, struct arena *arena, struct ast **out, struct err *err);
/*
 * A bracket costs five levels.  Falco has limits, but its guard lets go of each level at once, so
 * that conditions nest as deep as its stack is; ours only keep off what nobody writes.
 */
enum { AST_MAX_DEPTH = 5000 };

/*
 * Parse a field or transformer call at the start of text (output templates); *used is how many
 * bytes it took.  What follows it is not looked at.
 */
int ast_parse_operand(struct sv text, struct arena *arena, struct ast_operand **out, size_t *used,
		      struct err *err);

/* As Falco prints a compiled condition: "(a = b and (c in (x, y) or not d exists))". */
void ast_print(const struct ast *a, struct buf *out);
/* Likewise one operand: "proc.aname[2]", "join(-,(a,b))". */
void ast_print_operand(const struct ast_operand *o, struct buf *out);

/* A copy that shares no node; text is shared.  NULL: no memory. */
struct ast *ast_dup(const struct ast *a, struct arena *arena);

/*
 * Call visit for every node, parents first, in order of the text; a false return ends the walk,
 * which then returns false.  visit may change the node's items or its right side.
 */
typedef bool ast_visit(struct ast *a, void *arg);
bool ast_walk(struct ast *a, ast_visit *visit, void *arg);

/* Likewise for every operand of one check, arguments before what they are arguments of. */
typedef bool ast_operand_visit(const struct ast_operand *o, void *arg);
bool ast_walk_operand(const struct ast_operand *o, ast_operand_visit *visit, void *arg);

/*
 * Replace macro names: every IDENT node becomes what replace() returns for it (the same node to
 * keep it).  The result is not searched again: replace() does that itself, which lets it see a
 * loop.
 */
typedef struct ast *ast_replace(struct ast *ident, void *arg);
struct ast *ast_replace_idents(struct ast *a, ast_replace *replace, void *arg);

const char *ast_op_name(enum ast_op op);
const char *ast_mod_name(enum ast_mod mod);
const char *trf_name(enum trf_kind trf);

static inline struct err_pos ast_err_pos(struct ast_pos p)
{
	return (struct err_pos){ .line = p.line, .col = p.col, .offset = p.offset };
}

#endif
