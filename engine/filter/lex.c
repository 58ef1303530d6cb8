#include "engine/filter/lex.h"

static bool is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* isspace() of the C locale.  Backspace is a blank between tokens, yet part of a bare value. */
static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\b' || c == '\r' || c == '\n';
}

void lex_init(struct lexer *lx, struct sv text, struct arena *arena, struct err *err)
{
	*lx = (struct lexer){
		.text = text,
		.pos = { .line = 1, .col = 1 },
		.arena = arena,
		.err = err,
	};
}

static void step(struct lexer *lx)
{
	char c = lx->text.p[lx->pos.offset++];

	lx->pos.col++;
	if (c == '\r' || c == '\n') {
		lx->pos.col = 1;
		lx->pos.line++;
	}
}

static char peek_at(const struct lexer *lx, size_t i)
{
	i += lx->pos.offset;
	return i < lx->text.n ? lx->text.p[i] : '\0';
}

/* The next n bytes become the token. */
static bool take(struct lexer *lx, size_t n)
{
	if (n == 0)
		return false;
	lx->token = (struct sv){ lx->text.p + lx->pos.offset, n };
	lx->token_quoted = false;
	lx->token_number = false;
	while (n--)
		step(lx);
	return true;
}

bool lex_blank(struct lexer *lx)
{
	bool found = false;

	while (!lex_at_end(lx) && is_blank(lex_peek(lx))) {
		step(lx);
		found = true;
	}
	return found;
}

bool lex_text(struct lexer *lx, const char *text)
{
	size_t n = strlen(text);

	if (lx->text.n - lx->pos.offset < n || memcmp(lx->text.p + lx->pos.offset, text, n) != 0)
		return false;
	return take(lx, n);
}

bool lex_word(struct lexer *lx, const char *word)
{
	struct lexer saved = *lx;

	if (lex_text(lx, word) && lex_blank(lx))
		return true;
	*lx = saved;
	return false;
}

bool lex_not(struct lexer *lx)
{
	size_t n = 3;

	if (peek_at(lx, 0) != 'n' || peek_at(lx, 1) != 'o' || peek_at(lx, 2) != 't')
		return false;
	while (is_space(peek_at(lx, n)))
		n++;
	return n > 3 && take(lx, n);
}

static size_t identifier_length(const struct lexer *lx, size_t from)
{
	size_t n = from;

	if (!is_alpha(peek_at(lx, n)))
		return 0;
	while (is_alpha(peek_at(lx, n)) || is_digit(peek_at(lx, n)) || peek_at(lx, n) == '_')
		n++;
	return n - from;
}

bool lex_identifier(struct lexer *lx)
{
	return take(lx, identifier_length(lx, 0));
}

bool lex_field_name(struct lexer *lx)
{
	size_t n = identifier_length(lx, 0), part;
	bool dotted = false;

	while (n && peek_at(lx, n) == '.' && (part = identifier_length(lx, n + 1)) > 0) {
		n += 1 + part;
		dotted = true;
	}
	return dotted && take(lx, n);
}

/*
 * Length of the UTF-8 sequence at offset i, 0 if there is none.  As lenient as the reference's
 * regular expressions: second bytes are not restricted further.
 */
static size_t utf8_length(const struct lexer *lx, size_t i)
{
	unsigned char c = (unsigned char)peek_at(lx, i);
	size_t n = c < 0x80 ? 1 : c < 0xC2 ? 0 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : c < 0xF5 ? 4 : 0;

	for (size_t k = 1; k < n; k++)
		if (((unsigned char)peek_at(lx, i + k) & 0xC0) != 0x80)
			return 0;
	return n;
}

/* A run of characters that are neither whitespace nor in `stop`. */
static bool take_run(struct lexer *lx, const char *stop)
{
	size_t n = 0, len;

	while (lx->pos.offset + n < lx->text.n) {
		char c = peek_at(lx, n);

		if (is_space(c) || (c && strchr(stop, c)) || (len = utf8_length(lx, n)) == 0)
			break;
		n += len;
	}
	return take(lx, n);
}

bool lex_bare_arg(struct lexer *lx)
{
	return take_run(lx, "[]\"'");
}

bool lex_bare(struct lexer *lx)
{
	return take_run(lx, "()\"'=,");
}

