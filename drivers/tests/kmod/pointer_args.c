#include "drivers/tests/kmod/pointer_args.h"

#define PLAIN(n) { NO_POINTER, n, GIVES_ANY },
#define A(i)     (i)
#define RETURNED 0

#define RET                    PLAIN(1)
#define ARG(i)                 PLAIN(1)
#define ARG_RAW(i)             PLAIN(1)
#define INT(i)                 PLAIN(1)
#define UINT(i)                PLAIN(1)
#define CONST(v)               PLAIN(1)
#define CONV(i, how)           PLAIN(1)
#define LONG_LONG(high, low)   PLAIN(1)
#define RET_SIZE               PLAIN(1)
#define OPENED                 PLAIN(0)
#define OPENED_PATH            PLAIN(1)
#define OPEN_FLAGS(v)          PLAIN(1)
#define OPEN_MODE(flags, mode) PLAIN(1)
#define DEVICE                 PLAIN(1)
#define INODE                  PLAIN(1)
#define LAYER                  PLAIN(1)
#define VM_SIZE                PLAIN(1)
#define VM_RSS                 PLAIN(1)
#define VM_SWAP                PLAIN(1)
#define CAPABILITIES           PLAIN(3)
#define FAILED
#define TEXT(i)                       { i, 1, GIVES_EMPTY },
#define TEXT_OK(i)                    { i, 1, GIVES_EMPTY },
#define GIVEN_TEXT(i)                 { i, 1, GIVES_EMPTY },
#define READ_DATA(i)                  { i, 1, GIVES_EMPTY },
#define GIVEN_DATA(i, size)           { i, 1, GIVES_EMPTY },
#define WRITTEN_DATA(i, size)         { i, 1, GIVES_EMPTY },
#define READ_IOV(i)                   { i, 1, GIVES_EMPTY },
#define WRITTEN_IOV(i)                { i, 1, GIVES_EMPTY },
#define IOV_SIZE(i)                   { i, 1, GIVES_ZERO },
#define POINTED(i, k, kind)           { i, 1, GIVES_ZERO },
#define POINTED_OK(i, k, kind, other) { i, 1, GIVES_ANY },
#define TIME(i)                       { i, 1, GIVES_ZERO },
#define ADDRESS(i)                    { i, 1, GIVES_EMPTY },
#define GIVEN_ADDRESS(i)              { i, 1, GIVES_EMPTY },
#define TUPLE_OK(fd, dir, name)       { (name) ? (name) : NO_POINTER, 1, GIVES_ANY },
#define TUPLE_CONNECTED               { 1, 1, GIVES_ANY },
#define PIPE                          { 0, 3, GIVES_ANY },
#define FD_LIST                       { 0, 1, GIVES_ANY },

/* Functions that give several parameters: what each reads through. */
#define MANY(n, name)           PLAIN(n) THROUGH_##name
#define THROUGH_1(i)            { i, 0, GIVES_ANY },
#define THROUGH_2(i, k)         THROUGH_1(i) THROUGH_1(k)
#define THROUGH_3(i, k, l)      THROUGH_2(i, k) THROUGH_1(l)
#define THROUGH_open_how        THROUGH_1(2)
#define THROUGH_fsconfig_value  THROUGH_1(3)
#define THROUGH_quotactl        THROUGH_1(3)
#define THROUGH_io_uring_params THROUGH_1(1)
#define THROUGH_socketpair      THROUGH_1(3)
#define THROUGH_queue
#define THROUGH_sendmsg    THROUGH_1(1)
#define THROUGH_recvmsg    THROUGH_1(1)
#define THROUGH_sendmmsg   THROUGH_1(1)
#define THROUGH_recvmmsg   THROUGH_1(1)
#define THROUGH_setsockopt THROUGH_1(3)
#define THROUGH_getsockopt THROUGH_2(3, 4)
#define THROUGH_execve     THROUGH_3(0, 1, 2)
#define THROUGH_execveat   THROUGH_3(1, 2, 3)
#define THROUGH_clone
#define THROUGH_clone3 THROUGH_1(0)
#define THROUGH_fork
#define THROUGH_prctl  THROUGH_1(1)
#define THROUGH_ptrace THROUGH_1(3)
#define THROUGH_keyctl THROUGH_2(1, 2) THROUGH_2(3, 4)
#define THROUGH_semop  THROUGH_1(1)
#define THROUGH_semctl

#define CAPTURE(SYMBOL, s)                                                                         \
	{ .event = EV_##SYMBOL,                                                                    \
	  .nsteps = sizeof((const struct step[]){ s PLAIN(0) }) / sizeof(struct step),             \
	  .steps = { s PLAIN(0) } },

const struct pointer_row pointer_rows[] = {
#include "drivers/capture.def"
};
const uint32_t npointer_rows = sizeof pointer_rows / sizeof pointer_rows[0];

uint32_t pointer_args(const struct pointer_row *row)
{
	uint32_t args = 0;

	for (uint32_t i = 0; i < row->nsteps; i++) {
		if (row->steps[i].arg != NO_POINTER)
			args |= 1u << row->steps[i].arg;
	}
	return args;
}

const struct pointer_row *pointer_row(uint32_t event)
{
	for (uint32_t i = 0; i < npointer_rows; i++) {
		if (pointer_rows[i].event == event)
			return &pointer_rows[i];
	}
	return NULL;
}

int pointer_param(const struct pointer_row *row, int arg, enum unreadable *gives)
{
	int param = 0;

	for (uint32_t i = 0; i < row->nsteps; i++) {
		const struct step *step = &row->steps[i];

		if (step->arg == arg && step->unreadable != GIVES_ANY) {
			*gives = (enum unreadable)step->unreadable;
			return param;
		}
		param += step->nparams;
	}
	return -1;
}
