/*
 * For the extraction functions (fields_*.c): their prototypes, taken from fields.def, and the small
 * steps that most of them share.
 */
#ifndef SAKER_FIELDS_GETTERS_H
#define SAKER_FIELDS_GETTERS_H

#include "engine/fields/ancestry.h"
#include "engine/fields/field.h"
#include "engine/fields/scratch.h"

#define FIELD(class, name, type, format, flags, arg, get, which, help)                             \
	bool get(const struct field_ref *f, struct field_ctx *ctx, struct value *out);
#include "engine/fields/fields.def"

/* Could events of this type have such a path? */
bool fs_path_possible(const struct field_ref *f, uint32_t event_type);
bool abspath_possible(uint32_t event_type);

/* --- values of the column `which` --- */

/* get_evt_time: parts of the text */
enum { TIME_DATE = 1, TIME_NS = 2, TIME_ISO = 4 };
/* numeric times: all of it in ns, whole seconds, the rest in ns */
enum { PART_ALL, PART_S, PART_NS };
/* get_evt_error: any failed call, or those of a class of fds (known by event type without fd) */
enum { ERRORS_ANY, ERRORS_FILE, ERRORS_NET, ERRORS_MEMORY, ERRORS_OTHER };
/* get_evt_buflen: bits; no direction or no class means all of them */
enum { BUFLEN_IN = 1, BUFLEN_OUT = 2, BUFLEN_FILE = 4, BUFLEN_NET = 8 };
/* get_evt_is_open: bits of file_flags; OPEN_EXEC looks at the mode instead */
enum { OPEN_READ = 1 << 0, OPEN_WRITE = 1 << 1, OPEN_CREATE = 1 << 14, OPEN_EXEC = 0 };
/* get_evt_infra_docker */
enum { DOCKER_NAME, DOCKER_ID, DOCKER_CONTAINER_NAME, DOCKER_IMAGE };
/* get_syslog */
enum { SYSLOG_FACILITY, SYSLOG_SEVERITY, SYSLOG_MESSAGE };

/* the ancestor functions: offsetof(struct thread, TEXT), or one of these (no text is there) */
enum { WHAT_CMDLINE = 1, WHAT_ARGS = 2 };
/* get_leader_text */
#define LEADER_TEXT(group, member) (group | (uint32_t)offsetof(struct thread, member) << 2)

/* get_fd_ip, get_fd_port: which end of a connection, seen from the roles or from this host */
enum { END_CLIENT, END_SERVER, END_LOCAL, END_REMOTE };
/* get_fd_dev */
enum { DEV_ALL, DEV_MAJOR, DEV_MINOR };
/* get_fs_path: which path, and whether as the program gave it */
enum { PATH_NAME, PATH_SOURCE, PATH_TARGET, PATH_RAW = 4 };
/* get_container_mount: parts of a mount */
enum { MOUNT_ALL, MOUNT_SOURCE, MOUNT_DEST, MOUNT_MODE, MOUNT_RDWR, MOUNT_PROPAGATION };
/* get_container_label: the labels' own key, or the argument */
enum { LABEL_ARGUMENT, LABEL_POD_NAME, LABEL_POD_NAMESPACE, LABEL_POD_UID };
/* get_fdlist */
enum { FDLIST_NUMS, FDLIST_NAMES, FDLIST_CIPS, FDLIST_SIPS, FDLIST_CPORTS, FDLIST_SPORTS };

/* --- setting a value --- */

static inline bool put_text(struct value *out, struct sv s)
{
	*out = (struct value){ .type = PT_CHARBUF, .s = s };
	return true;
}

static inline bool put_cstr(struct value *out, const char *s)
{
	return put_text(out, sv_of(s));
}

static inline bool put_u64(const struct field_ref *f, struct value *out, uint64_t v)
{
	*out = (struct value){ .type = f->type, .u = v };
	return true;
}

static inline bool put_i64(const struct field_ref *f, struct value *out, int64_t v)
{
	*out = (struct value){ .type = f->type, .i = v };
	return true;
}

