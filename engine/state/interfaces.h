/*
 * Addresses of the host's network interfaces, as listed at the start of a section.
 */
#ifndef SAKER_STATE_INTERFACES_H
#define SAKER_STATE_INTERFACES_H

#include "engine/state/fd.h"

enum { INTERFACES_MAX = 4096 };

struct interface {
	struct ip addr, netmask, broadcast;
	bool has_linkspeed;
	uint64_t linkspeed;
	struct text *name;
};

struct interfaces {
	struct interface *list; /* in the order of the trace */
	uint32_t n, room;
};

void interfaces_deinit(struct interfaces *ifs);
void interfaces_clear(struct interfaces *ifs);
/* Returns -1 when there is no memory; more than INTERFACES_MAX are ignored. */
int interfaces_add(struct interfaces *ifs, const struct iface_entry *entry);
bool interfaces_have_v4(const struct interfaces *ifs, const struct ip *ip);
/* IPv6 addresses are taken for local when an interface is in the same /64. */
bool interfaces_have_v6_net(const struct interfaces *ifs, const struct ip *ip);
/* Put an interface's address where a socket's source or destination is still zero. */
void interfaces_complete(const struct interfaces *ifs, struct fd *f);

#endif
