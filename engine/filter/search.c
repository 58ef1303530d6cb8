#include "engine/filter/search.h"

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static size_t commonness(char c)
{
	static const char order[] = "/eatirsnolcdpumbhgfv-._ 0123456789kywxjqz";
	const char *at = c ? strchr(order, lower(c)) : NULL;

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

static bool same_folded(const char *a, const char *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (lower(a[i]) != lower(b[i]))
			return false;
	return true;
}

/* The first c from `at` on, `end` if there is none. */
static const char *next(const char *at, const char *end, char c)
{
	const char *hit = at < end ? memchr(at, c, (size_t)(end - at)) : NULL;

	return hit ? hit : end;
}

bool search_folded(struct sv text, struct sv needle, size_t rarest)
{
	const char *at, *end, *small, *large;
	char c;

	if (needle.n == 0)
		return true;
	if (text.n < needle.n)
		return false;
	c = lower(needle.p[rarest]);
	at = text.p + rarest;
	end = text.p + text.n - (needle.n - rarest - 1);
	small = next(at, end, c);
	large = c >= 'a' && c <= 'z' ? next(at, end, (char)(c & ~0x20)) : end;
	while ((at = small < large ? small : large) < end) {
		if (same_folded(at - rarest, needle.p, needle.n))
			return true;
		/* each byte is looked at once per case, whatever the text holds */
		if (at == small)
			small = next(at + 1, end, c);
		else
			large = next(at + 1, end, (char)(c & ~0x20));
	}
	return false;
}
