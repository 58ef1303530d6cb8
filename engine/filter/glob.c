#include "engine/filter/glob.h"

#include <stdint.h>

/* ASCII only, whatever the locale: bytes above 0x7F are themselves. */
static unsigned char fold_byte(unsigned char c, bool fold)
{
	return fold && c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

static bool is_upper(unsigned char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_lower(unsigned char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static bool is_alpha(unsigned char c)
{
	return is_upper(c) || is_lower(c);
}

static bool is_alnum(unsigned char c)
{
	return is_alpha(c) || is_digit(c);
}

static bool is_space(unsigned char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_blank(unsigned char c)
{
	return c == ' ' || c == '\t';
}

static bool is_print(unsigned char c)
{
	return c >= ' ' && c < 0x7F;
}

static bool is_graph(unsigned char c)
{
	return c > ' ' && c < 0x7F;
}

static bool is_punct(unsigned char c)
{
	return is_graph(c) && !is_alnum(c);
}

static bool is_cntrl(unsigned char c)
{
	return c < ' ' || c == 0x7F;
}

static bool is_xdigit(unsigned char c)
{
	return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

static const struct {
	const char *name;
	bool (*has)(unsigned char c);
} classes[] = {
	{ "alnum", is_alnum }, { "alpha", is_alpha }, { "blank", is_blank },
	{ "cntrl", is_cntrl }, { "digit", is_digit }, { "graph", is_graph },
	{ "lower", is_lower }, { "print", is_print }, { "punct", is_punct },
	{ "space", is_space }, { "upper", is_upper }, { "xdigit", is_xdigit },
};

static unsigned char at(struct sv p, size_t i)
{
	return i < p.n ? (unsigned char)p.p[i] : 0;
}

/*
 * "[:name:]" whose ':' is at i: the offset behind it and the class.  0: the name holds something
 * else than letters, so the '[' stands for itself.
 */
static size_t class_at(struct sv p, size_t i, bool (**has)(unsigned char c))
{
	size_t start = ++i;
	struct sv name;

	while (is_lower(at(p, i)))
		i++;
	if (at(p, i) != ':' || at(p, i + 1) != ']')
		return 0;
	name = (struct sv){ p.p + start, i - start };
	*has = NULL;
	for (size_t k = 0; k < sizeof classes / sizeof classes[0]; k++)
		if (sv_eq(name, sv_of(classes[k].name)))
			*has = classes[k].has;
	return i + 2;
}

/* "[.x.]" or "[=x=]" (mark is '.' or '=') whose mark is at i: the offset behind it, else 0. */
static size_t symbol_at(struct sv p, size_t i, char mark, unsigned char *c)
{
	if (at(p, i) != mark || at(p, i + 1) == 0 || at(p, i + 2) != mark || at(p, i + 3) != ']')
		return 0;
	*c = at(p, i + 1);
	return i + 4;
}

/* LITERAL: the bracket never ends, so its '[' is an ordinary character. */
enum bracket { BRACKET_MISS, BRACKET_HIT, BRACKET_LITERAL };

/* Behind the element that matched: move *at_end behind the bracket. */
static enum bracket skip_bracket(struct sv p, size_t *at_end)
{
	size_t i = *at_end;

	bool (*has)(unsigned char c);
	unsigned char c, symbol;
	size_t end;

	for (;;) {
		c = at(p, i++);
		if (c == 0)
			return BRACKET_LITERAL;
		if (c == ']') {
			*at_end = i;
			return BRACKET_HIT;
		}
		if (c == '\\') {
			if (at(p, i++) == 0)
				return BRACKET_MISS;
		} else if (c == '[' && at(p, i) == ':') {
			end = class_at(p, i, &has);
			if (end)
				i = end;
		} else if (c == '[' && (at(p, i) == '=' || at(p, i) == '.')) {
			i = symbol_at(p, i, p.p[i], &symbol);
			if (!i)
				return BRACKET_MISS;
		}
	}
}

/*
 * Does the bracket whose '[' is before *i match byte c?  Moves *i behind it when it does.
 * What is malformed (unknown class, range or escape without an end) matches nothing.
 */
static enum bracket match_bracket(struct sv p, size_t *i, unsigned char raw, bool fold)
{
	unsigned char text = fold_byte(raw, fold), low, high, c;
	size_t k = *i, end;
	bool (*has)(unsigned char c);
	bool negated = at(p, k) == '!' || at(p, k) == '^', hit = false;

	k += negated;
	c = at(p, k++);
	do {
		if (c == 0)
			return BRACKET_LITERAL;
		if (c == '[' && at(p, k) == ':' && (end = class_at(p, k, &has)) != 0) {
			if (!has)
				return BRACKET_MISS;
			hit = has(raw);
			k = end;
		} else if (c == '[' && (end = symbol_at(p, k, '=', &low)) != 0) {
			hit = low == raw;
			k = end;
		} else {
			bool symbol = c == '[' && at(p, k) == '.';

			low = fold_byte(c, fold);
			if (symbol) {
				k = symbol_at(p, k, '.', &low);
				if (!k)
					return BRACKET_MISS;
			} else if (c == '\\') {
				if (at(p, k) == 0)
					return BRACKET_MISS;
				low = fold_byte(at(p, k++), fold);
			}
			if (at(p, k) == '-' && at(p, k + 1) && at(p, k + 1) != ']') {
				k++;
				high = fold_byte(at(p, k), fold);
				if (at(p, k) == '[' && at(p, k + 1) == '.') {
					k = symbol_at(p, k + 1, '.', &high);
					if (!k)
						return BRACKET_MISS;
				} else {
					if (at(p, k) == '\\') {
						high = fold_byte(at(p, ++k), fold);
						if (high == 0)
							return BRACKET_MISS;
					}
					k++;
				}
				hit = low <= text && text <= high;
			} else if (at(p, k) == '-' && at(p, k + 1) == 0 && low != text) {
				return BRACKET_MISS;
			} else {
				/* as in glibc, "[[.a.]-]" holds '-' but not 'a' */
				hit = low == (symbol ? raw : text) && !(symbol && at(p, k) == '-');
			}
		}
		if (hit) {
			enum bracket rest = skip_bracket(p, &k);

			if (rest == BRACKET_HIT)
				*i = k;
			return rest == BRACKET_HIT && negated ? BRACKET_MISS : rest;
		}
		c = at(p, k++);
	} while (c != ']');
	*i = k;
	return negated ? BRACKET_HIT : BRACKET_MISS;
}

/* One pattern element (not '*') against one byte; moves *i behind the element when it matches. */
static bool match_one(struct sv p, size_t *i, unsigned char c, bool fold)
{
	size_t k = *i;
	unsigned char element = (unsigned char)p.p[k++];

	if (element == '[') {
		enum bracket b = match_bracket(p, &k, c, fold);

		if (b != BRACKET_LITERAL) {
			*i = k;
			return b == BRACKET_HIT;
		}
	} else if (element == '?') {
		*i = k;
		return true;
	} else if (element == '\\') {
		if (k == p.n)
			return false;
		element = (unsigned char)p.p[k++];
	}
	if (fold_byte(element, fold) != fold_byte(c, fold))
		return false;
	*i = k;
	return true;
}

bool glob_match(struct sv pattern, struct sv text, bool fold)
{
	size_t i = 0, t = 0;
	size_t star = SIZE_MAX,
	       star_text = 0; /* behind the last '*', and where its rest is tried */

	for (;;) {
		if (i < pattern.n && pattern.p[i] == '*') {
			star = ++i;
			star_text = t;
			if (i == pattern.n)
				return true;
			continue;
		}
		if (t == text.n && i == pattern.n)
			return true;
		if (t < text.n && i < pattern.n &&
		    match_one(pattern, &i, (unsigned char)text.p[t], fold)) {
			t++;
			continue;
		}
		/* only the last star can help: whatever an earlier one could do, it can */
		if (star == SIZE_MAX || star_text >= text.n)
			return false;
		i = star;
		t = ++star_text;
	}
}
