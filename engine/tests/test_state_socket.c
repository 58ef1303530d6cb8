/* Sockets: ends, roles and names. */
#include "engine/tests/play.h"

/* SOCKADDR and SOCKTUPLE parameters; ports are little-endian in them. */
#define A4 "\x02\x0a\x00\x00\x02\x50\x00" /* 10.0.0.2:80 */
#define B4 "\x02\x0a\x00\x00\x03\x50\x00" /* 10.0.0.3:80 */
#define T4                                                                                         \
	"\x02\x0a\x00\x00\x01\x39\x30\x0a\x00\x00\x02\x50\x00" /* 10.0.0.1:12345->10.0.0.2:80      \
								*/
#define U4                                                                                         \
	"\x02\x0a\x00\x00\x09\x39\x30\x0a\x00\x00\x01\x35\x00" /* 10.0.0.9:12345->10.0.0.1:53      \
								*/
#define MAPPED "\0\0\0\0\0\0\0\0\0\0\xff\xff"
#define T46    "\x0a" MAPPED "\x0a\x00\x00\x01\x39\x30" MAPPED "\x0a\x00\x00\x02\x50\x00"
#define TUN    "\x01\x10\0\0\0\0\0\0\0\x20\0\0\0\0\0\0\0/run/x\0"

static void open_socket(struct play *p, int64_t fd, unsigned domain, unsigned type)
{
	play(p, EV_SOCKET_SOCKET_X, 10, "qdddd", fd, domain, type, 0u, 0u);
}

static void a_connect_makes_a_client(void **state)
{
	struct play *p = *state;

	open_socket(p, 3, 2, 1);
	assert_int_equal(p->s->now.fd->type, FD_IPV4_SOCK);
	assert_int_equal(fd_l4(p->s->now.fd), L4_NA);
	play(p, EV_SOCKET_CONNECT_X, 10, "qxqx", INT64_C(0), T4, 13, INT64_C(3), A4, 7);
	const struct fd *f = p->s->now.fd;
	assert_sv(text_sv(f->name), "10.0.0.1:12345->10.0.0.2:80");
	assert_true(p->s->now.fd_name_changed);
	assert_int_equal(f->role, FD_ROLE_CLIENT);
	assert_int_equal(fd_l4(f), L4_TCP);
	assert_true(f->connected);
	struct fd_ends ends;
	assert_true(fd_ends(f, &ends));
	assert_int_equal(ends.dport, 80);
	/* A failed one changes nothing. */
	play(p, EV_SOCKET_CONNECT_X, 10, "qxqx", INT64_C(-111), U4, 13, INT64_C(3), A4, 7);
	assert_sv(text_sv(p->s->now.fd->name), "10.0.0.1:12345->10.0.0.2:80");
	assert_false(p->s->now.fd_name_changed);
}

static void the_address_at_the_enter_outranks_the_programs_memory(void **state)
{
	struct play *p = *state;

	open_socket(p, 3, 2, 1);
	play(p, EV_SOCKET_CONNECT_E, 10, "qx", INT64_C(3), B4, 7);
	assert_false(p->s->now.shown);
	play(p, EV_SOCKET_CONNECT_X, 10, "qxqx", INT64_C(0), T4, 13, INT64_C(3), A4, 7);
	assert_sv(text_sv(p->s->now.fd->name), "10.0.0.1:12345->10.0.0.3:80");
	assert_non_null(p->s->now.enter);
	/* What the kernel told itself stays. */
	play(p, EV_SOCKET_CONNECT_E, 10, "qx", INT64_C(3), B4, 7);
	play(p, EV_SOCKET_CONNECT_X, 10, "qxqx", INT64_C(0), T4, 13, INT64_C(3), B4, 7);
	assert_sv(text_sv(p->s->now.fd->name), "10.0.0.1:12345->10.0.0.2:80");
	/* An enter event is good for its own exit only. */
	play(p, EV_SOCKET_CONNECT_X, 10, "qxqx", INT64_C(0), T4, 13, INT64_C(3), A4, 7);
	assert_null(p->s->now.enter);
}

static void an_ipv4_address_in_ipv6_clothes_is_ipv4(void **state)
{
	struct play *p = *state;

	open_socket(p, 3, 10, 1);
	play(p, EV_SOCKET_ACCEPT4_6_X, 10, "qxbddd", INT64_C(4), T46, 37, 0u, 0u, 0u, 1u << 12);
	const struct fd *f = p->s->now.fd;
	assert_int_equal(f->type, FD_IPV4_SOCK);
	assert_int_equal(f->role, FD_ROLE_SERVER);
	assert_int_equal(f->open_flags, FD_CLOEXEC_BIT);
	assert_sv(text_sv(f->name), "10.0.0.1:12345->10.0.0.2:80");
	assert_int_equal(p->s->now.fd_num, 4);
}

static void a_bound_socket_is_a_server(void **state)
{
	struct play *p = *state;
	struct ip ip;
	uint16_t port;

	open_socket(p, 3, 2, 2);
	play(p, EV_SOCKET_BIND_X, 10, "qxq", INT64_C(0), A4, 7, INT64_C(3));
	const struct fd *f = p->s->now.fd;
	assert_int_equal(f->type, FD_IPV4_SERVSOCK);
	assert_true(fd_bound(f, &ip, &port));
	assert_int_equal(port, 80);
	assert_int_equal(fd_l4(f), L4_UDP);
	assert_sv(text_sv(f->name), "10.0.0.2:80");
	/* Of what it receives the sender is the client. */
	play(p, EV_SOCKET_RECVFROM_X, 10, "qxxqd", INT64_C(1), "x", 1, U4, 13, INT64_C(3), 10u);
	assert_int_equal(p->s->now.fd->role, FD_ROLE_SERVER);
	assert_sv(text_sv(p->s->now.fd->name), "10.0.0.9:12345->10.0.0.1:53");
}

