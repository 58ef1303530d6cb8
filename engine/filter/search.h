/*
 * "Does this text contain that one?"  A search runs after the byte of the needle that is rarest in
 * paths, names and command lines, which is found out once per needle.
 */
#ifndef SAKER_FILTER_SEARCH_H
#define SAKER_FILTER_SEARCH_H

#include "format/base/sv.h"

/* Offset of the rarest byte, its case left aside; 0 for an empty needle. */
size_t search_rarest(struct sv needle);

/* rarest: search_rarest(needle). */
bool search_text(struct sv text, struct sv needle, size_t rarest);
/* ASCII letters match in either case. */
bool search_folded(struct sv text, struct sv needle, size_t rarest);

#endif
