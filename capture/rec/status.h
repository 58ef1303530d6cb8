/* What the recorder says of itself: one line that is written over and over, and a last word. */
#ifndef SAKER_REC_STATUS_H
#define SAKER_REC_STATUS_H

#include "capture/rec/meter.h"
#include "format/base/buf.h"

/* The counters at one moment. */
struct status {
	uint64_t at_ns;  /* monotonic */
	uint64_t cpu_ns; /* of this process */
	uint64_t events, lost, bytes, files, saved, save_failures, matches, alerts, alerts_lost,
		waits, late, known, gone, incomplete, unknown;
};

/* Read the counters; at_ns and cpu_ns are taken as given. */
struct status status_of(const struct meter *m, uint64_t at_ns, uint64_t cpu_ns);

/* "12 s  48,113 events/s  0 lost  12.3 MiB  cpu 31 %", of the time from `before` to `now`. */
void status_line(struct buf *b, const struct status *begun, const struct status *before,
		 const struct status *now, unsigned shed_step);
/* Percent of one CPU. */
double status_cpu(const struct status *before, const struct status *now);
/* All of it, for people, in several lines. */
void status_summary(struct buf *b, const struct status *begun, const struct status *now);

#endif
