/*
 * Open file descriptors of a process.  Entries are shared between a process and its clones until
 * one of them changes its own (copy on write).
 */
#ifndef SAKER_STATE_FD_H
#define SAKER_STATE_FD_H

#include "engine/state/text.h"
#include "format/record.h"

enum fd_role { FD_ROLE_NONE, FD_ROLE_CLIENT, FD_ROLE_SERVER };

struct fd {
	uint32_t refs;
	uint8_t type; /* enum fd_type */
	uint8_t l4;   /* enum l4_proto */
	uint8_t role; /* enum fd_role: what this end of the connection is */
	bool connected;
	bool cloexec;
	bool upper_layer, lower_layer; /* overlayfs layer of the opened file */
	uint32_t open_flags;           /* file_flags, 0 if unknown */
	uint32_t dev;
	uint64_t ino;
	/* IP sockets: s = client, d = server once the role is known; server sockets: s only */
	struct ip sip, dip;
	uint16_t sport, dport;
	uint64_t unix_source, unix_dest;
	int64_t pid;           /* pidfd: the process it stands for */
	struct text *name;     /* fd.name: absolute path, "a:p->b:p", ... */
	struct text *name_raw; /* path as the program gave it, "//" collapsed; NULL if none */
};

struct fd_table; /* fd number -> struct fd, at most STATE_MAX_FDS */

/* Borrowed until the table changes; NULL when fd is not open. */
struct fd *fd_table_get(const struct fd_table *t, int64_t fd);
uint32_t fd_table_count(const struct fd_table *t);
/* In ascending order of fd number: the first entry with a number >= from; NULL at the end. */
struct fd *fd_table_next(const struct fd_table *t, int64_t from, int64_t *fd);

static inline bool fd_is_ip(const struct fd *f)
{
	return f->type == FD_IPV4_SOCK || f->type == FD_IPV6_SOCK || f->type == FD_IPV4_SERVSOCK ||
	       f->type == FD_IPV6_SERVSOCK;
}

static inline bool fd_is_file(const struct fd *f)
{
	return f->type == FD_FILE || f->type == FD_FILE_V2;
}

/* 'f', '4', ... as in "fd=3(<f>/etc/passwd)"; '?' for numbers outside enum fd_type. */
char fd_typechar(uint8_t type);
/* "file", "ipv4", ...; NULL when the type has no name. */
const char *fd_type_name(uint8_t type);

#endif
