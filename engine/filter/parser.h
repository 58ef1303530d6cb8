/*
 * The parser's inside, shared by its two halves: parse_operand.c (fields, transformers, lists of
 * them) and parse.c (checks and what joins them).
 *
 * Recursive descent, without a separate token stream (lex.h says why).  Which position an error
 * carries and how deep nesting may go are part of the language: rule files are judged by them.
 */
#ifndef SAKER_FILTER_PARSER_H
#define SAKER_FILTER_PARSER_H

#include "engine/filter/lex.h"

struct parser {
	struct lexer lx; /* lx.err is where all errors go */
	struct arena *arena;
	uint32_t depth;
};

/* A growing array of pointers in the arena. */
struct parser_list {
	void **items;
	size_t n, cap;
};

int parser_init(struct parser *p, struct sv text, struct arena *arena, struct err *err);

/* ERR_SYNTAX at the cursor; -1.  What is said is what Falco says. */
int parser_fail(struct parser *p, const char *what);
int parser_no_memory(struct parser *p);

/* Every rule of the grammar costs one level; after an error nobody needs to leave. */
int parser_enter(struct parser *p);
static inline void parser_leave(struct parser *p)
{
	p->depth--;
}

int parser_list_add(struct parser *p, struct parser_list *l, void *item);

/* The token just taken, as a value. */
int parser_literal(struct parser *p, struct ast_pos pos, struct ast_operand **out);
/* The rest of a field whose name is the last token. */
int parser_field(struct parser *p, struct ast_pos pos, struct ast_operand **out);
/* "tolower(" and the like, but not "val(". */
bool parser_lex_transformer(struct parser *p, enum trf_kind *kind);
/* The rest of a transformer call. */
int parser_transformer(struct parser *p, enum trf_kind kind, struct ast_pos pos,
		       struct ast_operand **out);
/* "val(FIELD)" or a transformer right of an operator; *out stays as it is if there is neither. */
int parser_reference(struct parser *p, struct ast_operand **out);

#endif
