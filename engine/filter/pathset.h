/*
 * A fixed set of path prefixes (operator pmatch), compared component by component: "/var/log"
 * covers "/var/log" and "/var/log/x", not "/var/logs".  Empty components do not count, so the
 * leading '/' is irrelevant.  A component with '?', '*' or '[' matches as a shell pattern.
 */
#ifndef SAKER_FILTER_PATHSET_H
#define SAKER_FILTER_PATHSET_H

#include "format/base/arena.h"

struct pathset;

/* Paths are borrowed; everything else lives in the arena.  NULL: no memory. */
struct pathset *pathset_new(const struct sv *paths, size_t n, struct arena *arena);
bool pathset_covers(const struct pathset *set, struct sv path);

#endif
