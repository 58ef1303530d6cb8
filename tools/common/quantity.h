/* Sizes and lengths of time as the values of options have them.  Nothing is not a quantity. */
#ifndef SAKER_TOOLS_QUANTITY_H
#define SAKER_TOOLS_QUANTITY_H

#include "format/base/err.h"

#include <stdint.h>

/* "500M", "2G", "1048576": bytes, in units of 1024.  ERR_USAGE names the option. */
int quantity_bytes(const char *text, const char *option, uint64_t *out, struct err *err);

/* "90s", "1.5h", "250ms" (when_parse_length): nanoseconds.  ERR_USAGE names the option. */
int quantity_duration(const char *text, const char *option, uint64_t *ns, struct err *err);

#endif
