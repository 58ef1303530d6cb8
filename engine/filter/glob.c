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
 * else than letters, so the '[' stands for itself; to glibc, 'z' is no letter here.
 */
static size_t class_at(struct sv p, size_t i, bool (**has)(unsigned char c))
{
	size_t start = ++i;
	struct sv name;

	while (is_lower(at(p, i)) && at(p, i) != 'z')
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
	bool (*has)(unsigned char c);
	unsigned char c, symbol;
	size_t i = *at_end, end;

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
		} else if (c == '[' && at(p, i) == '=') {
			i = symbol_at(p, i, '=', &symbol);
			if (!i)
				return BRACKET_MISS;
		} else if (c == '[' && at(p, i) == '.') {
			/* as in glibc, a name of several characters does no harm here */
			do {
				if (at(p, ++i) == 0)
					return BRACKET_MISS;
			} while (at(p, i) != '.' || at(p, i + 1) != ']');
			i += 2;
		}
	}
}

/* The upper end of a range, at *i; moves *i behind it.  False: it is malformed. */
static bool range_end(struct sv p, size_t *i, bool fold, unsigned char *high)
{
	if (at(p, *i) == '[' && at(p, *i + 1) == '.') {
		*high = '[';
		*i = symbol_at(p, *i + 1, '.', high);
		return *i != 0;
	}
	if (at(p, *i) == '\\' && at(p, ++*i) == 0)
		return false;
	*high = fold_byte(at(p, (*i)++), fold);
	return true;
}

/* What one element of a bracket says of a byte.  WRONG: malformed, the bracket matches nothing. */
enum element { ELEMENT_OTHER, ELEMENT_HIT, ELEMENT_WRONG };

static enum element verdict(bool hit)
{
	return hit ? ELEMENT_HIT : ELEMENT_OTHER;
}

/* A character or a range, at *i; moves *i behind it. */
static enum element match_range(struct sv p, size_t *i, unsigned char raw, bool fold)
{
	unsigned char text = fold_byte(raw, fold), low = fold_byte(at(p, *i), fold), high;
	bool symbol = at(p, *i) == '[' && at(p, *i + 1) == '.';
	bool escape = at(p, *i) == '\\';

	++*i;
	if (symbol) {
		*i = symbol_at(p, *i, '.', &low);
		if (!*i)
			return ELEMENT_WRONG;
	} else if (escape) {
		if (at(p, *i) == 0)
			return ELEMENT_WRONG;
		low = fold_byte(at(p, (*i)++), fold);
	}
	bool dash = at(p, *i) == '-';

	if (dash && at(p, *i + 1) && at(p, *i + 1) != ']') {
		++*i;
		if (!range_end(p, i, fold, &high))
			return ELEMENT_WRONG;
		return verdict(low <= text && text <= high);
	}
	if (dash && at(p, *i + 1) == 0 && low != text)
		return ELEMENT_WRONG;
	/* as in glibc, "[[.a.]-]" holds '-' but not 'a' */
	return verdict(low == (symbol ? raw : text) && !(symbol && dash));
}

/* One element of a bracket, at *i; moves *i behind it. */
static enum element match_element(struct sv p, size_t *i, unsigned char raw, bool fold)
{
	bool (*has)(unsigned char c);
	unsigned char symbol;
	size_t end;

	if (at(p, *i) == '[' && at(p, *i + 1) == ':' && (end = class_at(p, *i + 1, &has)) != 0) {
		*i = end;
		return has ? verdict(has(raw)) : ELEMENT_WRONG;
	}
	if (at(p, *i) == '[' && (end = symbol_at(p, *i + 1, '=', &symbol)) != 0) {
		*i = end;
		return verdict(symbol == raw);
	}
	return match_range(p, i, raw, fold);
}

/*
 * Does the bracket whose '[' is before *i match byte c?  Moves *i behind it when it does.
 * What is malformed (unknown class, range or escape without an end) matches nothing.
 */
static enum bracket match_bracket(struct sv p, size_t *i, unsigned char raw, bool fold)
{
	size_t k = *i;
	bool negated = at(p, k) == '!' || at(p, k) == '^';

	k += negated;
	do {
		if (at(p, k) == 0)
			return BRACKET_LITERAL;
		enum element element = match_element(p, &k, raw, fold);

		if (element == ELEMENT_WRONG)
			return BRACKET_MISS;
		if (element == ELEMENT_HIT) {
			enum bracket rest = skip_bracket(p, &k);

			if (rest == BRACKET_HIT)
				*i = k;
			return rest == BRACKET_HIT && negated ? BRACKET_MISS : rest;
		}
	} while (at(p, k) != ']');
	*i = k + 1;
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
