/*
 * An alert as Falco prints it: one line of text or of JSON, without the newline.
 */
#ifndef SAKER_REPLAY_ALERT_LINES_H
#define SAKER_REPLAY_ALERT_LINES_H

#include "replay/alert.h"

/* "PREFIX MESSAGE".  The message may hold any bytes. */
void alert_put_text(struct buf *out, const struct alert *a);
/* Needs alert.values. */
void alert_put_json(struct buf *out, const struct alert *a);

#endif
