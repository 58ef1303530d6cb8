/* IP sockets of this process's network namespace, asked over netlink: faster than text where there
 * are many, and exact where the kernel prints them while they change. */
#ifndef SAKER_SOCK_DIAG_H
#define SAKER_SOCK_DIAG_H

#include "capture/scan/sockets.h"

/*
 * All sockets of this family (AF_INET, AF_INET6) and protocol; false: the kernel cannot tell them.
 */
bool sock_diag_read(struct sockets *s, int family, uint8_t l4);

#endif
