#include "engine/rules/yaml_scalar.h"

#include <stdio.h>

enum fold { FOLD_NONE, FOLD_BLOCK, FOLD_FLOW };
enum chomp { CHOMP_STRIP, CHOMP_CLIP, CHOMP_KEEP };
enum on_marker { MARKER_IS_TEXT, MARKER_ENDS, MARKER_IS_ERROR };

/* Length of what ends the scalar here, or -1. */
typedef int scalar_end(const struct yaml_input *in);

struct scalar {
	/* how to read it */
	scalar_end *end;
	bool must_end; /* the end is eaten, and its absence is an error */
	char escape;
	enum fold fold;
	enum chomp chomp;
	enum on_marker on_marker;
	bool trim;         /* cut blanks off the very end */
	bool skip_leading; /* blanks behind the indentation are not text */
	bool tab_is_error; /* within the indentation */
	bool detect_indent;
	int indent;
	/* while reading */
	struct buf *out;
	bool seen_text; /* a line with something on it */
	bool past_first_break;
	bool empty_line, more_indented;
	size_t pending_breaks; /* of empty lines in a folded block */
	bool pending_began_indented;
	size_t escaped_until; /* length of the text up to the last escape, which is never trimmed */
	bool has_escape;
	bool broke_line;
};

static int column(const struct yaml_input *in)
{
	return (int)in->at.col;
}

/* A ':' that ends a plain scalar, or a comment behind a blank. */
static int end_plain(const struct yaml_input *in)
{
	char c = yaml_peek(in, 0);

	if (c == ':' && yaml_is_gap(yaml_peek(in, 1)))
		return 1;
	return yaml_is_space(c) && yaml_peek(in, yaml_break(in) == 2 ? 2 : 1) == '#' ? 2 : -1;
}

static int end_plain_in_flow(const struct yaml_input *in)
{
	char c = yaml_peek(in, 0);

	if (yaml_is_one_of(c, ",?[]{}") || (c == ':' && yaml_is_one_of(yaml_peek(in, 1), ",]}")))
		return 1;
	return end_plain(in);
}

static int end_double_quoted(const struct yaml_input *in)
{
	return yaml_peek(in, 0) == '"' ? 1 : -1;
}

static int end_single_quoted(const struct yaml_input *in)
{
	return yaml_peek(in, 0) == '\'' && yaml_peek(in, 1) != '\'' ? 1 : -1;
}

static int end_block(const struct yaml_input *in)
{
	return yaml_peek(in, 0) == YAML_EOF ? 0 : -1;
}

