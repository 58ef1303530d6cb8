/* Characters, escapes and bracket expressions of regular expressions. */
#include "engine/filter/regex_syntax.h"

int regex_bad(struct regex_syntax *s, const char *what)
{
	return err_set(s->err, ERR_CHECK, "bad regular expression: %s", what);
}

int regex_no_memory(struct regex_syntax *s)
{
	return err_set(s->err, ERR_NOMEM, "out of memory compiling a regular expression");
}

uint32_t rune_decode(struct sv s, size_t *length)
{
	const unsigned char *p = (const unsigned char *)s.p;
	uint32_t r = p[0];
	size_t n = r < 0x80 ? 1 : r < 0xC2 ? 0 : r < 0xE0 ? 2 : r < 0xF0 ? 3 : r < 0xF5 ? 4 : 0;
	/* second bytes that would encode too small, surrogate or too large a number */
	unsigned char low = r == 0xE0 ? 0xA0 : r == 0xF0 ? 0x90 : 0x80;
	unsigned char high = r == 0xED ? 0x9F : r == 0xF4 ? 0x8F : 0xBF;

	*length = 1;
	if (n == 1)
		return r;
	r &= 0x7Fu >> n;
	for (size_t i = 1; i < n; i++) {
		if (i >= s.n || p[i] < low || p[i] > high)
			return 0xFFFD;
		*length = i + 1;
		r = r << 6 | (p[i] & 0x3F);
		low = 0x80;
		high = 0xBF;
	}
	return n ? r : 0xFFFD;
}

