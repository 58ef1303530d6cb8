/* Points in time as people type them. */
#ifndef SAKER_TOOLS_WHEN_H
#define SAKER_TOOLS_WHEN_H

#include "format/base/err.h"
#include "format/span.h"

/*
 * "2026-11-22T07:04:19.845Z", the same with a blank for the T, less of it ("2026-11-22 07:04",
 * "2026-11-22"), or a plain number: nanoseconds since the epoch from 10^14 on, else seconds.  UTC.
 */
int when_parse(const char *text, uint64_t *ts_ns, struct err *err);

/* "90s", "1.5m", "250ms" (units ns, us, ms, s, m, h, d); not nothing. */
int when_parse_length(const char *text, uint64_t *ns, struct err *err);

/*
 * One end of a span: a time as above, "+90s" or "+1.5m" (behind the first event; units ns, us, ms,
 * s, m, h, d) or "#1234" (an event number).
 */
int when_parse_bound(const char *text, struct span_bound *out, struct err *err);

#endif
