/*
 * Where a written trace goes: a descriptor, plain or through gzip.  An error sticks: what was
 * written behind it is thrown away, and output_close tells it.
 */
#ifndef SAKER_SCAP_OUTPUT_H
#define SAKER_SCAP_OUTPUT_H

#include "format/base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct output;

/* Takes fd (closed by output_close, also when this fails). */
int output_open(int fd, bool gzip, struct output **out, struct err *err);
int output_write(struct output *o, const void *bytes, size_t n, struct err *err);
/* Flush, close and free; NULL is fine. */
int output_close(struct output *o, struct err *err);

#endif
