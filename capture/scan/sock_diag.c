#define _GNU_SOURCE
#include "capture/scan/sock_diag.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { ANSWER_MAX = 64 << 10, ANSWER_TIMEOUT_S = 2 };

static int protocol_of(uint8_t l4)
{
	return l4 == L4_TCP ? IPPROTO_TCP : l4 == L4_UDP ? IPPROTO_UDP : IPPROTO_RAW;
}

static bool ask(int fd, int family, uint8_t l4)
{
	struct {
		struct nlmsghdr head;
		struct inet_diag_req_v2 req;
	} msg = {
		.head = {
			.nlmsg_len = sizeof msg,
			.nlmsg_type = SOCK_DIAG_BY_FAMILY,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		},
		.req = {
			.sdiag_family = (uint8_t)family,
			.sdiag_protocol = (uint8_t)protocol_of(l4),
			.idiag_states = ~UINT32_C(0),
		},
	};

	return send(fd, &msg, sizeof msg, 0) == (ssize_t)sizeof msg;
}

static void take(struct sockets *s, const struct inet_diag_msg *m, uint8_t l4)
{
	struct socket_row *row = m->idiag_inode ? sockets_add(s, m->idiag_inode) : NULL;

	if (row)
		socket_set_ends(row, l4, m->idiag_family == AF_INET6 ? 16 : 4, m->id.idiag_src,
				ntohs(m->id.idiag_sport), m->id.idiag_dst,
				ntohs(m->id.idiag_dport));
}

enum answer { ANSWER_MORE, ANSWER_DONE, ANSWER_ERROR };

static enum answer read_answer(struct sockets *s, const char *p, size_t n, uint8_t l4)
{
	while (n >= sizeof(struct nlmsghdr)) {
		struct nlmsghdr head;
		struct inet_diag_msg body;

		memcpy(&head, p, sizeof head);
		if (head.nlmsg_len < sizeof head || head.nlmsg_len > n)
			return ANSWER_ERROR;
		if (head.nlmsg_type == NLMSG_DONE)
			return ANSWER_DONE;
		if (head.nlmsg_type == NLMSG_ERROR)
			return ANSWER_ERROR;
		if (head.nlmsg_len >= NLMSG_HDRLEN + sizeof body) {
			memcpy(&body, p + NLMSG_HDRLEN, sizeof body);
			take(s, &body, l4);
		}
		size_t step = NLMSG_ALIGN(head.nlmsg_len);
		if (step >= n)
			break;
		p += step;
		n -= step;
	}
	return ANSWER_MORE;
}

bool sock_diag_read(struct sockets *s, int family, uint8_t l4)
{
	struct timeval timeout = { .tv_sec = ANSWER_TIMEOUT_S };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	enum answer answer = ANSWER_ERROR;

	if (fd < 0)
		return false;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
	buf_clear(&s->scratch);
	if (buf_reserve(&s->scratch, ANSWER_MAX) && ask(fd, family, l4)) {
		do {
			ssize_t n = recv(fd, s->scratch.p, ANSWER_MAX, 0);

			answer = n > 0 ? read_answer(s, s->scratch.p, (size_t)n, l4) : ANSWER_ERROR;
		} while (answer == ANSWER_MORE);
	}
	close(fd);
	return answer == ANSWER_DONE;
}
