/* Feeds a state with hand-written records: one line of a test is one record. */
#ifndef SAKER_TESTS_PLAY_H
#define SAKER_TESTS_PLAY_H

#include "engine/state/state.h"
#include "format/tests/test.h"

#include <stdarg.h>

struct play {
	struct state *s;
	uint64_t num, ts_ns;
	struct event ev;
	char bytes[4096];
};

static inline int play_setup(void **state)
{
	struct play *p = calloc(1, sizeof *p);

	p->s = state_new();
	p->ts_ns = 1000000000;
	*state = p;
	return p->s ? 0 : -1;
}

static inline int play_teardown(void **state)
{
	struct play *p = *state;

	state_free(p->s);
	free(p);
	return 0;
}

/*
 * One event, a millisecond after the last.  Parameters by letter: b u8, w u16, d u32, q 64 bits,
 * s text, x bytes (pointer, int length), - an empty one.
 */
static inline void play(struct play *p, uint16_t type, int64_t tid, const char *params, ...)
{
	struct err err = { 0 };
	char *at = p->bytes;
	va_list args;

	p->ts_ns += 1000000;
	p->ev = (struct event){ .num = ++p->num,
				.ts_ns = p->ts_ns,
				.tid = tid,
				.type = type,
				.desc = schema_event(type) };
	va_start(args, params);
	for (; *params; params++) {
		uint64_t v = 0;
		size_t n = 0;
		const void *bytes = &v;

		switch (*params) {
		case 'b':
		case 'w':
		case 'd':
			v = va_arg(args, unsigned);
			n = *params == 'b' ? 1 : *params == 'w' ? 2 : 4;
			break;
		case 'q':
			v = va_arg(args, uint64_t);
			n = 8;
			break;
		case 's':
			bytes = va_arg(args, const char *);
			n = strlen(bytes) + 1;
			break;
		case 'x':
			bytes = va_arg(args, const void *);
			n = (size_t)va_arg(args, int);
			break;
		default:
			break;
		}
		memcpy(at, bytes, n);
		p->ev.params[p->ev.nparams++] = (struct sv){ at, n };
		at += n;
	}
	va_end(args);
	assert_int_equal(state_event(p->s, &p->ev, &err), 0);
}

static inline void play_meta(struct play *p, struct record rec)
{
	struct err err = { 0 };

	assert_int_equal(state_meta(p->s, &rec, &err), 0);
}

/* A process that was there before: its tid is its pid, in the host's pid namespace. */
static inline struct proc_entry play_proc(int64_t pid, int64_t ppid, const char *comm)
{
	return (struct proc_entry){ .tid = pid,
				    .pid = pid,
				    .ptid = ppid,
				    .sid = 1,
				    .vpgid = pid,
				    .pgid = pid,
				    .vtid = pid,
				    .vpid = pid,
				    .comm = sv_of(comm),
				    .exe = sv_of(comm),
				    .cwd = SV("/home"),
				    .fdlimit = 1024,
				    .loginuid = UINT32_MAX };
}

#define PLAY_PROC(p, pid, ppid, comm)                                                              \
	play_meta(p, (struct record){ .kind = RECORD_PROC, .proc = play_proc(pid, ppid, comm) })

/* The exit of a clone that made tid `res`, or of the new thread itself (res 0). */
static inline void play_clone(struct play *p, int64_t tid, int64_t res, int64_t pid, int64_t ptid,
			      uint32_t flags)
{
	play(p, EV_SYSCALL_CLONE_20_X, tid, "qsxqqqsqqqdddsxdddqq", res, "sh", "-c\0ls", 6, tid,
	     pid, ptid, "", INT64_C(1024), UINT64_C(1), UINT64_C(2), 3u, 4u, 5u, "sh",
	     "cpu=/a\0mem_cgroup=/b", 21, flags, 0u, 0u, res ? tid : tid, pid);
}

static inline void play_exec(struct play *p, int64_t tid, const char *path, const char *comm)
{
	play(p, EV_SYSCALL_EXECVE_19_X, tid, "qsxqqqsqqqdddsxxdqddqqqqqqdsqd", INT64_C(0), path,
	     "-l", 3, tid, tid, INT64_C(1), "", INT64_C(1024), UINT64_C(1), UINT64_C(2), 3u, 4u, 5u,
	     comm, "cpu=/a", 7, "HOME=/root\0A=b", 15, 34816u, tid, 1000u, 1u, UINT64_C(1),
	     UINT64_C(2), UINT64_C(3), UINT64_C(99), UINT64_C(500), UINT64_C(600), 1000u, path, tid,
	     100u);
}

static inline struct thread *play_thread(struct play *p, int64_t tid)
{
	struct thread *t = state_thread(p->s, tid);

	assert_non_null(t);
	return t;
}

static inline struct fd *play_fd(struct play *p, int64_t tid, int64_t fd)
{
	return fd_table_get(thread_fds(play_thread(p, tid)), fd);
}

#endif
