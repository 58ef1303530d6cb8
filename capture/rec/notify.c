#include "capture/rec/notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void notify_open(struct notify *n, const char *socket_path, const char *watchdog_usec)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t len = socket_path ? strlen(socket_path) : 0;

	*n = (struct notify){ .fd = -1 };
	if (len < 2 || len >= sizeof to.sun_path)
		return;
	memcpy(to.sun_path, socket_path, len);
	if (to.sun_path[0] == '@')
		to.sun_path[0] = '\0'; /* the abstract namespace */
	n->fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	if (n->fd < 0)
		return;
	if (connect(n->fd, (struct sockaddr *)&to,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) < 0) {
		notify_close(n);
		return;
	}
	if (watchdog_usec)
		n->every_ns = strtoull(watchdog_usec, NULL, 10) * 1000 / 2;
}

void notify_close(struct notify *n)
{
	if (n->fd >= 0)
		close(n->fd);
	n->fd = -1;
}

void notify_send(const struct notify *n, const char *text)
{
	if (n->fd >= 0)
		(void)!send(n->fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void notify_alive(struct notify *n, uint64_t now_ns)
{
	if (n->every_ns == 0 || now_ns < n->next_ns)
		return;
	n->next_ns = now_ns + n->every_ns;
	notify_send(n, "WATCHDOG=1");
}
