/*
 * Sockets as text: what fd.name and socket parameters show.
 */
#ifndef SAKER_STATE_SOCKNAME_H
#define SAKER_STATE_SOCKNAME_H

#include "engine/state/fd.h"
#include "format/base/buf.h"

enum { FAMILY_UNIX = 1, FAMILY_INET = 2, FAMILY_INET6 = 10, FAMILY_NETLINK = 16 };

/*
 * The parameter's fixed parts by family.  A unix path ends in NUL within the parameter.
 *
 *   SOCKADDR   u8 family | ip[4 or 16] u16 port | path
 *   SOCKTUPLE  u8 family | sip u16 sport dip u16 dport | u64 source u64 dest path
 */
struct sock_addr {
	uint8_t family;
	uint8_t ip_len; /* 4, 16 or 0 */
	const uint8_t *ip;
	uint16_t port;
	struct sv path; /* unix; without NUL */
};

struct sock_tuple {
	uint8_t family;
	uint8_t ip_len;
	const uint8_t *sip, *dip;
	uint16_t sport, dport;
	uint64_t source, dest;
	struct sv path;
};

/* False: empty, or too short for its family. */
bool sock_addr_read(struct sv param, struct sock_addr *out);
bool sock_tuple_read(struct sv param, struct sock_tuple *out);

/* ::ffff:a.b.c.d, or all zero: Falco takes that for an IPv4 address, too. */
bool sock_ip_is_v4(const uint8_t ip[16]);

/* "a:p", path, "family N"; for unreadable parameters what Falco prints then. */
void sock_addr_print(struct buf *out, struct sv param);
/* "a:p->b:p", "source->dest path", ... */
void sock_tuple_print(struct buf *out, struct sv param);
/* The name of an IP socket by its own state: "a:p->b:p", "a->b" or "<unknown>". */
void sock_fd_print(struct buf *out, const struct fd *f);
/* The name of a server socket: "a:p". */
void sock_server_print(struct buf *out, const struct fd *f);
/* Both ends whatever the protocol is. */
void sock_ends_print(struct buf *out, const struct fd *f);
void sock_unix_print(struct buf *out, uint64_t source, uint64_t dest, struct sv path);

#endif
