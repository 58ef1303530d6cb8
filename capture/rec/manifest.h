/* The manifest of a recording: where, when, by what, and what it leaves out. */
#ifndef SAKER_REC_MANIFEST_H
#define SAKER_REC_MANIFEST_H

#include "capture/rec/options.h"
#include "format/base/buf.h"

/* One JSON object, appended to out. */
int manifest_put(const struct options *o, const struct driver *driver, uint64_t now_ns,
		 struct buf *out, struct err *err);

#endif
