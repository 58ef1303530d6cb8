/*
 * The body of an event block: cpu, flags (some kinds), event header, parameter lengths, parameters.
 * Stock format 7.
 */
#ifndef SAKER_SCAP_EVENT_BLOCK_H
#define SAKER_SCAP_EVENT_BLOCK_H

#include "format/base/err.h"
#include "format/record.h"
#include "format/scap/block.h"

enum event_block_result {
	EVENT_BLOCK_BAD = -1,  /* err is filled (without file and offset) */
	EVENT_BLOCK_NEWER = 0, /* an event that this vocabulary does not have */
	EVENT_BLOCK_OK = 1,
};

/*
 * Check and take apart an event block's body (without header and trailer).  Fills *ev but for
 * ev->num; the parameters are views into body.  Bytes behind the event's own length are ignored.
 */
enum event_block_result event_block_decode(const struct block_type *type, struct sv body,
					   struct event *ev, struct err *err);

#endif
