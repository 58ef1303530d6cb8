#include "format/scap/lists.h"

#include "format/scap/cursor.h"

#include <inttypes.h>
#include <stdio.h>

/* What is wrong with an entry: the first complaint stays. */
struct entry {
	struct cursor c;
	const char *what; /* "user" */
	uint32_t len;     /* as the entry says, itself included; 0: it does not say */
	struct err *err;
	bool failed;
};

static struct entry entry_begin(struct sv body, bool has_len, const char *what, struct err *err)
{
	struct entry e = { .c = { body.p, body.n, false }, .what = what, .err = err };

	if (has_len)
		e.len = cursor_u32(&e.c);
	return e;
}

/* Bytes behind a u16 length of at most `max`. */
static struct sv entry_bytes(struct entry *e, uint32_t max, const char *field)
{
	uint16_t n = cursor_u16(&e->c);

	if (n > max && !e->failed) {
		err_set(e->err, ERR_FORMAT,
			"%s entry whose %s has %u bytes, at most %" PRIu32 " allowed", e->what,
			field, n, max);
		e->failed = true;
	}
	return e->failed ? SV("") : cursor_bytes(&e->c, n);
}

static struct sv entry_text(struct entry *e, uint32_t max, const char *field)
{
	return sv_upto_nul(entry_bytes(e, max, field));
}

static size_t entry_read(const struct entry *e, struct sv body)
{
	return body.n - e->c.n;
}

/* Leave *body behind the entry, whose own length skips what newer writers appended. */
static int entry_end(struct entry *e, struct sv *body)
{
	size_t n = entry_read(e, *body);

	if (e->failed)
		return -1;
	if (e->c.bad)
		return err_set(e->err, ERR_FORMAT, "%s entry runs past the end of its block",
			       e->what);
	if (e->len) {
		if (n > e->len)
			return err_set(e->err, ERR_FORMAT,
				       "%s entry of %" PRIu32 " bytes, its fields take %zu",
				       e->what, e->len, n);
		if (e->len > body->n)
			return err_set(e->err, ERR_FORMAT,
				       "%s entry of %" PRIu32 " bytes, %zu left in its block",
				       e->what, e->len, body->n);
		n = e->len;
	}
	body->p += n;
	body->n -= n;
	return 0;
}

/* --- interfaces --- */

static struct ip entry_ip(struct entry *e, size_t len)
{
	struct sv b = cursor_bytes(&e->c, len);

	return b.n ? ip_from(b.p, b.n) : (struct ip){ 0 };
}

int iface_decode(struct sv *body, uint8_t version, struct iface_entry *out, struct err *err)
{
	static const struct {
		uint8_t ip_len;
		bool has_linkspeed;
	} kinds[] = {
		[1] = { 4, true }, [2] = { 16, true }, [3] = { 4, false }, [4] = { 16, false }
	};
	struct entry e = entry_begin(*body, version >= 2, "interface", err);
	uint16_t kind = cursor_u16(&e.c);
	uint16_t name_len = cursor_u16(&e.c);

	*out = (struct iface_entry){ 0 };
	if (e.c.bad)
		return entry_end(&e, body);
	if (kind == 0 || kind >= sizeof kinds / sizeof kinds[0])
		return err_set(err, ERR_FORMAT, "interface entry of unknown type %u", kind);
	if (name_len >= LIST_MAX_PATH)
		return err_set(err, ERR_FORMAT,
			       "interface entry whose name has %u bytes, at most %d allowed",
			       name_len, LIST_MAX_PATH - 1);
	out->addr = entry_ip(&e, kinds[kind].ip_len);
	out->netmask = entry_ip(&e, kinds[kind].ip_len);
	out->broadcast = entry_ip(&e, kinds[kind].ip_len);
	out->has_linkspeed = kinds[kind].has_linkspeed;
	if (out->has_linkspeed)
		out->linkspeed = cursor_u64(&e.c);
	out->name = sv_upto_nul(cursor_bytes(&e.c, name_len));
	if (version >= 2) {
		/* Only here the length leaves out itself, and it is never absent. */
		if (e.len > UINT32_MAX - sizeof e.len)
			return err_set(err, ERR_FORMAT, "interface entry of %" PRIu32 " bytes",
				       e.len);
		e.len += (uint32_t)sizeof e.len;
	}
	return entry_end(&e, body);
}

/* --- users and groups --- */

