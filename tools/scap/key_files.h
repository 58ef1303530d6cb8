/* Small files of keys and signatures. */
#ifndef SAKER_SCAP_KEY_FILES_H
#define SAKER_SCAP_KEY_FILES_H

#include "format/trace/signature.h"

int small_file_read(const char *path, struct buf *out, struct err *err);
/* Never over a file that is there.  mode: as of open. */
int small_file_write(const char *path, unsigned mode, struct sv content, struct err *err);

/* Keys from files. */
int key_file_private(const char *path, struct signing_key **out, struct err *err);
int key_file_public(const char *path, struct signing_key **out, struct err *err);

#endif
