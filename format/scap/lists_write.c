#include "format/scap/lists_write.h"

#include "format/scap/lists.h"
#include "format/scap/put.h"

/* A u16 length and the bytes, at most `max` of them. */
static void put_text(struct buf *b, struct sv s, size_t max)
{
	size_t n = s.n < max ? s.n : max;

	put_u16(b, (uint16_t)n);
	buf_put(b, s.p, n);
}

/* The entry's length goes in front of it, once it is known. */
static size_t length_begin(struct buf *b)
{
	size_t at = b->n;

	put_u32(b, 0);
	return at;
}

static void length_end(struct buf *b, size_t at, uint32_t excluded)
{
	uint32_t len = (uint32_t)(b->n - at) - excluded;

	if (!b->failed)
		memcpy(b->p + at, &len, sizeof len);
}

static void put_ip(struct buf *b, const struct ip *ip, size_t len)
{
	static const uint8_t none[16];

	buf_put(b, ip->len == len ? ip->b : none, len);
}

int iface_encode(struct buf *out, const struct iface_entry *e, struct err *err)
{
	size_t ip_len = e->addr.len;
	struct sv name = e->name;

	if (ip_len != 4 && ip_len != 16)
		return err_set(err, ERR_UNSUPPORTED, "interface " SV_FMT " has no address",
			       SV_ARG(name));
	if (name.n >= LIST_MAX_PATH)
		name.n = LIST_MAX_PATH - 1;

	size_t at = length_begin(out);
	put_u16(out, (uint16_t)((ip_len == 4 ? 1 : 2) + (e->has_linkspeed ? 0 : 2)));
	put_u16(out, (uint16_t)name.n);
	put_ip(out, &e->addr, ip_len);
	put_ip(out, &e->netmask, ip_len);
	put_ip(out, &e->broadcast, ip_len);
	if (e->has_linkspeed)
		put_u64(out, e->linkspeed);
	buf_putsv(out, name);
	length_end(out, at, sizeof(uint32_t));
	return 0;
}

void user_encode(struct buf *out, const struct user_entry *e)
{
	size_t at = length_begin(out);

	put_u8(out, 0);
	put_u32(out, e->uid);
	put_u32(out, e->gid);
	put_text(out, e->name, LIST_MAX_CREDENTIALS);
	put_text(out, e->homedir, LIST_MAX_CREDENTIALS);
	put_text(out, e->shell, LIST_MAX_CREDENTIALS);
	length_end(out, at, 0);
}

void group_encode(struct buf *out, const struct group_entry *e)
{
	size_t at = length_begin(out);

	put_u8(out, 1);
	put_u32(out, e->gid);
	put_text(out, e->name, LIST_MAX_CREDENTIALS);
	length_end(out, at, 0);
}

/*
 * Older readers know loginuid, exe_writable and the capability sets only, and expect them first.
 * When nothing else is known the entry ends behind them, so that they read it right.
 */
static bool has_newer_fields(const struct proc_entry *e)
{
	return e->pidns_init_start_ts || e->tty || e->exe_upper_layer || e->exe_ino ||
	       e->exe_ino_ctime || e->exe_ino_mtime || e->exe_from_memfd || e->exe_lower_layer ||
	       e->pgid != -1;
}

void proc_encode(struct buf *out, const struct proc_entry *e)
{
	bool full = has_newer_fields(e);
	size_t at = length_begin(out);

	put_u64(out, (uint64_t)e->tid);
	put_u64(out, (uint64_t)e->pid);
	put_u64(out, (uint64_t)e->ptid);
	put_u64(out, (uint64_t)e->sid);
	put_u64(out, (uint64_t)e->vpgid);
	put_text(out, e->comm, LIST_MAX_PATH);
	put_text(out, e->exe, LIST_MAX_PATH);
	put_text(out, e->exepath, LIST_MAX_PATH);
	put_text(out, e->args, LIST_MAX_ARGS);
	put_text(out, e->cwd, LIST_MAX_PATH);
	put_u64(out, (uint64_t)e->fdlimit);
	put_u32(out, e->flags);
	put_u32(out, e->uid);
	put_u32(out, e->gid);
	put_u32(out, e->vmsize_kb);
	put_u32(out, e->vmrss_kb);
	put_u32(out, e->vmswap_kb);
	put_u64(out, e->pfmajor);
	put_u64(out, e->pfminor);
	put_text(out, e->env, LIST_MAX_ARGS);
	put_u64(out, (uint64_t)e->vtid);
	put_u64(out, (uint64_t)e->vpid);
	put_text(out, e->cgroups, LIST_MAX_ARGS);
	put_text(out, e->root, LIST_MAX_PATH);
	if (full) {
		put_u64(out, e->pidns_init_start_ts);
		put_u32(out, e->tty);
	}
	put_u32(out, e->loginuid);
	put_u8(out, e->exe_writable);
	put_u64(out, e->cap_inheritable);
	put_u64(out, e->cap_permitted);
	put_u64(out, e->cap_effective);
	if (full) {
		put_u8(out, e->exe_upper_layer);
		put_u64(out, e->exe_ino);
		put_u64(out, e->exe_ino_ctime);
		put_u64(out, e->exe_ino_mtime);
		put_u8(out, e->exe_from_memfd);
		put_u8(out, e->exe_lower_layer);
		put_u64(out, (uint64_t)e->pgid);
	}
	length_end(out, at, 0);
}

void fd_encode(struct buf *out, const struct fd_entry *e)
{
	uint8_t type = e->type < FD_TYPE_COUNT ? e->type : FD_UNSUPPORTED;
	size_t at;

	if (type == FD_UNKNOWN)
		return;
	at = length_begin(out);
	put_u64(out, (uint64_t)e->fd);
	put_u64(out, e->ino);
	put_u8(out, type);
	switch ((enum fd_payload)fd_layouts[type].payload) {
	case PAYLOAD_NONE:
		break;
	case PAYLOAD_NAME:
		put_text(out, e->name, LIST_MAX_PATH - 1);
		break;
	case PAYLOAD_SOCK:
		put_ip(out, &e->sip, fd_layouts[type].ip_len);
		put_ip(out, &e->dip, fd_layouts[type].ip_len);
		put_u16(out, e->sport);
		put_u16(out, e->dport);
		put_u8(out, e->l4);
		break;
	case PAYLOAD_SERVSOCK:
		put_ip(out, &e->sip, fd_layouts[type].ip_len);
		put_u16(out, e->sport);
		put_u8(out, e->l4);
		break;
	case PAYLOAD_UNIX:
		put_u64(out, e->unix_source);
		put_u64(out, e->unix_dest);
		put_text(out, e->name, LIST_MAX_PATH - 1);
		break;
	case PAYLOAD_FILE:
		put_u32(out, e->open_flags);
		put_text(out, e->name, LIST_MAX_PATH - 1);
		put_u32(out, e->dev);
		break;
	}
	length_end(out, at, 0);
}
