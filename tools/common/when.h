/* Points in time as people type them. */
#ifndef SAKER_TOOLS_WHEN_H
#define SAKER_TOOLS_WHEN_H

#include "format/base/err.h"

/*
 * "2026-11-22T07:04:19.845Z", the same with a blank for the T, less of it ("2026-11-22 07:04",
 * "2026-11-22"), or a plain number: nanoseconds since the epoch from 10^14 on, else seconds.  UTC.
 */
int when_parse(const char *text, uint64_t *ts_ns, struct err *err);

#endif
