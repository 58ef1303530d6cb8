/* UTF-8 as Unicode defines it: shortest forms only, no surrogates, nothing above U+10FFFF. */
#ifndef SAKER_BASE_UTF8_H
#define SAKER_BASE_UTF8_H

#include "format/base/buf.h"

/*
 * Bytes of the character at the front of s (which is not empty).  *valid is false for a wrong
 * sequence; then the result is how many bytes one U+FFFD stands for: the longest start of a
 * character, or one byte (Unicode 3.9, "substitution of maximal subparts").
 */
size_t utf8_next(struct sv s, bool *valid);
bool utf8_valid(struct sv s);
/* Append s with every wrong sequence replaced by U+FFFD. */
void utf8_put_clean(struct buf *out, struct sv s);

#endif
