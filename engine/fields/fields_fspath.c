/*
 * fs.path.*: paths that a call works on by name, when it succeeded.
 */
#include "engine/fields/getters.h"

/* What a relative path starts from, beside the working directory. */
enum base {
	BASE_CWD,
	BASE_OPENED, /* the opened fd's name is the whole path */
	BASE_DIRFD,  /* the event's own fd, if it is a directory */
	BASE_PARAM,  /* the fd in the parameter before the path */
	BASE_UNKNOWN,
};

enum { NO_PATH = -1, FD_NAME = -2 };

/* Parameters that hold the paths: name, source, target. */
struct path_row {
	uint16_t type;
	int8_t param[3];
	uint8_t base[3];
	bool is_open; /* succeeded unless the fd is -1 (EPERM); other calls: result 0 */
};

#define NAME(event, param, base)                                                                   \
	{                                                                                          \
		EV_SYSCALL_##event##_X, { param, NO_PATH, NO_PATH }, { base }, false               \
	}
#define OPEN(event, param, base)                                                                   \
	{                                                                                          \
		EV_SYSCALL_##event##_X, { param, NO_PATH, NO_PATH }, { base }, true                \
	}
#define PAIR(event, source, source_base, target, target_base)                                      \
	{                                                                                          \
		EV_SYSCALL_##event##_X, { NO_PATH, source, target },                               \
			{ BASE_CWD, source_base, target_base }, false                              \
	}

static const struct path_row rows[] = {
	OPEN(OPEN, 1, BASE_CWD),
	OPEN(OPENAT_2, 2, BASE_OPENED),
	OPEN(OPENAT2, 2, BASE_OPENED),
	NAME(MKDIR_2, 1, BASE_CWD),
	NAME(MKDIRAT, 2, BASE_DIRFD),
	NAME(RMDIR_2, 1, BASE_CWD),
	NAME(UNLINK_2, 1, BASE_CWD),
	NAME(UNLINKAT_2, 2, BASE_DIRFD),
	NAME(CHMOD, 1, BASE_CWD),
	NAME(FCHMOD, FD_NAME, BASE_CWD),
	NAME(FCHMODAT, 2, BASE_DIRFD),
	NAME(CHOWN, 1, BASE_CWD),
	NAME(LCHOWN, 1, BASE_CWD),
	NAME(FCHOWN, FD_NAME, BASE_CWD),
	NAME(FCHOWNAT, 2, BASE_DIRFD),
	NAME(UMOUNT_1, 1, BASE_CWD),
	NAME(UMOUNT2, 1, BASE_CWD),
	NAME(QUOTACTL, 1, BASE_CWD),
	PAIR(RENAME, 1, BASE_CWD, 2, BASE_CWD),
	PAIR(RENAMEAT, 2, BASE_CWD, 4, BASE_CWD),
	PAIR(RENAMEAT2, 2, BASE_PARAM, 4, BASE_PARAM),
	PAIR(LINK_2, 2, BASE_CWD, 1, BASE_CWD),
	PAIR(LINKAT_2, 4, BASE_CWD, 2, BASE_CWD),
	PAIR(SYMLINK, 2, BASE_CWD, 1, BASE_CWD),
	PAIR(SYMLINKAT, 3, BASE_DIRFD, 1, BASE_UNKNOWN),
	PAIR(MOUNT, 1, BASE_CWD, 2, BASE_CWD),
};

static const struct path_row *row_of(uint32_t type)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (rows[i].type == type)
			return &rows[i];
	}
	return NULL;
}

bool fs_path_possible(const struct field_ref *f, uint32_t event_type)
{
	const struct path_row *row = row_of(event_type);

	return row && row->param[f->def->which & 3] != NO_PATH;
}

static bool succeeded(const struct path_row *row, const struct event *ev)
{
	int64_t res;

	return event_i64(ev, 0, &res) && (row->is_open ? res != -1 : res == 0);
}

static struct sv base_of(struct field_ctx *ctx, enum base base, struct sv path, uint32_t param)
{
	const struct event *ev = now_event(ctx);
	const struct fd *fd = ctx->state->now.fd;
	int64_t dirfd;

	switch (base) {
	case BASE_DIRFD:
		if (!fd || fd->type != FD_DIRECTORY)
			break;
		return directory_path(ctx, text_sv(fd->name));
	case BASE_PARAM:
		if (!event_i64(ev, param - 1, &dirfd))
			break;
		return path_origin(ctx, path, dirfd);
	case BASE_OPENED:
	case BASE_UNKNOWN:
		break;
	case BASE_CWD:
		return thread_cwd(now_thread(ctx));
	}
	return SV("<UNKNOWN>");
}

bool get_fs_path(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct event *ev = now_event(ctx);
	const struct path_row *row = row_of(ev->type);
	uint32_t kind = f->def->which & 3;
	const struct fd *fd = ctx->state->now.fd;
	struct sv path;

	if (!row || row->param[kind] == NO_PATH || !succeeded(row, ev))
		return false;
	if (row->param[kind] != FD_NAME)
		path = param_text(ev, (uint32_t)row->param[kind]);
	else if (!now_fd_name(ctx, false, &path))
		return false;
	if (f->def->which & PATH_RAW)
		return put_text(out, path);
	if (!now_thread(ctx))
		return false;
	if (path.n && path.p[0] == '/')
		return put_text(out, join_scratch(ctx, SV(""), path));
	if (row->base[kind] == BASE_OPENED)
		return put_text(
			out, join_scratch(ctx, SV(""), fd ? text_sv(fd->name) : SV("<UNKNOWN>")));
	return put_text(
		out,
		join_scratch(ctx, base_of(ctx, row->base[kind], path, (uint32_t)row->param[kind]),
			     path));
}
