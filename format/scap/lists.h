/*
 * Entries of the metadata lists: interfaces, users and groups, processes, fds.  Stock format 6.
 *
 * Each decoder cuts one entry off the front of *body.  `version` is the block's (1: entries without
 * their own length; process lists have more).  Views point into the body; text ends before its
 * first NUL.  -1 with err filled (no file name, no offset: the caller knows those).
 */
#ifndef SAKER_SCAP_LISTS_H
#define SAKER_SCAP_LISTS_H

#include "format/base/err.h"
#include "format/record.h"

/* Longest text that readers of the format accept. */
enum {
	LIST_MAX_PATH = 1024,       /* of a process; fds and interfaces: one less */
	LIST_MAX_ARGS = 4096,       /* args, environment, cgroups */
	LIST_MAX_CREDENTIALS = 255, /* user and group texts */
};

/* Bytes that are left at the end of a list below this are padding. */
enum { LIST_ENTRY_MIN = 4 };

int iface_decode(struct sv *body, uint8_t version, struct iface_entry *out, struct err *err);
/* Fills out->user or out->group and sets out->kind. */
int user_decode(struct sv *body, uint8_t version, struct record *out, struct err *err);
int proc_decode(struct sv *body, uint8_t version, struct proc_entry *out, struct err *err);
/* What an fd entry holds behind its type. */
enum fd_payload {
	PAYLOAD_NONE,
	PAYLOAD_NAME,
	PAYLOAD_SOCK,     /* both ends */
	PAYLOAD_SERVSOCK, /* one end */
	PAYLOAD_UNIX,
	PAYLOAD_FILE, /* open flags, path, device */
};

struct fd_layout {
	uint8_t payload; /* enum fd_payload */
	uint8_t ip_len;
};
extern const struct fd_layout fd_layouts[FD_TYPE_COUNT];

enum { FD_UNKNOWN_NAME = 24 };
/*
 * out->tid is the caller's to set (it stands once at the head of the block).  An fd of a kind that
 * this vocabulary lacks keeps its type and is called "unknown-type:[N]", written into `made_up`.
 */
int fd_decode(struct sv *body, uint8_t version, struct fd_entry *out,
	      char made_up[static FD_UNKNOWN_NAME], struct err *err);

#endif
