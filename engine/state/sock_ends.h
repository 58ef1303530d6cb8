/*
 * Both ends of a socket, as events tell them; engine/state only.
 */
#ifndef SAKER_STATE_SOCK_ENDS_H
#define SAKER_STATE_SOCK_ENDS_H

#include "engine/state/sockname.h"
#include "engine/state/tables.h"

struct sock_ends {
	const uint8_t *sip, *dip;
	uint16_t sport, dport;
};

/*
 * The ends of an IP tuple, which live as long as it.  Returns the length of their addresses: two
 * IPv4 addresses in IPv6 clothes are stripped.
 */
size_t sock_ends_of(const struct sock_tuple *t, struct sock_ends *e);
/*
 * Enter them into f, in the shape of a socket with addresses of len bytes, whatever its type is.
 * False: f has that type and these two ends already, in whatever order.  A destination that was
 * zero always counts as changed.
 */
bool sock_ends_set(struct fd *f, const struct sock_ends *e, size_t len);
/* Source becomes destination; everything but an IPv4 socket has the shape of an IPv6 one. */
void sock_ends_swap(struct fd *f);

/* Name an entry that own_event_fd gave by its ends, or by the tuple of the event. */
void name_by_ends(struct state *s, struct fd *f);
void name_by_tuple(struct state *s, struct fd *f, struct sv param);

#endif
