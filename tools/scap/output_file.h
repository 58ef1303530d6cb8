/* The file that a command writes. */
#ifndef SAKER_SCAP_OUTPUT_FILE_H
#define SAKER_SCAP_OUTPUT_FILE_H

#include "format/base/err.h"

/*
 * A descriptor to write to `out` ("-": standard output), or -1.  What is there is emptied, but not
 * if it is one of the n inputs under whatever name.
 */
int output_file_open(char *const *inputs, int n, const char *out, struct err *err);
/* Its name for messages. */
const char *output_file_name(const char *out);

#endif
