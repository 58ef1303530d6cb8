#define _GNU_SOURCE /* memmem */
#include "format/base/sv.h"

int sv_cmp(struct sv a, struct sv b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n ? memcmp(a.p, b.p, n) : 0;

	if (c != 0)
		return c;
	return (a.n > b.n) - (a.n < b.n);
}

bool sv_starts(struct sv s, struct sv prefix)
{
	return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

bool sv_ends(struct sv s, struct sv suffix)
{
	return s.n >= suffix.n &&
	       (suffix.n == 0 || memcmp(s.p + s.n - suffix.n, suffix.p, suffix.n) == 0);
}

ptrdiff_t sv_find(struct sv s, struct sv needle)
{
	const char *hit;

	if (needle.n == 0)
		return 0;
	if (s.n < needle.n)
		return -1;
	hit = memmem(s.p, s.n, needle.p, needle.n);
	return hit ? hit - s.p : -1;
}

bool sv_next_item(struct sv *rest, struct sv *item)
{
	if (rest->n == 0)
		return false;
	*item = sv_upto_nul(*rest);
	size_t step = item->n < rest->n ? item->n + 1 : item->n;
	rest->p += step;
	rest->n -= step;
	return true;
}
