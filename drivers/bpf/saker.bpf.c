// SPDX-License-Identifier: GPL-2.0
/*
 * The programs.  sys_exit looks at the number of a system call, opens a record and hands it on to
 * the program of its event (capture.def: one program each, four for all seldom ones); system calls
 * without an event of their own it records itself.  The other hooks record one event each.
 */
#include "drivers/bpf/primitives.h"

#include "drivers/bpf/read.h"
#include "drivers/common/hooks.h"
#include "drivers/common/rows.h"

char saker_license[] SEC("license") = "GPL";

INLINE void set_args(struct wire_cpu *cpu, struct pt_regs *regs, __u64 shape)
{
	if (cpu->flags & WIRE_COMPAT) {
		cpu->args[0] = (__u32)regs->bx;
		cpu->args[1] = (__u32)regs->cx;
		cpu->args[2] = (__u32)regs->dx;
		cpu->args[3] = (__u32)regs->si;
		cpu->args[4] = (__u32)regs->di;
		cpu->args[5] = (__u32)regs->bp;
		if (shape & WIRE_SPLIT_POS)
			cpu->args[3] |= cpu->args[4] << 32;
		if (shape & WIRE_PAGES)
			cpu->args[5] <<= 12;
	} else {
		cpu->args[0] = regs->di;
		cpu->args[1] = regs->si;
		cpu->args[2] = regs->dx;
		cpu->args[3] = regs->r10;
		cpu->args[4] = regs->r8;
		cpu->args[5] = regs->r9;
	}
}

/* The arguments of a 32-bit call that has them in memory. */
INLINE void set_packed_args(struct wire_cpu *cpu, __u64 p)
{
	__u32 args[6] = { 0 };

	for (__u32 i = 0; i < 6; i++) {
		bpf_probe_read_user(&args[i], 4, (void *)(p + 4 * i));
		cpu->args[i] = args[i];
	}
}

INLINE bool excluded(__u64 ids)
{
	__u32 tgid = ids >> 32;

	for (__u32 i = 0; i < WIRE_EXCLUDED && i < settings.nexcluded; i++) {
		if (settings.excluded[i] == tgid)
			return true;
	}
	return false;
}

INLINE bool in_compat_call(void)
{
	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf)) {
		struct task_struct *task = bpf_get_current_task_btf();

		return task->thread_info.status & TS_COMPAT;
	}
	return PEEK(this_task(), thread_info.status) & TS_COMPAT;
}

/*
 * After an execve that changes the width of its process, the number belongs to the other table.
 * It returns 0 with all registers cleared, which none of these numbers does otherwise; the event
 * itself comes from sched_process_exec.
 */
INLINE bool after_execve(bool compat, __u64 nr, __s64 ret, struct pt_regs *regs)
{
	if (ret != 0 || regs->di || regs->si || regs->bx || regs->cx)
		return false;
	return compat ? nr == 59 || nr == 322 : nr == 11 || nr == 358;
}

INLINE const struct wire_call *call_of(__u64 nr, bool compat)
{
	__u64 i = compat ? WIRE_CALLS + nr : nr;

	if (nr >= WIRE_CALLS)
		return &settings.unknown;
	BOUND(i, 2 * WIRE_CALLS - 1);
	return &settings.calls[0][i];
}

/* What a socketcall is about. */
INLINE const struct wire_call *socketcall_of(struct pt_regs *regs)
{
	__u64 which = (__u32)regs->bx;

	if (which >= WIRE_SOCKET_CALLS)
		which = 0; /* means nothing either */
	BOUND(which, WIRE_SOCKET_CALLS - 1);
	return &settings.socketcalls[which];
}

/*
 * Another thread may change what a call was given while it runs.  So the paths and addresses that
 * matter most are taken from the kernel's own copy, where it uses them (path_used, address_used).  A
 * kernel that lets nobody look there has them read when the call begins (sys_enter), as close as one
 * can come to when it makes that copy.
 */

