/* Data is read and written: datagrams tell who talks to whom, and which end is the server. */
#include "engine/state/sock_ends.h"

static bool is_connection(uint8_t type)
{
	return type == FD_IPV4_SOCK || type == FD_IPV6_SOCK;
}

/* Falco asks the IPv4 ports of every socket, also where an IPv6 one has address bytes there. */
static bool bound_to(const struct fd_table *fds, uint16_t port)
{
	int64_t num = INT64_MIN;

	for (const struct fd *f; (f = fd_table_next(fds, num, &num)) != NULL; num++) {
		if (f->type == FD_IPV4_SOCK && f->sock.v4.dport == port)
			return true;
		if (f->type == FD_IPV4_SERVSOCK && f->sock.v4_server.port == port)
			return true;
	}
	return false;
}

static bool talks_from(const struct fd_table *fds, uint16_t port)
{
	int64_t num = INT64_MIN;

	for (const struct fd *f; (f = fd_table_next(fds, num, &num)) != NULL; num++) {
		if (f->type == FD_IPV4_SOCK && f->sock.v4.sport == port)
			return true;
	}
	return false;
}

/* Who owns the port serves; in doubt a server's first move is to receive, a client's to send. */
static uint8_t guess_role(const struct thread *t, const struct fd *f, bool receives)
{
	const struct fd_table *fds = thread_fds(t);

	if (!bound_to(fds, f->sock.v4.dport))
		return FD_ROLE_CLIENT;
	if (!talks_from(fds, f->sock.v4.sport))
		return FD_ROLE_SERVER;
	return receives ? FD_ROLE_SERVER : FD_ROLE_CLIENT;
}

/* Take in the tuple of a datagram; false when there is none or nothing new in it. */
static bool update_ends(struct state *s, struct fd *f, const struct sock_tuple *t)
{
	struct sock_ends e;

	if (t->family == FAMILY_UNIX) {
		f->type = FD_UNIX_SOCK;
		f->sock.un.source = t->source;
		f->sock.un.dest = t->dest;
		return true;
	}
	if (t->ip_len) {
		size_t len = sock_ends_of(t, &e);

		if (t->ip_len == 4 && f->type == FD_IPV4_SERVSOCK)
			f->sock.v4.l4 = f->sock.v4_server.l4;
		/* A true IPv6 tuple leaves the type as it is. */
		if (len == 4)
			f->type = FD_IPV4_SOCK;
		if (!sock_ends_set(f, &e, len))
			return false;
	}
	/* Only datagrams can change their peer. */
	if (f->type == FD_IPV4_SOCK && f->sock.v4.l4 == L4_UNKNOWN)
		f->sock.v4.l4 = L4_UDP;
	else if (f->type == FD_IPV6_SOCK && f->sock.v6.l4 == L4_UNKNOWN)
		f->sock.v6.l4 = L4_UDP;
	interfaces_complete(&s->tables->interfaces, f);
	return true;
}

static void take_tuple(struct state *s, struct sv param, bool receives)
{
	const struct fd *seen = s->now.fd;
	bool is_tcp = seen->type == FD_IPV4_SOCK && seen->sock.v4.l4 == L4_TCP;
	struct sock_tuple t;

	if ((seen->name && is_tcp) || !sock_tuple_read(param, &t))
		return;
	struct fd *f = own_event_fd(s);
	if (!f || !update_ends(s, f, &t))
		return;
	if (!is_connection(f->type)) {
		name_by_tuple(s, f, param);
		return;
	}
	if (f->role == FD_ROLE_NONE)
		f->role = guess_role(s->now.thread, f, receives);
	/* The tuple's source is who sent this message; the fd's source is the client. */
	if (f->role == (receives ? FD_ROLE_CLIENT : FD_ROLE_SERVER))
		sock_ends_swap(f);
	name_by_ends(s, f);
}

/* Whoever gets data through a connection is connected. */
static void note_connected(struct state *s)
{
	if (!is_connection(s->now.fd->type) || s->now.fd->connected)
		return;
	struct fd *f = own_event_fd(s);
	if (f)
		f->connected = true;
}

/* Index + 1 of the tuple parameter. */
static const uint8_t tuple_param[EV_COUNT] = {
	[EV_SOCKET_RECVFROM_X] = 3, [EV_SOCKET_RECVMSG_X] = 4,  [EV_SOCKET_RECVMMSG_X] = 5,
	[EV_SOCKET_RECV_X] = 5,     [EV_SOCKET_SEND_X] = 5,     [EV_SOCKET_SENDTO_X] = 5,
	[EV_SOCKET_SENDMSG_X] = 5,  [EV_SOCKET_SENDMMSG_X] = 5,
};

void parse_receive(struct state *s, const struct event *ev)
{
	/* Upgraded from a version that told nothing. */
	if (ev->type == EV_SOCKET_RECVMMSG_X && !arg_given(ev, 0))
		return;
	if (!s->now.fd || event_res(ev) < 0)
		return;
	note_connected(s);
	if (tuple_param[ev->type])
		take_tuple(s, event_param(ev, tuple_param[ev->type] - 1u), true);
}

/* A send on an fd that nobody saw open: most likely a UDP socket. */
static void invent_sender(struct state *s, const struct event *ev)
{
	struct sv tuple = event_param(ev, 4);
	uint8_t family = tuple.n ? (uint8_t)tuple.p[0] : 0;

	if (event_res(ev) < 0 || (family != FAMILY_INET && family != FAMILY_INET6))
		return;
	struct fd *f = make_fd(s, family == FAMILY_INET ? FD_IPV4_SOCK : FD_IPV6_SOCK, 0);
	if (!f)
		return;
	*(family == FAMILY_INET ? &f->sock.v4.l4 : &f->sock.v6.l4) = L4_UDP;
	open_event_fd(s, arg_i64(ev, 2), f);
}

void parse_send(struct state *s, const struct event *ev)
{
	bool many = ev->type == EV_SOCKET_SENDMMSG_X;

	if (many && !arg_given(ev, 0))
		return;
	if (tuple_param[ev->type] && !many && !s->now.fd && s->now.thread)
		invent_sender(s, ev);
	if (!s->now.fd || event_res(ev) < 0)
		return;
	note_connected(s);
	if (tuple_param[ev->type])
		take_tuple(s, event_param(ev, tuple_param[ev->type] - 1u), false);
}
