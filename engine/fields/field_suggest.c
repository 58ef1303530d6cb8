/* Which field a misspelt name was meant to be. */
#include "engine/fields/field.h"

enum { SUGGEST_MAX = 64, SUGGEST_DISTANCE = 3 };

/* Letters to insert, drop, change or swap; anything over the limits is far. */
static size_t distance(struct sv a, struct sv b)
{
	size_t rows[3][SUGGEST_MAX + 1];

	if (a.n > SUGGEST_MAX || b.n > SUGGEST_MAX)
		return SUGGEST_MAX;
	for (size_t j = 0; j <= b.n; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a.n; i++) {
		size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *second = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= b.n; j++) {
			bool same = a.p[i - 1] == b.p[j - 1];

			row[j] = above[j - 1] + !same;
			if (above[j] + 1 < row[j])
				row[j] = above[j] + 1;
			if (row[j - 1] + 1 < row[j])
				row[j] = row[j - 1] + 1;
			if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] &&
			    a.p[i - 2] == b.p[j - 1] && second[j - 2] + 1 < row[j])
				row[j] = second[j - 2] + 1;
		}
	}
	return rows[a.n % 3][b.n];
}

const char *field_suggest(struct sv wrong)
{
	const char *bracket = wrong.n ? memchr(wrong.p, '[', wrong.n) : NULL, *best = NULL;
	size_t limit;

	if (bracket)
		wrong.n = (size_t)(bracket - wrong.p);
	limit = wrong.n / 3 < SUGGEST_DISTANCE ? wrong.n / 3 : SUGGEST_DISTANCE;
	limit++;
	for (size_t i = 0; i < field_defs_n; i++) {
		struct sv name = sv_of(field_defs[i].name);
		size_t d;

		if (name.n + limit <= wrong.n || wrong.n + limit <= name.n)
			continue; /* too far by its length alone */
		d = distance(wrong, name);
		if (d < limit && !(field_defs[i].flags & FF_HIDDEN)) {
			best = field_defs[i].name;
			limit = d;
		}
	}
	return best;
}
