/*
 * The reader's side of a driver's rings (drivers/wire.h): records of all CPUs as one stream in the
 * order of their times.  Whoever loaded the driver gives the memory; nothing here knows which.
 */
#ifndef SAKER_CAPTURE_DRIVER_RING_H
#define SAKER_CAPTURE_DRIVER_RING_H

#include "capture/driver.h"

#include <linux/types.h>

#include "drivers/wire.h"

/* What a driver shares with its reader. */
struct driver_memory {
	struct wire_cpu *cpus;
	char *rings; /* chunk after chunk, CPU after CPU */
	struct wire_layout layout;
	uint32_t ncpus;
};

struct ring;

struct ring_reader {
	struct driver_memory mem;
	struct ring *rings;
	struct ring *now;   /* whose records are being handed out ... */
	uint64_t now_until; /* ... as long as they are not younger than this */
	uint64_t limit;     /* times up to here are complete on all CPUs */
	uint64_t last_ts;   /* of the record handed out last */
	uint64_t late;
	uint64_t epoch_offset; /* from CLOCK_MONOTONIC to the epoch */
	uint64_t asleep;       /* how long the machine had been suspended when that was found */
	bool ended;            /* the driver is detached: what is there is all there will be */
};

int ring_reader_init(struct ring_reader *rr, const struct driver_memory *mem, struct err *err);
void ring_reader_deinit(struct ring_reader *rr);

/* The clock of records. */
uint64_t ring_clock_ns(void);

/* Look what the CPUs have written; true when there is something to hand out. */
bool ring_reader_refresh(struct ring_reader *rr);
/* All rings are empty and no CPU is writing. */
bool ring_reader_drained(const struct ring_reader *rr);
/*
 * The next event within what the last refresh saw: NEXT_ITEM, or NEXT_IDLE when a refresh is
 * needed; NEXT_ERROR when a record makes no sense.  ev->num is left to the caller.
 */
enum next ring_reader_next(struct ring_reader *rr, struct event *ev, struct err *err);

#endif
