// SPDX-License-Identifier: GPL-2.0
/*
 * The probes.  sys_exit looks at the number of a system call, opens a record and lets the function
 * of its event (capture.def, one each) fill it; the other hooks record one event each.
 */
#include <linux/nospec.h>

#include "drivers/kmod/hooks.h"
#include "drivers/kmod/read.h"
#include "drivers/kmod/record.h"

#include "drivers/common/hooks.h"
#include "drivers/common/rows.h"

/* --- one function per row of capture.def --- */

/* The eBPF programs do not compile where a row gives too few or too many parameters; one check will
 * do. */
#define CAPTURE(SYMBOL, steps)                                                                     \
	static noinline void row_##SYMBOL(const struct record *opened_record)                      \
	{                                                                                          \
		const __u8 *types = types_##SYMBOL;                                                \
		struct record record = *opened_record, *r = &record;                               \
		struct opened opened = { 0 };                                                      \
                                                                                                   \
		(void)types;                                                                       \
		(void)opened;                                                                      \
		r->off = RECORD_HEAD + 2 * NPARAMS(SYMBOL);                                        \
		r->n = 0;                                                                          \
		steps;                                                                             \
		close_record(r, EV_##SYMBOL, CLASS_##SYMBOL);                                      \
	}
#include "drivers/capture.def"

static void (*const rows[WIRE_PROGRAMS])(const struct record *r) = {
#define CAPTURE(SYMBOL, steps) [EV_##SYMBOL] = row_##SYMBOL,
#include "drivers/capture.def"
};

/* --- system calls --- */

union call_word {
	struct wire_call call;
	__u64 word;
};

/* The reader may change it under us: load it once. */
INLINE struct wire_call load_call(const struct wire_call *from)
{
	BUILD_BUG_ON(sizeof(struct wire_call) != sizeof(__u64));
	return ((union call_word){ .word = READ_ONCE(*(const __u64 *)from) }).call;
}

static bool excluded(const struct wire_settings *settings, const struct task_struct *task)
{
	__u32 n = READ_ONCE(settings->nexcluded), i;

	for (i = 0; i < WIRE_EXCLUDED && i < n; i++) {
		if (READ_ONCE(settings->excluded[i]) == (__u32)task->tgid)
			return true;
	}
	return false;
}

/* Arguments of a 32-bit call are 32 bits wide, and sometimes not what they seem (wire.h). */
INLINE void get_args(struct pt_regs *regs, bool compat, __u32 shape, __u64 *args)
{
	unsigned long raw[6];
	__u32 i;

#if SINCE(5, 1)
	syscall_get_arguments(current, regs, raw);
#else
	syscall_get_arguments(current, regs, 0, 6, raw);
#endif
	for (i = 0; i < 6; i++)
		args[i] = compat ? (__u32)raw[i] : raw[i];
	if (!compat)
		return;
	if ((shape & WIRE_PAIR_POS) == WIRE_PAIR_POS)
		args[3] = args[4] | args[5] << 32;
	else if (shape & WIRE_SPLIT_POS)
		args[3] |= args[4] << 32;
	else if (shape & WIRE_PAGES)
		args[5] <<= 12;
}

/* The arguments of a 32-bit call that has them in memory. */
static void set_packed_args(struct wire_cpu *cpu, __u64 p)
{
	__u32 args[6] = { 0 }, i;

	for (i = 0; i < 6; i++) {
		read_user(&args[i], 4, p + 4 * i);
		cpu->args[i] = args[i];
	}
}

/*
 * After an execve that changes the width of its process, the number belongs to the other table.
 * It returns 0 with all registers cleared, which none of these numbers does otherwise; the event
 * itself comes from sched_process_exec.
 */
INLINE bool after_execve(bool compat, __u32 nr, long ret, struct pt_regs *regs)
{
#ifdef CONFIG_X86_64
	if (ret != 0 || regs->di || regs->si || regs->bx || regs->cx)
		return false;
	return compat ? nr == 59 || nr == 322 : nr == 11 || nr == 358;
#else
	return false;
#endif
}

INLINE __u32 first_arg(struct pt_regs *regs, __u32 n)
{
#ifdef CONFIG_X86_64
	return n == 0 ? regs->bx : regs->cx;
#else
	return 0; /* socketcall and the old mmap are i386's */
#endif
}

static void record_generic(struct record *r, __u32 code, __u32 nr)
{
	r->off = RECORD_HEAD + 2 * NPARAMS(GENERIC_X);
	put_generic(r, code, nr);
	close_record(r, EV_GENERIC_X, CLASS_GENERIC_X);
}

/* sendmmsg and recvmmsg give one event per message. */
static bool next_message(struct record *r, struct session *s, const struct wire_call *call)
{
	struct wire_cpu *cpu = r->cpu;
	__u32 flags = cpu->flags;

	if (call->event != EV_SOCKET_SENDMMSG_X && call->event != EV_SOCKET_RECVMMSG_X)
		return false;
	cpu->index++;
	if (cpu->index >= MESSAGES || (__s64)cpu->index >= cpu->ret ||
	    !open_record(r, s, call->class))
		return false;
	cpu->flags = flags;
	return true;
}

static void record_call(struct session *s, struct pt_regs *regs, __u32 nr, long ret, bool compat,
			const struct wire_call *call, __u64 packed, const struct entry *entry)
{
	struct wire_cpu *cpu;
	struct record r;

	if (!open_record(&r, s, call->class))
		return;
	cpu = r.cpu;
	this_cpu_ptr(s->percpu)->entry = entry;
	cpu->flags = compat ? WIRE_COMPAT : 0;
	if (call->event >= WIRE_PROGRAMS || !rows[call->event]) {
		record_generic(&r, call->code, nr < WIRE_CALLS ? call->nr : far_number(nr));
		return;
	}
	cpu->ret = ret;
	cpu->shape = call->shape;
	cpu->index = 0;
	if (packed)
		set_packed_args(cpu, packed);
	else
		get_args(regs, compat, call->shape, cpu->args);
	do {
		r.ret = ret;
		r.compat = compat;
		rows[call->event](&r);
	} while (next_message(&r, s, call));
}

INLINE struct wire_call call_of(const struct wire_settings *settings, __u32 nr, bool compat)
{
	if (nr >= WIRE_CALLS)
		return load_call(&settings->unknown);
	return load_call(&settings->calls[compat][array_index_nospec(nr, WIRE_CALLS)]);
}

/* --- children --- */

#ifdef CHILDREN_MISS_SYS_EXIT

INLINE bool is_birth(const struct wire_call *call)
{
	return call->event == EV_SYSCALL_CLONE_20_X || call->event == EV_SYSCALL_CLONE3_X ||
	       call->event == EV_SYSCALL_FORK_20_X || call->event == EV_SYSCALL_VFORK_20_X;
}

/* What a child would record of its return from the call that made it. */
void on_fork(void *data, FORK_ARGS)
{
	struct session *s = data;
	struct pt_regs *regs = task_pt_regs(current);
	bool compat = in_compat_call();
	struct wire_call call = call_of(s->settings, syscall_get_nr(current, regs), compat);
	struct record r;

	if ((current->flags & PF_KTHREAD) || !is_birth(&call) || !(call.shape & WIRE_WANTED) ||
	    excluded(s->settings, child))
		return;
	preempt_disable_notrace();
	if (open_record(&r, s, call.class)) {
		((struct wire_record *)r.at)->tid = child->pid;
		r.off = RECORD_HEAD + 2 * NPARAMS(SYSCALL_CLONE_20_X);
		r.compat = compat;
		r.cpu->flags = compat ? WIRE_COMPAT : 0;
		get_args(regs, compat, call.shape, r.cpu->args);
		put_child(&r, child, call.event);
		close_record(&r, call.event, call.class);
	}
	preempt_enable_notrace();
}

/* Should a kernel let children come by after all. */
INLINE bool told_by_parent(const struct wire_call *call, long ret)
{
	return ret == 0 && is_birth(call);
}

#else

INLINE bool told_by_parent(const struct wire_call *call, long ret)
{
	return false;
}

#endif

/* --- the beginning and the end of calls --- */

/* What socketcall's first argument chooses. */
static struct wire_call socketcall_of(const struct wire_settings *settings, struct pt_regs *regs)
{
	__u32 which = first_arg(regs, 0);

	if (which >= WIRE_SOCKET_CALLS)
		which = 0; /* means nothing either */
	return load_call(&settings->socketcalls[array_index_nospec(which, WIRE_SOCKET_CALLS)]);
}

/*
 * Another thread may change what a call was given while it runs.  So the paths and addresses that
 * matter most are taken from the kernel's own copy, where it uses them (on_path_used,
 * on_address_used).  Where nothing can be hooked there, they are read when the call begins, as close
 * as one can come to when it makes that copy.
 */

/* Where to keep what the call that has begun was given, or NULL: nobody wants it. */
static struct entry *keep_for(struct session *s, const struct wire_call *call)
{
	enum { WANTED = WIRE_WANTED | WIRE_ENTRY };

	if ((call->shape & WANTED) != WANTED || excluded(s->settings, current))
		return NULL;
	return entry_claim(s->entries);
}

void on_sys_enter(void *data, SYS_ENTER_ARGS)
{
	struct session *s = data;
	bool compat = in_compat_call();
	struct wire_call call = call_of(s->settings, nr, compat);
	struct entry *entry = keep_for(s, &call);
	__u64 args[6];
	long n;

	if (!entry)
		return;
	get_args(regs, compat, call.shape, args);
	entry->from = args[given_arg(call.event)];
	if (call.event == EV_SOCKET_CONNECT_X) {
		n = less_of(args[2], GIVEN_ADDRESS_MAX);
		if (read_user(entry->bytes, n, entry->from))
			n = 0;
	} else {
		n = read_user_text(entry->bytes, sizeof(entry->bytes), entry->from);
	}
	entry->n = n > 0 ? n : 0;
}

/*
 * Other calls, io_uring and the kernel itself open files there too, the last also in the midst of
 * such a call: its path is what it points to, and the first that is used.
 */
int on_path_used(struct kprobe *probe, struct pt_regs *at) /* directory, name, how */
{
	struct session *s = container_of(probe, struct session, uses[0]);
	const struct filename *name = (const struct filename *)FUNCTION_ARG_1(at);
	struct pt_regs *regs = current_pt_regs();
	bool compat = in_compat_call();
	struct wire_call call = call_of(s->settings, syscall_get_nr(current, regs), compat);
	struct entry *entry;
	__u64 args[6], from;
	long n;

	if (!(call.shape & WIRE_ENTRY) || call.event == EV_SOCKET_CONNECT_X)
		return 0;
	get_args(regs, compat, call.shape, args);
	from = args[given_arg(call.event)];
	entry = IS_COPY_OF(name, from) ? keep_for(s, &call) : NULL;
	if (!entry || entry->n)
		return 0;
	n = read_kernel_text(entry->bytes, sizeof(entry->bytes), PEEK(name, name));
	entry->from = from;
	entry->n = n > 0 ? n : 0;
	return 0;
}

int on_address_used(struct kprobe *probe, struct pt_regs *at) /* socket, address, length */
{
	struct session *s = container_of(probe, struct session, uses[1]);
	struct pt_regs *regs = current_pt_regs();
	bool compat = in_compat_call();
	struct wire_call call = call_of(s->settings, syscall_get_nr(current, regs), compat);
	__u32 n = less_of((__u32)FUNCTION_ARG_2(at), GIVEN_ADDRESS_MAX);
	struct entry *entry;
	__u64 args[6] = { 0 };

	if (call.shape & WIRE_SOCKETCALL)
		call = socketcall_of(s->settings, regs); /* its pointers are in memory, which may change */
	else
		get_args(regs, compat, call.shape, args);
	entry = call.event == EV_SOCKET_CONNECT_X ? keep_for(s, &call) : NULL;
	if (!entry || entry->n)
		return 0;
	entry->from = args[given_arg(call.event)];
	entry->n = read_kernel(entry->bytes, n, (const void *)FUNCTION_ARG_1(at)) ? 0 : n;
	return 0;
}

void on_sys_exit(void *data, SYS_EXIT_ARGS)
{
	struct session *s = data;
	const struct wire_settings *settings = s->settings;
	__u32 nr = syscall_get_nr(current, regs);
	bool compat = in_compat_call();
	struct entry *entry = NULL;
	struct wire_call call;
	__u64 packed = 0;

	if (nr == (__u32)-1)
		return; /* cancelled by a tracer or seccomp */
	ret = call_result(ret, compat);
	call = call_of(settings, nr, compat);
	if (call.shape & WIRE_OLD_MMAP)
		packed = first_arg(regs, 0);
	if (call.shape & WIRE_SOCKETCALL) {
		packed = first_arg(regs, 1);
		call = socketcall_of(settings, regs);
	}
	if ((call.shape & WIRE_ENTRY) && s->entries)
		entry = entry_find(s->entries);
	if ((call.shape & WIRE_WANTED) && !((call.shape & WIRE_FAILURES) && ret == 0) &&
	    !after_execve(compat, nr, ret, regs) && !told_by_parent(&call, ret) &&
	    !excluded(settings, current)) {
		preempt_disable_notrace();
		record_call(s, regs, nr, ret, compat, &call, packed, entry);
		preempt_enable_notrace();
	}
	entry_release(s->entries, entry);
}

/* --- the other hooks --- */

/* Begin a hook's own event, with preemption off; false: it is not wanted, or lost. */
static bool open_event(struct record *r, struct session *s, const __u32 *wanted, __u32 class,
		       __u32 nparams)
{
	if (!READ_ONCE(*wanted) || excluded(s->settings, current))
		return false;
	preempt_disable_notrace();
	if (open_record(r, s, class)) {
		r->off = RECORD_HEAD + 2 * nparams;
		return true;
	}
	preempt_enable_notrace();
	return false;
}

#define OPEN_EVENT(SYMBOL, wanted)                                                                 \
	open_event(&r, s, &s->settings->wanted, CLASS_##SYMBOL, NPARAMS(SYMBOL))
#define CLOSE_EVENT(SYMBOL)                                                                        \
	do {                                                                                       \
		close_record(&r, EV_##SYMBOL, CLASS_##SYMBOL);                                     \
		preempt_enable_notrace();                                                          \
	} while (0)

void on_exec(void *data, EXEC_ARGS)
{
	struct session *s = data;
	struct record r;

	if ((current->flags & PF_KTHREAD) || !OPEN_EVENT(SYSCALL_EXECVE_19_X, execs))
		return;
	put_exec(&r, bprm);
	CLOSE_EVENT(SYSCALL_EXECVE_19_X);
}

void on_exit(void *data, EXIT_ARGS)
{
	struct session *s = data;
	struct record r;

	if (s->entries) /* killed in a call */
		entry_release(s->entries, entry_find(s->entries));
	if (!OPEN_EVENT(PROCEXIT_1_E, process_exits))
		return;
	rcu_read_lock(); /* keeps the ancestors of the task and what signals they share */
	put_exit(&r, task);
	rcu_read_unlock();
	CLOSE_EVENT(PROCEXIT_1_E);
}

void on_signal(void *data, SIGNAL_ARGS)
{
	struct session *s = data;
	struct record r;

	if (!OPEN_EVENT(SIGNALDELIVER_E, signals))
		return;
	put_signal(&r, sig, info, current->pid);
	CLOSE_EVENT(SIGNALDELIVER_E);
}

void on_switch(void *data, SWITCH_ARGS)
{
	struct session *s = data;
	struct record r;

	if (!OPEN_EVENT(SCHEDSWITCH_6_E, switches))
		return;
	put_switch(&r, prev, next);
	CLOSE_EVENT(SCHEDSWITCH_6_E);
}

void on_page_fault(void *data, PAGE_FAULT_ARGS)
{
	struct session *s = data;
	struct record r;

	if (raw_cpu_ptr(s->percpu)->own.busy)
		return; /* our own reading of user memory */
	if (!OPEN_EVENT(PAGE_FAULT_E, page_faults))
		return;
	put_page_fault(&r, address, instruction_pointer(regs), error);
	CLOSE_EVENT(PAGE_FAULT_E);
}
