/*
 * Regular expressions as Falco's operator `regex` reads them: RE2 in its POSIX mode, matched
 * against a whole text.  No back references, no look-around, no \d, no (?...), no lazy operators;
 * '^' and '$' also hold at line breaks; '.' is any character but a line break.
 *
 * Patterns are over Unicode characters.  Each broken piece of UTF-8 in a text counts as one U+FFFD.
 *
 * Time is bounded by (size of the pattern with its counted repetitions written out) x (length of
 * the text), whatever either holds: an automaton is built while matching and never goes back.
 * Its states are remembered up to REGEX_MEMORY bytes.
 */
#ifndef SAKER_FILTER_REGEX_H
#define SAKER_FILTER_REGEX_H

#include "format/base/err.h"
#include "format/base/sv.h"

enum {
	REGEX_MAX_REPEAT = 1000,  /* of one {n,m}, and of nested ones together */
	REGEX_MAX_NESTING = 1000, /* of brackets */
	REGEX_MAX_STEPS = 100000, /* size of the compiled pattern */
	REGEX_MEMORY = 1 << 20,
};

struct regex;

/* ERR_CHECK with a sentence for a bad pattern, ERR_NOMEM. */
int regex_new(struct sv pattern, struct regex **out, struct err *err);
void regex_free(struct regex *re);

/* Does all of the text match?  Remembers automaton states in re: one caller at a time. */
bool regex_matches(struct regex *re, struct sv text);

#endif
