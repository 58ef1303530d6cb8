/*
 * Event parameters as text.
 */
#include "engine/fields/getters.h"

#include <stdio.h>
#include <time.h>

struct sv param_text(const struct event *ev, uint32_t i)
{
	struct sv p = event_param(ev, i);

	if (p.n == 0 || sv_eq(p, SV("(NULL)\0")))
		return SV("<NA>");
	return sv_upto_nul(p);
}

/* --- one parameter, its selector resolved --- */

struct param {
	const struct param_desc *desc; /* of the event: format, flags, directory */
	enum param_type type;          /* what the bytes are */
	struct sv bytes;
};

static struct param param_at(const struct event *ev, uint32_t i)
{
	const struct param_desc *desc = &ev->desc->params[i];
	struct param p = { desc, desc->type, event_param(ev, i) };

	if (p.type == PT_DYN && p.bytes.n > 0 && (uint8_t)p.bytes.p[0] < desc->ndyn) {
		p.type = desc->dyn[(uint8_t)p.bytes.p[0]].type;
		p.bytes = (struct sv){ p.bytes.p + 1, p.bytes.n - 1 };
	}
	return p;
}

/* The number in little-endian bytes, sign-extended from its width; false: not that width. */
static bool number_of(const struct param *p, int64_t *out)
{
	uint32_t size = schema_type_size(p->type);
	uint64_t v = 0;

	if (size == 0 || size > 8 || p->bytes.n != size)
		return false;
	memcpy(&v, p->bytes.p, size);
	if (size < 8 && (v >> (size * 8 - 1) & 1))
		v |= UINT64_MAX << (size * 8);
	*out = (int64_t)v;
	return true;
}

static uint64_t masked(const struct param *p, int64_t v)
{
	uint32_t bits = schema_type_size(p->type) * 8;

	return bits >= 64 ? (uint64_t)v : (uint64_t)v & ((1ull << bits) - 1);
}

static uint32_t flags_value(const struct param *p)
{
	int64_t v = 0;

	number_of(p, &v);
	return (uint32_t)masked(p, v);
}

/* --- raw --- */

/* Falco gives printf's %d what is unsigned: 32 and 64 bits turn negative, fewer bits do not. */
static int64_t as_printf_sees(const struct param *p, int64_t v)
{
	bool small = p->type == PT_UINT8 || p->type == PT_UINT16;

	return small ? (int64_t)masked(p, v) : v;
}

static void put_number(struct scratch *s, const struct param *p)
{
	int64_t v = 0;
	char text[32];
	int n = 0;

	number_of(p, &v);
	switch (p->desc->format) {
	case PF_OCT:
		n = snprintf(text, sizeof text, "%#llo", (unsigned long long)masked(p, v));
		break;
	case PF_HEX:
		n = snprintf(text, sizeof text, "%llX", (unsigned long long)masked(p, v));
		break;
	case PF_PADDED_DEC:
		n = snprintf(text, sizeof text, "%09lld", (long long)v);
		break;
	default:
		scratch_put_i64(s, as_printf_sees(p, v));
		return;
	}
	scratch_put(s, (struct sv){ text, n > 0 ? (size_t)n : 0 });
}

static void put_dots(struct scratch *s, struct sv bytes)
{
	char *room = scratch_room(s, bytes.n);

	if (!room)
		return;
	for (size_t i = 0; i < bytes.n; i++)
		room[i] = bytes.p[i] >= ' ' && bytes.p[i] <= '~' ? bytes.p[i] : '.';
	s->n += bytes.n;
}

