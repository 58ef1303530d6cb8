#include "engine/state/fd.h"

static const struct {
	char typechar;
	const char *name;
} kinds[FD_TYPE_COUNT] = {
	[FD_UNKNOWN] = { 'o', NULL },
	[FD_FILE] = { 'f', "file" },
	[FD_DIRECTORY] = { 'd', "directory" },
	[FD_IPV4_SOCK] = { '4', "ipv4" },
	[FD_IPV6_SOCK] = { '6', "ipv6" },
	[FD_IPV4_SERVSOCK] = { '4', "ipv4" },
	[FD_IPV6_SERVSOCK] = { '6', "ipv6" },
	[FD_FIFO] = { 'p', "pipe" },
	[FD_UNIX_SOCK] = { 'u', "unix" },
	[FD_EVENT] = { 'e', "event" },
	[FD_UNSUPPORTED] = { 'X', NULL },
	[FD_SIGNALFD] = { 's', "signalfd" },
	[FD_EVENTPOLL] = { 'l', "eventpoll" },
	[FD_INOTIFY] = { 'i', "inotify" },
	[FD_TIMERFD] = { 't', "timerfd" },
	[FD_NETLINK] = { 'n', "netlink" },
	[FD_FILE_V2] = { 'f', "file" },
	[FD_BPF] = { 'b', "bpf" },
	[FD_USERFAULTFD] = { 'u', "userfaultfd" },
	[FD_IOURING] = { 'r', "io_uring" },
	[FD_MEMFD] = { 'm', "memfd" },
	[FD_PIDFD] = { 'P', "pidfd" },
};

char fd_typechar(uint8_t type)
{
	return type < FD_TYPE_COUNT ? kinds[type].typechar : '?';
}

const char *fd_type_name(uint8_t type)
{
	return type < FD_TYPE_COUNT ? kinds[type].name : NULL;
}

bool fd_ends(const struct fd *f, struct fd_ends *out)
{
	const union fd_sock *s = &f->sock;

	if (f->type == FD_IPV4_SOCK)
		*out = (struct fd_ends){ ip_from(s->v4.sip, 4), ip_from(s->v4.dip, 4), s->v4.sport,
					 s->v4.dport };
	else if (f->type == FD_IPV6_SOCK)
		*out = (struct fd_ends){ ip_from(s->v6.sip, 16), ip_from(s->v6.dip, 16),
					 s->v6.sport, s->v6.dport };
	else
		return false;
	return true;
}

bool fd_bound(const struct fd *f, struct ip *ip, uint16_t *port)
{
	if (f->type == FD_IPV4_SERVSOCK) {
		*ip = ip_from(f->sock.v4_server.ip, 4);
		*port = f->sock.v4_server.port;
	} else if (f->type == FD_IPV6_SERVSOCK) {
		*ip = ip_from(f->sock.v6_server.ip, 16);
		*port = f->sock.v6_server.port;
	} else {
		return false;
	}
	return true;
}

enum l4_proto fd_l4(const struct fd *f)
{
	uint8_t l4;

	switch (f->type) {
	case FD_IPV4_SERVSOCK:
		return f->sock.v4_server.l4;
	case FD_IPV6_SERVSOCK:
		return f->sock.v6_server.l4;
	case FD_IPV4_SOCK:
		l4 = f->sock.v4.l4;
		break;
	case FD_IPV6_SOCK:
		l4 = f->sock.v6.l4;
		break;
	default:
		return L4_NA;
	}
	return l4 == L4_RAW || f->role != FD_ROLE_NONE ? l4 : L4_NA;
}