static void a_send_on_an_unknown_fd_makes_a_datagram_socket(void **state)
{
	struct play *p = *state;

	play(p, EV_SOCKET_SENDTO_X, 10, "qxqdx", INT64_C(1), "x", 1, INT64_C(7), 1u, U4, 13);
	assert_int_equal(fd_l4(p->s->now.fd), L4_UDP);
	assert_int_equal(p->s->now.fd->role, FD_ROLE_CLIENT);
	assert_sv(text_sv(p->s->now.fd->name), "10.0.0.9:12345->10.0.0.1:53");
	/* A read does not. */
	play(p, EV_SYSCALL_READ_X, 10, "qxqd", INT64_C(1), "x", 1, INT64_C(8), 1u);
	assert_null(p->s->now.fd);
	assert_int_equal(p->s->now.fd_num, 8);
}

static void a_unix_socket_is_named_by_its_ends(void **state)
{
	struct play *p = *state;

	open_socket(p, 3, 1, 1);
	play(p, EV_SOCKET_CONNECT_X, 10, "qxqx", INT64_C(0), TUN, 24, INT64_C(3), "\x01/run/x\0",
	     8);
	assert_sv(text_sv(p->s->now.fd->name), "10->20 /run/x");
	play(p, EV_SOCKET_SOCKETPAIR_X, 10, "qqqqqddd", INT64_C(0), INT64_C(5), INT64_C(6),
	     UINT64_C(0xa), UINT64_C(0xb), 1u, 1u, 0u);
	assert_int_equal(play_fd(p, 10, 5)->sock.un.source, 0xa);
	assert_int_equal(play_fd(p, 10, 6)->sock.un.dest, 0xb);
	assert_int_equal(p->s->now.fd_num, 6);
}

static void damaged_addresses_change_nothing(void **state)
{
	struct play *p = *state;

	open_socket(p, 3, 2, 1);
	for (int n = 0; n < 7; n++) {
		play(p, EV_SOCKET_BIND_X, 10, "qxq", INT64_C(0), A4, n, INT64_C(3));
		assert_null(play_fd(p, 10, 3)->name);
	}
	for (int n = 1; n < 13; n++) {
		play(p, EV_SOCKET_CONNECT_X, 10, "qxqx", INT64_C(0), T4, n, INT64_C(3), A4, 7);
		assert_null(play_fd(p, 10, 3)->name);
		play(p, EV_SOCKET_ACCEPT_5_X, 10, "qxbdd", INT64_C(9), T4, n, 0u, 0u, 0u);
		assert_null(play_fd(p, 10, 9));
	}
	/* A unix path without its NUL. */
	play(p, EV_SOCKET_BIND_X, 10, "qxq", INT64_C(0), "\x01/x", 3, INT64_C(3));
	assert_null(play_fd(p, 10, 3)->name);
}

static void listed_connections_turn_to_their_server(void **state)
{
	struct play *p = *state;
	struct fd_entry server = { .tid = 10,
				   .fd = 3,
				   .type = FD_IPV4_SERVSOCK,
				   .l4 = L4_TCP,
				   .sport = 80,
				   .sip = ip_from("\0\0\0\0", 4) };
	struct fd_entry conn = { .tid = 10,
				 .fd = 4,
				 .type = FD_IPV4_SOCK,
				 .l4 = L4_TCP,
				 .sip = ip_from("\x0a\0\0\1", 4),
				 .dip = ip_from("\x0a\0\0\2", 4),
				 .sport = 80,
				 .dport = 4000 };
	struct fd_entry out = conn;

	out.fd = 5;
	out.sport = 5000;
	PLAY_PROC(p, 10, 1, "www");
	/* The port is known even if its server comes last. */
	play_meta(p, (struct record){ .kind = RECORD_FD, .fd = conn });
	play_meta(p, (struct record){ .kind = RECORD_FD, .fd = out });
	play_meta(p, (struct record){ .kind = RECORD_FD, .fd = server });
	play(p, EV_DROP_E, -1, "d", 0u);
	assert_sv(text_sv(play_fd(p, 10, 3)->name), "0.0.0.0:80");
	assert_sv(text_sv(play_fd(p, 10, 4)->name), "10.0.0.2:4000->10.0.0.1:80");
	assert_int_equal(play_fd(p, 10, 4)->role, FD_ROLE_SERVER);
	assert_sv(text_sv(play_fd(p, 10, 5)->name), "10.0.0.1:5000->10.0.0.2:4000");
	assert_int_equal(play_fd(p, 10, 5)->role, FD_ROLE_CLIENT);
}

#define PLAY_TEST(f) cmocka_unit_test_setup_teardown(f, play_setup, play_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLAY_TEST(a_connect_makes_a_client),
		PLAY_TEST(the_address_at_the_enter_outranks_the_programs_memory),
		PLAY_TEST(an_ipv4_address_in_ipv6_clothes_is_ipv4),
		PLAY_TEST(a_bound_socket_is_a_server),
		PLAY_TEST(a_send_on_an_unknown_fd_makes_a_datagram_socket),
		PLAY_TEST(a_unix_socket_is_named_by_its_ends),
		PLAY_TEST(damaged_addresses_change_nothing),
		PLAY_TEST(listed_connections_turn_to_their_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
