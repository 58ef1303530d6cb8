#include "engine/fields/scratch.h"

char *scratch_room(struct scratch *s, size_t n)
{
	if (s->failed)
		return NULL;
	if (n <= s->cap - s->n)
		return s->p + s->n;
	if (n > SIZE_MAX / 4 || s->cap > SIZE_MAX / 4) {
		s->failed = true;
		return NULL;
	}

	size_t cap = s->cap * 2 > s->n + n ? s->cap * 2 : s->n + n;
	char *p = arena_bytes(s->arena, cap < 64 ? 64 : cap);

	if (!p) {
		s->failed = true;
		return NULL;
	}
	if (s->n)
		memcpy(p, s->p, s->n);
	s->p = p;
	s->cap = cap < 64 ? 64 : cap;
	return p + s->n;
}

void scratch_put(struct scratch *s, struct sv text)
{
	if (text.n == 0)
		return;
	char *room = scratch_room(s, text.n);

	if (!room)
		return;
	memcpy(room, text.p, text.n);
	s->n += text.n;
}

void scratch_putc(struct scratch *s, char c)
{
	scratch_put(s, (struct sv){ &c, 1 });
}

/* Decimal digits of v at the end of a field of 20 bytes. */
static struct sv u64_digits(uint64_t v, char field[static 20])
{
	char *p = field + 20;

	do {
		*--p = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	return (struct sv){ p, (size_t)(field + 20 - p) };
}

void scratch_put_u64(struct scratch *s, uint64_t v)
{
	char field[20];

	scratch_put(s, u64_digits(v, field));
}

void scratch_put_i64(struct scratch *s, int64_t v)
{
	if (v < 0)
		scratch_putc(s, '-');
	scratch_put_u64(s, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

void scratch_put_hex(struct scratch *s, uint64_t v)
{
	char field[16], *p = field + sizeof field;

	do {
		*--p = "0123456789abcdef"[v & 15];
		v >>= 4;
	} while (v);
	scratch_put(s, (struct sv){ p, (size_t)(field + sizeof field - p) });
}

void scratch_put_padded(struct scratch *s, uint64_t v, unsigned width)
{
	char field[20];
	struct sv digits = u64_digits(v, field);

	for (size_t i = digits.n; i < width; i++)
		scratch_putc(s, '0');
	scratch_put(s, digits);
}
