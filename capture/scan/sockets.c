#define _GNU_SOURCE
#include "capture/scan/sockets.h"

#include "capture/scan/procfs.h"
#include "capture/scan/sock_diag.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>

enum {
	TABLE_MAX = 64 << 20, /* bytes of one text table */
	UNIX_PATH_MAX_BYTES = 108,
};

/* --- the rows --- */

static uint64_t namespace_of(int dir, const char *name)
{
	char text[PROC_PATH_MAX + 1];
	struct sv link = procfs_link(dir, name, text);

	/* "net:[4026531840]" */
	if (!link.p || !sv_starts(link, SV("net:[")))
		return 0;
	return sv_number((struct sv){ link.p + 5, link.n - 5 }, 10);
}

void sockets_init(struct sockets *s, bool live)
{
	*s = (struct sockets){ 0 };
	if (live)
		s->own_namespace = namespace_of(AT_FDCWD, "/proc/self/ns/net");
}

void sockets_deinit(struct sockets *s)
{
	free(s->rows);
	free(s->namespaces);
	arena_deinit(&s->paths);
	buf_deinit(&s->scratch);
	*s = (struct sockets){ 0 };
}

static struct socket_row *slot_of(struct socket_row *rows, size_t cap, uint64_t ino)
{
	size_t i = (size_t)(ino * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (cap - 1);

	while (rows[i].ino && rows[i].ino != ino)
		i = (i + 1) & (cap - 1);
	return &rows[i];
}

static bool grow(struct sockets *s)
{
	size_t cap = s->cap ? s->cap * 2 : 256;
	struct socket_row *rows = calloc(cap, sizeof *rows);

	if (!rows)
		return false;
	for (size_t i = 0; i < s->cap; i++) {
		if (s->rows[i].ino)
			*slot_of(rows, cap, s->rows[i].ino) = s->rows[i];
	}
	free(s->rows);
	s->rows = rows;
	s->cap = cap;
	return true;
}

struct socket_row *sockets_add(struct sockets *s, uint64_t ino)
{
	if (ino == 0 || s->n >= SOCKETS_MAX || (s->n * 2 >= s->cap && !grow(s)))
		return NULL;
	struct socket_row *row = slot_of(s->rows, s->cap, ino);
	if (row->ino)
		return NULL;
	row->ino = ino;
	s->n++;
	return row;
}

const struct socket_row *sockets_find(const struct sockets *s, uint64_t ino)
{
	const struct socket_row *row = s->cap && ino ? slot_of(s->rows, s->cap, ino) : NULL;

	return row && row->ino ? row : NULL;
}

void socket_set_ends(struct socket_row *row, uint8_t l4, uint8_t bytes, const void *local,
		     uint16_t sport, const void *remote, uint16_t dport)
{
	static const uint8_t none[16];
	bool server = memcmp(remote, none, bytes) == 0;

	row->type = bytes == 4 ? server ? FD_IPV4_SERVSOCK : FD_IPV4_SOCK
		    : server   ? FD_IPV6_SERVSOCK
			       : FD_IPV6_SOCK;
	row->l4 = l4;
	row->bytes = bytes;
	row->sport = sport;
	row->dport = dport;
	memcpy(row->local, local, bytes);
	memcpy(row->remote, remote, bytes);
}

void socket_describe(const struct socket_row *row, struct fd_entry *fd)
{
	fd->type = row->type;
	switch ((enum fd_type)row->type) {
	case FD_IPV4_SOCK:
	case FD_IPV6_SOCK:
		fd->dip = ip_from(row->remote, row->bytes);
		fd->dport = row->dport;
		/* fall through */
	case FD_IPV4_SERVSOCK:
	case FD_IPV6_SERVSOCK:
		fd->sip = ip_from(row->local, row->bytes);
		fd->sport = row->sport;
		fd->l4 = row->l4;
		break;
	case FD_UNIX_SOCK:
		fd->unix_source = row->kernel_address;
		fd->name = row->path;
		break;
	default: /* netlink: nothing more is told */
		break;
	}
}

/* --- the text tables --- */

/* The n-th word (from 0) of the line; what follows it stays in *line. */
static struct sv word_at(struct sv *line, unsigned n)
{
	while (n-- > 0)
		sv_next_word(line);
	return sv_next_word(line);
}

/* "0100007F:1F90": 32-bit words as the machine has them, then the port. */
static uint8_t read_end(struct sv word, uint8_t ip[static 16], uint16_t *port)
{
	const char *colon = word.n ? memchr(word.p, ':', word.n) : NULL;
	size_t digits = colon ? (size_t)(colon - word.p) : 0;

	if (digits != 8 && digits != 32)
		return 0;
	for (size_t i = 0; i < digits / 8; i++) {
		uint32_t w = (uint32_t)sv_number((struct sv){ word.p + 8 * i, 8 }, 16);

		memcpy(ip + 4 * i, &w, 4);
	}
	*port = (uint16_t)sv_number((struct sv){ colon + 1, word.n - digits - 1 }, 16);
	return (uint8_t)(digits / 2);
}

/* "  0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 1000 0 12345 ..." */
static void ip_line(struct sockets *s, struct sv line, uint8_t l4)
{
	uint8_t local[16], remote[16];
	uint16_t sport, dport;
	uint8_t bytes = read_end(word_at(&line, 1), local, &sport);

	if (bytes == 0 || read_end(sv_next_word(&line), remote, &dport) != bytes)
		return;
	struct socket_row *row = sockets_add(s, sv_number(word_at(&line, 6), 10));
	if (row)
		socket_set_ends(row, l4, bytes, local, sport, remote, dport);
}

/* "ffff8b1234567890: 00000002 00000000 00010000 0001 01 23456 /run/socket" */
static void unix_line(struct sockets *s, struct sv line, uint8_t l4)
{
	struct sv address = sv_next_word(&line);

	(void)l4;
	if (address.n < 2 || address.p[address.n - 1] != ':')
		return;
	struct socket_row *row = sockets_add(s, sv_number(word_at(&line, 5), 10));
	if (!row)
		return;
	row->type = FD_UNIX_SOCK;
	row->kernel_address = sv_number(address, 16);
	if (line.n && line.p[0] == ' ')
		sv_take(&line, 1, &(struct sv){ 0 });
	if (line.n > UNIX_PATH_MAX_BYTES)
		line.n = UNIX_PATH_MAX_BYTES;
	row->path = line.n ? arena_sv(&s->paths, line) : (struct sv){ 0 };
}

/* "ffff8b1234567890 0 1234 00000000 0 0 0 2 0 23456" */
static void netlink_line(struct sockets *s, struct sv line, uint8_t l4)
{
	struct socket_row *row = sockets_add(s, sv_number(word_at(&line, 9), 10));

	(void)l4;
	if (row)
		row->type = FD_NETLINK;
}

static const struct table {
	const char *file;
	void (*line)(struct sockets *s, struct sv line, uint8_t l4);
	uint8_t l4;
	int diag; /* the family by which netlink is asked; 0: it is not */
} tables[] = {
	{ "net/tcp", ip_line, L4_TCP, AF_INET },   { "net/udp", ip_line, L4_UDP, AF_INET },
	{ "net/raw", ip_line, L4_RAW, AF_INET },   { "net/unix", unix_line, L4_NA, 0 },
	{ "net/netlink", netlink_line, L4_NA, 0 }, { "net/tcp6", ip_line, L4_TCP, AF_INET6 },
	{ "net/udp6", ip_line, L4_UDP, AF_INET6 }, { "net/raw6", ip_line, L4_RAW, AF_INET6 },
};

static void read_table(struct sockets *s, int dir, const struct table *t)
{
	struct sv line;

	if (!procfs_read(dir, t->file, TABLE_MAX, &s->scratch))
		return;
	struct sv rest = buf_sv(&s->scratch);
	sv_next_line(&rest, &line); /* the headings */
	while (sv_next_line(&rest, &line))
		t->line(s, line, t->l4);
}

static bool is_new(struct sockets *s, uint64_t ns)
{
	for (size_t i = 0; i < s->nnamespaces; i++) {
		if (s->namespaces[i] == ns)
			return false;
	}
	if (s->nnamespaces == SOCKET_NAMESPACES_MAX)
		return false;
	if (!s->namespaces &&
	    !(s->namespaces = calloc(SOCKET_NAMESPACES_MAX, sizeof *s->namespaces)))
		return false;
	s->namespaces[s->nnamespaces++] = ns;
	return true;
}

void sockets_load(struct sockets *s, int dir)
{
	uint64_t ns = namespace_of(dir, "ns/net");

	if (!is_new(s, ns))
		return;
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
		const struct table *t = &tables[i];
		bool told = t->diag && ns && ns == s->own_namespace &&
			    sock_diag_read(s, t->diag, t->l4);

		if (!told)
			read_table(s, dir, t);
	}
}
