/*
 * A regular expression as a program for a nondeterministic automaton over character classes:
 * between the parser (regex_syntax.c) and the matcher (regex.c).
 */
#ifndef SAKER_FILTER_REGEX_SYNTAX_H
#define SAKER_FILTER_REGEX_SYNTAX_H

#include "format/base/arena.h"
#include "format/base/err.h"

#include <stdint.h>

enum { RUNE_MAX = 0x10FFFF };

struct rune_range {
	uint32_t low, high;
};

/* A set of characters: ascending ranges that do not touch. */
struct rune_set {
	struct rune_range *ranges;
	size_t n;
};

enum regex_op { RX_SET, RX_SPLIT, RX_LINE_BEGIN, RX_LINE_END, RX_MATCH };

struct regex_step {
	uint8_t op;
	uint32_t next;
	uint32_t other; /* SPLIT: the second way; SET: index of the set */
};

struct regex_program {
	struct regex_step *steps;
	size_t nsteps;
	uint32_t start;
	struct rune_set *sets;
	size_t nsets;
};

int regex_parse(struct sv pattern, struct arena *arena, struct regex_program *out, struct err *err);

/*
 * Decode the character at the front of s (not empty); *length is how many bytes it takes.
 * Broken UTF-8 gives U+FFFD for its longest prefix that could have been a character.
 */
uint32_t rune_decode(struct sv s, size_t *length);

/* --- between regex_syntax.c (grammar) and regex_class.c (characters and sets of them) --- */

struct regex_syntax {
	struct sv rest; /* of the pattern */
	struct arena *arena;
	struct err *err;
	struct regex_program *out;
	size_t sets_cap, steps_cap;
	int nesting;
};

/* Fill the error and return -1. */
int regex_bad(struct regex_syntax *s, const char *what);
int regex_no_memory(struct regex_syntax *s);

/* The i-th byte of the rest, NUL behind its end. */
static inline char regex_peek(const struct regex_syntax *s, size_t i)
{
	return i < s->rest.n ? s->rest.p[i] : '\0';
}

static inline void regex_skip(struct regex_syntax *s, size_t n)
{
	s->rest.p += n;
	s->rest.n -= n;
}

/* Take "[...]", ".", or one character or escape; index of the set in the program, or -1. */
int regex_bracket(struct regex_syntax *s);
int regex_any_but_newline(struct regex_syntax *s);
int regex_literal(struct regex_syntax *s);

#endif
