/*
 * Losses in stock traces.  They have no record of their own there; a notification event, which
 * readers of all ages show and otherwise pass over, tells of one.  SPEC 9.
 */
#ifndef SAKER_SCAP_LOSS_EVENT_H
#define SAKER_SCAP_LOSS_EVENT_H

#include "format/base/buf.h"
#include "format/record.h"

/* The event that tells of a loss.  Its views point into *text, whose old content goes. */
void loss_event_make(const struct loss_entry *loss, struct buf *text, struct event *out);
/*
 * Is *ev exactly what loss_event_make makes?  Then *out is the loss, its views borrowed from *ev.
 * scratch is overwritten.
 */
bool loss_event_parse(const struct event *ev, struct buf *scratch, struct loss_entry *out);

#endif
