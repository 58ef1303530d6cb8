/* Sockets: addresses, tuples, messages, options. */
#include "drivers/tests/expect.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

struct place {
	char bytes[40];
};

/* What the driver makes of an IPv4 address. */
static struct want address4(struct place *p, const char *ip, uint16_t port)
{
	p->bytes[0] = AF_INET;
	inet_pton(AF_INET, ip, p->bytes + 1);
	memcpy(p->bytes + 5, &port, 2);
	return B(p->bytes, 7);
}

static struct want tuple4(struct place *p, const char *ip, uint16_t port, const char *ip2,
			  uint16_t port2)
{
	address4(p, ip, port);
	inet_pton(AF_INET, ip2, p->bytes + 7);
	memcpy(p->bytes + 11, &port2, 2);
	return B(p->bytes, 13);
}

static struct want address6(struct place *p, const char *ip, uint16_t port)
{
	p->bytes[0] = AF_INET6;
	inet_pton(AF_INET6, ip, p->bytes + 1);
	memcpy(p->bytes + 17, &port, 2);
	return B(p->bytes, 19);
}

static struct want tuple6(struct place *p, const char *ip, uint16_t port, const char *ip2,
			  uint16_t port2)
{
	address6(p, ip, port);
	inet_pton(AF_INET6, ip2, p->bytes + 19);
	memcpy(p->bytes + 35, &port2, 2);
	return B(p->bytes, 37);
}

static struct sockaddr_in ipv4(const char *ip, uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };

	inet_pton(AF_INET, ip, &a.sin_addr);
	return a;
}

static uint16_t port_of(int fd)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} a = { 0 };
	socklen_t n = sizeof a;

	return getsockname(fd, &a.any, &n) < 0 ? 0 : ntohs(a.v4.sin_port);
}

static void sockets(struct test *t)
{
	int pair[2] = { -1, -1 }, none[2];
	long fd;

	EXPECT(SOCKET_SOCKET_X, I(fd = SYS(SYS_socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 6)),
	       I(2), I(SOCK_STREAM | SOCK_CLOEXEC), I(6), I(0x1000));
	close((int)fd);
	EXPECT(SOCKET_SOCKET_X, I(SYS(SYS_socket, 28, SOCK_DGRAM | SOCK_NONBLOCK, 99)), I(0),
	       I(SOCK_DGRAM | SOCK_NONBLOCK), I(99), I(0x40));
	fd = SYS(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, pair);
	EXPECT(SOCKET_SOCKETPAIR_X, I(fd), I(pair[0]), I(pair[1]), RANGE(INT64_MIN, -1),
	       RANGE(INT64_MIN, -1), I(1), I(SOCK_STREAM), I(0));
	EXPECT(SOCKET_SOCKETPAIR_X, I(SYS(SYS_socketpair, AF_INET, SOCK_STREAM, 3, none)), I(-1),
	       I(-1), I(0), I(0), I(2), I(SOCK_STREAM), I(3));
	EXPECT(SOCKET_SHUTDOWN_X, I(SYS(SYS_shutdown, pair[0], SHUT_RDWR)), I(pair[0]), I(2));
	EXPECT(SOCKET_SHUTDOWN_X, I(SYS(SYS_shutdown, -1, 77)), I(-1), I(0xff));
	close(pair[0]);
	close(pair[1]);
	SYS(SYS_getsockname, -1, 0, 0);
	SYS(SYS_getpeername, -1, 0, 0);
	expect_of(t, 0, EV_SOCKET_GETSOCKNAME_X, NULL, 0, "getsockname");
	expect_of(t, 0, EV_SOCKET_GETPEERNAME_X, NULL, 0, "getpeername");
}

