/* SHA-256 of files and of lists of them: what identifies a run. */
#ifndef SAKER_REPLAY_DIGEST_H
#define SAKER_REPLAY_DIGEST_H

#include "format/base/err.h"
#include "format/base/sv.h"

#include <stdint.h>

enum { DIGEST_HEX = 64 };

/* Hexadecimal, with a NUL. */
struct digest {
	char hex[DIGEST_HEX + 1];
};

/* ERR_UNSUPPORTED: there is no SHA-256 here. */
int digest_text(struct sv text, struct digest *out, struct err *err);
/* Bytes as they lie on disk; *size may be NULL. */
int digest_file(const char *path, struct digest *out, uint64_t *size, struct err *err);

#endif
