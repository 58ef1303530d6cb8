/*
 * What differs between processors in the numbers of system calls and of their flags.  The eBPF
 * programs are for x86_64; the module and its user side are for what they are compiled for.
 */
#ifndef SAKER_MACHINE_H
#define SAKER_MACHINE_H

#if defined(__x86_64__) || defined(__bpf__)

/* Which columns of syscalls.def, and what 32-bit numbers are more than these say. */
#define MACHINE_NR      nr_x86_64
#define MACHINE_NR_32   nr_i386
#define MACHINE_ALIASES "drivers/ia32.def"
enum {
	MACHINE_O_DIRECT = 040000,
	MACHINE_O_LARGEFILE = 0100000,
	MACHINE_O_DIRECTORY = 0200000,
	MACHINE_PAGE_FAULTS = 1, /* are told by tracepoints, with the error as the schema has it */
};
/* Rows of convert.def whose numbers mean nothing, or something else, on other processors. */
#define X86_FLAG FLAG
#define X86_IS   IS

#elif defined(__aarch64__)

#define MACHINE_NR      nr_aarch64
#define MACHINE_NR_32   nr_arm
#define MACHINE_ALIASES "drivers/arm32.def"
enum {
	MACHINE_O_DIRECTORY = 040000,
	MACHINE_O_DIRECT = 0200000,
	MACHINE_O_LARGEFILE = 0400000,
	MACHINE_PAGE_FAULTS = 0,
};
#define X86_FLAG(symbol, kernel, portable)
#define X86_IS(symbol, kernel, portable)

#else
#error "the drivers know the system calls of x86_64 and aarch64"
#endif

#endif
