/*
 * Text that is put together for one value and lives until the event's scratch arena is reset.
 * Like a buf, but without malloc and free per event.
 */
#ifndef SAKER_FIELDS_SCRATCH_H
#define SAKER_FIELDS_SCRATCH_H

#include "format/base/arena.h"

#include <stdint.h>

/* Start with { .arena = a }.  Without memory the text stays as it is and `failed` says so. */
struct scratch {
	struct arena *arena;
	char *p;
	size_t n;
	size_t cap;
	bool failed;
};

/* Room for n more bytes at p + n of the text; NULL: no memory. The caller adds what it used. */
char *scratch_room(struct scratch *s, size_t n);
void scratch_put(struct scratch *s, struct sv text);
void scratch_putc(struct scratch *s, char c);
void scratch_put_u64(struct scratch *s, uint64_t v);
void scratch_put_i64(struct scratch *s, int64_t v);
/* Lower-case hexadecimal without prefix. */
void scratch_put_hex(struct scratch *s, uint64_t v);
/* At least `width` digits, filled with zeros. */
void scratch_put_padded(struct scratch *s, uint64_t v, unsigned width);

static inline struct sv scratch_sv(const struct scratch *s)
{
	return (struct sv){ s->n ? s->p : "", s->n };
}

#endif
