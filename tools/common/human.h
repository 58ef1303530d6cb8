/* Numbers for people. */
#ifndef SAKER_TOOLS_HUMAN_H
#define SAKER_TOOLS_HUMAN_H

#include "format/base/buf.h"

#include <stdint.h>

/* 1234567 -> "1,234,567" */
void human_count(struct buf *b, uint64_t n);
/* 1536 -> "1.5 KiB" */
void human_bytes(struct buf *b, uint64_t n);
/* Nanoseconds -> "850 ms", "12.3 s", "1:02:03" */
void human_duration(struct buf *b, uint64_t ns);
/* Nanoseconds since the epoch -> "2024-05-06T07:08:09.123456789Z" */
void human_time(struct buf *b, uint64_t ts_ns);

/*
 * Text out of a trace, made safe for a terminal: control characters, bytes that are no UTF-8 and
 * marks that reorder a line come out as \n, \x1b, \u202e.
 */
void human_text(struct buf *b, struct sv text);

/* Lower-case hexadecimal digits. */
void human_hex(struct buf *b, const uint8_t *bytes, size_t n);

/* Cut what was appended to b since `at` to `width` characters, the last three being "...". */
void human_cut(struct buf *b, size_t at, size_t width);

#endif