static void tcp(struct test *t)
{
	int server = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in here = ipv4("127.0.0.1", 0), peer;
	socklen_t n = sizeof peer;
	char buf[100] = "request for something that is longer than what is kept of it, by far";
	struct place p;
	uint16_t port, from;
	long fd;

	EXPECT(SOCKET_BIND_X, I(SYS(SYS_bind, server, &here, sizeof here)),
	       address4(&p, "127.0.0.1", 0), I(server));
	EXPECT(SOCKET_BIND_X, I(SYS(SYS_bind, -1, &here, sizeof here)),
	       address4(&p, "127.0.0.1", 0), I(-1));
	EXPECT(SOCKET_BIND_X, I(SYS(SYS_bind, server, 8, 16)), NONE, I(server));
	port = port_of(server);
	here = ipv4("127.0.0.1", port);
	EXPECT(SOCKET_LISTEN_X, I(SYS(SYS_listen, server, 4)), I(server), I(4));
	EXPECT(SOCKET_LISTEN_X, I(SYS(SYS_listen, -1, 4)), I(-1), I(4));
	long ret = SYS(SYS_connect, client, &here, sizeof here);

	from = port_of(client);
	struct want tuple = tuple4(&p, "127.0.0.1", from, "127.0.0.1", port);
	struct place q;

	EXPECT(SOCKET_CONNECT_X, I(ret), tuple, I(client), address4(&q, "127.0.0.1", port));
	EXPECT(SOCKET_CONNECT_X, I(SYS(SYS_connect, client, &here, sizeof here)), NONE, I(client),
	       address4(&q, "127.0.0.1", port));
	EXPECT(SOCKET_ACCEPT4_6_X, I(fd = SYS(SYS_accept4, server, &peer, &n, SOCK_CLOEXEC)), tuple,
	       I(0), I(0), I(4), I(0x1000));
	EXPECT(SOCKET_ACCEPT4_6_X, I(SYS(SYS_accept4, -1, 0, 0, SOCK_NONBLOCK)), NONE, I(0), I(0),
	       I(0), I(0x40));
	EXPECT(SOCKET_SENDTO_X, I(SYS(SYS_sendto, client, buf, 80, 0, 0, 0)), B(buf, TEST_SNAPLEN),
	       I(client), I(80), tuple);
	EXPECT(SOCKET_SENDTO_X, I(SYS(SYS_sendto, -1, "abc", 3, 0, 0, 0)), B("abc", 3), I(-1), I(3),
	       NONE);
	EXPECT(SOCKET_RECVFROM_X, I(SYS(SYS_recvfrom, fd, buf, 20, 0, 0, 0)), B(buf, 20), tuple,
	       I(fd), I(20));
	EXPECT(SOCKET_RECVFROM_X, I(SYS(SYS_recvfrom, -1, buf, 20, 0, 0, 0)), NONE, NONE, I(-1),
	       I(20));
	close((int)fd);
	close(client);
	close(server);
}

static void accepts(struct test *t)
{
	int server = socket(AF_INET6, SOCK_STREAM, 0), client = socket(AF_INET6, SOCK_STREAM, 0);
	struct sockaddr_in6 here = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct place p, q;
	long fd, ret;

	if (bind(server, (struct sockaddr *)&here, sizeof here) < 0) { /* no IPv6 here */
		close(server);
		close(client);
		server = socket(AF_INET, SOCK_STREAM, 0);
		client = socket(AF_INET, SOCK_STREAM, 0);
		struct sockaddr_in v4 = ipv4("127.0.0.1", 0);

		CHECK(bind(server, (struct sockaddr *)&v4, sizeof v4) == 0 &&
		      listen(server, 1) == 0);
		v4.sin_port = htons(port_of(server));
		CHECK(connect(client, (struct sockaddr *)&v4, sizeof v4) == 0);
		EXPECT(SOCKET_ACCEPT_5_X, I(fd = SYS(SYS_accept, server, 0, 0)),
		       tuple4(&p, "127.0.0.1", port_of(client), "127.0.0.1", port_of(server)), I(0),
		       I(0), I(1));
	} else {
		CHECK(listen(server, 1) == 0);
		here.sin6_port = htons(port_of(server));
		ret = SYS(SYS_connect, client, &here, sizeof here);
		struct want tuple = tuple6(&p, "::1", port_of(client), "::1", port_of(server));

		EXPECT(SOCKET_CONNECT_X, I(ret), tuple, I(client),
		       address6(&q, "::1", port_of(server)));
		EXPECT(SOCKET_ACCEPT_5_X, I(fd = SYS(SYS_accept, server, 0, 0)), tuple, I(0), I(0),
		       I(1));
	}
	EXPECT(SOCKET_ACCEPT_5_X, I(SYS(SYS_accept, -1, 0, 0)), NONE, I(0), I(0), I(0));
	close((int)fd);
	close(client);
	close(server);
}

