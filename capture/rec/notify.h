/* Telling the service manager how it goes (sd_notify's protocol, without its library). */
#ifndef SAKER_REC_NOTIFY_H
#define SAKER_REC_NOTIFY_H

#include <stdint.h>

struct notify {
	int fd;            /* -1: nobody wants to know */
	uint64_t every_ns; /* sign of life at least this often; 0: not wanted */
	uint64_t next_ns;  /* monotonic */
};

/* What is in $NOTIFY_SOCKET and $WATCHDOG_USEC; both may be NULL. */
void notify_open(struct notify *n, const char *socket_path, const char *watchdog_usec);
void notify_close(struct notify *n);
/* "READY=1\nSTATUS=..." */
void notify_send(const struct notify *n, const char *text);
/* A sign of life when it is time for one. */
void notify_alive(struct notify *n, uint64_t now_ns);

#endif
