/* fd tables and their entries, each once, however many share them. */
#include "engine/state/save.h"

/* The bytes of fd.sock that some kind of socket uses. */
enum { SOCK_BYTES = sizeof(((union fd_sock *)0)->v6.sip) * 2 + 2 * sizeof(uint16_t) + 1 };

static const struct member fd_members[] = {
	MEMBER(M_U8, fd, type),          MEMBER(M_U8, fd, role),
	MEMBER(M_BOOL, fd, connected),   MEMBER(M_BOOL, fd, upper_layer),
	MEMBER(M_BOOL, fd, lower_layer), MEMBER(M_U32, fd, open_flags),
	MEMBER(M_U32, fd, dev),          MEMBER(M_STEP, fd, ino),
	MEMBER(M_I64, fd, pid),          MEMBER(M_TEXT, fd, name),
	MEMBER(M_TEXT, fd, name_raw),
};

/* --- sockets: what their kind says, then whatever else another kind left in those bytes --- */

/* Where a kind of socket has its members in fd.sock. */
struct sock_shape {
	uint8_t ip_len;           /* 0: not of IP */
	uint8_t sip, dip;         /* dip 0: only one end */
	uint8_t sport, dport, l4; /* dport as dip */
};

#define AT(member) offsetof(union fd_sock, member)
static const struct sock_shape shapes[FD_TYPE_COUNT] = {
	[FD_IPV4_SOCK] = { 4, AT(v4.sip), AT(v4.dip), AT(v4.sport), AT(v4.dport), AT(v4.l4) },
	[FD_IPV6_SOCK] = { 16, AT(v6.sip), AT(v6.dip), AT(v6.sport), AT(v6.dport), AT(v6.l4) },
	[FD_IPV4_SERVSOCK] = { 4, AT(v4_server.ip), 0, AT(v4_server.port), 0, AT(v4_server.l4) },
	[FD_IPV6_SERVSOCK] = { 16, AT(v6_server.ip), 0, AT(v6_server.port), 0, AT(v6_server.l4) },
};

static struct sock_shape shape_of(const struct fd *f)
{
	return f->type < FD_TYPE_COUNT ? shapes[f->type] : (struct sock_shape){ 0 };
}

static void save_ip(struct saver *sv, char *bytes, size_t len)
{
	struct ip ip = ip_from(bytes, len);

	snapshot_put_addr(sv->out, ip_is_zero(&ip) ? &(struct ip){ 0 } : &ip);
	memset(bytes, 0, len);
}

static void save_port(struct saver *sv, char *bytes)
{
	snapshot_put(sv->out, get_le16(bytes));
	memset(bytes, 0, 2);
}

static void save_sock(struct saver *sv, const struct fd *f)
{
	struct sock_shape x = shape_of(f);
	char bytes[SOCK_BYTES];
	size_t n = sizeof bytes;

	memcpy(bytes, &f->sock, n);
	if (x.ip_len) {
		save_ip(sv, bytes + x.sip, x.ip_len);
		save_port(sv, bytes + x.sport);
		snapshot_put(sv->out, (uint8_t)bytes[x.l4]);
		bytes[x.l4] = 0;
	}
	if (x.dip) {
		save_ip(sv, bytes + x.dip, x.ip_len);
		save_port(sv, bytes + x.dport);
	}
	while (n > 0 && bytes[n - 1] == 0)
		n--;
	snapshot_put_blob(sv->out, (struct sv){ bytes, n });
	/* A server's socket can become a plain one, and then shows its own bytes as the peer. */
	if (x.ip_len && !x.dip) {
		const char *peer = (const char *)&f->sock + shapes[f->type - 2].dip;
		struct ip ip = ip_from(peer, x.ip_len);

		snapshot_note_addr(sv->out, &ip);
	}
}

static void load_ip(struct loader *ld, char *bytes, size_t len)
{
	struct ip ip = snapshot_take_addr(&ld->r);

	if (ip.len == len)
		memcpy(bytes, ip.b, len);
	else if (ip.len)
		snapshot_damaged(&ld->r, "a socket with an address of another family");
}

static void load_port(struct loader *ld, char *bytes)
{
	uint16_t port = (uint16_t)snapshot_take_max(&ld->r, UINT16_MAX);

	memcpy(bytes, &port, sizeof port);
}

static void load_sock(struct loader *ld, struct fd *f)
{
	struct sock_shape x = shape_of(f);
	char bytes[SOCK_BYTES] = { 0 };

	if (x.ip_len) {
		load_ip(ld, bytes + x.sip, x.ip_len);
		load_port(ld, bytes + x.sport);
		bytes[x.l4] = (char)snapshot_take_max(&ld->r, UINT8_MAX);
	}
	if (x.dip) {
		load_ip(ld, bytes + x.dip, x.ip_len);
		load_port(ld, bytes + x.dport);
	}
	struct sv rest = snapshot_take_blob(&ld->r);
	if (rest.n > sizeof bytes)
		snapshot_damaged(&ld->r, "a socket that is too large");
	for (size_t i = 0; i < rest.n && i < sizeof bytes; i++)
		bytes[i] |= rest.p[i];
	memcpy(&f->sock, bytes, sizeof bytes);
}

