/* What "scap info" tells about events that are missing. */
#ifndef SAKER_SCAP_INFO_LOSSES_H
#define SAKER_SCAP_INFO_LOSSES_H

#include "format/losses.h"
#include "tools/common/json.h"

/* Nothing when there are none; at most `top` of them one by one. */
void losses_text(struct buf *b, const struct losses *l, uint64_t top);
void losses_json(struct json *j, const struct losses *l);

#endif
