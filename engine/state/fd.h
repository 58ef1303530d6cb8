/*
 * Open file descriptors of a process.  Tables and entries are shared between a process and its
 * clones until one of them changes its own (copy on write).
 */
#ifndef SAKER_STATE_FD_H
#define SAKER_STATE_FD_H

#include "engine/state/text.h"
#include "format/base/arena.h"
#include "format/record.h"

enum fd_role { FD_ROLE_NONE, FD_ROLE_CLIENT, FD_ROLE_SERVER };

/* Close-on-exec in open_flags: of most fds, and of memfds and epoll fds. */
enum {
	FD_CLOEXEC_BIT = 1 << 12,
	FD_CLOEXEC_OWN_BIT = 1 << 0,
	FD_CLOEXEC_BITS = FD_CLOEXEC_BIT | FD_CLOEXEC_OWN_BIT
};

/* fd.type of an entry whose kind nothing ever told (a call that failed after all). */
enum { FD_UNSET = 255 };

/*
 * What a socket is tied to.  Addresses in network order, ports in host order.  Falco keeps these in
 * one union, too, and does not clear it when a socket changes its kind (a bound server socket that
 * receives a datagram becomes a plain one): what is shown then is what the other kind left in the
 * same bytes.  So the layout is part of the behaviour.
 */
union fd_sock {
	struct {
		uint8_t sip[4], dip[4]; /* client, server */
		uint16_t sport, dport;
		uint8_t l4;
	} v4;
	struct {
		uint8_t sip[16], dip[16];
		uint16_t sport, dport;
		uint8_t l4;
	} v6;
	struct {
		uint8_t ip[4];
		uint16_t port;
		uint8_t l4;
	} v4_server;
	struct {
		uint8_t ip[16];
		uint16_t port;
		uint8_t l4;
	} v6_server;
	struct {
		uint64_t source, dest; /* kernel addresses */
	} un;
};

struct fd {
	uint32_t refs;
	uint8_t type; /* enum fd_type, FD_UNSET, or what a file said */
	uint8_t role; /* enum fd_role: what this end of the connection is */
	bool connected;
	bool upper_layer, lower_layer; /* overlayfs layer of the opened file */
	uint32_t open_flags;           /* file_flags; memfd, epoll and others: their own flags */
	uint32_t dev;
	uint64_t ino;
	int64_t pid; /* pidfd: the process it stands for */
	union fd_sock sock;
	struct text *name;     /* fd.name: absolute path, "a:p->b:p", ... */
	struct text *name_raw; /* path as the program gave it; NULL if none */
	uint32_t mark;         /* its number while a state is saved */
};

struct fd_table; /* fd number -> struct fd, at most STATE_MAX_FDS */

/* Where a process has its table, perhaps one shared with others. */
struct fd_slot {
	struct fd_table *table; /* NULL: empty */
	bool child_order; /* a fork's copy, not made yet: lists its entries in another order */
};

/* Borrowed until the table changes; NULL when fd is not open (a negative one never is). */
struct fd *fd_table_get(const struct fd_table *t, int64_t fd);
uint32_t fd_table_count(const struct fd_table *t);
/* In ascending order of fd number: the first entry with a number >= from; NULL at the end. */
struct fd *fd_table_next(const struct fd_table *t, int64_t from, int64_t *fd);

/*
 * All entries in the order in which Falco lists them.  The array is in the arena; NULL: there is
 * none, or no memory.
 */
const struct fd **fd_slot_list(const struct fd_slot *slot, struct arena *a, uint32_t *n);

static inline bool fd_is_ip(const struct fd *f)
{
	return f->type >= FD_IPV4_SOCK && f->type <= FD_IPV6_SERVSOCK;
}

static inline bool fd_is_file(const struct fd *f)
{
	return f->type == FD_FILE || f->type == FD_FILE_V2;
}

/* Both ends of a socket that has two: source (client) and destination (server). */
struct fd_ends {
	struct ip sip, dip;
	uint16_t sport, dport;
};

/* False for every other kind of fd. */
bool fd_ends(const struct fd *f, struct fd_ends *out);
/* The address that a server socket is bound to; false for every other kind of fd. */
bool fd_bound(const struct fd *f, struct ip *ip, uint16_t *port);
/*
 * Protocol as it is shown: L4_NA while the role is unknown (raw sockets excepted), and for others.
 */
enum l4_proto fd_l4(const struct fd *f);

/* 'f', '4', ... as in "fd=3(<f>/etc/passwd)"; '?' for numbers outside enum fd_type. */
char fd_typechar(uint8_t type);
/* "file", "ipv4", ...; NULL when the type has no name. */
const char *fd_type_name(uint8_t type);

#endif
