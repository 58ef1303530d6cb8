#include "engine/state/sockname.h"

#include "format/base/bytes.h"

static uint8_t ip_len_of(uint8_t family)
{
	return family == FAMILY_INET ? 4 : family == FAMILY_INET6 ? 16 : 0;
}

/* The NUL-terminated path from offset `at` on. */
static bool read_path(struct sv param, size_t at, struct sv *path)
{
	if (param.n <= at || param.p[param.n - 1] != '\0')
		return false;
	*path = sv_upto_nul((struct sv){ param.p + at, param.n - at });
	return true;
}

bool sock_addr_read(struct sv param, struct sock_addr *out)
{
	if (param.n == 0)
		return false;
	const uint8_t *p = (const uint8_t *)param.p;
	*out = (struct sock_addr){ .family = p[0], .ip_len = ip_len_of(p[0]) };
	if (out->ip_len) {
		if (param.n < 1u + out->ip_len + 2)
			return false;
		out->ip = p + 1;
		out->port = get_le16(param.p + 1 + out->ip_len);
	}
	return out->family != FAMILY_UNIX || read_path(param, 1, &out->path);
}

bool sock_tuple_read(struct sv param, struct sock_tuple *out)
{
	if (param.n == 0)
		return false;
	const uint8_t *p = (const uint8_t *)param.p;
	*out = (struct sock_tuple){ .family = p[0], .ip_len = ip_len_of(p[0]) };
	if (out->ip_len) {
		size_t end = out->ip_len + 2u;

		if (param.n < 1 + 2 * end)
			return false;
		out->sip = p + 1;
		out->sport = get_le16(param.p + 1 + out->ip_len);
		out->dip = p + 1 + end;
		out->dport = get_le16(param.p + 1 + end + out->ip_len);
	}
	if (out->family != FAMILY_UNIX)
		return true;
	if (!read_path(param, 17, &out->path))
		return false;
	out->source = get_le64(param.p + 1);
	out->dest = get_le64(param.p + 9);
	return true;
}

bool sock_ip_is_v4(const uint8_t ip[16])
{
	static const uint8_t zero[16], mark[2] = { 0xff, 0xff };

	return memcmp(ip, zero, 10) == 0 &&
	       (memcmp(ip + 10, mark, 2) == 0 || memcmp(ip + 10, zero, 6) == 0);
}

static void put_ip(struct buf *out, const uint8_t *ip, uint8_t len)
{
	char text[IP_TEXT_MAX];
	struct ip a = ip_from(ip, len);

	buf_put(out, text, ip_print(&a, text));
}

static void put_end(struct buf *out, const uint8_t *ip, uint8_t len, uint16_t port)
{
	put_ip(out, ip, len);
	buf_putc(out, ':');
	buf_put_u64(out, port);
}

static void put_hex(struct buf *out, uint64_t v)
{
	char digits[16];
	size_t n = 0;

	do
		digits[n++] = "0123456789abcdef"[v & 15];
	while (v >>= 4);
	while (n)
		buf_putc(out, digits[--n]);
}

void sock_unix_print(struct buf *out, uint64_t source, uint64_t dest, struct sv path)
{
	put_hex(out, source);
	buf_puts(out, "->");
	put_hex(out, dest);
	buf_putc(out, ' ');
	buf_putsv(out, path);
}

/* What stands for a parameter that cannot be read. */
static void put_invalid(struct buf *out, struct sv param, const char *empty, const char *other)
{
	const char *text = empty;

	if (param.n > 0) {
		switch (param.p[0]) {
		case FAMILY_UNIX:
			text = "INVALID PATH";
			break;
		case FAMILY_INET:
			text = "INVALID IPv4";
			break;
		case FAMILY_INET6:
			text = "INVALID IPv6";
			break;
		default:
			text = other;
			break;
		}
	}
	buf_puts(out, text);
}

static void put_family(struct buf *out, uint8_t family)
{
	buf_puts(out, "family ");
	buf_put_u64(out, family);
}

