/* SHA-256 by libcrypto, which uses the processor's instructions where it has them. */
#ifndef SAKER_TRACE_HASH_H
#define SAKER_TRACE_HASH_H

#include "format/base/sv.h"

#include <stdint.h>

struct hasher;

struct hasher *hasher_new(void); /* NULL: no memory */
void hasher_free(struct hasher *h);
/* out = SHA-256 of the n parts one after the other; false when libcrypto fails. */
bool hasher_digest(struct hasher *h, const struct sv *parts, size_t n, uint8_t out[static 32]);
/* The same in steps: begin, update any number of times, finish. */
bool hasher_begin(struct hasher *h);
bool hasher_update(struct hasher *h, struct sv part);
bool hasher_finish(struct hasher *h, uint8_t out[static 32]);

#endif
