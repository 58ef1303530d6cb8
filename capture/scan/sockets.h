/*
 * Sockets by inode: what the kernel's tables tell of them, one set of tables per network namespace.
 * Inode numbers of sockets are unique across namespaces.
 */
#ifndef SAKER_SOCKETS_H
#define SAKER_SOCKETS_H

#include "format/base/arena.h"
#include "format/base/buf.h"
#include "format/record.h"

enum { SOCKETS_MAX = 1 << 18, SOCKET_NAMESPACES_MAX = 4096 };

struct socket_row {
	uint64_t ino;  /* 0: a free slot */
	uint8_t type;  /* enum fd_type */
	uint8_t l4;    /* enum l4_proto */
	uint8_t bytes; /* of an address: 4 or 16 */
	uint16_t sport, dport;
	union {
		struct {
			uint8_t local[16], remote[16];
		};
		struct {
			uint64_t kernel_address;
			struct sv path; /* unix; in the arena */
		};
	};
};

struct sockets {
	struct socket_row *rows; /* open addressing by inode */
	size_t n, cap;
	uint64_t *namespaces; /* those read */
	size_t nnamespaces;
	uint64_t own_namespace; /* may be asked over netlink; 0: none */
	struct arena paths;
	struct buf scratch;
};

/* live: the host's own /proc, so that netlink speaks of the same sockets. */
void sockets_init(struct sockets *s, bool live);
void sockets_deinit(struct sockets *s);

/* Read the tables that process `dir` (/proc/PID) sees, unless its namespace has been read. */
void sockets_load(struct sockets *s, int dir);
/* NULL: in no table read so far. */
const struct socket_row *sockets_find(const struct sockets *s, uint64_t ino);
/* Fill the socket part of *fd. */
void socket_describe(const struct socket_row *row, struct fd_entry *fd);

/* For sock_diag.c: room for a socket; NULL: none, or it is known. */
struct socket_row *sockets_add(struct sockets *s, uint64_t ino);
/* Both ends known: an address of zeros at the other end makes it a server. */
void socket_set_ends(struct socket_row *row, uint8_t l4, uint8_t bytes, const void *local,
		     uint16_t sport, const void *remote, uint16_t dport);

#endif
