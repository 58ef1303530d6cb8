/*
 * A whole trace from the intact frames of a damaged one.  SPEC 3.3.
 *
 * Everything in front of the first damage, and behind it everything that can be read without what
 * is lost: from the next snapshot or section on.  Payloads are copied as they are; what is
 * missing in between is told by loss records.
 */
#ifndef SAKER_TRACE_RECOVER_H
#define SAKER_TRACE_RECOVER_H

#include "format/losses.h"
#include "format/trace/manifest.h"
#include "format/trace/salvage.h"

struct recovery {
	struct salvage found;
	uint64_t frames; /* written, but for manifest, index and trailer */
	uint64_t events, lost_events;
	bool counted;         /* lost_events is all of them: the index was intact */
	uint64_t unusable;    /* intact frames that mean nothing without what is lost */
	struct losses losses; /* as they were written */
};

/*
 * From in, which stays the caller's, to out, which is closed.  manifest: NULL, or what is known of
 * the writer and the source; what was found is added to it.  0 also if nothing was damaged; then
 * the frames are those of the original.  ERR_FORMAT: there is no intact frame at all.
 */
int trace_recover(int in, const char *name, int out, const char *out_name,
		  struct manifest *manifest, struct recovery *r, struct err *err);
void recovery_deinit(struct recovery *r);

#endif
