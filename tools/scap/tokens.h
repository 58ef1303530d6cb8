/*
 * Tokens in place of texts: the same text gives the same token under the same secret, and without
 * the secret nobody can tell which text it was, or try.
 */
#ifndef SAKER_SCAP_TOKENS_H
#define SAKER_SCAP_TOKENS_H

#include "format/base/err.h"
#include "format/base/sv.h"

#include <stdint.h>

enum { TOKEN_LENGTH = 10 };

struct tokens;

int tokens_new(struct sv secret, struct tokens **out, struct err *err);
void tokens_free(struct tokens *t);
/* TOKEN_LENGTH letters and digits.  class: its first letter, for readers; the rest is the same for
 * all of them.  False: no memory. */
bool tokens_get(struct tokens *t, struct sv text, char class, char out[static TOKEN_LENGTH]);
/* How many different texts there were. */
uint64_t tokens_distinct(const struct tokens *t, char class);

#endif
