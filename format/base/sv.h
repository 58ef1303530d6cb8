/*
 * A view of text or bytes: owns nothing, need not end in NUL.  Whoever hands one out says until
 * when it is valid.
 */
#ifndef SAKER_BASE_SV_H
#define SAKER_BASE_SV_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct sv {
	const char *p;
	size_t n;
};

#define SV(literal)  ((struct sv){ (literal), sizeof(literal) - 1 })
#define SV_FMT       "%.*s"
#define SV_ARG(view) (int)(view).n, (view).p

static inline struct sv sv_of(const char *text)
{
	return (struct sv){ text, text ? strlen(text) : 0 };
}

static inline bool sv_eq(struct sv a, struct sv b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Byte order, a shorter prefix first; like strcmp on texts without NUL. */
int sv_cmp(struct sv a, struct sv b);
bool sv_starts(struct sv s, struct sv prefix);
bool sv_ends(struct sv s, struct sv suffix);
/* Offset of the first `needle` in `s`, or -1. An empty needle is found at 0. */
ptrdiff_t sv_find(struct sv s, struct sv needle);

/* Cut the first n bytes off *s into *head; false (and nothing changed) if there are fewer. */
static inline bool sv_take(struct sv *s, size_t n, struct sv *head)
{
	if (s->n < n)
		return false;
	*head = (struct sv){ s->p, n };
	s->p += n;
	s->n -= n;
	return true;
}

/* The part of s before its first NUL (all of it if there is none). */
static inline struct sv sv_upto_nul(struct sv s)
{
	const char *nul = s.n ? memchr(s.p, 0, s.n) : NULL;

	return nul ? (struct sv){ s.p, (size_t)(nul - s.p) } : s;
}

/*
 * Step through NUL-terminated items laid end to end (args, environment, cgroups): cuts the next
 * item off *rest.  A missing last NUL is tolerated.  False when nothing is left.
 */
bool sv_next_item(struct sv *rest, struct sv *item);

#endif
