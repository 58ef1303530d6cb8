/* Sockets are made, bound and connected. */
#include "engine/state/sock_ends.h"
#include "engine/state/tables.h"

enum {
	RES_IN_PROGRESS = -115, /* EINPROGRESS: a connect that goes on in the background */
	TYPE_STREAM = 1,
	TYPE_DGRAM = 2,
	TYPE_RAW = 3,
	PROTO_IP = 0,
	PROTO_ICMP = 1,
	PROTO_TCP = 6,
	PROTO_UDP = 17,
	PROTO_RAW = 255,
	UNIX_PATH_MAX = 108,
};

/* --- socket, socketpair --- */

static uint8_t l4_of(uint32_t type, uint32_t protocol)
{
	switch (protocol) {
	case PROTO_TCP:
		return type == TYPE_RAW ? L4_RAW : L4_TCP;
	case PROTO_UDP:
		return type == TYPE_RAW ? L4_RAW : L4_UDP;
	case PROTO_ICMP:
		return type == TYPE_RAW ? L4_RAW : L4_ICMP;
	case PROTO_RAW:
		return L4_RAW;
	case PROTO_IP:
		/* The low byte: the type can carry SOCK_NONBLOCK and SOCK_CLOEXEC. */
		if ((type & 0xff) == TYPE_STREAM)
			return L4_TCP;
		return (type & 0xff) == TYPE_DGRAM ? L4_UDP : L4_UNKNOWN;
	default:
		return L4_UNKNOWN;
	}
}

static void add_socket(struct state *s, int64_t num, uint32_t domain, uint32_t type,
		       uint32_t protocol, uint32_t flags)
{
	struct fd *f = make_fd(s, FD_UNKNOWN, flags);

	if (!f)
		return;
	switch (domain) {
	case FAMILY_UNIX:
		f->type = FD_UNIX_SOCK;
		break;
	case FAMILY_INET:
		f->type = FD_IPV4_SOCK;
		f->sock.v4.l4 = l4_of(type, protocol);
		break;
	case FAMILY_INET6:
		f->type = FD_IPV6_SOCK;
		f->sock.v6.l4 = l4_of(type, protocol);
		break;
	case FAMILY_NETLINK:
		f->type = FD_NETLINK;
		break;
	default:
		break;
	}
	open_event_fd(s, num, f);
}

void parse_socket(struct state *s, const struct event *ev)
{
	int64_t num = event_res(ev);

	if (s->now.thread && num >= 0)
		add_socket(s, num, arg32(ev, 1), arg32(ev, 2), arg32(ev, 3), arg32(ev, 4));
}

void parse_socketpair(struct state *s, const struct event *ev)
{
	int64_t first = arg_i64(ev, 1), second = arg_i64(ev, 2);

	if (!s->now.thread || event_res(ev) < 0)
		return;
	s->now.fd = NULL;
	if (first == second)
		return;
	struct fd *f = make_fd(s, FD_UNIX_SOCK, 0);
	if (!f)
		return;
	f->sock.un.source = arg(ev, 3);
	f->sock.un.dest = arg(ev, 4);
	struct fd *other = fd_clone(&s->tables->fds, f);
	open_event_fd(s, first, f);
	f = s->now.fd;
	open_event_fd(s, second, other);
	/* The event is about the first one, its number is that of the second. */
	s->now.fd = f;
}

/* --- bind --- */

static void bind_to(struct fd *f, const struct sock_addr *a)
{
	union fd_sock *s = &f->sock;

	if (a->ip_len == 16 && !sock_ip_is_v4(a->ip)) {
		f->type = FD_IPV6_SERVSOCK;
		s->v6_server.port = a->port;
		memcpy(s->v6_server.ip, a->ip, 16);
		s->v6_server.l4 = s->v6.l4;
	} else {
		uint8_t l4 = a->ip_len == 16 ? s->v6.l4 : s->v4.l4;

		f->type = FD_IPV4_SERVSOCK;
		memcpy(s->v4_server.ip, a->ip + (a->ip_len - 4), 4);
		s->v4_server.port = a->port;
		s->v4_server.l4 = l4;
	}
	f->role = FD_ROLE_SERVER;
}

void parse_bind(struct state *s, const struct event *ev)
{
	struct sock_addr a;

	if (!s->now.fd || event_res(ev) < 0 || !sock_addr_read(event_param(ev, 1), &a))
		return;
	struct fd *f = own_event_fd(s);
	if (!f)
		return;
	if (a.ip_len && a.port > 0)
		bind_to(f, &a);
	struct buf *name = &s->tables->scratch;
	buf_clear(name);
	sock_addr_print(name, event_param(ev, 1));
	name_event_fd(s, f, buf_sv(name));
}

/* --- connect --- */

/*
 * Where a connect goes.  If the tuple's destination is the address in the program's memory, it may
 * have been changed there since the kernel looked: the enter event's address counts then.  If it
 * is another one, the kernel itself told it.
 */
