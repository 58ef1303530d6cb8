/* Every pointer argument that is captured, and every pointer that leads nowhere good. */
#include "drivers/tests/kmod/calls.h"
#include "drivers/tests/kmod/hostile.h"
#include "drivers/tests/raw_call.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/uio.h>

enum { ROUNDS = 2, RACE_ROUNDS = 12, PAGES = 4, PAGE = 4096 };

static void make_calls(struct call_book *book)
{
	struct hostile pointers[HOSTILE_MAX];
	struct call_target targets[TARGETS_MAX];
	uint32_t ntargets = call_targets(targets), npointers;
	struct call_room room;

	call_room_init(&room, 7);
	npointers = hostile_pointers(pointers);
	for (uint32_t i = 0; i < ntargets * 6; i++) {
		const struct call_target *target = &targets[i / 6];
		int arg = (int)(i % 6);

		if (!(pointer_args(target->row) >> arg & 1))
			continue;
		for (uint32_t k = 0; k < npointers * ROUNDS; k++) {
			const struct hostile *h = &pointers[k / ROUNDS];
			bool compat =
				k % ROUNDS && call_can_be_32bit(target, arg) && h->p <= UINT32_MAX;

			call_make(&room, book, target, arg, h->p, h->name, h->unreadable, compat);
		}
	}
}

void torture_pointers(struct torture *t)
{
	struct call_target targets[TARGETS_MAX];
	uint32_t n = call_targets(targets), args = 0;

	for (uint32_t i = 0; i < n; i++)
		args += (uint32_t)__builtin_popcount(pointer_args(targets[i].row));
	figure("%u pointer arguments of %u system calls are captured", args, n);
	check(t, n > (CAN_CALL_32BIT ? 70 : 60), "only %u system calls with pointers", n);
	calls_check(t, "hostile pointers", make_calls);
}

/* --- races --- */

/* What a pointer leads to, changing all the time. */
static char *contested;

static void fill_contested(unsigned i)
{
	static const uint64_t bad[] = { 0, 1, 0x8000000000000000, 0xffffffff81000000, UINT64_MAX };
	uint64_t *words = (uint64_t *)(void *)contested;

	switch (i % 4) {
	case 0:
		memcpy(contested, "./some-file", 12);
		break;
	case 1:
		memset(contested, 'x', (PAGES - 1) * PAGE);
		break;
	default:
		for (uint32_t k = 0; k < PAGE / sizeof *words; k++)
			words[k] = k % 2   ? i % 97
				   : k % 4 ? bad[(k + i) % 5]
					   : (uint64_t)(uintptr_t)contested;
	}
}

static void *contest(void *arg)
{
	const size_t bytes = PAGES * PAGE;

	(void)arg;
	for (unsigned i = 0;; i++) {
		mmap(contested, bytes, PROT_READ | PROT_WRITE,
		     MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		for (unsigned k = 0; k < 40; k++)
			fill_contested(i + k);
		mprotect(contested + PAGE, PAGE, PROT_NONE);
		madvise(contested, PAGE, MADV_DONTNEED);
		fill_contested(i * 4);
		mprotect(contested, PAGE, PROT_READ);
		mprotect(contested, bytes, PROT_NONE);
		munmap(contested, bytes);
	}
	return NULL;
}

static void make_contested_calls(struct call_book *book)
{
	static const uint32_t offsets[] = { 0, 8, PAGE - 12, PAGE - 100 };
	struct call_target targets[TARGETS_MAX];
	uint32_t ntargets = call_targets(targets);
	struct call_room room;
	pthread_t thread;

	call_room_init(&room, 11);
	friendly_pointer();
	contested = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	if (contested == MAP_FAILED || pthread_create(&thread, NULL, contest, NULL) != 0)
		return;
	for (uint32_t i = 0; i < ntargets * 6; i++) {
		const struct call_target *target = &targets[i / 6];
		int arg = (int)(i % 6);

		if (!(pointer_args(target->row) >> arg & 1))
			continue;
		for (uint32_t k = 0; k < RACE_ROUNDS; k++) {
			uint64_t p = (uint64_t)(uintptr_t)contested + offsets[k % 4];
			bool compat = k % 3 == 2 && call_can_be_32bit(target, arg);

			call_make(&room, book, target, arg, p, "changing", false, compat);
		}
	}
}

void torture_races(struct torture *t)
{
	calls_check(t, "racing pointers", make_contested_calls);
}
