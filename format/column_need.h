/*
 * What somebody is going to read, by event type.
 */
#ifndef SAKER_COLUMN_NEED_H
#define SAKER_COLUMN_NEED_H

#include "format/schema/schema.h"

/*
 * Bit i of params[type]: parameter i.  A source may hand out the others as empty views (nparams
 * stays), which saves it from reading them.  Events of an old form that are to be upgraded keep
 * all.
 */
struct column_need {
	uint64_t params[EV_COUNT];
	/*
	 * Nobody looks at such an event: only its thread counts, and the number in its one needed
	 * parameter, if there is one.  A source may hand them out by source_quiet.
	 */
	bool quiet[EV_COUNT];
};

#endif
