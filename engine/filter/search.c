#include "engine/filter/search.h"

static size_t commonness(char c)
{
	static const char order[] = "/eatirsnolcdpumbhgfv-._ 0123456789kywxjqz";
	const char *at = c ? strchr(order, c) : NULL;

	return at ? sizeof order - (size_t)(at - order) : 0;
}

size_t search_rarest(struct sv needle)
{
	size_t rarest = 0;

	for (size_t i = 1; i < needle.n; i++)
		if (commonness(needle.p[i]) < commonness(needle.p[rarest]))
			rarest = i;
	return rarest;
}

bool search_text(struct sv text, struct sv needle, size_t rarest)
{
	const char *at, *end;

	if (needle.n == 0)
		return true;
	if (text.n < needle.n)
		return false;
	/* where the rarest byte can stand with room for the others around it */
	at = text.p + rarest;
	end = text.p + text.n - (needle.n - rarest - 1);
	for (; at < end && (at = memchr(at, needle.p[rarest], (size_t)(end - at))); at++)
		if (memcmp(at - rarest, needle.p, needle.n) == 0)
			return true;
	return false;
}

static unsigned char lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

bool search_folded(struct sv text, struct sv needle)
{
	for (; text.n >= needle.n; text.p++, text.n--) {
		size_t i = 0;

		while (i < needle.n && lower(text.p[i]) == lower(needle.p[i]))
			i++;
		if (i == needle.n)
			return true;
	}
	return false;
}
