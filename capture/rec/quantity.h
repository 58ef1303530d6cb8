/* Sizes and times as a command line has them. */
#ifndef SAKER_REC_QUANTITY_H
#define SAKER_REC_QUANTITY_H

#include "format/base/err.h"

#include <stdint.h>

#define QUANTITY_SECOND UINT64_C(1000000000)

/* "500M", "2G", "1048576": units of 1024.  ERR_USAGE names the option. */
int quantity_bytes(const char *text, const char *option, uint64_t *out, struct err *err);
/* "90s", "10m", "2h", "1d", "250ms". */
int quantity_duration(const char *text, const char *option, uint64_t *ns, struct err *err);

#endif
