#include "format/base/utf8.h"

#include <stdint.h>

/* The bytes that may follow a lead byte first; every later one is 80..BF (Unicode table 3-7). */
struct lead {
	uint8_t from, to;  /* of the lead byte */
	uint8_t low, high; /* of the second byte */
	uint8_t n;         /* bytes in all */
};

static const struct lead leads[] = {
	{ 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
	{ 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 }, { 0xf0, 0xf0, 0x90, 0xbf, 4 },
	{ 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
};

size_t utf8_next(struct sv s, bool *valid)
{
	uint8_t c = (uint8_t)s.p[0];

	*valid = c < 0x80;
	if (*valid)
		return 1;
	for (size_t i = 0; i < sizeof leads / sizeof leads[0]; i++) {
		const struct lead *l = &leads[i];

		if (c < l->from || c > l->to)
			continue;
		for (size_t k = 1; k < l->n; k++) {
			uint8_t low = k == 1 ? l->low : 0x80;
			uint8_t high = k == 1 ? l->high : 0xbf;

			if (k >= s.n || (uint8_t)s.p[k] < low || (uint8_t)s.p[k] > high)
				return k;
		}
		*valid = true;
		return l->n;
	}
	return 1;
}

/* Length of the pure ASCII start of s: nearly all text is ASCII. */
static size_t ascii_prefix(struct sv s)
{
	size_t i = 0;

	for (uint64_t word; i + 8 <= s.n; i += 8) {
		memcpy(&word, s.p + i, 8);
		if (word & 0x8080808080808080u)
			break;
	}
	while (i < s.n && (uint8_t)s.p[i] < 0x80)
		i++;
	return i;
}

/* Length of the valid start of s. */
static size_t valid_prefix(struct sv s)
{
	size_t i = 0;

	for (;;) {
		i += ascii_prefix((struct sv){ s.p + i, s.n - i });
		if (i == s.n)
			return i;
		bool valid;
		size_t n = utf8_next((struct sv){ s.p + i, s.n - i }, &valid);

		if (!valid)
			return i;
		i += n;
	}
}

bool utf8_valid(struct sv s)
{
	return valid_prefix(s) == s.n;
}

void utf8_put_clean(struct buf *out, struct sv s)
{
	for (;;) {
		size_t n = valid_prefix(s);
		bool valid;

		buf_put(out, s.p, n);
		s.p += n;
		s.n -= n;
		if (s.n == 0)
			return;
		buf_puts(out, "\xef\xbf\xbd");
		n = utf8_next(s, &valid);
		s.p += n;
		s.n -= n;
	}
}
