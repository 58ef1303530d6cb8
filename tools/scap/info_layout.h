/* What "scap info" tells about the inside of a native trace. */
#ifndef SAKER_SCAP_INFO_LAYOUT_H
#define SAKER_SCAP_INFO_LAYOUT_H

#include "tools/common/json.h"
#include "tools/scap/layout.h"

/* At most `top` segments and, if columns are asked for, columns one by one. */
void layout_text(struct buf *b, const struct layout *l, uint64_t top, bool columns);
void layout_json(struct json *j, const struct layout *l, bool columns);

#endif