/* Cut one character off the pattern, which must be valid UTF-8. */
static int take_rune(struct regex_syntax *s, uint32_t *r)
{
	size_t n;

	*r = rune_decode(s->rest, &n);
	if (*r == 0xFFFD && !(n == 3 && memcmp(s->rest.p, "\xEF\xBF\xBD", 3) == 0))
		return regex_bad(s, "it is not valid UTF-8");
	s->rest.p += n;
	s->rest.n -= n;
	return 0;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

static int hex_value(uint32_t c)
{
	if (c >= '0' && c <= '9')
		return (int)(c - '0');
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? (int)(c - 'a') + 10 : -1;
}

struct ranges {
	struct rune_range *items;
	size_t n, cap;
};

static int add_range(struct regex_syntax *s, struct ranges *rs, uint32_t low, uint32_t high)
{
	if (rs->n == rs->cap) {
		size_t cap = rs->cap ? 2 * rs->cap : 8;
		struct rune_range *items = arena_array(s->arena, struct rune_range, cap);

		if (!items)
			return regex_no_memory(s);
		if (rs->n)
			memcpy(items, rs->items, rs->n * sizeof *items);
		rs->items = items;
		rs->cap = cap;
	}
	rs->items[rs->n++] = (struct rune_range){ low, high };
	return 0;
}

/* Insertion sort: classes are short, and mostly sorted already. */
static void normalise(struct ranges *rs)
{
	size_t n = 0;

	for (size_t i = 1; i < rs->n; i++) {
		struct rune_range r = rs->items[i];
		size_t k = i;

		for (; k > 0 && rs->items[k - 1].low > r.low; k--)
			rs->items[k] = rs->items[k - 1];
		rs->items[k] = r;
	}
	for (size_t i = 0; i < rs->n; i++) {
		struct rune_range r = rs->items[i];

		if (n && r.low <= rs->items[n - 1].high + 1) {
			if (r.high > rs->items[n - 1].high)
				rs->items[n - 1].high = r.high;
		} else {
			rs->items[n++] = r;
		}
	}
	rs->n = n;
}

static int add_complement(struct regex_syntax *s, struct ranges *to, const struct ranges *of)
{
	uint32_t low = 0;

	for (size_t i = 0; i < of->n; i++) {
		if (of->items[i].low > low && add_range(s, to, low, of->items[i].low - 1) < 0)
			return -1;
		low = of->items[i].high + 1;
	}
	return low <= RUNE_MAX ? add_range(s, to, low, RUNE_MAX) : 0;
}

/* Keep rs as a set of the program; its index, or -1. */
static int store_set(struct regex_syntax *s, struct ranges *rs)
{
	struct regex_program *out = s->out;

	if (out->nsets == s->sets_cap) {
		size_t cap = s->sets_cap ? 2 * s->sets_cap : 16;
		struct rune_set *sets = arena_array(s->arena, struct rune_set, cap);

		if (!sets)
			return regex_no_memory(s);
		if (out->nsets)
			memcpy(sets, out->sets, out->nsets * sizeof *sets);
		out->sets = sets;
		s->sets_cap = cap;
	}
	normalise(rs);
	out->sets[out->nsets] = (struct rune_set){ rs->items, rs->n };
	return (int)out->nsets++;
}

/* The escape at the front, backslash included. */
static int take_escape(struct regex_syntax *s, uint32_t *r)
{
	static const char from[] = "nrtafv", to[] = "\n\r\t\a\f\v";
	const char *simple;
	uint32_t c;
	int digit;

	regex_skip(s, 1);
	if (s->rest.n == 0)
		return regex_bad(s, "a backslash at the end");
	if (take_rune(s, &c) < 0)
		return -1;
	if (c < 0x80 && is_octal((char)c) && (c == '0' || is_octal(regex_peek(s, 0)))) {
		*r = c - '0';
		for (int i = 0; i < 2 && is_octal(regex_peek(s, 0)); i++, regex_skip(s, 1))
			*r = *r * 8 + (uint32_t)(regex_peek(s, 0) - '0');
		return 0;
	}
	if (c == 'x' && regex_peek(s, 0) == '{') {
		*r = 0;
		regex_skip(s, 1);
		struct sv digits = s->rest;
		for (; (digit = hex_value((unsigned char)regex_peek(s, 0))) >= 0;
		     regex_skip(s, 1)) {
			*r = *r * 16 + (uint32_t)digit;
			if (*r > RUNE_MAX)
				return regex_bad(s, "a character beyond 10FFFF");
		}
		if (regex_peek(s, 0) != '}' || s->rest.n == digits.n)
			return regex_bad(s, "\\x{...} needs hexadecimal digits");
		regex_skip(s, 1);
		return 0;
	}
	if (c == 'x') {
		int high = hex_value((unsigned char)regex_peek(s, 0));
		int low = hex_value((unsigned char)regex_peek(s, 1));

		if (high < 0 || low < 0)
			return regex_bad(s, "\\x needs two hexadecimal digits");
		regex_skip(s, 2);
		*r = (uint32_t)(high << 4 | low);
		return 0;
	}
	simple = c && c < 0x80 ? strchr(from, (int)c) : NULL;
	if (simple) {
		*r = (unsigned char)to[simple - from];
		return 0;
	}
	if (c >= 0x80 || is_digit((char)c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z'))
		return regex_bad(s, "an unknown escape (there is no \\d, \\w, \\s, \\b and no back "
				    "reference; write [0-9], [[:alnum:]_], [[:space:]])");
	*r = c;
	return 0;
}

static const struct {
	const char *name;
	const char *ranges; /* pairs of first and last */
	size_t n;
} posix_classes[] = {
	{ "alnum", "09AZaz", 3 },
	{ "alpha", "AZaz", 2 },
	{ "ascii", "\0\x7F", 1 },
	{ "blank", "\t\t  ", 2 },
	{ "cntrl", "\0\x1F\x7F\x7F", 2 },
	{ "digit", "09", 1 },
	{ "graph", "!~", 1 },
	{ "lower", "az", 1 },
	{ "print", " ~", 1 },
	{ "punct", "!/:@[`{~", 4 },
	{ "space", "\t\r  ", 2 },
	{ "upper", "AZ", 1 },
	{ "word", "09AZaz__", 4 },
	{ "xdigit", "09AFaf", 3 },
};

/* "[:name:]" at the front: 1 taken, 0 there is none. */
static int posix_class(struct regex_syntax *s, struct ranges *to)
{
	ptrdiff_t end =
		s->rest.n > 2 ? sv_find((struct sv){ s->rest.p + 2, s->rest.n - 2 }, SV(":]")) : -1;
	struct sv name;
	bool negated;

	if (end < 0)
		return 0;
	name = (struct sv){ s->rest.p + 2, (size_t)end };
	negated = name.n && name.p[0] == '^';
	name.p += negated;
	name.n -= negated;
	for (size_t i = 0; i < sizeof posix_classes / sizeof posix_classes[0]; i++) {
		const char *pairs = posix_classes[i].ranges;
		struct ranges own = { 0 };

		if (!sv_eq(name, sv_of(posix_classes[i].name)))
			continue;
		for (size_t k = 0; k < posix_classes[i].n; k++)
			if (add_range(s, negated ? &own : to, (unsigned char)pairs[2 * k],
				      (unsigned char)pairs[2 * k + 1]) < 0)
				return -1;
		if (negated) {
			normalise(&own);
			if (add_complement(s, to, &own) < 0)
				return -1;
		}
		regex_skip(s, (size_t)end + 4);
		return 1;
	}
	return regex_bad(s, "an unknown class in [: :]");
}

static int class_rune(struct regex_syntax *s, uint32_t *r)
{
	if (s->rest.n == 0)
		return regex_bad(s, "a '[' without ']'");
	return regex_peek(s, 0) == '\\' ? take_escape(s, r) : take_rune(s, r);
}

int regex_bracket(struct regex_syntax *s)
{
	struct ranges in = { 0 }, out = { 0 };
	bool negated = regex_peek(s, 1) == '^', first = true;

	regex_skip(s, 1 + (size_t)negated);
	for (; s->rest.n && (regex_peek(s, 0) != ']' || first); first = false) {
		uint32_t low, high;
		int rc;

		/* POSIX: '-' is itself at the ends only */
		if (regex_peek(s, 0) == '-' && !first && regex_peek(s, 1) != ']') {
			return regex_bad(
				s,
				"a misplaced '-' inside [ ] (put it first or last, or escape it)");
		}
		if (regex_peek(s, 0) == '[' && regex_peek(s, 1) == ':') {
			rc = posix_class(s, &in);
			if (rc < 0)
				return -1;
			if (rc > 0)
				continue;
		}
		if (class_rune(s, &low) < 0)
			return -1;
		high = low;
		if (regex_peek(s, 0) == '-' && s->rest.n >= 2 && regex_peek(s, 1) != ']') {
			regex_skip(s, 1);
			if (class_rune(s, &high) < 0)
				return -1;
		}
		if (high < low) {
			return regex_bad(s, "a range whose end comes before its start");
		}
		if (add_range(s, &in, low, high) < 0)
			return -1;
	}
	if (s->rest.n == 0) {
		return regex_bad(s, "a '[' without ']'");
	}
	regex_skip(s, 1);
	if (!negated)
		return store_set(s, &in);
	normalise(&in);
	return add_complement(s, &out, &in) < 0 ? -1 : store_set(s, &out);
}

int regex_literal(struct regex_syntax *s)
{
	struct ranges rs = { 0 };
	uint32_t r;

	if ((regex_peek(s, 0) == '\\' ? take_escape(s, &r) : take_rune(s, &r)) < 0 ||
	    add_range(s, &rs, r, r) < 0)
		return -1;
	return store_set(s, &rs);
}

int regex_any_but_newline(struct regex_syntax *s)
{
	struct ranges rs = { 0 };

	regex_skip(s, 1);
	if (add_range(s, &rs, 0, '\n' - 1) < 0 || add_range(s, &rs, '\n' + 1, RUNE_MAX) < 0)
		return -1;
	return store_set(s, &rs);
}