static void put_abstime(struct scratch *s, uint64_t ns)
{
	time_t sec = (time_t)(ns / NS_PER_S);
	struct tm tm;
	char text[32];

	if (!localtime_r(&sec, &tm) || strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S.", &tm) == 0)
		return;
	scratch_put(s, sv_of(text));
	scratch_put_padded(s, ns % NS_PER_S, 9);
}

static void put_address(struct scratch *s, const char *bytes, size_t n, const char *port)
{
	struct ip ip = ip_from(bytes, n);
	char text[IP_TEXT_MAX];

	scratch_put(s, (struct sv){ text, ip_print(&ip, text) });
	scratch_putc(s, ':');
	scratch_put_u64(s, get_le16(port));
}

enum { AF_UNIX_ = 1, AF_INET_ = 2, AF_INET6_ = 10 };

static void put_family(struct scratch *s, uint8_t family)
{
	scratch_put(s, SV("family "));
	scratch_put_u64(s, family);
}

static void put_sockaddr(struct scratch *s, struct sv b)
{
	switch ((uint8_t)b.p[0]) {
	case AF_UNIX_:
		scratch_put(s, b.n < 2 || b.p[b.n - 1]
				       ? SV("INVALID PATH")
				       : sv_upto_nul((struct sv){ b.p + 1, b.n - 1 }));
		return;
	case AF_INET_:
		if (b.n < 7)
			scratch_put(s, SV("INVALID IPv4"));
		else
			put_address(s, b.p + 1, 4, b.p + 5);
		return;
	case AF_INET6_:
		if (b.n < 19)
			scratch_put(s, SV("INVALID IPv6"));
		else
			put_address(s, b.p + 1, 16, b.p + 17);
		return;
	default:
		put_family(s, (uint8_t)b.p[0]);
	}
}

/* An IPv6 address that stands for an IPv4 one; "::" counts as 0.0.0.0. */
static bool stands_for_v4(const char *ip)
{
	static const char zeros[16];

	return memcmp(ip, zeros, 10) == 0 &&
	       (memcmp(ip + 10, "\xff\xff", 2) == 0 || memcmp(ip + 10, zeros, 6) == 0);
}

static void put_ipv6_tuple(struct scratch *s, const char *b)
{
	const char *sip = b + 1, *sport = b + 17, *dip = b + 19, *dport = b + 35;
	bool v4 = stands_for_v4(sip) && stands_for_v4(dip);

	put_address(s, v4 ? sip + 12 : sip, v4 ? 4 : 16, sport);
	scratch_put(s, SV("->"));
	put_address(s, v4 ? dip + 12 : dip, v4 ? 4 : 16, dport);
}

static void put_socktuple(struct scratch *s, struct sv b)
{
	switch ((uint8_t)b.p[0]) {
	case AF_UNIX_:
		if (b.n < 18 || b.p[b.n - 1]) {
			scratch_put(s, SV("INVALID PATH"));
			return;
		}
		scratch_put_hex(s, get_le64(b.p + 1));
		scratch_put(s, SV("->"));
		scratch_put_hex(s, get_le64(b.p + 9));
		scratch_putc(s, ' ');
		scratch_put(s, sv_upto_nul((struct sv){ b.p + 17, b.n - 17 }));
		return;
	case AF_INET_:
		if (b.n < 13) {
			scratch_put(s, SV("INVALID IPv4"));
			return;
		}
		put_address(s, b.p + 1, 4, b.p + 5);
		scratch_put(s, SV("->"));
		put_address(s, b.p + 7, 4, b.p + 11);
		return;
	case AF_INET6_:
		if (b.n < 37)
			scratch_put(s, SV("INVALID IPv6"));
		else
			put_ipv6_tuple(s, b.p);
		return;
	default:
		put_family(s, (uint8_t)b.p[0]);
	}
}

static void put_fdlist(struct scratch *s, const struct field_ctx *ctx, struct sv list)
{
	const struct thread *t = now_thread(ctx);
	struct sv count, item;

	if (!t || !sv_take(&list, 2, &count))
		return;
	for (uint32_t i = get_le16(count.p); i > 0 && sv_take(&list, 10, &item); i--) {
		uint64_t num = get_le64(item.p);
		const struct fd *fd = fd_table_get(thread_fds(t), (int64_t)num);

		if (s->n)
			scratch_putc(s, ' ');
		scratch_put_u64(s, num);
		scratch_putc(s, ':');
		scratch_putc(s, fd ? fd_typechar(fd->type) : '?');
		scratch_put_hex(s, (uint32_t)(int16_t)get_le16(item.p + 8));
	}
}

static void put_sigset(struct scratch *s, uint32_t set)
{
	for (uint32_t sig = 1; sig <= 32; sig++) {
		const char *name = set >> (sig - 1) & 1 ? schema_signal_name(sig) : NULL;

		if (!name)
			continue;
		if (s->n)
			scratch_putc(s, ' ');
		scratch_put(s, sv_of(name));
	}
}

/* Text that needs no putting together is a view; everything else goes to *s. */
static struct sv raw_text(struct field_ctx *ctx, const struct event *ev, uint32_t i,
			  const struct param *p, struct scratch *s)
{
	int64_t v = 0;

	switch (p->type) {
	case PT_CHARBUF:
	case PT_FSPATH:
	case PT_FSRELPATH:
		return p->desc->type == PT_DYN ? sv_upto_nul(p->bytes) : param_text(ev, i);
	case PT_INT8:
	case PT_INT16:
	case PT_INT32:
	case PT_INT64:
	case PT_UINT8:
	case PT_UINT16:
	case PT_UINT32:
	case PT_UINT64:
	case PT_MODE:
		put_number(s, p);
		break;
	case PT_FD:
	case PT_PID:
	case PT_ERRNO:
		number_of(p, &v);
		scratch_put_i64(s, v);
		break;
	case PT_UID:
	case PT_GID:
		number_of(p, &v);
		scratch_put_i64(s, (int32_t)v);
		break;
	case PT_FLAGS8:
	case PT_FLAGS16:
	case PT_FLAGS32:
	case PT_ENUMFLAGS8:
	case PT_ENUMFLAGS16:
	case PT_ENUMFLAGS32:
	case PT_SIGTYPE:
		scratch_put_u64(s, flags_value(p));
		break;
	case PT_SYSCALLID:
		if (flags_value(p) >= SYSCALL_CODES)
			return SV("<unknown syscall>");
		scratch_put_u64(s, flags_value(p));
		break;
	case PT_RELTIME:
		number_of(p, &v);
		if (v == -1)
			return SV("none");
		scratch_put_u64(s, (uint64_t)v);
		break;
	case PT_ABSTIME:
		number_of(p, &v);
		put_abstime(s, (uint64_t)v);
		break;
	case PT_SIGSET:
		put_sigset(s, flags_value(p));
		break;
	case PT_BYTEBUF:
		put_dots(s, p->bytes);
		break;
	case PT_SOCKADDR:
		put_sockaddr(s, p->bytes);
		break;
	case PT_SOCKTUPLE:
		put_socktuple(s, p->bytes);
		break;
	case PT_FDLIST:
		put_fdlist(s, ctx, p->bytes);
		break;
	case PT_DYN:
		return SV("INVALID DYNAMIC PARAMETER");
	default:
		return SV("(n.a.)");
	}
	return scratch_sv(s);
}

static bool empty_is_null(enum param_type type)
{
	return type == PT_BYTEBUF || type == PT_SOCKTUPLE || type == PT_FDLIST ||
	       type == PT_CHARBUFARRAY || type == PT_CHARBUF_PAIR_ARRAY || type == PT_DYN;
}

struct sv param_raw(struct field_ctx *ctx, uint32_t i)
{
	const struct event *ev = now_event(ctx);
	struct param p = param_at(ev, i);
	struct scratch s = { .arena = &ctx->scratch };
	uint32_t size = schema_type_size(p.type);

	/* A number of the wrong size (only a damaged trace has one) is as good as none. */
	if (event_param(ev, i).n == 0 || p.bytes.n == 0 || (size && p.bytes.n != size))
		return empty_is_null(p.desc->type) ? SV("NULL") : SV("<NA>");
	return raw_text(ctx, ev, i, &p, &s);
}

/* --- resolved --- */

static const char *errno_name(int64_t negative)
{
	return schema_errno_name(0u - (uint32_t)negative);
}

static struct sv resolved_fd(struct field_ctx *ctx, int64_t num)
{
	static const char l4_chars[] = {
		[L4_TCP] = 't', [L4_UDP] = 'u', [L4_ICMP] = 'i', [L4_RAW] = 'r'
	};
	const struct thread *t = now_thread(ctx);
	struct scratch s = { .arena = &ctx->scratch };
	const struct fd *fd;

	if (!t)
		return SV("");
	if (num == AT_CWD)
		return SV("AT_FDCWD");
	if (num < 0)
		return sv_of(errno_name(num));
	fd = fd_table_get(thread_fds(t), num);
	if (!fd)
		return SV("");
	scratch_putc(&s, '<');
	scratch_putc(&s, fd_typechar(fd->type));
	if (fd_is_ip(fd)) {
		uint32_t l4 = fd_l4(fd);

		if (l4 <= L4_RAW && l4_chars[l4])
			scratch_putc(&s, l4_chars[l4]);
	}
	scratch_putc(&s, '>');
	scratch_put(&s, text_sv(fd->name));
	return scratch_sv(&s);
}

/* Where a relative path of this parameter starts. */
static struct sv path_base(struct field_ctx *ctx, const struct param_desc *desc)
{
	const struct event *ev = now_event(ctx);
	const struct thread *t = now_thread(ctx);
	const struct fd *fd;
	int64_t dirfd;

	if (desc->type != PT_FSRELPATH || desc->dirfd < 0 ||
	    ev->desc->params[desc->dirfd].type != PT_FD ||
	    !event_i64(ev, (uint32_t)desc->dirfd, &dirfd) || dirfd == AT_CWD)
		return thread_cwd(t);
	fd = fd_table_get(thread_fds(t), dirfd);
	return fd ? directory_path(ctx, text_sv(fd->name)) : SV("");
}

static struct sv resolved_path(struct field_ctx *ctx, uint32_t i)
{
	struct sv path = param_text(now_event(ctx), i);

	if (!now_thread(ctx) || path.n == 0 || path.p[0] == '/' || sv_eq(path, SV("<NA>")))
		return SV("");
	return join_scratch(ctx, path_base(ctx, &now_event(ctx)->desc->params[i]), path);
}

static void put_flag(struct scratch *s, const char *name)
{
	if (s->n)
		scratch_putc(s, '|');
	scratch_put(s, sv_of(name));
}

/* Does this row name bits of `left`?  Zero is only named when there was nothing else. */
static bool flag_matches(uint32_t row, uint32_t left, uint32_t all)
{
	return row == 0 ? all == 0 : left != 0 && (left & row) == row;
}

static struct sv resolved_flags(struct field_ctx *ctx, const struct param *p)
{
	const struct flag_table *t = p->desc->flags;
	const uint32_t all = flags_value(p);
	struct scratch s = { .arena = &ctx->scratch };
	uint32_t left = all;

	for (uint32_t i = 0; t && i < t->n; i++) {
		if (!flag_matches(t->flags[i].value, left, all))
			continue;
		left &= ~t->flags[i].value;
		put_flag(&s, t->flags[i].name);
		if (t->flags[i].value == all)
			break;
	}
	return scratch_sv(&s);
}

/* Several names may mean the same number (AF_LOCAL|AF_UNIX). */
static struct sv resolved_enum(struct field_ctx *ctx, const struct param *p)
{
	const struct flag_table *t = p->desc->flags;
	const uint32_t all = flags_value(p);
	struct scratch s = { .arena = &ctx->scratch };

	for (uint32_t i = 0; t && i < t->n; i++) {
		if (t->flags[i].value == all)
			put_flag(&s, t->flags[i].name);
	}
	return scratch_sv(&s);
}

/* As flags, but a row that equals the whole mode ends the list, whatever was named before. */
static struct sv resolved_mode(struct field_ctx *ctx, const struct param *p)
{
	const struct flag_table *t = p->desc->flags;
	const uint32_t all = flags_value(p);
	struct scratch s = { .arena = &ctx->scratch };
	uint32_t left = all;

	for (uint32_t i = 0; t && i < t->n; i++) {
		const struct flag_desc *row = &t->flags[i];

		if (row->value != all && !flag_matches(row->value, left, all))
			continue;
		left &= ~row->value;
		put_flag(&s, row->name);
		if (row->value == all)
			break;
	}
	return scratch_sv(&s);
}

static struct sv resolved_seconds(struct field_ctx *ctx, uint64_t ns)
{
	struct scratch s = { .arena = &ctx->scratch };
	char text[40];
	int n = snprintf(text, sizeof text, "%lgs", (double)ns / NS_PER_S);

	if (ns == UINT64_MAX || n < 0)
		return SV("");
	scratch_put(&s, (struct sv){ text, (size_t)n });
	return scratch_sv(&s);
}

static struct sv or_na(struct sv name)
{
	return name.n ? name : SV("<NA>");
}

static struct sv resolved_account(const struct field_ctx *ctx, enum param_type type, uint32_t id)
{
	const struct thread *t = now_thread(ctx);

	if (id == UINT32_MAX)
		return SV("<NONE>");
	if (!t)
		return SV("<NA>");
	if (type == PT_UID) {
		const struct user *u = state_user(ctx->state, text_sv(t->container_id), id);

		return or_na(text_sv(u ? u->name : NULL));
	}
	const struct group *g = state_group(ctx->state, text_sv(t->container_id), id);

	return or_na(text_sv(g ? g->name : NULL));
}

struct sv param_resolved(struct field_ctx *ctx, uint32_t i)
{
	const struct event *ev = now_event(ctx);
	struct param p = param_at(ev, i);
	const struct thread *t;
	const struct syscall_desc *sc;
	int64_t v = 0;

	if (p.type == PT_FSPATH || p.type == PT_FSRELPATH)
		return resolved_path(ctx, i);
	if (!number_of(&p, &v))
		return SV("");
	switch (p.type) {
	case PT_FD:
		return resolved_fd(ctx, v);
	case PT_PID:
		t = state_thread(ctx->state, v);
		return text_sv(t ? t->comm : NULL);
	case PT_ERRNO:
		return v < 0 ? sv_of(errno_name(v)) : SV("");
	case PT_FLAGS8:
	case PT_FLAGS16:
	case PT_FLAGS32:
		return resolved_flags(ctx, &p);
	case PT_ENUMFLAGS8:
	case PT_ENUMFLAGS16:
	case PT_ENUMFLAGS32:
		return resolved_enum(ctx, &p);
	case PT_MODE:
		return resolved_mode(ctx, &p);
	case PT_SYSCALLID:
		sc = schema_syscall(flags_value(&p));
		return sv_of(sc ? sc->name : NULL);
	case PT_SIGTYPE:
		return sv_of(schema_signal_name(flags_value(&p)));
	case PT_RELTIME:
		return resolved_seconds(ctx, (uint64_t)v);
	case PT_UID:
	case PT_GID:
		return resolved_account(ctx, p.type, (uint32_t)v);
	default:
		return SV("");
	}
}

/* --- all of them --- */

struct sv params_text(struct field_ctx *ctx)
{
	const struct event *ev = now_event(ctx);
	struct scratch s = { .arena = &ctx->scratch };

	/* The parameters of a generic event only say which call it was. */
	if (ev->type == EV_GENERIC_X)
		return SV("");
	for (uint32_t i = 0; i < known_params(ev); i++) {
		struct sv resolved = param_resolved(ctx, i);

		if (i)
			scratch_putc(&s, ' ');
		scratch_put(&s, sv_of(ev->desc->params[i].name));
		scratch_putc(&s, '=');
		scratch_put(&s, param_raw(ctx, i));
		if (resolved.n) {
			scratch_putc(&s, '(');
			scratch_put(&s, resolved);
			scratch_putc(&s, ')');
		}
	}
	return scratch_sv(&s);
}