static inline bool put_bool(struct value *out, bool v)
{
	*out = (struct value){ .type = PT_BOOL, .u = v };
	return true;
}

static inline bool put_double(struct value *out, double v)
{
	*out = (struct value){ .type = PT_DOUBLE, .d = v };
	return true;
}

/* False when the text did not fit into memory. */
static inline bool put_scratch(struct value *out, const struct scratch *s)
{
	return !s->failed && put_text(out, scratch_sv(s));
}

static inline const struct event *now_event(const struct field_ctx *ctx)
{
	return ctx->state->now.ev;
}

static inline struct thread *now_thread(const struct field_ctx *ctx)
{
	return ctx->state->now.thread;
}

/* Parameters that the event really has: files may carry fewer or more than the vocabulary says. */
static inline uint32_t known_params(const struct event *ev)
{
	return ev->nparams < ev->desc->nparams ? ev->nparams : ev->desc->nparams;
}

/* Is a syscall's result recorded?  Then it is the first parameter, of 4 or 8 bytes. */
bool event_result(const struct event *ev, int64_t *res);

/* Text parameters of old traces say "nothing" in two ways; both read as "<NA>". */
struct sv param_text(const struct event *ev, uint32_t i);

/*
 * Parameter i as text for people.  param_raw: the recorded value; param_resolved: what it means
 * (names of flags, of an fd, of a process, an absolute path), empty if there is nothing to add.
 */
struct sv param_raw(struct field_ctx *ctx, uint32_t i);
struct sv param_resolved(struct field_ctx *ctx, uint32_t i);
static inline struct sv param_best(struct field_ctx *ctx, uint32_t i)
{
	struct sv s = param_resolved(ctx, i);

	return s.n ? s : param_raw(ctx, i);
}
/* "name=raw(resolved) ..." of all parameters. */
struct sv params_text(struct field_ctx *ctx);

/* The fd entry that fd.* describe. */
const struct fd *now_fd(const struct field_ctx *ctx);
/* fd.name, also for an fd that is not in the table; raw: as the program gave it. */
bool now_fd_name(struct field_ctx *ctx, bool raw, struct sv *out);

/* name with a '/' at its end; an empty one stays empty. */
struct sv directory_path(struct field_ctx *ctx, struct sv name);
/* The directory that a relative `path` starts from when the call names dirfd; "<UNKNOWN>" else. */
struct sv path_origin(struct field_ctx *ctx, struct sv path, int64_t dirfd);
/* path_join into scratch memory. */
struct sv join_scratch(struct field_ctx *ctx, struct sv dir, struct sv path);

/* Candidates of FF_ANY_ANCESTOR and FF_EITHER_END fields; see field_candidates. */
size_t ancestor_candidates(const struct field_ref *f, struct field_ctx *ctx,
			   const struct value **items);
bool end_candidates(const struct field_ref *f, struct field_ctx *ctx, const struct value **items,
		    size_t *n);

/* For sv_next_item: a lone NUL is a terminator of nothing, not an empty item. */
static inline struct sv items_of(struct sv s)
{
	return s.n == 1 && s.p[0] == '\0' ? (struct sv){ "", 0 } : s;
}

/* What an FF_PER_USE field remembers from one extraction to the next, within one trace. */
struct field_use {
	uint64_t run;        /* field_ctx.run that it belongs to */
	uint64_t last_ts_ns; /* 0: none yet */
	uint64_t count;
	struct arena *arena; /* the ref's own, for `times` */
	struct thread_times *times;
	bool times_stale; /* of an earlier run */
};

static inline struct field_use *field_use_of(const struct field_ref *f, const struct field_ctx *ctx)
{
	struct field_use *use = f->use;

	if (use->run != ctx->run) {
		use->run = ctx->run;
		use->last_ts_ns = 0;
		use->count = 0;
		use->times_stale = use->times != NULL;
	}
	return use;
}

enum { AT_CWD = -100 };
enum { NS_PER_S = 1000000000 };

/* field_ref.index of evt.abspath and container.mount when no index was given. */
enum { NO_INDEX = -1 };

#endif
