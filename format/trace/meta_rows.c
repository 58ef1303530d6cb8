#include "format/trace/meta_rows.h"

#include "format/trace/varint.h"

#include <stddef.h>

/*
 * A row is u8 kind, then the members of the record in the order of the tables below: integers as
 * varints (signed ones zigzagged), texts and addresses as varint length and bytes.  Members are
 * only ever added at the end of a table, together with a new row kind.
 */
enum member_type { M_BOOL, M_U8, M_U16, M_U32, M_U64, M_I64, M_TEXT, M_BLOB, M_IP };

struct member {
	uint8_t type;
	uint16_t offset;
};

#define M(type, record_type, member)                                                               \
	{                                                                                          \
		type, offsetof(struct record_type, member)                                         \
	}

static const struct member machine_members[] = {
	M(M_U32, machine_info, num_cpus),    M(M_U64, machine_info, memory_bytes),
	M(M_U64, machine_info, max_pid),     M(M_TEXT, machine_info, hostname),
	M(M_U64, machine_info, boot_ts_ns),  M(M_U64, machine_info, flags),
	M(M_U64, machine_info, reserved[0]), M(M_U64, machine_info, reserved[1]),
};
static const struct member iface_members[] = {
	M(M_IP, iface_entry, addr),       M(M_IP, iface_entry, netmask),
	M(M_IP, iface_entry, broadcast),  M(M_BOOL, iface_entry, has_linkspeed),
	M(M_U64, iface_entry, linkspeed), M(M_TEXT, iface_entry, name),
};
static const struct member user_members[] = {
	M(M_U32, user_entry, uid),      M(M_U32, user_entry, gid),    M(M_TEXT, user_entry, name),
	M(M_TEXT, user_entry, homedir), M(M_TEXT, user_entry, shell),
};
static const struct member group_members[] = {
	M(M_U32, group_entry, gid),
	M(M_TEXT, group_entry, name),
};
static const struct member proc_members[] = {
	M(M_I64, proc_entry, tid),
	M(M_I64, proc_entry, pid),
	M(M_I64, proc_entry, ptid),
	M(M_I64, proc_entry, sid),
	M(M_I64, proc_entry, vpgid),
	M(M_I64, proc_entry, pgid),
	M(M_I64, proc_entry, vtid),
	M(M_I64, proc_entry, vpid),
	M(M_TEXT, proc_entry, comm),
	M(M_TEXT, proc_entry, exe),
	M(M_TEXT, proc_entry, exepath),
	M(M_TEXT, proc_entry, cwd),
	M(M_TEXT, proc_entry, root),
	M(M_TEXT, proc_entry, args),
	M(M_BLOB, proc_entry, env),
	M(M_TEXT, proc_entry, cgroups),
	M(M_I64, proc_entry, fdlimit),
	M(M_U32, proc_entry, flags),
	M(M_U32, proc_entry, uid),
	M(M_U32, proc_entry, gid),
	M(M_U32, proc_entry, loginuid),
	M(M_U32, proc_entry, vmsize_kb),
	M(M_U32, proc_entry, vmrss_kb),
	M(M_U32, proc_entry, vmswap_kb),
	M(M_U64, proc_entry, pfmajor),
	M(M_U64, proc_entry, pfminor),
	M(M_U64, proc_entry, pidns_init_start_ts),
	M(M_U32, proc_entry, tty),
	M(M_BOOL, proc_entry, exe_writable),
	M(M_BOOL, proc_entry, exe_upper_layer),
	M(M_BOOL, proc_entry, exe_lower_layer),
	M(M_BOOL, proc_entry, exe_from_memfd),
	M(M_U64, proc_entry, cap_inheritable),
	M(M_U64, proc_entry, cap_permitted),
	M(M_U64, proc_entry, cap_effective),
	M(M_U64, proc_entry, exe_ino),
	M(M_U64, proc_entry, exe_ino_ctime),
	M(M_U64, proc_entry, exe_ino_mtime),
};
static const struct member fd_members[] = {
	M(M_I64, fd_entry, tid),         M(M_I64, fd_entry, fd),
	M(M_U64, fd_entry, ino),         M(M_U8, fd_entry, type),
	M(M_TEXT, fd_entry, name),       M(M_IP, fd_entry, sip),
	M(M_IP, fd_entry, dip),          M(M_U16, fd_entry, sport),
	M(M_U16, fd_entry, dport),       M(M_U8, fd_entry, l4),
	M(M_U64, fd_entry, unix_source), M(M_U64, fd_entry, unix_dest),
	M(M_U32, fd_entry, open_flags),  M(M_U32, fd_entry, dev),
};

static const struct member loss_members[] = {
	M(M_U32, loss_entry, cpu),     M(M_TEXT, loss_entry, what), M(M_U64, loss_entry, count),
	M(M_U64, loss_entry, from_ns), M(M_U64, loss_entry, to_ns),
};

#define MEMBERS(kind, member_of_record, table)                                                     \
	[kind] = { offsetof(struct record, member_of_record), table,                               \
		   sizeof table / sizeof table[0] }
