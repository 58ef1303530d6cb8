/* Rule files for a living host: loaded at the start, and again when somebody asks. */
#ifndef SAKER_REC_LIVE_RULES_H
#define SAKER_REC_LIVE_RULES_H

#include "capture/rec/options.h"

/*
 * Load what -r names, folders read afresh.  What is wrong or odd about the rules goes to *notes as
 * text.  *out is the caller's.
 */
int live_rules_load(const struct options *o, struct buf *notes, struct ruleset **out,
		    struct err *err);

#endif