static size_t digits(const struct lexer *lx, size_t from)
{
	size_t n = from;

	while (is_digit(peek_at(lx, n)))
		n++;
	return n - from;
}

static size_t decimal_length(const struct lexer *lx)
{
	size_t n = peek_at(lx, 0) == '+' || peek_at(lx, 0) == '-';
	size_t whole = digits(lx, n), exponent;

	if (whole == 0)
		return 0;
	n += whole;
	if (peek_at(lx, n) == '.')
		n += 1 + digits(lx, n + 1);
	/* an exponent counts only with its sign */
	if ((peek_at(lx, n) == 'e' || peek_at(lx, n) == 'E') &&
	    (peek_at(lx, n + 1) == '+' || peek_at(lx, n + 1) == '-') &&
	    (exponent = digits(lx, n + 2)) > 0)
		n += 2 + exponent;
	return n;
}

bool lex_number(struct lexer *lx)
{
	size_t n = 0;

	if (peek_at(lx, 0) == '0' && (peek_at(lx, 1) == 'x' || peek_at(lx, 1) == 'X')) {
		n = 2;
		while (is_hex(peek_at(lx, n)))
			n++;
		if (n == 2)
			n = 0; /* "0x" and nothing: a decimal zero, then trailing text */
	}
	if (n == 0)
		n = decimal_length(lx);
	if (!take(lx, n))
		return false;
	lx->token_number = true;
	return true;
}

static int hex_value(char c)
{
	return is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10;
}

/*
 * One escape of `body`, *i at the byte behind the backslash and left at its last byte.
 * Returns the byte that it means, or -1 with a sentence in lx->err.
 */
static int unescape_one(struct lexer *lx, struct sv body, size_t *i, char delimiter)
{
	static const char from[] = "bfnrt\\/", to[] = "\b\f\n\r\t\\/";
	char c = body.p[*i];
	const char *simple = c ? strchr(from, c) : NULL;

	if (simple)
		return (unsigned char)to[simple - from];
	switch (c) {
	case ' ': /* old rule files have it; the space is lost */
		return '\\';
	case '"':
	case '\'':
		if (c == delimiter)
			return (unsigned char)c;
		return err_at(lx->err, ERR_SYNTAX, ast_err_pos(lx->pos),
			      "invalid \\%c escape in %c-quoted string", c, delimiter);
	case 'x':
		if (body.n - *i < 3 || !is_hex(body.p[*i + 1]) || !is_hex(body.p[*i + 2]))
			return err_at(lx->err, ERR_SYNTAX, ast_err_pos(lx->pos),
				      "invalid hex char escape sequence");
		*i += 2;
		return hex_value(body.p[*i - 1]) << 4 | hex_value(body.p[*i]);
	}
	return err_at(lx->err, ERR_SYNTAX, ast_err_pos(lx->pos),
		      "unsupported string escape sequence: \\%c", c);
}

static int unescape(struct lexer *lx, struct sv body, char delimiter)
{
	char *out = arena_bytes(lx->arena, body.n);
	size_t n = 0;

	if (!out)
		return err_set(lx->err, ERR_NOMEM, "out of memory reading a quoted string");
	for (size_t i = 0; i < body.n; i++) {
		int c = (unsigned char)body.p[i];

		/* lex_quoted never ends a body with a backslash, so there is a byte behind it */
		if (c == '\\' && ++i < body.n && (c = unescape_one(lx, body, &i, delimiter)) < 0)
			return -1;
		out[n++] = (char)c;
	}
	lx->token = (struct sv){ out, n };
	lx->token_quoted = true;
	lx->token_number = false;
	return 1;
}

int lex_quoted(struct lexer *lx)
{
	char delimiter = lex_peek(lx);
	struct ast_pos start = lx->pos;

	if (delimiter != '"' && delimiter != '\'')
		return 0;
	step(lx);
	/*
	 * The end is the first delimiter without a backslash before it, whatever precedes that
	 * backslash: 'a\\' does not end here.  So it is in Falco's language.
	 */
	for (char previous = delimiter; lex_peek(lx) != '\0'; step(lx)) {
		char c = lex_peek(lx);

		if (c == delimiter && previous != '\\') {
			struct sv body = { lx->text.p + start.offset + 1,
					   lx->pos.offset - start.offset - 1 };
			step(lx);
			return unescape(lx, body, delimiter);
		}
		previous = c;
	}
	lx->pos = start;
	return 0;
}
