/*
 * Entries of the metadata lists in their current form; the counterpart of lists.h.
 *
 * Each appends one entry to *out.  Texts longer than readers of the format accept are cut to what
 * they accept.
 */
#ifndef SAKER_SCAP_LISTS_WRITE_H
#define SAKER_SCAP_LISTS_WRITE_H

#include "format/base/buf.h"
#include "format/base/err.h"
#include "format/record.h"

/* ERR_UNSUPPORTED for an interface without an address. */
int iface_encode(struct buf *out, const struct iface_entry *e, struct err *err);
void user_encode(struct buf *out, const struct user_entry *e);
void group_encode(struct buf *out, const struct group_entry *e);
void proc_encode(struct buf *out, const struct proc_entry *e);
/* Kinds newer than the vocabulary become FD_UNSUPPORTED; an FD_UNKNOWN is never written. */
void fd_encode(struct buf *out, const struct fd_entry *e);

#endif
