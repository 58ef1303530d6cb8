/*
 * Which segments of a native trace need not be read for a set of conditions, because none of them
 * can hold there.  What is skipped is certain; what is not is a guess.
 */
#ifndef SAKER_FILTER_SKIP_H
#define SAKER_FILTER_SKIP_H

#include "engine/filter/filter.h"
#include "format/trace/trace_map.h"

/* Could a condition of the sealed program hold at an event of this segment? */
bool program_may_hold(const struct program *p, struct trace_map *m, size_t segment);

#endif
