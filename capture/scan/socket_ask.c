#define _GNU_SOURCE
#include "capture/scan/socket_ask.h"

#include "capture/scan/sockets.h"

#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_un un;
};

/* A copy of the fd; -1: none. */
static int copy_of(int64_t pid, int64_t fd)
{
	int process = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
	int copy = process < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, process, (int)fd, 0);

	if (process >= 0)
		close(process);
	return copy;
}

static int option(int socket, int name)
{
	int value = -1;
	socklen_t n = sizeof value;

	return getsockopt(socket, SOL_SOCKET, name, &value, &n) < 0 ? -1 : value;
}

static uint8_t l4_of(int protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return L4_TCP;
	case IPPROTO_UDP:
		return L4_UDP;
	default:
		return L4_RAW;
	}
}

static uint16_t port_of(const union address *a)
{
	return ntohs(a->any.sa_family == AF_INET ? a->v4.sin_port : a->v6.sin6_port);
}

static const void *ip_of(const union address *a)
{
	return a->any.sa_family == AF_INET ? (const void *)&a->v4.sin_addr
					   : (const void *)&a->v6.sin6_addr;
}

/* As in the tables: one that is neither bound nor connected is in none. */
static bool ask_ip(int socket, int family, struct fd_entry *fd)
{
	union address local = { 0 }, remote = { 0 };
	socklen_t n = sizeof local, m = sizeof remote;
	struct socket_row row = { 0 };

	if (getsockname(socket, &local.any, &n) < 0 || local.any.sa_family != family)
		return false;
	if (getpeername(socket, &remote.any, &m) < 0)
		remote.any.sa_family = (sa_family_t)family;
	if (port_of(&local) == 0 && port_of(&remote) == 0)
		return false;
	socket_set_ends(&row, l4_of(option(socket, SO_PROTOCOL)), family == AF_INET ? 4 : 16,
			ip_of(&local), port_of(&local), ip_of(&remote), port_of(&remote));
	socket_describe(&row, fd);
	return true;
}

/* The name as /proc/net/unix shows it: '@' for the NULs of an abstract one. */
static bool ask_unix(int socket, struct fd_entry *fd, char *path)
{
	union address a = { 0 };
	socklen_t n = sizeof a.un;
	size_t len = 0;

	if (getsockname(socket, &a.any, &n) < 0)
		return false;
	if (n > offsetof(struct sockaddr_un, sun_path))
		len = n - offsetof(struct sockaddr_un, sun_path);
	if (len > sizeof a.un.sun_path)
		len = sizeof a.un.sun_path;
	if (len && a.un.sun_path[0] != '\0')
		len = strnlen(a.un.sun_path, len);
	for (size_t i = 0; i < len; i++)
		path[i] = a.un.sun_path[i] ? a.un.sun_path[i] : '@';
	fd->type = FD_UNIX_SOCK;
	fd->name = (struct sv){ path, len };
	return true;
}

bool socket_ask(int64_t pid, uint64_t ino, struct fd_entry *fd, char *path)
{
	int socket = copy_of(pid, fd->fd);
	struct stat st;
	bool told = false;

	if (socket < 0)
		return false;
	if (fstat(socket, &st) == 0 && st.st_ino == ino) {
		int family = option(socket, SO_DOMAIN);

		if (family == AF_INET || family == AF_INET6)
			told = ask_ip(socket, family, fd);
		else if (family == AF_UNIX)
			told = ask_unix(socket, fd, path);
		else if (family == AF_NETLINK)
			told = (fd->type = FD_NETLINK) != 0;
	}
	close(socket);
	fd->ino = ino;
	return told;
}