static const struct {
	size_t offset; /* of the struct in struct record */
	const struct member *members;
	size_t n;
} kinds[RECORD_EVENT] = {
	MEMBERS(RECORD_MACHINE, machine, machine_members),
	MEMBERS(RECORD_IFACE, iface, iface_members),
	MEMBERS(RECORD_USER, user, user_members),
	MEMBERS(RECORD_GROUP, group, group_members),
	MEMBERS(RECORD_PROC, proc, proc_members),
	MEMBERS(RECORD_FD, fd, fd_members),
	MEMBERS(RECORD_LOSS, loss, loss_members),
};

static void put_text(struct buf *out, struct sv s)
{
	buf_put_varint(out, s.n);
	buf_putsv(out, s);
}

static void put_member(struct buf *out, const struct member *m, const char *base)
{
	const void *p = base + m->offset;

	switch ((enum member_type)m->type) {
	case M_BOOL:
		buf_put_varint(out, *(const bool *)p);
		break;
	case M_U8:
		buf_put_varint(out, *(const uint8_t *)p);
		break;
	case M_U16:
		buf_put_varint(out, *(const uint16_t *)p);
		break;
	case M_U32:
		buf_put_varint(out, *(const uint32_t *)p);
		break;
	case M_U64:
		buf_put_varint(out, *(const uint64_t *)p);
		break;
	case M_I64:
		buf_put_varint(out, zigzag(*(const int64_t *)p));
		break;
	case M_TEXT:
	case M_BLOB:
		put_text(out, *(const struct sv *)p);
		break;
	case M_IP: {
		const struct ip *ip = p;

		put_text(out, (struct sv){ (const char *)ip->b, ip->len });
		break;
	}
	}
}

void meta_put(struct buf *out, const struct record *rec)
{
	const char *base = (const char *)rec + kinds[rec->kind].offset;

	buf_putc(out, (char)rec->kind);
	for (size_t i = 0; i < kinds[rec->kind].n; i++)
		put_member(out, &kinds[rec->kind].members[i], base);
}

static bool take_text(struct sv *in, struct sv *out)
{
	uint64_t n;

	return sv_take_varint(in, &n) && n <= in->n && sv_take(in, (size_t)n, out);
}

static bool take_member(struct sv *in, const struct member *m, char *base)
{
	void *p = base + m->offset;
	struct sv text;
	uint64_t v = 0;

	switch ((enum member_type)m->type) {
	case M_TEXT:
	case M_BLOB:
		return take_text(in, p);
	case M_IP:
		if (!take_text(in, &text) || (text.n != 0 && text.n != 4 && text.n != 16))
			return false;
		*(struct ip *)p = ip_from(text.p, text.n);
		return true;
	case M_BOOL:
		if (!sv_take_varint(in, &v) || v > 1)
			return false;
		*(bool *)p = v != 0;
		return true;
	case M_U8:
		if (!sv_take_varint(in, &v) || v > UINT8_MAX)
			return false;
		*(uint8_t *)p = (uint8_t)v;
		return true;
	case M_U16:
		if (!sv_take_varint(in, &v) || v > UINT16_MAX)
			return false;
		*(uint16_t *)p = (uint16_t)v;
		return true;
	case M_U32:
		if (!sv_take_varint(in, &v) || v > UINT32_MAX)
			return false;
		*(uint32_t *)p = (uint32_t)v;
		return true;
	case M_U64:
		return sv_take_varint(in, p);
	case M_I64:
		if (!sv_take_varint(in, &v))
			return false;
		*(int64_t *)p = unzigzag(v);
		return true;
	}
	return false;
}

int meta_take(struct sv *in, struct record *rec, struct err *err)
{
	struct sv kind;

	if (!sv_take(in, 1, &kind))
		return err_set(err, ERR_FORMAT, "a metadata row ends early");
	if ((uint8_t)kind.p[0] >= RECORD_EVENT)
		return err_set(err, ERR_FORMAT, "metadata row kind %u is unknown",
			       (uint8_t)kind.p[0]);
	rec->kind = (enum record_kind)kind.p[0];
	char *base = (char *)rec + kinds[rec->kind].offset;
	for (size_t i = 0; i < kinds[rec->kind].n; i++) {
		if (!take_member(in, &kinds[rec->kind].members[i], base))
			return err_set(err, ERR_FORMAT,
				       "member %zu of a metadata row of kind %d is damaged", i,
				       rec->kind);
	}
	return 0;
}

void meta_visit(const struct record *rec, void (*text)(void *arg, struct sv text),
		void (*address)(void *arg, const struct ip *ip), void *arg)
{
	const char *base = (const char *)rec + kinds[rec->kind].offset;

	for (size_t i = 0; i < kinds[rec->kind].n; i++) {
		const struct member *m = &kinds[rec->kind].members[i];

		if (m->type == M_TEXT)
			text(arg, *(const struct sv *)(base + m->offset));
		else if (m->type == M_IP)
			address(arg, (const struct ip *)(base + m->offset));
	}
}
