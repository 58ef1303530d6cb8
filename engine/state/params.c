/* Which parameters the state looks at, of each type of event. */
#include "engine/state/tables.h"

#define P(i) (UINT64_C(1) << (i))

/*
 * Of types that are frequent and carry more than the state wants; the fd parameter comes on top.
 * Other types that change the state need all they have.
 */
static const struct {
	uint16_t type;
	uint64_t params;
} rows[] = {
	{ EV_SYSCALL_READ_X, P(0) },
	{ EV_SYSCALL_READV_X, P(0) },
	{ EV_SYSCALL_PREAD_X, P(0) },
	{ EV_SYSCALL_PREADV_X, P(0) },
	{ EV_SYSCALL_WRITE_X, P(0) },
	{ EV_SYSCALL_WRITEV_X, P(0) },
	{ EV_SYSCALL_PWRITE_X, P(0) },
	{ EV_SYSCALL_PWRITEV_X, P(0) },
	/* result, tuple */
	{ EV_SOCKET_RECV_X, P(0) | P(4) },
	{ EV_SOCKET_RECVFROM_X, P(0) | P(2) },
	{ EV_SOCKET_RECVMSG_X, P(0) | P(3) },
	{ EV_SOCKET_RECVMMSG_X, P(0) | P(4) },
	{ EV_SOCKET_SEND_X, P(0) | P(4) },
	{ EV_SOCKET_SENDTO_X, P(0) | P(4) },
	{ EV_SOCKET_SENDMSG_X, P(0) | P(4) },
	{ EV_SOCKET_SENDMMSG_X, P(0) | P(4) },
	/* sizes */
	{ EV_SYSCALL_BRK_4_X, P(1) | P(2) | P(3) },
	{ EV_SYSCALL_MMAP_X, P(1) | P(2) | P(3) },
	{ EV_SYSCALL_MMAP2_X, P(1) | P(2) | P(3) },
	{ EV_SYSCALL_MUNMAP_X, P(1) | P(2) | P(3) },
	{ EV_SYSCALL_CLOSE_X, P(0) },
	{ EV_SYSCALL_FCNTL_X, P(0) | P(2) | P(3) },
};

static uint64_t params_of(uint16_t type)
{
	uint64_t fd = 0;
	int i = event_fd_param(type);

	if ((schema_events[type].flags & EF_USES_FD) && i >= 0)
		fd = P(i);
	for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++)
		if (rows[k].type == type)
			return rows[k].params | fd;
	return state_parses(type) ? UINT64_MAX : fd;
}

void state_need(struct column_need *need)
{
	for (uint16_t type = 0; type < EV_COUNT; type++)
		need->params[type] |= params_of(type);
}