static void trusted_dest(struct sock_tuple *t, const struct sock_addr *at_exit,
			 const struct sock_addr *at_enter)
{
	if (!at_exit || !at_enter || at_exit->family != t->family || at_enter->family != t->family)
		return;
	if (t->ip_len) {
		if (memcmp(t->dip, at_exit->ip, t->ip_len) == 0 && t->dport == at_exit->port) {
			t->dip = at_enter->ip;
			t->dport = at_enter->port;
		}
	} else if (t->family == FAMILY_UNIX) {
		struct sv a = t->path, b = at_exit->path;

		a.n = a.n < UNIX_PATH_MAX ? a.n : UNIX_PATH_MAX;
		b.n = b.n < UNIX_PATH_MAX ? b.n : UNIX_PATH_MAX;
		if (sv_eq(a, b))
			t->path = at_enter->path;
	}
}

static void connect_ends(struct state *s, struct fd *f, const struct sock_tuple *t)
{
	struct sock_ends e;
	size_t len = sock_ends_of(t, &e);

	/* sock_ends_set compares with the type that the socket has from now on. */
	f->type = len == 4 ? FD_IPV4_SOCK : FD_IPV6_SOCK;
	bool changed = sock_ends_set(f, &e, len);
	if (changed && f->role == FD_ROLE_SERVER && f->type == FD_IPV4_SOCK &&
	    f->sock.v4.l4 == L4_UDP)
		sock_ends_swap(f);
	name_by_ends(s, f);
}

static bool connect_unix(struct state *s, struct fd *f, const struct sock_tuple *t)
{
	struct buf *name = &s->tables->scratch;

	if (f->type != FD_UNIX_SOCK)
		return false;
	f->sock.un.source = t->source;
	f->sock.un.dest = t->dest;
	buf_clear(name);
	sock_unix_print(name, t->source, t->dest, t->path);
	name_event_fd(s, f, buf_sv(name));
	return true;
}

/* Without a tuple (TCP fast open) the address that the program passed must do. */
static void connect_by_addr(struct state *s, struct fd *f, const struct sock_addr *a)
{
	union fd_sock *sock = &f->sock;

	if (a->ip_len == 16 && !sock_ip_is_v4(a->ip)) {
		f->type = FD_IPV6_SOCK;
		sock->v6.dport = a->port;
		memcpy(sock->v6.dip, a->ip, 16);
	} else if (a->ip_len) {
		f->type = FD_IPV4_SOCK;
		memcpy(sock->v4.dip, a->ip + (a->ip_len - 4), 4);
		sock->v4.dport = a->port;
	} else {
		/* The name is the text of the tuple, which is empty. */
		name_by_tuple(s, f, (struct sv){ 0 });
	}
}

void parse_connect(struct state *s, const struct event *ev)
{
	int64_t res = event_res(ev);
	struct sock_addr at_enter, at_exit;
	struct sock_tuple t;

	if (!s->now.thread || !s->now.fd || (res < 0 && res != RES_IN_PROGRESS))
		return;
	struct fd *f = own_event_fd(s);
	if (!f)
		return;
	f->connected = true;
	const struct event *enter = enter_event(s);
	bool has_enter = enter && sock_addr_read(event_param(enter, 1), &at_enter);
	if (!arg_given(ev, 1)) {
		if (has_enter)
			connect_by_addr(s, f, &at_enter);
		return;
	}
	bool has_exit = sock_addr_read(event_param(ev, 3), &at_exit);
	if (!sock_tuple_read(event_param(ev, 1), &t))
		return;
	trusted_dest(&t, has_exit ? &at_exit : NULL, has_enter ? &at_enter : NULL);
	if (t.ip_len)
		connect_ends(s, f, &t);
	else if (!connect_unix(s, f, &t))
		return;
	if (f->role == FD_ROLE_NONE)
		f->role = FD_ROLE_CLIENT;
}

/* --- accept --- */

void parse_accept(struct state *s, const struct event *ev)
{
	int64_t num = event_res(ev);
	struct sock_tuple t;

	if (!s->now.thread || num < 0)
		return;
	s->now.thread->event_fd = num;
	if (!sock_tuple_read(event_param(ev, 1), &t) || (!t.ip_len && t.family != FAMILY_UNIX))
		return;
	struct fd *f = make_fd(s, FD_UNSET, 0);
	if (!f)
		return;
	if (t.ip_len) {
		struct sock_ends e;
		size_t len = sock_ends_of(&t, &e);

		sock_ends_set(f, &e, len);
		f->type = len == 4 ? FD_IPV4_SOCK : FD_IPV6_SOCK;
		*(len == 4 ? &f->sock.v4.l4 : &f->sock.v6.l4) = L4_TCP;
	} else {
		f->type = FD_UNIX_SOCK;
		f->sock.un.source = t.source;
		f->sock.un.dest = t.dest;
	}
	if (ev->type == EV_SOCKET_ACCEPT4_6_X)
		f->open_flags = arg32(ev, 5) & FD_CLOEXEC_BIT;
	f->role = FD_ROLE_SERVER;
	f->connected = true;
	name_by_tuple(s, f, event_param(ev, 1));
	open_event_fd(s, num, f);
}