static void put_utf8(struct buf *out, uint32_t c)
{
	if (c < 0x80) {
		buf_putc(out, (char)c);
		return;
	}
	if (c < 0x800) {
		buf_putc(out, (char)(0xC0 | c >> 6));
	} else {
		if (c < 0x10000) {
			buf_putc(out, (char)(0xE0 | c >> 12));
		} else {
			buf_putc(out, (char)(0xF0 | c >> 18));
			buf_putc(out, (char)(0x80 | (c >> 12 & 0x3F)));
		}
		buf_putc(out, (char)(0x80 | (c >> 6 & 0x3F)));
	}
	buf_putc(out, (char)(0x80 | (c & 0x3F)));
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static int unescape_hex(struct yaml_input *in, int digits, struct buf *out, struct err *err)
{
	uint32_t code = 0;
	bool bad = false;

	/* All digits are eaten before they are judged: the error stands behind them. */
	for (int i = 0; i < digits; i++) {
		int digit = hex_digit(yaml_get(in));

		bad |= digit < 0;
		code = code << 4 | (uint32_t)(digit & 0xF);
	}
	if (bad)
		return yaml_fail(err, in->at, "bad character found while scanning hex number");
	if ((code >= 0xD800 && code <= 0xDFFF) || code > 0x10FFFF) {
		char what[40];

		snprintf(what, sizeof what, "invalid unicode: %u", code);
		return yaml_fail(err, in->at, what);
	}
	put_utf8(out, code);
	return 0;
}

/* The single-character escapes and what they stand for. */
static const struct {
	char name;
	struct sv text;
} escapes[] = {
	{ '0', { "\0", 1 } },           { 'a', { "\a", 1 } },   { 'b', { "\b", 1 } },
	{ 't', { "\t", 1 } },           { '\t', { "\t", 1 } },  { 'n', { "\n", 1 } },
	{ 'v', { "\v", 1 } },           { 'f', { "\f", 1 } },   { 'r', { "\r", 1 } },
	{ 'e', { "\x1B", 1 } },         { ' ', { " ", 1 } },    { '"', { "\"", 1 } },
	{ '\'', { "'", 1 } },           { '\\', { "\\", 1 } },  { '/', { "/", 1 } },
	{ 'N', { "\x85", 1 } },         { '_', { "\xA0", 1 } }, { 'L', { "\xE2\x80\xA8", 3 } },
	{ 'P', { "\xE2\x80\xA9", 3 } },
};

static int unescape(struct yaml_input *in, struct buf *out, struct err *err)
{
	yaml_get(in);
	char c = yaml_get(in);

	if (c == 'x' || c == 'u' || c == 'U')
		return unescape_hex(in, c == 'x' ? 2 : c == 'u' ? 4 : 8, out, err);
	for (size_t i = 0; i < sizeof escapes / sizeof escapes[0]; i++) {
		if (escapes[i].name == c) {
			buf_putsv(out, escapes[i].text);
			return 0;
		}
	}

	char what[] = "unknown escape character: ?";
	what[sizeof what - 2] = c;
	return yaml_fail(err, in->at, what);
}

/*
 * Read up to a line break, the scalar's end or the text's.  *kept is the length without the
 * blanks at the line's end; *escaped_break: the line ends in a backslash.
 */
static int read_line(struct scalar *s, struct yaml_input *in, size_t *kept, bool *escaped_break,
		     struct err *err)
{
	struct buf *out = s->out;

	*kept = out->n;
	*escaped_break = false;
	while (s->end(in) < 0 && !yaml_is_break(yaml_peek(in, 0)) && yaml_more(in)) {
		if (column(in) == 0 && s->on_marker != MARKER_IS_TEXT &&
		    yaml_is_document_marker(in)) {
			if (s->on_marker == MARKER_ENDS)
				break;
			return yaml_fail(err, in->at, "illegal document indicator in scalar");
		}
		s->seen_text = true;
		s->past_first_break = true;
		if (s->escape == '\\' && yaml_peek(in, 0) == '\\' &&
		    yaml_is_break(yaml_peek(in, 1))) {
			yaml_get(in);
			*escaped_break = true;
		} else if (yaml_peek(in, 0) == s->escape) {
			if (unescape(in, out, err) < 0)
				return -1;
		} else {
			char c = yaml_get(in);

			buf_putc(out, c);
			if (!yaml_is_blank(c))
				*kept = out->n;
			continue;
		}
		*kept = out->n;
		s->escaped_until = out->n;
		s->has_escape = true;
		if (*escaped_break)
			break;
	}
	return 0;
}

/* Eat the indentation of the line that begins here. */
static int read_indent(struct scalar *s, struct yaml_input *in, struct err *err)
{
	bool detecting = s->detect_indent && !s->seen_text;

	while (yaml_peek(in, 0) == ' ' && (column(in) < s->indent || detecting) && s->end(in) < 0)
		yaml_get(in);
	if (detecting && s->indent < column(in))
		s->indent = column(in);
	while (yaml_is_blank(yaml_peek(in, 0))) {
		if (yaml_peek(in, 0) == '\t' && column(in) < s->indent && s->tab_is_error)
			return yaml_fail(err, in->at, "illegal tab when looking for indentation");
		if (!s->skip_leading || s->end(in) >= 0)
			break;
		yaml_get(in);
	}
	return 0;
}

static void put_breaks(struct buf *out, size_t n)
{
	while (n--)
		buf_putc(out, '\n');
}

/* What the line break between two lines of a folded block becomes. */
static void fold_block(struct scalar *s, const struct yaml_input *in, bool next_empty,
		       bool next_indented)
{
	if (!s->empty_line && !next_empty && !s->more_indented && !next_indented &&
	    column(in) >= s->indent)
		buf_putc(s->out, ' ');
	else if (next_empty)
		s->pending_breaks++;
	else
		buf_putc(s->out, '\n');
	if (!next_empty && s->pending_breaks > 0) {
		put_breaks(s->out, s->pending_breaks - 1);
		if (s->pending_began_indented || next_indented || !s->seen_text)
			buf_putc(s->out, '\n');
		s->pending_breaks = 0;
	}
}

static void fold(struct scalar *s, const struct yaml_input *in, bool escaped_break)
{
	bool next_empty = yaml_is_break(yaml_peek(in, 0));
	bool next_indented = yaml_is_blank(yaml_peek(in, 0));

	if (s->fold == FOLD_BLOCK && s->pending_breaks == 0 && next_empty)
		s->pending_began_indented = s->more_indented;
	/* The break behind a block scalar's header is not part of its text. */
	if (s->past_first_break) {
		switch (s->fold) {
		case FOLD_NONE:
			buf_putc(s->out, '\n');
			break;
		case FOLD_BLOCK:
			fold_block(s, in, next_empty, next_indented);
			break;
		case FOLD_FLOW:
			if (next_empty)
				buf_putc(s->out, '\n');
			else if (!s->empty_line && !escaped_break)
				buf_putc(s->out, ' ');
			break;
		}
	}
	s->empty_line = next_empty;
	s->more_indented = next_indented;
	s->past_first_break = true;
}

/* Cut a run of the given bytes off the end, but never into an escape; keep `extra` bytes of it. */
static void cut_tail(struct scalar *s, const char *bytes, size_t extra, bool all_goes)
{
	struct buf *out = s->out;
	size_t n = out->n;

	while (n > 0 && yaml_is_one_of(out->p[n - 1], bytes))
		n--;
	/* An escape protects the byte that follows it, as well. */
	if (s->has_escape && n < s->escaped_until + 1)
		n = s->escaped_until + 1;
	else if (n == 0) {
		if (all_goes)
			out->n = 0;
		return;
	}
	if (n + extra < out->n)
		out->n = n + extra;
}

static int read_scalar(struct scalar *s, struct yaml_input *in, struct err *err)
{
	buf_clear(s->out);
	s->past_first_break = s->fold == FOLD_FLOW;
	while (yaml_more(in)) {
		size_t kept;
		bool escaped_break;

		if (read_line(s, in, &kept, &escaped_break, err) < 0)
			return -1;
		if (!yaml_more(in)) {
			if (s->must_end)
				return yaml_fail(err, in->at, "illegal EOF in scalar");
			break;
		}
		if (s->on_marker == MARKER_ENDS && column(in) == 0 && yaml_is_document_marker(in))
			break;
		int ended = s->end(in);
		if (ended >= 0) {
			if (s->must_end)
				yaml_skip(in, (size_t)ended);
			break;
		}
		if (s->fold == FOLD_FLOW)
			s->out->n = kept;
		yaml_skip(in, yaml_break(in));
		if (read_indent(s, in, err) < 0)
			return -1;
		fold(s, in, escaped_break);
		if (!s->empty_line && column(in) < s->indent) {
			s->broke_line = true;
			break;
		}
	}
	if (s->trim)
		cut_tail(s, " \t", 0, false);
	if (s->chomp != CHOMP_KEEP)
		cut_tail(s, "\n", s->chomp == CHOMP_CLIP, true);
	return s->out->failed ? err_set(err, ERR_NOMEM, "no memory for a scalar") : 0;
}

int yaml_scan_plain(struct yaml_input *in, bool in_flow, int indent, struct buf *out,
		    bool *broke_line, struct err *err)
{
	struct scalar s = {
		.end = in_flow ? end_plain_in_flow : end_plain,
		.fold = FOLD_FLOW,
		.chomp = CHOMP_STRIP,
		.on_marker = MARKER_ENDS,
		.trim = true,
		.skip_leading = true,
		.tab_is_error = true,
		.indent = indent,
		.out = out,
	};
	int rc = read_scalar(&s, in, err);

	*broke_line = s.broke_line;
	return rc;
}

int yaml_scan_quoted(struct yaml_input *in, char quote, struct buf *out, struct err *err)
{
	struct scalar s = {
		.end = quote == '\'' ? end_single_quoted : end_double_quoted,
		.must_end = true,
		.escape = quote == '\'' ? '\'' : '\\',
		.fold = FOLD_FLOW,
		.chomp = CHOMP_CLIP,
		.on_marker = MARKER_IS_ERROR,
		.skip_leading = true,
		.out = out,
	};

	return read_scalar(&s, in, err);
}

/* "+", "-", a digit, or one of each in either order. */
static int read_block_header(struct scalar *s, struct yaml_input *in, struct err *err)
{
	bool seen_chomp = false, seen_digit = false;

	for (;;) {
		char c = yaml_peek(in, 0);

		if ((c == '+' || c == '-') && !seen_chomp) {
			seen_chomp = true;
			s->chomp = c == '+' ? CHOMP_KEEP : CHOMP_STRIP;
			yaml_get(in);
		} else if (c >= '0' && c <= '9' && !seen_digit) {
			seen_digit = true;
			yaml_get(in);
			if (c == '0')
				return yaml_fail(err, in->at,
						 "cannot set zero indentation for a block scalar");
			s->indent = c - '0';
			s->detect_indent = false;
		} else {
			break;
		}
	}
	while (yaml_is_blank(yaml_peek(in, 0)))
		yaml_get(in);
	if (yaml_peek(in, 0) == '#') {
		while (yaml_more(in) && !yaml_is_break(yaml_peek(in, 0)))
			yaml_get(in);
	}
	if (yaml_more(in) && !yaml_is_break(yaml_peek(in, 0)))
		return yaml_fail(err, in->at, "unexpected character in block scalar");
	return 0;
}

int yaml_scan_block(struct yaml_input *in, int parent_indent, struct buf *out, struct err *err)
{
	struct scalar s = {
		.end = end_block,
		.fold = yaml_get(in) == '>' ? FOLD_BLOCK : FOLD_NONE,
		.chomp = CHOMP_CLIP,
		.tab_is_error = true,
		.detect_indent = true,
		.indent = 1,
		.out = out,
	};

	if (read_block_header(&s, in, err) < 0)
		return -1;
	if (parent_indent >= 0)
		s.indent += parent_indent;
	return read_scalar(&s, in, err);
}
