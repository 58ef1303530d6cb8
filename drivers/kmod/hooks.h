/* SPDX-License-Identifier: GPL-2.0 */
/* The probes (hooks.c), for what attaches them (attach.c). */
#ifndef SAKER_KMOD_HOOKS_H
#define SAKER_KMOD_HOOKS_H

#include <linux/kprobes.h>

#include "drivers/kmod/compat.h"

/* Of tracepoints; data is the session. */
void on_sys_enter(void *data, SYS_ENTER_ARGS);
void on_sys_exit(void *data, SYS_EXIT_ARGS);
void on_exec(void *data, EXEC_ARGS);
void on_exit(void *data, EXIT_ARGS);
#ifdef CHILDREN_MISS_SYS_EXIT
void on_fork(void *data, FORK_ARGS);
#endif
void on_signal(void *data, SIGNAL_ARGS);
void on_switch(void *data, SWITCH_ARGS);
void on_page_fault(void *data, PAGE_FAULT_ARGS);

/* Of functions: a path, an address (session->uses). */
int on_path_used(struct kprobe *probe, struct pt_regs *at);
int on_address_used(struct kprobe *probe, struct pt_regs *at);

#endif
