#include "engine/state/sock_ends.h"

/* Where a socket with addresses of len bytes has its ends. */
struct shape {
	uint8_t *sip, *dip;
	uint16_t *sport, *dport;
};

static struct shape shape_of(struct fd *f, size_t len)
{
	union fd_sock *s = &f->sock;

	if (len == 4)
		return (struct shape){ s->v4.sip, s->v4.dip, &s->v4.sport, &s->v4.dport };
	return (struct shape){ s->v6.sip, s->v6.dip, &s->v6.sport, &s->v6.dport };
}

size_t sock_ends_of(const struct sock_tuple *t, struct sock_ends *e)
{
	*e = (struct sock_ends){ t->sip, t->dip, t->sport, t->dport };
	if (t->ip_len == 16 && sock_ip_is_v4(t->sip) && sock_ip_is_v4(t->dip)) {
		e->sip += 12;
		e->dip += 12;
		return 4;
	}
	return t->ip_len;
}

static bool same_end(const uint8_t *ip, uint16_t port, const uint8_t *other_ip, uint16_t other_port,
		     size_t len)
{
	return memcmp(ip, other_ip, len) == 0 && port == other_port;
}

bool sock_ends_set(struct fd *f, const struct sock_ends *e, size_t len)
{
	static const uint8_t zero[16];
	struct shape x = shape_of(f, len);
	bool same_source = same_end(x.sip, *x.sport, e->sip, e->sport, len);
	bool same_dest = same_end(x.dip, *x.dport, e->dip, e->dport, len);
	bool crossed = same_end(x.sip, *x.sport, e->dip, e->dport, len) &&
		       same_end(x.dip, *x.dport, e->sip, e->sport, len);
	bool same_type = f->type == (len == 4 ? FD_IPV4_SOCK : FD_IPV6_SOCK);

	if (same_type && ((same_source && same_dest) || crossed))
		return false;
	bool had_dest = memcmp(x.dip, zero, len) != 0 && *x.dport != 0;
	memcpy(x.sip, e->sip, len);
	memcpy(x.dip, e->dip, len);
	*x.sport = e->sport;
	*x.dport = e->dport;
	return !(same_source && same_dest && had_dest);
}

void sock_ends_swap(struct fd *f)
{
	size_t len = f->type == FD_IPV4_SOCK ? 4 : 16;
	struct shape x = shape_of(f, len);
	uint8_t ip[16];
	uint16_t port = *x.sport;

	memcpy(ip, x.sip, len);
	memcpy(x.sip, x.dip, len);
	memcpy(x.dip, ip, len);
	*x.sport = *x.dport;
	*x.dport = port;
}

void name_by_ends(struct state *s, struct fd *f)
{
	struct buf *name = &s->tables->scratch;

	buf_clear(name);
	sock_fd_print(name, f);
	name_event_fd(s, f, buf_sv(name));
}

void name_by_tuple(struct state *s, struct fd *f, struct sv param)
{
	struct buf *name = &s->tables->scratch;

	buf_clear(name);
	sock_tuple_print(name, param);
	name_event_fd(s, f, buf_sv(name));
}