/* Not connected: the peer is the one that the call names. */
static void udp(struct test *t)
{
	int a = socket(AF_INET, SOCK_DGRAM, 0), b = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in here = ipv4("127.0.0.1", 0), to, from;
	socklen_t n = sizeof from;
	char buf[16];
	struct place p;

	CHECK(bind(a, (struct sockaddr *)&here, sizeof here) == 0);
	CHECK(bind(b, (struct sockaddr *)&here, sizeof here) == 0);
	to = ipv4("127.0.0.1", port_of(b));
	EXPECT(SOCKET_SENDTO_X, I(SYS(SYS_sendto, a, "datagram", 8, 0, &to, sizeof to)),
	       B("datagram", 8), I(a), I(8),
	       tuple4(&p, "127.0.0.1", port_of(a), "127.0.0.1", port_of(b)));
	EXPECT(SOCKET_RECVFROM_X, I(SYS(SYS_recvfrom, b, buf, 16, 0, &from, &n)), B("datagram", 8),
	       tuple4(&p, "127.0.0.1", port_of(a), "127.0.0.1", port_of(b)), I(b), I(16));
	close(a);
	close(b);
}

static void unix_sockets(struct test *t)
{
	const char *path = scratch(t, "socket");
	struct sockaddr_un un = { .sun_family = AF_UNIX }, abstract = { .sun_family = AF_UNIX };
	socklen_t abstract_len = offsetof(struct sockaddr_un, sun_path) + 9;
	int server = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
	int hidden = socket(AF_UNIX, SOCK_DGRAM, 0), sender = socket(AF_UNIX, SOCK_DGRAM, 0);
	char address[200] = { AF_UNIX };
	long fd, ret;

	strcpy(un.sun_path, path);
	strcpy(address + 1, path);
	memcpy(abstract.sun_path, "\0abstract", 9);
	EXPECT(SOCKET_BIND_X, I(SYS(SYS_bind, server, &un, sizeof un)),
	       B(address, strlen(path) + 2), I(server));
	EXPECT(SOCKET_BIND_X, I(SYS(SYS_bind, hidden, &abstract, abstract_len)),
	       B("\1abstract", 10), I(hidden));
	CHECK(listen(server, 1) == 0);
	ret = SYS(SYS_connect, client, &un, sizeof un);
	EXPECT(SOCKET_CONNECT_X, I(ret), UNIX(path), I(client), B(address, strlen(path) + 2));
	EXPECT(SOCKET_ACCEPT_5_X, I(fd = SYS(SYS_accept, server, 0, 0)), UNIX(path), I(0), I(0),
	       I(1));
	EXPECT(SOCKET_SENDTO_X, I(SYS(SYS_sendto, client, "hi", 2, 0, 0, 0)), B("hi", 2), I(client),
	       I(2), UNIX(path));
	EXPECT(SOCKET_SENDTO_X, I(SYS(SYS_sendto, sender, "ho", 2, 0, &abstract, abstract_len)),
	       B("ho", 2), I(sender), I(2), UNIX("abstract"));
	close((int)fd);
	close(client);
	close(server);
	close(hidden);
	close(sender);
	unlink(path);
}

static void messages(struct test *t)
{
	int pair[2], passed[1] = { 1 };
	char in[2][40], control[CMSG_SPACE(sizeof passed)] = { 0 }, got[256];
	struct iovec out[2] = { { TEXT("one "), 4 }, { TEXT("two"), 3 } },
		     back[2] = { { in[0], 2 }, { in[1], 40 } };
	struct msghdr m = { .msg_iov = out, .msg_iovlen = 2 };
	struct msghdr r = {
		.msg_iov = back, .msg_iovlen = 2, .msg_control = got, .msg_controllen = sizeof got
	};
	struct cmsghdr *c;

	CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0);
	m.msg_control = control;
	m.msg_controllen = sizeof control;
	c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof passed);
	memcpy(CMSG_DATA(c), passed, sizeof passed);
	EXPECT(SOCKET_SENDMSG_X, I(SYS(SYS_sendmsg, pair[0], &m, 0)), B("one two", 7), I(pair[0]),
	       I(7), UNIX(""));
	EXPECT(SOCKET_SENDMSG_X, I(SYS(SYS_sendmsg, -1, &m, 0)), B("one two", 7), I(-1), I(7),
	       NONE);
	long ret = SYS(SYS_recvmsg, pair[1], &r, 0);

	EXPECT(SOCKET_RECVMSG_X, I(ret), I(7), B("one two", 7), UNIX(""), B(got, r.msg_controllen),
	       I(pair[1]));
	CHECK(r.msg_controllen == CMSG_LEN(sizeof passed) || r.msg_controllen == sizeof control);
	memcpy(passed, CMSG_DATA((struct cmsghdr *)got), sizeof passed);
	close(passed[0]);
	EXPECT(SOCKET_RECVMSG_X, I(SYS(SYS_recvmsg, -1, &r, 0)), I(0), NONE, NONE, NONE, I(-1));
	close(pair[0]);
	close(pair[1]);
}

