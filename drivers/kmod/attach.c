// SPDX-License-Identifier: GPL-2.0
/* Finding the hooks of this kernel, and attaching the probes to them. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/tracepoint.h>
/* Before the others: old ones leave TRACE_INCLUDE_FILE defined. */
#if __has_include(<asm/trace/exceptions.h>)
#include <asm/trace/exceptions.h>
#define PAGE_FAULTS_DECLARED
#elif __has_include(<trace/events/exceptions.h>)
#include <trace/events/exceptions.h>
#define PAGE_FAULTS_DECLARED
#endif
#include <trace/events/sched.h>
#include <trace/events/signal.h>
#include <trace/events/syscalls.h>

#include "drivers/kmod/entry.h"
#include "drivers/kmod/hooks.h"
#include "drivers/machine.h"

#define ALWAYS SIZE_MAX

static struct hook {
	const char *name;
	void *probe;
	size_t wanted; /* offset of a __u32 of the settings */
	struct tracepoint *tracepoint;
} hooks[] = {
	{ "sys_exit", on_sys_exit, ALWAYS }, /* forgets what others keep: before them */
	{ "sys_enter", on_sys_enter, offsetof(struct wire_settings, entries) },
	{ "sched_process_exec", on_exec, ALWAYS },
	{ "sched_process_exit", on_exit, ALWAYS },
#ifdef CHILDREN_MISS_SYS_EXIT
	{ "sched_process_fork", on_fork, ALWAYS },
#endif
	{ "signal_deliver", on_signal, ALWAYS },
	{ "page_fault_user", on_page_fault, offsetof(struct wire_settings, page_faults) },
	{ "page_fault_kernel", on_page_fault, offsetof(struct wire_settings, page_faults) },
	{ "sched_switch", on_switch, offsetof(struct wire_settings, switches) },
};

/* A kernel whose tracepoint passes something else must not compile. */
static void __maybe_unused check_probes(void)
{
	check_trace_callback_type_sys_enter(on_sys_enter);
	check_trace_callback_type_sys_exit(on_sys_exit);
	check_trace_callback_type_sched_process_exec(on_exec);
	check_trace_callback_type_sched_process_exit(on_exit);
#ifdef CHILDREN_MISS_SYS_EXIT
	check_trace_callback_type_sched_process_fork(on_fork);
#endif
	check_trace_callback_type_signal_deliver(on_signal);
	check_trace_callback_type_sched_switch(on_switch);
#ifdef PAGE_FAULTS_DECLARED
	check_trace_callback_type_page_fault_user(on_page_fault);
	check_trace_callback_type_page_fault_kernel(on_page_fault);
#endif
}

static void look_at(struct tracepoint *tp, void *unused)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(hooks); i++) {
		if (!MACHINE_PAGE_FAULTS && hooks[i].probe == (void *)on_page_fault)
			continue;
		if (strcmp(hooks[i].name, tp->name) == 0)
			hooks[i].tracepoint = tp;
	}
}

int hooks_find(void)
{
	size_t i;

	for_each_kernel_tracepoint(look_at, NULL);
	for (i = 0; i < ARRAY_SIZE(hooks); i++) {
		if (hooks[i].wanted == ALWAYS && !hooks[i].tracepoint) {
			pr_err("this kernel has no tracepoint %s\n", hooks[i].name);
			return -ENXIO;
		}
	}
	return 0;
}

static bool hook_is_wanted(const struct hook *hook, const struct session *s)
{
	if (hook->wanted == offsetof(struct wire_settings, entries) &&
	    s->layout.paths != WIRE_AT_ENTRY)
		return false;
	return hook->wanted == ALWAYS ||
	       READ_ONCE(*(const __u32 *)((const char *)s->settings + hook->wanted));
}

/* What uses paths and addresses, in the order of session->uses. */
static const struct kprobe uses[] = {
	{ .symbol_name = "do_filp_open", .pre_handler = on_path_used },
	{ .symbol_name = "security_socket_connect", .pre_handler = on_address_used },
};

static void detach_uses(struct session *s)
{
	size_t i;

	if (!s->uses_attached)
		return;
	for (i = 0; i < ARRAY_SIZE(uses); i++)
		unregister_kprobe(&s->uses[i]);
	s->uses_attached = false;
}

/* All or none; false: this kernel does not have them, or lets nobody probe them. */
static bool attach_uses(struct session *s)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(uses); i++) {
		s->uses[i] = uses[i];
		if (register_kprobe(&s->uses[i]) == 0)
			continue;
		while (i > 0)
			unregister_kprobe(&s->uses[--i]);
		return false;
	}
	s->uses_attached = true;
	return true;
}

static int attach_tracepoints(struct session *s)
{
	int error = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(hooks) && !error; i++) {
		struct hook *hook = &hooks[i];

		if ((s->attached & BIT(i)) || !hook_is_wanted(hook, s))
			continue;
		error = hook->tracepoint
				? tracepoint_probe_register(hook->tracepoint, hook->probe, s)
				: -ENXIO;
		if (!error)
			s->attached |= BIT(i);
	}
	return error;
}

int hooks_attach(struct session *s)
{
	int error = attach_tracepoints(s);

	if (!error && s->layout.paths == WIRE_AT_USE && READ_ONCE(s->settings->entries) &&
	    !s->uses_attached && !attach_uses(s)) {
		s->layout.paths = WIRE_AT_ENTRY;
		error = attach_tracepoints(s);
	}
	if (error) {
		hooks_detach(s);
		return error;
	}
	return s->layout.paths;
}

void hooks_detach(struct session *s)
{
	size_t i;

	if (!s->attached)
		return;
	detach_uses(s);
	for (i = 0; i < ARRAY_SIZE(hooks); i++) {
		if (!(s->attached & BIT(i)))
			continue;
		/* Before 5.11 this needs memory, and what stays registered must not be freed. */
		while (tracepoint_probe_unregister(hooks[i].tracepoint, hooks[i].probe, s) ==
		       -ENOMEM)
			msleep(20);
	}
	s->attached = 0;
	tracepoint_synchronize_unregister();
	if (s->entries) /* of calls whose end nobody sees */
		memset(s->entries->owners, 0, sizeof(s->entries->owners));
}