int user_decode(struct sv *body, uint8_t version, struct record *out, struct err *err)
{
	struct entry e = entry_begin(*body, version >= 2, "user", err);

	if (cursor_u8(&e.c) == 0) {
		out->kind = RECORD_USER;
		out->user.uid = cursor_u32(&e.c);
		out->user.gid = cursor_u32(&e.c);
		out->user.name = entry_text(&e, LIST_MAX_CREDENTIALS, "name");
		out->user.homedir = entry_text(&e, LIST_MAX_CREDENTIALS, "home directory");
		out->user.shell = entry_text(&e, LIST_MAX_CREDENTIALS, "shell");
	} else {
		e.what = "group";
		out->kind = RECORD_GROUP;
		out->group.gid = cursor_u32(&e.c);
		out->group.name = entry_text(&e, LIST_MAX_CREDENTIALS, "name");
	}
	return entry_end(&e, body);
}

/* --- processes --- */

/* The appended fields of a V9 entry: each is there if what is left of the entry has room for it. */
static uint64_t tail_u64(struct cursor *tail, uint64_t absent)
{
	return tail->n >= 8 ? cursor_u64(tail) : absent;
}

static uint32_t tail_u32(struct cursor *tail, uint32_t absent)
{
	return tail->n >= 4 ? cursor_u32(tail) : absent;
}

static bool tail_bool(struct cursor *tail)
{
	return tail->n >= 1 && cursor_u8(tail) != 0;
}

static void proc_tail(struct cursor tail, struct proc_entry *p)
{
	/* Two fields were once inserted in front of loginuid.  Entries from before that are told
	 * apart by their length: loginuid, exe_writable and three capability sets at the most. */
	enum { OLD_TAIL_MAX = 4 + 1 + 3 * 8 };

	if (tail.n > OLD_TAIL_MAX) {
		p->pidns_init_start_ts = tail_u64(&tail, 0);
		p->tty = tail_u32(&tail, 0);
	}
	p->loginuid = tail_u32(&tail, UINT32_MAX);
	p->exe_writable = tail_bool(&tail);
	p->cap_inheritable = tail_u64(&tail, 0);
	p->cap_permitted = tail_u64(&tail, 0);
	p->cap_effective = tail_u64(&tail, 0);
	p->exe_upper_layer = tail_bool(&tail);
	p->exe_ino = tail_u64(&tail, 0);
	p->exe_ino_ctime = tail_u64(&tail, 0);
	p->exe_ino_mtime = tail_u64(&tail, 0);
	p->exe_from_memfd = tail_bool(&tail);
	p->exe_lower_layer = tail_bool(&tail);
	p->pgid = (int64_t)tail_u64(&tail, UINT64_MAX);
}

int proc_decode(struct sv *body, uint8_t version, struct proc_entry *p, struct err *err)
{
	struct entry e = entry_begin(*body, version >= 9, "process", err);
	struct cursor *c = &e.c;

	*p = (struct proc_entry){
		.sid = -1, .vpgid = -1, .pgid = -1, .vtid = -1, .vpid = -1, .loginuid = UINT32_MAX
	};
	p->tid = (int64_t)cursor_u64(c);
	p->pid = (int64_t)cursor_u64(c);
	p->ptid = (int64_t)cursor_u64(c);
	if (version >= 6)
		p->sid = (int64_t)cursor_u64(c);
	if (version >= 8)
		p->vpgid = (int64_t)cursor_u64(c);
	p->comm = entry_text(&e, LIST_MAX_PATH, "name");
	p->exe = entry_text(&e, LIST_MAX_PATH, "exe");
	if (version >= 7)
		p->exepath = entry_text(&e, LIST_MAX_PATH, "exe path");
	p->args = entry_bytes(&e, LIST_MAX_ARGS, "command line");
	p->cwd = entry_text(&e, LIST_MAX_PATH, "working directory");
	p->fdlimit = (int64_t)cursor_u64(c);
	p->flags = cursor_u32(c);
	p->uid = cursor_u32(c);
	p->gid = cursor_u32(c);
	if (version >= 2) {
		p->vmsize_kb = cursor_u32(c);
		p->vmrss_kb = cursor_u32(c);
		p->vmswap_kb = cursor_u32(c);
		p->pfmajor = cursor_u64(c);
		p->pfminor = cursor_u64(c);
	}
	if (version >= 3)
		p->env = entry_bytes(&e, LIST_MAX_ARGS, "environment");
	if (version >= 4) {
		p->vtid = (int64_t)cursor_u64(c);
		p->vpid = (int64_t)cursor_u64(c);
		p->cgroups = entry_bytes(&e, LIST_MAX_ARGS, "list of cgroups");
	}
	if (version >= 5)
		p->root = entry_text(&e, LIST_MAX_PATH, "root");

	size_t read = entry_read(&e, *body);
	if (!e.failed && !c->bad && e.len > read && e.len <= body->n)
		proc_tail((struct cursor){ body->p + read, e.len - read, false }, p);
	return entry_end(&e, body);
}