/* Where to keep what the call that has begun was given behind `from`; NULL: nobody wants it. */
INLINE struct entry *keep_for(const struct wire_call *call, __u64 from)
{
	enum { WANTED = WIRE_WANTED | WIRE_ENTRY };
	struct entry *e;

	if ((call->shape & WANTED) != WANTED || excluded(current_ids()))
		return NULL;
	e = entry_of_task(BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (e)
		e->from = from;
	return e;
}

INLINE __u64 given_pointer(const struct wire_call *call, struct pt_regs *regs, bool compat)
{
	if (given_arg(call->event) == 0)
		return compat ? (__u32)regs->bx : regs->di;
	return compat ? (__u32)regs->cx : regs->si;
}

SEC("tp_btf/sys_enter")
int sys_enter(__u64 *ctx) /* registers, number */
{
	struct pt_regs *regs = (void *)ctx[0];
	bool compat = in_compat_call();
	const struct wire_call *call = call_of(ctx[1], compat);
	__u64 from = given_pointer(call, regs, compat), len;
	struct entry *e = keep_for(call, from);
	long n;

	if (!e)
		return 0;
	if (call->event == EV_SOCKET_CONNECT_X) {
		len = less_of(regs->dx, GIVEN_ADDRESS_MAX);
		BOUND(len, 0xff);
		n = read_user(e->bytes, len, from) ? 0 : len;
	} else {
		n = read_user_text(e->bytes, ENTRY_MAX, from);
	}
	e->n = n > 0 ? n : 0;
	return 0;
}

/*
 * Other calls, io_uring and the kernel itself open files here too, the last also in the midst of
 * such a call: its path is what it points to, and the first that is used.
 */
SEC("fentry/do_filp_open")
int path_used(__u64 *ctx) /* directory, name, how */
{
	struct pt_regs *regs = (void *)bpf_task_pt_regs(bpf_get_current_task_btf());
	struct filename *name = (void *)ctx[1];
	bool compat = in_compat_call();
	const struct wire_call *call = call_of((__u32)regs->orig_ax, compat);
	__u64 from = given_pointer(call, regs, compat);
	struct entry *e;
	long n;

	if (call->event == EV_SOCKET_CONNECT_X ||
	    (bpf_core_field_exists(name->uptr) && (__u64)PEEK(name, uptr) != from))
		return 0;
	e = keep_for(call, from);
	if (!e || e->n)
		return 0;
	n = read_kernel_text(e->bytes, ENTRY_MAX, PEEK(name, name));
	e->n = n > 0 ? n : 0;
	return 0;
}

SEC("fentry/security_socket_connect")
int address_used(__u64 *ctx) /* socket, address, its length */
{
	struct pt_regs *regs = (void *)bpf_task_pt_regs(bpf_get_current_task_btf());
	bool compat = in_compat_call();
	const struct wire_call *call = call_of((__u32)regs->orig_ax, compat);
	__u64 from = 0, len = less_of((__u32)ctx[2], GIVEN_ADDRESS_MAX);
	struct entry *e;

	if (call->shape & WIRE_SOCKETCALL)
		call = socketcall_of(regs); /* its pointers are in memory, which may change */
	else
		from = given_pointer(call, regs, compat);
	if (call->event != EV_SOCKET_CONNECT_X)
		return 0;
	e = keep_for(call, from);
	if (!e || e->n)
		return 0;
	BOUND(len, 0xff);
	e->n = read_kernel(e->bytes, len, (void *)ctx[1]) ? 0 : len;
	return 0;
}

SEC("tp_btf/sys_exit")
int sys_exit(__u64 *ctx)
{
	struct pt_regs *regs = (void *)ctx[0];
	__s64 ret = ctx[1];
	__u64 nr = (__u32)regs->orig_ax, packed = 0, ids; /* the kernel ignores the upper half */
	bool compat = in_compat_call();
	const struct wire_call *call = call_of(nr, compat);
	struct wire_cpu *cpu;
	struct record r;
	__u32 event;

	if ((__s32)nr == -1)
		return 0; /* cancelled by a tracer or seccomp */
	if (call->shape & WIRE_OLD_MMAP)
		packed = (__u32)regs->bx;
	if (call->shape & WIRE_SOCKETCALL) {
		packed = (__u32)regs->cx;
		call = socketcall_of(regs);
	}
	if (!(call->shape & WIRE_WANTED) || ((call->shape & WIRE_FAILURES) && ret == 0) ||
	    after_execve(compat, nr, ret, regs))
		goto unrecorded;
	ids = current_ids();
	if (excluded(ids))
		goto unrecorded;
	cpu = this_cpu();
	if (!cpu || !open_record(&r, cpu, call->class & (WIRE_CLASSES - 1), ids))
		goto unrecorded;
	cpu->flags = compat ? WIRE_COMPAT : 0;
	event = call->event;
	if (event != EV_GENERIC_X) {
		cpu->ret = ret;
		cpu->shape = call->shape;
		cpu->event = event;
		cpu->index = 0;
		if (packed)
			set_packed_args(cpu, packed);
		else
			set_args(cpu, regs, call->shape);
		bpf_tail_call(ctx, &programs, event);
	}
	r.off = RECORD_HEAD + 2 * NPARAMS(GENERIC_X);
	r.n = 0;
	put_generic(&r, call->code, nr < WIRE_CALLS ? call->nr : nr);
	close_record(&r, EV_GENERIC_X, CLASS_GENERIC_X);
	return 0;
unrecorded:
	forget_entry(call);
	return 0;
}

/* --- one program per row of capture.def --- */

/* sendmmsg and recvmmsg give one event per message: go around again. */
INLINE void next_message(__u64 *ctx, struct record *r, __u32 event)
{
	struct wire_cpu *cpu = r->cpu;

	cpu->index++;
	if (cpu->index < MESSAGES && (__s64)cpu->index < cpu->ret &&
	    open_record(r, cpu, CLASS_SOCKET_SENDMMSG_X, current_ids()))
		bpf_tail_call(ctx, &programs, event);
}

#define CLOSE_EVENT(SYMBOL)                                                                        \
	do {                                                                                       \
		if (r->n != NPARAMS(SYMBOL))                                                       \
			wrong_number_of_parameters();                                              \
		close_record(r, EV_##SYMBOL, CLASS_##SYMBOL);                                      \
	} while (0)

#define SELDOM(SYMBOL, steps)
#define CAPTURE(SYMBOL, steps)                                                                     \
	SEC("tp_btf/sys_exit")                                                                     \
	int SYMBOL(__u64 *ctx)                                                                     \
	{                                                                                          \
		const __u8 *types = types_##SYMBOL;                                                \
		struct record record = { 0 }, *r = &record;                                        \
		struct opened opened = { 0 };                                                      \
                                                                                                   \
		(void)types;                                                                       \
		(void)opened;                                                                      \
		if (!resume_record(r, NPARAMS(SYMBOL)))                                            \
			return 0;                                                                  \
		steps;                                                                             \
		CLOSE_EVENT(SYMBOL);                                                               \
		if (EV_##SYMBOL == EV_SOCKET_SENDMMSG_X || EV_##SYMBOL == EV_SOCKET_RECVMMSG_X)    \
			next_message(ctx, r, EV_##SYMBOL);                                         \
		return 0;                                                                          \
	}
#include "drivers/capture.def"

/* --- four programs for the rows of seldom calls: the kernel takes them sooner --- */

#define CAPTURE(SYMBOL, steps)
#define SELDOM(SYMBOL, steps)                                                                      \
	case EV_##SYMBOL: {                                                                        \
		const __u8 *types = types_##SYMBOL;                                                \
                                                                                                   \
		(void)types;                                                                       \
		if (WIRE_FAMILY(CLASS_##SYMBOL) != which)                                          \
			break;                                                                     \
		r->off = RECORD_HEAD + 2 * NPARAMS(SYMBOL);                                        \
		steps;                                                                             \
		CLOSE_EVENT(SYMBOL);                                                               \
		break;                                                                             \
	}
INLINE int record_seldom(__u32 which)
{
	struct record record = { 0 }, *r = &record;
	struct opened opened = { 0 };

	if (!resume_record(r, 0))
		return 0;
	switch (r->cpu->event) {
#include "drivers/capture.def"
	}
	return 0;
}

#define SELDOM_PROGRAM(which)                                                                      \
	SEC("tp_btf/sys_exit")                                                                     \
	int seldom_##which(__u64 *ctx)                                                             \
	{                                                                                          \
		(void)ctx;                                                                         \
		return record_seldom(which);                                                       \
	}
SELDOM_PROGRAM(0)
SELDOM_PROGRAM(1)
SELDOM_PROGRAM(2)
SELDOM_PROGRAM(3)

/* --- the other hooks --- */

/* A record of a hook's own event, or NULL. */
INLINE struct record *open_event(struct record *r, __u32 wanted, __u32 class, __u32 nparams)
{
	__u64 ids = current_ids();
	struct wire_cpu *cpu;

	if (!wanted || excluded(ids))
		return NULL;
	cpu = this_cpu();
	if (!cpu || !open_record(r, cpu, class, ids))
		return NULL;
	cpu->flags = 0;
	r->off = RECORD_HEAD + 2 * nparams;
	r->n = 0;
	r->ret = 0;
	r->compat = false;
	return r;
}

#define OPEN_EVENT(SYMBOL, wanted) open_event(&record, wanted, CLASS_##SYMBOL, NPARAMS(SYMBOL))

SEC("tp_btf/sched_process_exec")
int sched_process_exec(__u64 *ctx) /* task, old pid, bprm */
{
	struct record record, *r;

	if (PEEK(this_task(), flags) & PF_KTHREAD)
		return 0;
	r = OPEN_EVENT(SYSCALL_EXECVE_19_X, settings.execs);
	if (!r)
		return 0;
	put_exec(r, (struct linux_binprm *)ctx[2]);
	CLOSE_EVENT(SYSCALL_EXECVE_19_X);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int sched_process_exit(__u64 *ctx) /* task */
{
	struct record record, *r = OPEN_EVENT(PROCEXIT_1_E, settings.process_exits);

	if (!r)
		return 0;
	put_exit(r, (struct task_struct *)ctx[0]);
	CLOSE_EVENT(PROCEXIT_1_E);
	return 0;
}

SEC("tp_btf/signal_deliver")
int signal_deliver(__u64 *ctx) /* signal, info, action */
{
	struct record record, *r = OPEN_EVENT(SIGNALDELIVER_E, settings.signals);

	if (!r)
		return 0;
	put_signal(r, ctx[0], (struct kernel_siginfo *)ctx[1], (__u32)current_ids());
	CLOSE_EVENT(SIGNALDELIVER_E);
	return 0;
}

INLINE int page_fault(__u64 *ctx) /* address, registers, error */
{
	struct wire_cpu *cpu = this_cpu();
	struct record record, *r;

	if (!cpu || cpu->busy)
		return 0; /* our own reading of user memory */
	r = OPEN_EVENT(PAGE_FAULT_E, settings.page_faults);
	if (!r)
		return 0;
	put_page_fault(r, ctx[0], PEEK((struct pt_regs *)ctx[1], ip), ctx[2]);
	CLOSE_EVENT(PAGE_FAULT_E);
	return 0;
}

SEC("tp_btf/page_fault_user")
int page_fault_user(__u64 *ctx)
{
	return page_fault(ctx);
}

SEC("tp_btf/page_fault_kernel")
int page_fault_kernel(__u64 *ctx)
{
	return page_fault(ctx);
}

SEC("tp_btf/sched_switch")
int sched_switch(__u64 *ctx) /* preempt, previous, next */
{
	struct record record, *r = OPEN_EVENT(SCHEDSWITCH_6_E, settings.switches);

	if (!r)
		return 0;
	put_switch(r, (struct task_struct *)ctx[1], (struct task_struct *)ctx[2]);
	CLOSE_EVENT(SCHEDSWITCH_6_E);
	return 0;
}
