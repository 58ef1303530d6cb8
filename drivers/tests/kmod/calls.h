/*
 * Making system calls with bad pointers in a child, and comparing what the driver says of them with
 * what the child knows.
 */
#ifndef SAKER_DRIVERS_TESTS_KMOD_CALLS_H
#define SAKER_DRIVERS_TESTS_KMOD_CALLS_H

#include "drivers/tests/kmod/pointer_args.h"
#include "drivers/tests/kmod/torture.h"

enum { CALLS_MAX = 60000, CALL_MARK = -1000000 };

/* What the child noted of a call; the driver saw close(CALL_MARK - its number) before it. */
struct call_note {
	const struct pointer_row *row;
	const struct syscall_desc *desc;
	const char *pointer; /* what was wrong with it */
	int64_t ret;
	int8_t arg;      /* that had it */
	bool unreadable; /* that argument must leave its parameter empty */
	bool compat;     /* a 32-bit call */
	bool done;
	/* What the driver said, noted by the reader. */
	bool seen, whole, full;
	int64_t said;
};

struct call_book {
	uint32_t n;
	struct call_note notes[CALLS_MAX];
};

/* System calls whose events are captured by reading through arguments, but for those with reasons
 * not to. */
struct call_target {
	const struct pointer_row *row;
	const struct syscall_desc *desc;
};
enum { TARGETS_MAX = 200 };
uint32_t call_targets(struct call_target *out);
/* Can this machine make it as a 32-bit call that has this argument? */
bool call_can_be_32bit(const struct call_target *target, int arg);

/* The child's own things, in a folder and a mount namespace of its own. */
struct call_room {
	int fds[6], peers[6];
	uint64_t random;
};
void call_room_init(struct call_room *room, uint64_t seed);
/*
 * Note and make a call whose argument `arg` is p, and whose other pointers are friendly.  True as
 * long as there is room in the book.
 */
bool call_make(struct call_room *room, struct call_book *book, const struct call_target *target,
	       int arg, uint64_t p, const char *pointer, bool unreadable, bool compat);

/* Record while `run` makes calls in a child; then check that every event came, and is as it must
 * be. */
void calls_check(struct torture *t, const char *name, void (*run)(struct call_book *book));

#endif
