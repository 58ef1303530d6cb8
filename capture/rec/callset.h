/*
 * Which system calls and other events are wanted: from the words of a command line, and less of it
 * when the host has no time to spare.
 */
#ifndef SAKER_REC_CALLSET_H
#define SAKER_REC_CALLSET_H

#include "capture/driver.h"
#include "format/base/buf.h"

/*
 * "all", or a list with commas of names of system calls, of %classes ("%file", "%net": the
 * categories of events) and of "pagefaults" and "switches", each of which a "-" or "!" in front
 * takes away again; a list that begins so begins with all.  The calls that keep the picture of
 * processes and fds right are always part of it.  ERR_USAGE names the word that nobody knows.
 */
int callset_parse(const char *text, struct driver_set *out, struct err *err);

/* The calls that are not in the set, as words with commas; "" when it is all of them. */
void callset_missing(const struct driver_set *set, struct buf *out);

/*
 * Steps of giving up: 0 is the set itself, each further one takes away what is easiest to miss,
 * never what keeps the state right.
 */
enum { CALLSET_STEPS = 4 };
struct driver_set callset_shed(const struct driver_set *set, unsigned step);
/* "io": what the step takes away, beyond the ones before it. */
const char *callset_step_name(unsigned step);

#endif
