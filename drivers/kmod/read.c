// SPDX-License-Identifier: GPL-2.0
#include <asm/word-at-a-time.h>

#include "drivers/kmod/primitives.h"

long read_kernel_bytes(void *to, __u32 n, const void *from)
{
	__u32 i = 0;

	if (!in_kernel(from, n))
		goto fail;
	for (; n - i >= 8; i += 8)
		load_kernel(*(__u64 *)(to + i), (const __u64 *)(from + i), fail);
	for (; i < n; i++)
		load_kernel(*(__u8 *)(to + i), (const __u8 *)(from + i), fail);
	return 0;
fail:
	memset(to, 0, n);
	return -EFAULT;
}

/*
 * raw_copy_from_user: what lies above it checks that `to` is an object of the right size, under a
 * lock of all CPUs where `to` is memory of vmalloc.  Rings are made for what is copied here.
 */
long read_user_bytes(void *to, __u32 n, unsigned long from)
{
	unsigned long left = n;

	if (user_range_ok(from, n)) {
		pagefault_disable();
		left = raw_copy_from_user(to, (const void __user *)from, n);
		pagefault_enable();
	}
	if (!left)
		return 0;
	memset(to, 0, n);
	return -EFAULT;
}

/*
 * Copy a text of at most max bytes, word by word and near its end or a fault byte by byte; LOAD(v,
 * p, label) reads a number.  Gives the bytes copied: the last is a NUL, or they are max.
 */
#define COPY_TEXT(to, max, from, LOAD, fault)                                                      \
	({                                                                                         \
		const struct word_at_a_time ones = WORD_AT_A_TIME_CONSTANTS;                       \
		unsigned long word, zero;                                                          \
		__u32 i = 0;                                                                       \
		char c;                                                                            \
                                                                                                   \
		for (; (max)-i >= sizeof(word); i += sizeof(word)) {                               \
			LOAD(word, (from) + i, bytes);                                             \
			*(unsigned long *)((to) + i) = word;                                       \
			if (has_zero(word, &zero, &ones)) {                                        \
				zero = prep_zero_mask(word, zero, &ones);                          \
				i += find_zero(create_zero_mask(zero)) + 1;                        \
				goto end;                                                          \
			}                                                                          \
		}                                                                                  \
	bytes:                                                                                     \
		while (i < (max)) {                                                                \
			LOAD(c, (from) + i, fault);                                                \
			(to)[i++] = c;                                                             \
			if (!c)                                                                    \
				break;                                                             \
		}                                                                                  \
	end:                                                                                       \
		i;                                                                                 \
	})

#define LOAD_KERNEL(v, p, label) load_kernel(v, (const typeof(v) *)(p), label)

long read_kernel_text_from(char *to, __u32 limit, unsigned long from)
{
	__u32 n;

	if (!limit || !in_kernel((const void *)from, limit))
		return -EFAULT;
	n = COPY_TEXT(to, limit, from, LOAD_KERNEL, fault);
	to[n - 1] = 0;
	return n;
fault:
	return -EFAULT;
}

#ifdef user_read_access_begin

#define LOAD_USER(v, p, label) unsafe_get_user(v, (const typeof(v) __user *)(p), label)

long read_user_text_from(char *to, __u32 limit, unsigned long from)
{
	__u32 n, max = limit;

	from = untagged_addr(from);
	if (!limit || from >= TASK_SIZE_MAX)
		return -EFAULT;
	if (max > TASK_SIZE_MAX - from)
		max = TASK_SIZE_MAX - from;
	pagefault_disable();
	if (!user_read_access_begin((const void __user *)from, max)) {
		pagefault_enable();
		return -EFAULT;
	}
	n = COPY_TEXT(to, max, from, LOAD_USER, fault);
	user_read_access_end();
	pagefault_enable();
	if (n < limit && to[n - 1])
		return -EFAULT; /* it runs into the end of the address space */
	to[n - 1] = 0;
	return n;
fault:
	user_read_access_end();
	pagefault_enable();
	return -EFAULT;
}

#else /* before 5.7: strncpy_from_user checks no more than is needed */

long read_user_text_from(char *to, __u32 limit, unsigned long from)
{
	long n;

	if (!limit)
		return -EFAULT;
	pagefault_disable();
	n = strncpy_from_user(to, (const char __user *)from, limit);
	pagefault_enable();
	if (n < 0)
		return -EFAULT;
	if (n == limit)
		to[--n] = 0;
	return n + 1;
}

#endif
