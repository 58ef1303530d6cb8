/*
 * The text of a YAML stream under the reader's eye, and the character classes it asks about.
 *
 * Falco reads rule files with yaml-cpp.  What that library accepts, where it says that a thing
 * stands and what it calls an error are part of a rule file's meaning (load results, positions,
 * snippets), and no other YAML library agrees with it; so the reader here follows yaml-cpp's
 * behaviour, also where the YAML specification says otherwise.
 */
#ifndef SAKER_RULES_YAML_INPUT_H
#define SAKER_RULES_YAML_INPUT_H

#include "format/base/err.h"
#include "format/base/sv.h"

/* A place in the stream: byte offset, line and column in bytes, all from 0. */
struct yaml_mark {
	uint32_t offset, line, col;
};

/* What lies at and behind the end; the same byte in the middle of a text looks like an end, too. */
enum { YAML_EOF = 0x04 };

struct yaml_input {
	struct sv text;
	struct yaml_mark at;
	char eol; /* the byte that ends a line, decided by the first line break; 0 before it */
};

static inline bool yaml_more(const struct yaml_input *in)
{
	return in->at.offset < in->text.n;
}

/* The byte i places ahead. */
static inline char yaml_peek(const struct yaml_input *in, size_t i)
{
	size_t at = in->at.offset + i;

	return at < in->text.n ? in->text.p[at] : YAML_EOF;
}

static inline char yaml_get(struct yaml_input *in)
{
	char c = yaml_peek(in, 0);

	in->at.offset++;
	in->at.col++;
	if (!in->eol && c == '\n')
		in->eol = '\n';
	else if (!in->eol && c == '\r')
		in->eol = yaml_peek(in, 0) == '\n' ? '\n' : '\r';
	if (c == in->eol) {
		in->at.col = 0;
		in->at.line++;
	}
	return c;
}

static inline void yaml_skip(struct yaml_input *in, size_t n)
{
	while (n--)
		yaml_get(in);
}

static inline bool yaml_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static inline bool yaml_is_break(char c)
{
	return c == '\n' || c == '\r';
}

static inline bool yaml_is_space(char c)
{
	return yaml_is_blank(c) || yaml_is_break(c);
}

/* Blank, break or the end: what must follow the indicators '-', '?', ':', "---" and "...". */
static inline bool yaml_is_gap(char c)
{
	return yaml_is_space(c) || c == YAML_EOF;
}

static inline bool yaml_is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

/* Length of the line break here, 0 if there is none. */
static inline size_t yaml_break(const struct yaml_input *in)
{
	char c = yaml_peek(in, 0);

	return c == '\n' ? 1 : c != '\r' ? 0 : yaml_peek(in, 1) == '\n' ? 2 : 1;
}

static inline bool yaml_is_marker(const struct yaml_input *in, char c)
{
	return yaml_peek(in, 0) == c && yaml_peek(in, 1) == c && yaml_peek(in, 2) == c &&
	       yaml_is_gap(yaml_peek(in, 3));
}

/* "---" or "..." */
static inline bool yaml_is_document_marker(const struct yaml_input *in)
{
	return yaml_is_marker(in, '-') || yaml_is_marker(in, '.');
}

/* ERR_SYNTAX at a mark (err positions count from 1). */
static inline int yaml_fail(struct err *err, struct yaml_mark at, const char *what)
{
	return err_at(
		err, ERR_SYNTAX,
		(struct err_pos){ .line = at.line + 1, .col = at.col + 1, .offset = at.offset },
		"%s", what);
}

#endif
