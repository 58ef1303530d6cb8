/*
 * Shell patterns as fnmatch() of the C locale without flags knows them: '*' and '?' cross '/',
 * brackets with ranges and classes, backslash escapes.  Unlike fnmatch it needs no NUL at the end,
 * never consults the locale, and takes at most pattern length times text length steps.
 */
#ifndef SAKER_FILTER_GLOB_H
#define SAKER_FILTER_GLOB_H

#include "format/base/sv.h"

/* fold: ASCII letters match in either case. */
bool glob_match(struct sv pattern, struct sv text, bool fold);

#endif
