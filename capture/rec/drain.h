/*
 * The first thread of the recorder: the living host as records, into batches.  First what is there,
 * then what happens, with what was lost.  Takes no memory per event and waits for nobody but the
 * belt; while it waits, the driver's rings fill, and the driver counts what does not fit.
 */
#ifndef SAKER_REC_DRAIN_H
#define SAKER_REC_DRAIN_H

#include "capture/driver.h"
#include "capture/rec/belt.h"
#include "capture/rec/meter.h"

struct drain;

struct drain_options {
	struct driver_options driver;
	struct belt *belt; /* this is its stage 0 */
	struct meter *meter;
};

/* Load and start the driver: events are kept from here on.  Needs privileges. */
int drain_open(const struct drain_options *opt, struct drain **out, struct err *err);
/* Take stock of the host, then follow it until drain_stop, and finish the stage. */
int drain_run(struct drain *d, struct err *err);
/* From any thread: no new events; what the rings hold still comes. */
void drain_stop(struct drain *d);
/* From any thread: give up more or less of what is wanted (callset_shed). */
void drain_shed(struct drain *d, unsigned step);
const struct driver *drain_driver(const struct drain *d);
void drain_close(struct drain *d);

#endif
