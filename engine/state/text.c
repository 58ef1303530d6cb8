#include "engine/state/text.h"

#include <stdlib.h>

struct text *text_new(struct sv s)
{
	if (s.n == 0 || s.n > UINT32_MAX - 1)
		return NULL;
	struct text *t = malloc(sizeof *t + s.n + 1);
	if (!t)
		return NULL;
	t->refs = 1;
	t->n = (uint32_t)s.n;
	memcpy(t->p, s.p, s.n);
	t->p[s.n] = '\0';
	return t;
}

struct text *text_ref(struct text *t)
{
	if (t)
		t->refs++;
	return t;
}

void text_unref(struct text *t)
{
	if (t && --t->refs == 0)
		free(t);
}

void text_set(struct text **slot, struct text *take_t)
{
	text_unref(*slot);
	*slot = take_t;
}
