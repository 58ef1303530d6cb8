/*
 * Event parameters as text: the recorded value.
 */
#include "engine/fields/getters.h"
#include "engine/fields/param.h"

#include <stdio.h>
#include <time.h>

struct sv param_text(const struct event *ev, uint32_t i)
{
	struct sv p = event_param(ev, i);

	if (p.n == 0 || sv_eq(p, SV("(NULL)\0")))
		return SV("<NA>");
	return sv_upto_nul(p);
}

/* Falco gives printf's %d what is unsigned: 32 and 64 bits turn negative, fewer bits do not. */
static int64_t as_printf_sees(const struct param *p, int64_t v)
{
	bool small = p->type == PT_UINT8 || p->type == PT_UINT16;

	return small ? (int64_t)param_unsigned(p, v) : v;
}

static void put_number(struct scratch *s, const struct param *p)
{
	int64_t v = 0;
	char text[32];
	int n = 0;

	param_number(p, &v);
	switch (p->desc->format) {
	case PF_OCT:
		n = snprintf(text, sizeof text, "%#llo", (unsigned long long)param_unsigned(p, v));
		break;
	case PF_HEX:
		n = snprintf(text, sizeof text, "%llX", (unsigned long long)param_unsigned(p, v));
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

static void put_dots(struct scratch *s, const struct param *p)
{
	struct sv bytes = p->bytes;
	char *room = scratch_room(s, bytes.n);

	if (!room)
		return;
	for (size_t i = 0; i < bytes.n; i++)
		room[i] = bytes.p[i] >= ' ' && bytes.p[i] <= '~' ? bytes.p[i] : '.';
	s->n += bytes.n;
}

static void put_abstime(struct scratch *s, const struct param *p)
{
	int64_t v = 0;

	param_number(p, &v);
	const uint64_t ns = (uint64_t)v;
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

static void put_sockaddr(struct scratch *s, const struct param *p)
{
	struct sv b = p->bytes;

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

static void put_socktuple(struct scratch *s, const struct param *p)
{
	struct sv b = p->bytes;

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

static void put_sigset(struct scratch *s, const struct param *p)
{
	const uint32_t set = param_flags(p);

	for (uint32_t sig = 1; sig <= 32; sig++) {
		const char *name = set >> (sig - 1) & 1 ? schema_signal_name(sig) : NULL;

		if (!name)
			continue;
		if (s->n)
			scratch_putc(s, ' ');
		scratch_put(s, sv_of(name));
	}
}

static void put_signed(struct scratch *s, const struct param *p)
{
	int64_t v = 0;

	param_number(p, &v);
	scratch_put_i64(s, v);
}

static void put_account_id(struct scratch *s, const struct param *p)
{
	int64_t v = 0;

	param_number(p, &v);
	scratch_put_i64(s, (int32_t)v);
}

static void put_flags(struct scratch *s, const struct param *p)
{
	scratch_put_u64(s, param_flags(p));
}

static void put_syscall(struct scratch *s, const struct param *p)
{
	if (param_flags(p) >= SYSCALL_CODES)
		scratch_put(s, SV("<unknown syscall>"));
	else
		put_flags(s, p);
}

static void put_reltime(struct scratch *s, const struct param *p)
{
	int64_t v = 0;

	param_number(p, &v);
	if (v == -1)
		scratch_put(s, SV("none"));
	else
		scratch_put_u64(s, (uint64_t)v);
}

/* How the bytes of a parameter become text, when nothing but them is needed for it. */
static void (*const putters[])(struct scratch *s, const struct param *p) = {
	[PT_INT8] = put_number,         [PT_INT16] = put_number,      [PT_INT32] = put_number,
	[PT_INT64] = put_number,        [PT_UINT8] = put_number,      [PT_UINT16] = put_number,
	[PT_UINT32] = put_number,       [PT_UINT64] = put_number,     [PT_MODE] = put_number,
	[PT_FD] = put_signed,           [PT_PID] = put_signed,        [PT_ERRNO] = put_signed,
	[PT_UID] = put_account_id,      [PT_GID] = put_account_id,    [PT_FLAGS8] = put_flags,
	[PT_FLAGS16] = put_flags,       [PT_FLAGS32] = put_flags,     [PT_ENUMFLAGS8] = put_flags,
	[PT_ENUMFLAGS16] = put_flags,   [PT_ENUMFLAGS32] = put_flags, [PT_SIGTYPE] = put_flags,
	[PT_SYSCALLID] = put_syscall,   [PT_RELTIME] = put_reltime,   [PT_ABSTIME] = put_abstime,
	[PT_SIGSET] = put_sigset,       [PT_BYTEBUF] = put_dots,      [PT_SOCKADDR] = put_sockaddr,
	[PT_SOCKTUPLE] = put_socktuple,
};

static struct sv raw_text(struct field_ctx *ctx, const struct event *ev, uint32_t i,
			  const struct param *p)
{
	struct scratch s = { .arena = &ctx->scratch };

	if ((size_t)p->type < sizeof putters / sizeof putters[0] && putters[p->type]) {
		putters[p->type](&s, p);
		return scratch_sv(&s);
	}
	switch (p->type) {
	case PT_CHARBUF:
	case PT_FSPATH:
	case PT_FSRELPATH:
		return p->desc->type == PT_DYN ? sv_upto_nul(p->bytes) : param_text(ev, i);
	case PT_FDLIST:
		put_fdlist(&s, ctx, p->bytes);
		return scratch_sv(&s);
	case PT_DYN:
		return SV("INVALID DYNAMIC PARAMETER");
	default:
		return SV("(n.a.)");
	}
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
	uint32_t size = schema_type_size(p.type);

	/* A number of the wrong size (only a damaged trace has one) is as good as none. */
	if (event_param(ev, i).n == 0 || p.bytes.n == 0 || (size && p.bytes.n != size))
		return empty_is_null(p.desc->type) ? SV("NULL") : SV("<NA>");
	return raw_text(ctx, ev, i, &p);
}
