/*
 * A host in miniature for tests: processes, then events, then what a field shows.
 */
#ifndef SAKER_TESTS_SCENE_H
#define SAKER_TESTS_SCENE_H

#include "engine/fields/render.h"
#include "format/tests/test.h"

struct scene {
	struct state *state;
	struct field_ctx ctx;
	struct arena arena; /* references */
	struct err err;
	struct event ev;
	struct buf shown;
	char bytes[16384]; /* parameters of the event */
	size_t used;
	uint64_t ts_ns;
};

static inline void scene_open(struct scene *s)
{
	*s = (struct scene){ .ts_ns = 1700000000000000000 };
	s->state = state_new();
	assert_non_null(s->state);
	s->ctx.state = s->state;
	s->ctx.time_mode = 'h';
	assert_int_equal(state_meta(s->state, &(struct record){ .kind = RECORD_SECTION }, &s->err),
			 0);
}

static inline void scene_close(struct scene *s)
{
	state_free(s->state);
	arena_deinit(&s->ctx.scratch);
	arena_deinit(&s->arena);
	buf_deinit(&s->shown);
}

static inline void scene_meta(struct scene *s, const struct record *rec)
{
	assert_int_equal(state_meta(s->state, rec, &s->err), 0);
}

/* A main thread; the fields that a test cares about are set by the caller. */
static inline struct proc_entry scene_process(int64_t pid, int64_t parent, const char *comm)
{
	return (struct proc_entry){
		.tid = pid,
		.pid = pid,
		.ptid = parent,
		.vtid = pid,
		.vpid = pid,
		.sid = 1,
		.vpgid = pid,
		.pgid = pid,
		.comm = sv_of(comm),
		.exe = sv_of(comm),
		.exepath = SV("/usr/bin/thing"),
		.cwd = SV("/home/me"),
		.fdlimit = 1024,
		.loginuid = UINT32_MAX,
	};
}

static inline void scene_add(struct scene *s, struct proc_entry proc)
{
	scene_meta(s, &(struct record){ .kind = RECORD_PROC, .proc = proc });
}

static inline void scene_fd(struct scene *s, int64_t tid, int64_t fd, const char *path)
{
	scene_meta(s, &(struct record){ .kind = RECORD_FD,
					.fd = { .tid = tid,
						.fd = fd,
						.type = FD_FILE_V2,
						.name = sv_of(path),
						.dev = 0xfd02,
						.ino = 77 } });
}

/* --- events --- */

static inline void event_begin(struct scene *s, enum event_id type, int64_t tid)
{
	uint64_t num = s->ev.num + 1;

	s->ts_ns += 1500;
	s->used = 0;
	s->ev = (struct event){ .num = num,
				.ts_ns = s->ts_ns,
				.tid = tid,
				.type = (uint16_t)type,
				.desc = schema_event(type) };
}

static inline void put_bytes(struct scene *s, const void *p, size_t n)
{
	assert_true(s->used + n <= sizeof s->bytes && s->ev.nparams < EVENT_MAX_PARAMS);
	memcpy(s->bytes + s->used, p, n);
	s->ev.params[s->ev.nparams++] = (struct sv){ s->bytes + s->used, n };
	s->used += n;
}

static inline void put_i(struct scene *s, int64_t v)
{
	put_bytes(s, &v, sizeof v);
}

static inline void put_u32_(struct scene *s, uint32_t v)
{
	put_bytes(s, &v, sizeof v);
}

static inline void put_u16_(struct scene *s, uint16_t v)
{
	put_bytes(s, &v, sizeof v);
}

static inline void put_string(struct scene *s, const char *text)
{
	put_bytes(s, text, strlen(text) + 1);
}

static inline void put_empty(struct scene *s)
{
	put_bytes(s, "", 0);
}

static inline void event_end(struct scene *s)
{
	arena_reset(&s->ctx.scratch);
	assert_int_equal(state_event(s->state, &s->ev, &s->err), 0);
}

/* openat(AT_FDCWD or dirfd, name) = fd */
static inline void do_openat(struct scene *s, int64_t tid, int64_t fd, int64_t dirfd,
			     const char *name, uint32_t flags)
{
	event_begin(s, EV_SYSCALL_OPENAT_2_X, tid);
	put_i(s, fd);
	put_i(s, dirfd);
	put_string(s, name);
	put_u32_(s, flags);
	put_u32_(s, 0644);
	put_u32_(s, 0x6);
	put_i(s, 99);
	event_end(s);
}

/* --- looking --- */

static inline struct field_ref scene_ref(struct scene *s, const char *field)
{
	struct field_ref ref;

	if (field_parse(sv_of(field), &s->arena, &ref, &s->err) != 0)
		fail_msg("%s: %s", field, s->err.msg);
	return ref;
}

/* As an output line shows it; "(missing)" when the event has no such value. */
static inline const char *seen(struct scene *s, const char *field)
{
	struct field_ref ref = scene_ref(s, field);
	struct value v;

	buf_clear(&s->shown);
	if (!field_get(&ref, &s->ctx, &v))
		return "(missing)";
	render_value(&s->shown, &v, ref.def->format);
	return buf_cstr(&s->shown);
}

#define assert_seen(s, field, want)                                                                \
	do {                                                                                       \
		const char *got_ = seen(s, field);                                                 \
		if (strcmp(got_, want) != 0)                                                       \
			fail_msg("%s is \"%s\", not \"%s\"", field, got_, want);                   \
	} while (0)

#endif