/* One event per message. */
static void many_messages(struct test *t)
{
	int pair[2];
	char a[8], b[8];
	struct iovec out[2] = { { TEXT("first"), 5 }, { TEXT("2nd"), 3 } },
		     in[2] = { { a, 8 }, { b, 8 } };
	struct mmsghdr m[2] = { { { .msg_iov = &out[0], .msg_iovlen = 1 }, 0 },
				{ { .msg_iov = &out[1], .msg_iovlen = 1 }, 0 } };
	struct mmsghdr r[2] = { { { .msg_iov = &in[0], .msg_iovlen = 1 }, 0 },
				{ { .msg_iov = &in[1], .msg_iovlen = 1 }, 0 } };

	CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0);
	CHECK(SYS(SYS_sendmmsg, pair[0], m, 2, 0) == 2);
	EXPECT(SOCKET_SENDMMSG_X, I(5), I(pair[0]), I(5), B("first", 5), UNIX(""));
	EXPECT(SOCKET_SENDMMSG_X, I(3), I(pair[0]), I(3), B("2nd", 3), UNIX(""));
	EXPECT(SOCKET_SENDMMSG_X, I(SYS(SYS_sendmmsg, -1, m, 2, 0)), I(-1), I(0), NONE, NONE);
	CHECK(SYS(SYS_recvmmsg, pair[1], r, 2, 0, 0) == 2);
	EXPECT(SOCKET_RECVMMSG_X, I(5), I(pair[1]), I(5), B("first", 5), UNIX(""), NONE);
	EXPECT(SOCKET_RECVMMSG_X, I(3), I(pair[1]), I(3), B("2nd", 3), UNIX(""), NONE);
	EXPECT(SOCKET_RECVMMSG_X, I(SYS(SYS_recvmmsg, -1, r, 2, 0, 0)), I(-1), I(0), NONE, NONE,
	       NONE);
	close(pair[0]);
	close(pair[1]);
}

static void options(struct test *t)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1, value = 0;
	struct timeval tv = { 2, 500000 };
	socklen_t n = sizeof value;

	EXPECT(SOCKET_SETSOCKOPT_X, I(SYS(SYS_setsockopt, fd, SOL_SOCKET, SO_REUSEADDR, &on, 4)),
	       I(fd), I(1), I(2), B("\2\1\0\0\0", 5), I(4));
	EXPECT(SOCKET_SETSOCKOPT_X,
	       I(SYS(SYS_setsockopt, fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv)), I(fd), I(1),
	       I(0x14), B("\4\0\xf9\x02\x95\0\0\0\0", 9), I(16));
	EXPECT(SOCKET_SETSOCKOPT_X, I(SYS(SYS_setsockopt, fd, IPPROTO_TCP, TCP_NODELAY, &on, 4)),
	       I(fd), I(2), I(0), B("\0\1\0\0\0", 5), I(4));
	EXPECT(SOCKET_SETSOCKOPT_X, I(SYS(SYS_setsockopt, -1, 77, 8, "ab", 2)), I(-1), I(0), I(0),
	       B("\0ab", 3), I(2));
	EXPECT(SOCKET_GETSOCKOPT_X, I(SYS(SYS_getsockopt, fd, SOL_SOCKET, SO_TYPE, &value, &n)),
	       I(fd), I(1), I(3), B("\2\1\0\0\0", 5), I(4));
	EXPECT(SOCKET_GETSOCKOPT_X, I(SYS(SYS_getsockopt, fd, SOL_SOCKET, SO_ERROR, &value, &n)),
	       I(fd), I(1), I(4), B("\1\0\0\0\0\0\0\0\0", 9), I(4));
	EXPECT(SOCKET_GETSOCKOPT_X, I(SYS(SYS_getsockopt, -1, SOL_SOCKET, SO_LINGER, &value, &n)),
	       I(-1), I(1), I(0xd), B("\0\0\0\0\0", 5), I(4));
	close(fd);
}

const struct test_case cases_sockets[] = {
	{ "sockets", sockets },
	{ "tcp", tcp },
	{ "accepts", accepts },
	{ "udp", udp },
	{ "unix_sockets", unix_sockets },
	{ "messages", messages },
	{ "many_messages", many_messages },
	{ "options", options },
	{ NULL, NULL },
};
