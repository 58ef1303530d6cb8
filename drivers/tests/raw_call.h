/* System calls without a library in between, and what the schema says of them. */
#ifndef SAKER_DRIVERS_TESTS_RAW_CALL_H
#define SAKER_DRIVERS_TESTS_RAW_CALL_H

#include "drivers/machine.h"
#include "format/schema/schema.h"

/* A raw system call: what the kernel returned, -errno on failure. */
static inline long sys6(long nr, long a, long b, long c, long d, long e, long f)
{
#ifdef __x86_64__
	long ret;
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "0"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
#else
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc #0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
#endif
}

#ifdef __x86_64__
enum { CAN_CALL_32BIT = true };

/* A call of a 32-bit process, made from this one: five numbers of 32 bits. */
static inline long raw_call_32bit(long nr, long a, long b, long c, long d, long e)
{
	long ret;

	/* The kernel may clobber r8 to r11 on this path. */
	__asm__ volatile("int $0x80"
			 : "=a"(ret)
			 : "0"(nr), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
			 : "r8", "r9", "r10", "r11", "memory");
	return (int32_t)ret;
}
#else
enum { CAN_CALL_32BIT = false };
#define MAP_32BIT 0

static inline long raw_call_32bit(long nr, long a, long b, long c, long d, long e)
{
	(void)nr, (void)a, (void)b, (void)c, (void)d, (void)e;
	return -1;
}
#endif

/* The call of this processor's number, or NULL. */
static inline const struct syscall_desc *call_of_nr(long nr)
{
	for (uint32_t code = 1; code < SYSCALL_CODES; code++) {
		const struct syscall_desc *call = schema_syscall(code);

		if (call && call->MACHINE_NR >= 0 && call->MACHINE_NR == nr)
			return call;
	}
	return NULL;
}

#endif
