#include "capture/driver_calls.h"

#include "drivers/machine.h"

#include <linux/net.h>

/* What socketcall's first argument means (uapi/linux/net.h). */
static const struct {
	uint32_t number;
	const char *name;
} socketcalls[] = {
	{ SYS_SOCKET, "socket" },
	{ SYS_BIND, "bind" },
	{ SYS_CONNECT, "connect" },
	{ SYS_LISTEN, "listen" },
	{ SYS_ACCEPT, "accept" },
	{ SYS_GETSOCKNAME, "getsockname" },
	{ SYS_GETPEERNAME, "getpeername" },
	{ SYS_SOCKETPAIR, "socketpair" },
	{ SYS_SEND, "send" },
	{ SYS_RECV, "recv" },
	{ SYS_SENDTO, "sendto" },
	{ SYS_RECVFROM, "recvfrom" },
	{ SYS_SHUTDOWN, "shutdown" },
	{ SYS_SETSOCKOPT, "setsockopt" },
	{ SYS_GETSOCKOPT, "getsockopt" },
	{ SYS_SENDMSG, "sendmsg" },
	{ SYS_RECVMSG, "recvmsg" },
	{ SYS_ACCEPT4, "accept4" },
	{ SYS_RECVMMSG, "recvmmsg" },
	{ SYS_SENDMMSG, "sendmmsg" },
};

static const struct {
	uint32_t nr;
	const char *name;
	uint8_t shape;
} aliases[] = {
#define ALIAS(nr, name, shape) { nr, name, shape },
#include MACHINE_ALIASES
};

/* Stored at once, so that the driver never sees half of it. */
static void put(struct wire_call *slot, struct wire_call call)
{
	uint64_t v;

	_Static_assert(sizeof call == sizeof v, "one store");
	memcpy(&v, &call, sizeof v);
	__atomic_store_n((uint64_t *)(void *)slot, v, __ATOMIC_RELAXED);
}

/* The first that has a number keeps it. */
static void put_unless_taken(struct wire_call *calls, bool *taken, int nr, struct wire_call call)
{
	if (nr < 0 || nr >= WIRE_CALLS || taken[nr])
		return;
	put(&calls[nr], call);
	taken[nr] = true;
}

/* The rows of capture.def that have a GIVEN_TEXT or GIVEN_ADDRESS. */
static bool read_at_entry(uint32_t event)
{
	static const struct {
		uint16_t event;
		const char *steps;
	} rows[] = {
#define CAPTURE(SYMBOL, steps) { EV_##SYMBOL, #steps },
#include "drivers/capture.def"
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (rows[i].event == event)
			return strstr(rows[i].steps, "GIVEN_TEXT") ||
			       strstr(rows[i].steps, "GIVEN_ADDRESS");
	}
	return false;
}

static bool wants_entries(const struct wire_settings *s)
{
	for (uint32_t nr = 0; nr < WIRE_CALLS; nr++) {
		if ((s->calls[0][nr].shape & WIRE_WANTED) && (s->calls[0][nr].shape & WIRE_ENTRY))
			return true;
	}
	return false;
}

static struct wire_call call_of(const struct syscall_desc *call, const struct driver_set *set,
				uint32_t shape)
{
	/* Calls that no event carries are generic ones. */
	uint16_t event = call->exit_event ? call->exit_event : EV_GENERIC_X;

	if (driver_set_has(set, call->code))
		shape |= WIRE_WANTED;
	if (event == EV_SYSCALL_EXECVE_19_X || event == EV_SYSCALL_EXECVEAT_X)
		shape |= WIRE_FAILURES;
	if (read_at_entry(event))
		shape |= WIRE_ENTRY;
	return (struct wire_call){ .code = call->code,
				   .event = event,
				   .nr = (uint16_t)(call->nr_x86_64 < 0 ? 0 : call->nr_x86_64),
				   .class = schema_event(event)->category & EC_CLASS_MASK,
				   .shape = (uint8_t)shape };
}

/* The number is the only name of a call that nobody knows; but not one that x86_64 has given. */
static uint16_t unknown_nr(uint32_t nr)
{
	return schema_syscall_by_nr(nr) ? WIRE_NO_NR : (uint16_t)nr;
}

static bool wants_execs(const struct driver_set *set)
{
	const struct syscall_desc *execve = schema_syscall_by_name(SV("execve"));
	const struct syscall_desc *execveat = schema_syscall_by_name(SV("execveat"));

	return driver_set_has(set, execve->code) || driver_set_has(set, execveat->code);
}

void driver_calls_fill(struct wire_settings *s, const struct driver_set *set)
{
	struct wire_call unknown = call_of(schema_syscall(0), set, 0);
	bool taken[2][WIRE_CALLS] = { 0 };

	put(&s->unknown, unknown);
	for (uint32_t i = 0; i < WIRE_SOCKET_CALLS; i++)
		put(&s->socketcalls[i], unknown);
	for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++) {
		const struct syscall_desc *call = schema_syscall_by_name(sv_of(aliases[i].name));

		put_unless_taken(s->calls[1], taken[1], aliases[i].nr,
				 call_of(call, set, aliases[i].shape));
	}
	for (uint32_t code = 1; code < SYSCALL_CODES; code++) {
		const struct syscall_desc *call = schema_syscall(code);

		if (!call)
			continue;
		put_unless_taken(s->calls[0], taken[0], call->MACHINE_NR, call_of(call, set, 0));
		put_unless_taken(s->calls[1], taken[1], call->MACHINE_NR_32, call_of(call, set, 0));
	}
	for (uint32_t nr = 0; nr < WIRE_CALLS; nr++) {
		unknown.nr = unknown_nr(nr);
		put_unless_taken(s->calls[0], taken[0], (int)nr, unknown);
		put_unless_taken(s->calls[1], taken[1], (int)nr, unknown);
	}
	for (size_t i = 0; i < sizeof socketcalls / sizeof socketcalls[0]; i++) {
		const struct syscall_desc *call =
			schema_syscall_by_name(sv_of(socketcalls[i].name));

		put(&s->socketcalls[socketcalls[i].number], call_of(call, set, 0));
	}
	s->execs = wants_execs(set);
	s->process_exits = set->process_exits;
	s->signals = set->signals;
	s->page_faults = set->page_faults;
	s->switches = set->switches;
	s->entries = wants_entries(s);
}
