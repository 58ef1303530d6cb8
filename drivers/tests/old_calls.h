/*
 * System calls that processors since 2012 do without: there the tests make number -1 of them, which
 * no kernel has, expect nothing of it, and do what they need of it with a younger call.
 */
#ifndef SAKER_DRIVERS_TESTS_OLD_CALLS_H
#define SAKER_DRIVERS_TESTS_OLD_CALLS_H

#include <sys/syscall.h>

enum { NO_CALL = -1 };

#ifndef __x86_64__
#define SYS_open         NO_CALL
#define SYS_creat        NO_CALL
#define SYS_stat         NO_CALL
#define SYS_lstat        NO_CALL
#define SYS_access       NO_CALL
#define SYS_mkdir        NO_CALL
#define SYS_getdents     NO_CALL
#define SYS_rmdir        NO_CALL
#define SYS_rename       NO_CALL
#define SYS_link         NO_CALL
#define SYS_symlink      NO_CALL
#define SYS_unlink       NO_CALL
#define SYS_chmod        NO_CALL
#define SYS_chown        NO_CALL
#define SYS_lchown       NO_CALL
#define SYS_mknod        NO_CALL
#define SYS_dup2         NO_CALL
#define SYS_pipe         NO_CALL
#define SYS_eventfd      NO_CALL
#define SYS_signalfd     NO_CALL
#define SYS_inotify_init NO_CALL
#define SYS_epoll_create NO_CALL
#define SYS_epoll_wait   NO_CALL
#define SYS_poll         NO_CALL
#define SYS_select       NO_CALL
#define SYS_fork         NO_CALL
#define SYS_vfork        NO_CALL
#endif

#endif
