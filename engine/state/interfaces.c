#include "engine/state/interfaces.h"

#include <stdlib.h>

static const uint8_t loopback_v4[4] = { 127, 0, 0, 1 };
static const uint8_t loopback_v6[16] = { [15] = 1 };

void interfaces_deinit(struct interfaces *ifs)
{
	interfaces_clear(ifs);
	free(ifs->list);
	*ifs = (struct interfaces){ 0 };
}

void interfaces_clear(struct interfaces *ifs)
{
	for (uint32_t i = 0; i < ifs->n; i++)
		text_unref(ifs->list[i].name);
	ifs->n = 0;
}

int interfaces_add(struct interfaces *ifs, const struct iface_entry *entry)
{
	if (ifs->n == INTERFACES_MAX)
		return 0;
	if (ifs->n == ifs->room) {
		uint32_t room = ifs->room ? ifs->room * 2 : 16;
		struct interface *list = realloc(ifs->list, room * sizeof *list);

		if (!list)
			return -1;
		ifs->list = list;
		ifs->room = room;
	}
	struct text *name = text_new(entry->name);
	if (entry->name.n && !name)
		return -1;
	ifs->list[ifs->n++] = (struct interface){
		.addr = entry->addr,
		.netmask = entry->netmask,
		.broadcast = entry->broadcast,
		.has_linkspeed = entry->has_linkspeed,
		.linkspeed = entry->linkspeed,
		.name = name,
	};
	return 0;
}

bool interfaces_have_v4(const struct interfaces *ifs, const struct ip *ip)
{
	for (uint32_t i = 0; i < ifs->n; i++) {
		if (ifs->list[i].addr.len == 4 && ip_eq(&ifs->list[i].addr, ip))
			return true;
	}
	return false;
}

bool interfaces_have_v6_net(const struct interfaces *ifs, const struct ip *ip)
{
	for (uint32_t i = 0; i < ifs->n; i++) {
		if (ifs->list[i].addr.len == 16 && memcmp(ifs->list[i].addr.b, ip->b, 8) == 0)
			return true;
	}
	return false;
}

static bool same_subnet(const struct interface *iface, const uint8_t *addr, size_t len)
{
	if (len == 16)
		return memcmp(iface->addr.b, addr, 8) == 0;
	for (size_t i = 0; i < len; i++) {
		if ((iface->addr.b[i] & iface->netmask.b[i]) != (addr[i] & iface->netmask.b[i]))
			return false;
	}
	return true;
}

/* The address that this host most likely uses towards `peer`: NULL when it has none. */
static const uint8_t *address_towards(const struct interfaces *ifs, const uint8_t *peer, size_t len)
{
	const uint8_t *loopback = len == 4 ? loopback_v4 : loopback_v6;
	const uint8_t *in_subnet = NULL, *first = NULL;

	for (uint32_t i = 0; i < ifs->n; i++) {
		const struct interface *iface = &ifs->list[i];

		if (iface->addr.len != len)
			continue;
		if (memcmp(iface->addr.b, peer, len) == 0)
			return iface->addr.b;
		if (!in_subnet && same_subnet(iface, peer, len))
			in_subnet = iface->addr.b;
		if (!first && memcmp(iface->addr.b, loopback, len) != 0)
			first = iface->addr.b;
	}
	return in_subnet ? in_subnet : first;
}

static void complete(const struct interfaces *ifs, uint8_t *sip, uint8_t *dip, bool same_port,
		     size_t len)
{
	static const uint8_t zero[16];
	bool no_source = memcmp(sip, zero, len) == 0;

	if (!no_source && memcmp(dip, zero, len) != 0)
		return;
	uint8_t *missing = no_source ? sip : dip, *known = no_source ? dip : sip;
	const uint8_t *own = address_towards(ifs, known, len);
	if (!own)
		own = zero;
	/* Not a connection of a socket with itself. */
	if (!(same_port && memcmp(own, known, len) == 0))
		memcpy(missing, own, len);
}

void interfaces_complete(const struct interfaces *ifs, struct fd *f)
{
	union fd_sock *s = &f->sock;

	if (f->type == FD_IPV4_SOCK)
		complete(ifs, s->v4.sip, s->v4.dip, s->v4.sport == s->v4.dport, 4);
	else if (f->type == FD_IPV6_SOCK)
		complete(ifs, s->v6.sip, s->v6.dip, s->v6.sport == s->v6.dport, 16);
}
