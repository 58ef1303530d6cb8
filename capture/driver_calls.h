/* What a driver is to do with every system call number, from a set of wanted calls. */
#ifndef SAKER_CAPTURE_DRIVER_CALLS_H
#define SAKER_CAPTURE_DRIVER_CALLS_H

#include "capture/driver.h"

#include <linux/types.h>

#include "drivers/wire.h"

/*
 * Fill the tables of calls and the other wishes; exclusions and snaplen stay.  Done in place while
 * a driver is reading: every entry is right before and after.
 */
void driver_calls_fill(struct wire_settings *settings, const struct driver_set *set);

#endif