void sock_addr_print(struct buf *out, struct sv param)
{
	struct sock_addr a;

	if (!sock_addr_read(param, &a))
		put_invalid(out, param, "<NA>", "INVALID SOCKADDR");
	else if (a.ip_len)
		put_end(out, a.ip, a.ip_len, a.port);
	else if (a.family == FAMILY_UNIX)
		buf_putsv(out, a.path);
	else
		put_family(out, a.family);
}

static void put_ends(struct buf *out, const uint8_t *sip, uint16_t sport, const uint8_t *dip,
		     uint16_t dport, uint8_t len)
{
	put_end(out, sip, len, sport);
	buf_puts(out, "->");
	put_end(out, dip, len, dport);
}

void sock_tuple_print(struct buf *out, struct sv param)
{
	struct sock_tuple t;

	if (!sock_tuple_read(param, &t))
		put_invalid(out, param, "NULL", "INVALID SOCKTUPLE");
	else if (t.family == FAMILY_UNIX)
		sock_unix_print(out, t.source, t.dest, t.path);
	else if (t.ip_len == 16 && sock_ip_is_v4(t.sip) && sock_ip_is_v4(t.dip))
		put_ends(out, t.sip + 12, t.sport, t.dip + 12, t.dport, 4);
	else if (t.ip_len)
		put_ends(out, t.sip, t.sport, t.dip, t.dport, t.ip_len);
	else
		put_family(out, t.family);
}

void sock_ends_print(struct buf *out, const struct fd *f)
{
	const union fd_sock *s = &f->sock;

	if (f->type == FD_IPV4_SOCK)
		put_ends(out, s->v4.sip, s->v4.sport, s->v4.dip, s->v4.dport, 4);
	else
		put_ends(out, s->v6.sip, s->v6.sport, s->v6.dip, s->v6.dport, 16);
}

void sock_server_print(struct buf *out, const struct fd *f)
{
	struct ip ip;
	uint16_t port;

	if (fd_bound(f, &ip, &port))
		put_end(out, ip.b, ip.len, port);
}

static void put_v6_fd(struct buf *out, const union fd_sock *s)
{
	bool v4 = sock_ip_is_v4(s->v6.sip) && sock_ip_is_v4(s->v6.dip);

	if (s->v6.l4 == L4_TCP || s->v6.l4 == L4_UDP) {
		/* Falco takes the ports from where an IPv4 socket has them. */
		if (v4)
			put_ends(out, s->v6.sip + 12, s->v4.sport, s->v6.dip + 12, s->v4.dport, 4);
		else
			put_ends(out, s->v6.sip, s->v6.sport, s->v6.dip, s->v6.dport, 16);
	} else if (s->v6.l4 == L4_ICMP) {
		size_t skip = v4 ? 12 : 0;
		uint8_t len = v4 ? 4 : 16;

		put_ip(out, s->v6.sip + skip, len);
		buf_puts(out, "->");
		put_ip(out, s->v6.dip + skip, len);
	} else {
		buf_puts(out, "<unknown>");
	}
}

static void put_v4_fd(struct buf *out, const union fd_sock *s)
{
	if (s->v4.l4 == L4_TCP || s->v4.l4 == L4_UDP) {
		put_ends(out, s->v4.sip, s->v4.sport, s->v4.dip, s->v4.dport, 4);
	} else if (s->v4.l4 == L4_ICMP || s->v4.l4 == L4_RAW) {
		put_ip(out, s->v4.sip, 4);
		buf_puts(out, "->");
		put_ip(out, s->v4.dip, 4);
	} else {
		buf_puts(out, "<unknown>");
	}
}

void sock_fd_print(struct buf *out, const struct fd *f)
{
	if (f->type == FD_IPV4_SOCK)
		put_v4_fd(out, &f->sock);
	else if (f->type == FD_IPV6_SOCK)
		put_v6_fd(out, &f->sock);
}
