/*
 * A cursor over the text of a condition.  Tokens depend on what the parser expects ("1or" is one
 * value right of '=', "or" directly before '(' is a word), so there is no separate token stream:
 * the parser asks for the token that may come next.
 */
#ifndef SAKER_FILTER_LEX_H
#define SAKER_FILTER_LEX_H

#include "engine/filter/ast.h"

struct lexer {
	struct sv text;
	struct ast_pos pos;
	struct arena *arena;
	struct sv token; /* what the last successful call took; quoted strings are unescaped */
	bool token_quoted;
	bool token_number;
	struct err *err; /* filled by lex_quoted only */
};

void lex_init(struct lexer *lx, struct sv text, struct arena *arena, struct err *err);

static inline bool lex_at_end(const struct lexer *lx)
{
	return lx->pos.offset >= lx->text.n;
}

/* The byte under the cursor, NUL at the end. */
static inline char lex_peek(const struct lexer *lx)
{
	return lex_at_end(lx) ? '\0' : lx->text.p[lx->pos.offset];
}

/* Skip space, tab, backspace, CR, LF; was there any? */
bool lex_blank(struct lexer *lx);
/* Exactly this text (not followed by anything in particular). */
bool lex_text(struct lexer *lx, const char *text);
/* This word and at least one blank behind it. */
bool lex_word(struct lexer *lx, const char *word);
/* "not" and whitespace behind it. */
bool lex_not(struct lexer *lx);

bool lex_identifier(struct lexer *lx);
bool lex_field_name(struct lexer *lx); /* two or more identifiers joined by '.' */
bool lex_bare_arg(struct lexer *lx);   /* unquoted argument in brackets */
bool lex_bare(struct lexer *lx);       /* unquoted value */
bool lex_number(struct lexer *lx);     /* hexadecimal or decimal */

/* -1 with lx->err filled when the string is closed but holds a wrong escape; else 0 or 1. */
int lex_quoted(struct lexer *lx);

#endif
