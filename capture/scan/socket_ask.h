/* A socket that is younger than the kernel's tables as they were read: asked itself, by a copy of
 * the fd for a moment. */
#ifndef SAKER_SOCKET_ASK_H
#define SAKER_SOCKET_ASK_H

#include "format/record.h"

/*
 * Fill the socket part of *fd for fd->fd of process pid; path (at least 128 bytes) holds a unix
 * socket's name.  False: it may not be asked (before Linux 5.6, or without CAP_SYS_PTRACE), it is
 * not the socket of inode ino any more, or it is of a kind that is not told.
 */
bool socket_ask(int64_t pid, uint64_t ino, struct fd_entry *fd, char *path);

#endif
