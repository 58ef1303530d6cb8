/* A host with three processes, one of which has just opened a file: something to look at. */
#ifndef SAKER_FUZZ_ONE_EVENT_H
#define SAKER_FUZZ_ONE_EVENT_H

#include "engine/fields/field.h"

struct one_event {
	struct state *state;
	struct field_ctx ctx;
	struct event event;
	char bytes[256];
	size_t used;
};

static inline void one_event_param(struct one_event *one, const void *p, size_t n)
{
	memcpy(one->bytes + one->used, p, n);
	one->event.params[one->event.nparams++] = (struct sv){ one->bytes + one->used, n };
	one->used += n;
}

static inline void one_event_process(struct one_event *one, int64_t pid, int64_t parent,
				     const char *comm)
{
	struct record rec = { .kind = RECORD_PROC };

	rec.proc = (struct proc_entry){ .tid = pid,
					.pid = pid,
					.ptid = parent,
					.vtid = pid,
					.vpid = pid,
					.comm = sv_of(comm),
					.exe = sv_of(comm),
					.exepath = SV("/usr/bin/bash"),
					.cwd = SV("/root/"),
					.args = { "-c\0id", 6 },
					.env = { "PATH=/bin", 10 } };
	state_meta(one->state, &rec, NULL);
}

static inline void one_event_open(struct one_event *one)
{
	int64_t fd = 3, dirfd = -100, ino = 77;
	uint32_t flags = 1, mode = 0644, dev = 6;
	struct record section = { .kind = RECORD_SECTION };

	*one = (struct one_event){ .state = state_new() };
	one->ctx.state = one->state;
	one->ctx.time_mode = 'h';
	state_meta(one->state, &section, NULL);
	one_event_process(one, 1, 0, "systemd");
	one_event_process(one, 5, 1, "sshd");
	one_event_process(one, 10, 5, "bash");
	one->event = (struct event){ .num = 1,
				     .ts_ns = 1700000000000000000,
				     .tid = 10,
				     .type = EV_SYSCALL_OPENAT_2_X,
				     .desc = schema_event(EV_SYSCALL_OPENAT_2_X) };
	one_event_param(one, &fd, sizeof fd);
	one_event_param(one, &dirfd, sizeof dirfd);
	one_event_param(one, "/etc/shadow", sizeof "/etc/shadow");
	one_event_param(one, &flags, sizeof flags);
	one_event_param(one, &mode, sizeof mode);
	one_event_param(one, &dev, sizeof dev);
	one_event_param(one, &ino, sizeof ino);
	state_event(one->state, &one->event, NULL);
}

static inline void one_event_close(struct one_event *one)
{
	state_free(one->state);
	arena_deinit(&one->ctx.scratch);
}

#endif