/* --- who is there --- */

/* Number `object` if it has none yet. */
static bool note(struct saver *sv, struct objects *o, uint32_t *mark, void *object)
{
	if (*mark < o->n && o->list[*mark] == object)
		return false;
	*mark = o->n;
	if (!objects_add(o, object))
		snapshot_no_memory(sv->out);
	return true;
}

static void note_tables(struct saver *sv)
{
	for (uint32_t i = 0; i < sv->threads.n; i++) {
		const struct thread *t = sv->threads.list[i];
		struct fd_table *table = t->fds.table;
		uint32_t at = 0;
		int64_t num;

		if (!table || !note(sv, &sv->tables, fd_table_mark(table), table))
			continue;
		for (struct fd *f; (f = fd_table_walk(table, &at, &num)) != NULL;)
			note(sv, &sv->fds, &f->mark, f);
	}
}

void save_fds(struct saver *sv)
{
	uint32_t last_fd = 0;

	note_tables(sv);
	snapshot_put(sv->out, sv->fds.n);
	save_members(sv, MEMBERS_OF(fd_members), &sv->fds);
	for (uint32_t i = 0; i < sv->fds.n; i++)
		save_sock(sv, sv->fds.list[i]);
	snapshot_put(sv->out, sv->tables.n);
	for (uint32_t i = 0; i < sv->tables.n; i++) {
		const struct fd_table *table = sv->tables.list[i];
		struct fd_table_shape shape = fd_table_shape(table);
		uint32_t at = 0;
		int64_t num, last_num = -1;

		snapshot_put(sv->out, shape.nnear);
		snapshot_put(sv->out, shape.far_room);
		snapshot_put(sv->out, shape.nbuckets);
		snapshot_put(sv->out, shape.count);
		for (const struct fd *f; (f = fd_table_walk(table, &at, &num)) != NULL;) {
			snapshot_put_signed(sv->out, (int64_t)((uint64_t)num - (uint64_t)last_num));
			save_index(sv, &last_fd, f->mark);
			last_num = num;
		}
	}
}

/* --- loading --- */

static void make_fds(struct loader *ld)
{
	struct fd_store *st = &ld->s->tables->fds;
	uint32_t n = snapshot_take_count(&ld->r);

	if (n > STATE_MAX_FD_ROOM)
		snapshot_damaged(&ld->r, "too many fds");
	for (uint32_t i = 0; i < n && !ld->r.damage; i++) {
		struct fd *f = fd_new(st);

		if (!f || !objects_add(&ld->fds, f)) {
			fd_unref(st, f);
			load_no_memory(ld);
		}
	}
	load_members(ld, MEMBERS_OF(fd_members), &ld->fds);
	for (uint32_t i = 0; i < ld->fds.n; i++) {
		struct fd *f = ld->fds.list[i];

		if (f->role > FD_ROLE_SERVER)
			snapshot_damaged(&ld->r, "an fd whose end of the connection is unknown");
		load_sock(ld, f);
	}
}

static void load_table(struct loader *ld, uint32_t *last_fd)
{
	struct fd_table_shape shape = {
		.nnear = (uint32_t)snapshot_take_max(&ld->r, UINT32_MAX),
		.far_room = (uint32_t)snapshot_take_max(&ld->r, UINT32_MAX),
		.nbuckets = (uint32_t)snapshot_take_max(&ld->r, UINT32_MAX),
		.count = (uint32_t)snapshot_take_max(&ld->r, STATE_MAX_FDS),
	};
	int64_t nums[STATE_MAX_FDS];
	struct fd *fds[STATE_MAX_FDS];
	uint64_t num = UINT64_MAX;

	for (uint32_t i = 0; i < shape.count && !ld->r.damage; i++) {
		num += (uint64_t)snapshot_take_signed(&ld->r);
		uint32_t f = load_index(ld, last_fd, ld->fds.n);

		if (ld->r.damage)
			return;
		nums[i] = (int64_t)num;
		fds[i] = ld->fds.list[f];
	}
	if (ld->r.damage)
		return;
	struct fd_table *t = fd_table_build(&ld->s->tables->fds, &shape, nums, fds);
	if (!t) {
		snapshot_damaged(&ld->r, "a table of fds that cannot be");
	} else if (!objects_add(&ld->tables, t)) {
		fd_table_unref(&ld->s->tables->fds, t);
		load_no_memory(ld);
	}
}

void load_fds(struct loader *ld)
{
	uint32_t last_fd = 0;

	make_fds(ld);
	uint32_t n = snapshot_take_count(&ld->r);
	for (uint32_t i = 0; i < n && !ld->r.damage; i++)
		load_table(ld, &last_fd);
}