/* --- fds --- */

const struct fd_layout fd_layouts[FD_TYPE_COUNT] = {
	[FD_FILE] = { PAYLOAD_NAME, 0 },
	[FD_DIRECTORY] = { PAYLOAD_NAME, 0 },
	[FD_IPV4_SOCK] = { PAYLOAD_SOCK, 4 },
	[FD_IPV6_SOCK] = { PAYLOAD_SOCK, 16 },
	[FD_IPV4_SERVSOCK] = { PAYLOAD_SERVSOCK, 4 },
	[FD_IPV6_SERVSOCK] = { PAYLOAD_SERVSOCK, 16 },
	[FD_FIFO] = { PAYLOAD_NAME, 0 },
	[FD_UNIX_SOCK] = { PAYLOAD_UNIX, 0 },
	[FD_EVENT] = { PAYLOAD_NAME, 0 },
	[FD_UNSUPPORTED] = { PAYLOAD_NAME, 0 },
	[FD_SIGNALFD] = { PAYLOAD_NAME, 0 },
	[FD_EVENTPOLL] = { PAYLOAD_NAME, 0 },
	[FD_INOTIFY] = { PAYLOAD_NAME, 0 },
	[FD_TIMERFD] = { PAYLOAD_NAME, 0 },
	[FD_NETLINK] = { PAYLOAD_NAME, 0 },
	[FD_FILE_V2] = { PAYLOAD_FILE, 0 },
	[FD_BPF] = { PAYLOAD_NAME, 0 },
	[FD_USERFAULTFD] = { PAYLOAD_NAME, 0 },
	[FD_IOURING] = { PAYLOAD_NAME, 0 },
	[FD_MEMFD] = { PAYLOAD_NAME, 0 },
	[FD_PIDFD] = { PAYLOAD_NAME, 0 },
};

int fd_decode(struct sv *body, uint8_t version, struct fd_entry *out,
	      char made_up[static FD_UNKNOWN_NAME], struct err *err)
{
	struct entry e = entry_begin(*body, version >= 2, "fd", err);
	struct cursor *c = &e.c;
	size_t ip_len;

	*out = (struct fd_entry){ .tid = out->tid, .name = SV("") };
	out->fd = (int64_t)cursor_u64(c);
	out->ino = cursor_u64(c);
	out->type = cursor_u8(c);
	if (out->type >= FD_TYPE_COUNT) {
		if (version < 2)
			return err_set(err, ERR_FORMAT, "fd entry of unknown type %u", out->type);
		snprintf(made_up, FD_UNKNOWN_NAME, "unknown-type:[%u]", out->type);
		out->name = sv_of(made_up);
		return entry_end(&e, body);
	}
	ip_len = fd_layouts[out->type].ip_len;
	switch ((enum fd_payload)fd_layouts[out->type].payload) {
	case PAYLOAD_NONE:
		break;
	case PAYLOAD_NAME:
		out->name = entry_text(&e, LIST_MAX_PATH - 1, "name");
		break;
	case PAYLOAD_SOCK:
		out->sip = entry_ip(&e, ip_len);
		out->dip = entry_ip(&e, ip_len);
		out->sport = cursor_u16(c);
		out->dport = cursor_u16(c);
		out->l4 = cursor_u8(c);
		break;
	case PAYLOAD_SERVSOCK:
		out->sip = entry_ip(&e, ip_len);
		out->sport = cursor_u16(c);
		out->l4 = cursor_u8(c);
		break;
	case PAYLOAD_UNIX:
		out->unix_source = cursor_u64(c);
		out->unix_dest = cursor_u64(c);
		out->name = entry_text(&e, LIST_MAX_PATH - 1, "path");
		break;
	case PAYLOAD_FILE:
		out->open_flags = cursor_u32(c);
		out->name = entry_text(&e, LIST_MAX_PATH - 1, "path");
		if (e.len >= entry_read(&e, *body) + sizeof out->dev)
			out->dev = cursor_u32(c);
		break;
	}
	return entry_end(&e, body);
}
