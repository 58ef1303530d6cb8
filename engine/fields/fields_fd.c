/*
 * fd.*: the file descriptor that the event works on.
 *
 * All of them are missing for events that neither use, create nor close an fd, and for unknown
 * threads.  Of an fd that is not in the table some are told by the event itself.
 */
#include "engine/fields/getters.h"

static bool has_fd(const struct field_ctx *ctx)
{
	return (now_event(ctx)->desc->flags & (EF_CREATES_FD | EF_USES_FD | EF_DESTROYS_FD)) &&
	       now_thread(ctx);
}

const struct fd *now_fd(const struct field_ctx *ctx)
{
	return has_fd(ctx) ? moment_fd(&ctx->state->now) : NULL;
}

/* --- number and kind --- */

bool get_fd_num(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	return has_fd(ctx) && put_i64(f, out, ctx->state->now.fd_num);
}

bool get_fd_uid(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	struct scratch s = { .arena = &ctx->scratch };

	(void)f;
	if (!has_fd(ctx))
		return false;
	scratch_put_i64(&s, now_thread(ctx)->tid);
	scratch_put_i64(&s, ctx->state->now.fd_num);
	return put_scratch(out, &s);
}

static const char *type_name(const struct fd *fd)
{
	const char *name = fd_type_name(fd->type);

	return name ? name : "<NA>";
}

bool get_fd_type(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct fd *fd = now_fd(ctx);

	(void)f;
	return fd && put_cstr(out, type_name(fd));
}

/* Of an fd that is not in the table: the type that events of this type usually make. */
static struct sv guessed_typechar(uint16_t type)
{
	switch (type | 1) {
	case EV_SYSCALL_OPENAT_2_X:
	case EV_SYSCALL_OPENAT2_X:
	case EV_SYSCALL_CREAT_X:
		return SV("f");
	case EV_SOCKET_SOCKET_X:
	case EV_SOCKET_ACCEPT_5_X:
	case EV_SOCKET_ACCEPT4_6_X:
		return SV("4");
	case EV_SYSCALL_PIPE_X:
	case EV_SYSCALL_PIPE2_X:
		return SV("p");
	case EV_SYSCALL_EVENTFD_X:
	case EV_SYSCALL_EVENTFD2_X:
		return SV("e");
	case EV_SYSCALL_SIGNALFD_X:
	case EV_SYSCALL_SIGNALFD4_X:
		return SV("s");
	case EV_SYSCALL_TIMERFD_CREATE_X:
		return SV("t");
	case EV_SYSCALL_INOTIFY_INIT_X:
	case EV_SYSCALL_INOTIFY_INIT1_X:
		return SV("i");
	default:
		return SV("o");
	}
}

bool get_fd_typechar(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct fd *fd = now_fd(ctx);
	struct scratch s = { .arena = &ctx->scratch };

	(void)f;
	if (!has_fd(ctx))
		return false;
	if (!fd)
		return put_text(out, guessed_typechar(now_event(ctx)->type));
	scratch_putc(&s, fd_typechar(fd->type));
	return put_scratch(out, &s);
}

/*
 * Without argument: the kinds of all open files, each once, in the order in which Falco has them.
 */
static bool put_all_types(const struct thread *t, struct field_ctx *ctx, struct value *out)
{
	struct value *items = arena_array(&ctx->scratch, struct value, FD_TYPE_COUNT + 1);
	const struct fd_slot *slot = thread_fd_slot(t);
	uint32_t count = 0;
	size_t n = 0, i;

	if (!items)
		return false;
	*out = (struct value){ .type = PT_CHARBUF, .is_list = true };
	const struct fd **list = slot ? fd_slot_list(slot, &ctx->scratch, &count) : NULL;
	for (uint32_t k = 0; k < count; k++) {
		struct sv name = sv_of(type_name(list[k]));

		for (i = 0; i < n && !sv_eq(items[i].s, name); i++)
			;
		if (i == n && n <= FD_TYPE_COUNT)
			put_text(&items[n++], name);
	}
	out->list.items = items;
	out->list.n = n;
	return true;
}

bool get_fd_types(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct fd *fd;
	struct value *item;

	if (!has_fd(ctx))
		return false;
	if (f->index == NO_INDEX)
		return put_all_types(now_thread(ctx), ctx, out);
	fd = fd_table_get(thread_fds(now_thread(ctx)), f->index);
	item = fd ? arena_new(&ctx->scratch, struct value) : NULL;
	if (!item)
		return false;
	put_cstr(item, type_name(fd));
	*out = (struct value){ .type = PT_CHARBUF, .is_list = true, .list = { item, 1 } };
	return true;
}

/* --- name --- */

/* What the event says about a file that is not in the table (a failed open): enter events none. */
static bool name_from_event(struct field_ctx *ctx, bool raw, struct sv *out)
{
	const struct event *ev = now_event(ctx);
	int64_t dirfd;

	if (!event_is_exit(ev->type))
		return false;
	*out = SV("");
	switch (ev->type) {
	case EV_SYSCALL_OPEN_X:
	case EV_SYSCALL_CREAT_X:
	case EV_SOCKET_ACCEPT_5_X:
	case EV_SOCKET_ACCEPT4_6_X:
	case EV_SOCKET_CONNECT_X:
		*out = param_best(ctx, 1);
		return true;
	case EV_SYSCALL_OPENAT_2_X:
	case EV_SYSCALL_OPENAT2_X:
		if (!event_text(ev, 2, out))
			return false;
		if (raw)
			return true;
		if (!event_i64(ev, 1, &dirfd))
			return false;
		*out = join_scratch(ctx, path_origin(ctx, *out, dirfd), *out);
		return true;
	case EV_SYSCALL_OPEN_BY_HANDLE_AT_X:
		*out = param_text(ev, 3);
		return true;
	default:
		return true;
	}
}

bool now_fd_name(struct field_ctx *ctx, bool raw, struct sv *out)
{
	const struct fd *fd = now_fd(ctx);

	if (!has_fd(ctx))
		return false;
	if (!fd)
		return name_from_event(ctx, raw, out);
	*out = text_sv(raw ? fd->name_raw : fd->name);
	return true;
}

/* which: the container's id and ':' in front */
static bool put_name(const struct field_ref *f, struct field_ctx *ctx, struct sv name,
		     struct value *out)
{
	struct scratch s = { .arena = &ctx->scratch };

	if (!f->def->which)
		return put_text(out, name);
	scratch_put(&s, text_sv(now_thread(ctx)->container_id));
	scratch_putc(&s, ':');
	scratch_put(&s, name);
	return put_scratch(out, &s);
}

bool get_fd_name(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	struct sv name;

	return now_fd_name(ctx, false, &name) && put_name(f, ctx, name, out);
}

/* Runs of '/' become one. */
bool get_fd_nameraw(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	struct scratch s = { .arena = &ctx->scratch };
	struct sv name;
	char *p;

	(void)f;
	if (!now_fd_name(ctx, true, &name))
		return false;
	if (sv_find(name, SV("//")) < 0)
		return put_text(out, name);
	p = scratch_room(&s, name.n);
	if (!p)
		return false;
	for (size_t i = 0; i < name.n; i++) {
		if (i == 0 || name.p[i] != '/' || name.p[i - 1] != '/')
			p[s.n++] = name.p[i];
	}
	return put_scratch(out, &s);
}

/* Offset of the last '/', or -1. */
static ptrdiff_t last_slash(struct sv s)
{
	size_t i = s.n;

	while (i > 0 && s.p[i - 1] != '/')
		i--;
	return (ptrdiff_t)i - 1;
}

bool get_fd_directory(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct fd *fd = now_fd(ctx);
	struct sv name;

	if ((fd && !fd_is_file(fd) && fd->type != FD_DIRECTORY) || !now_fd_name(ctx, false, &name))
		return false;
	if (!fd || fd_is_file(fd)) {
		ptrdiff_t slash = last_slash(name);

		if (slash <= 0)
			name = SV("/");
		else if ((size_t)slash + 1 < name.n)
			name.n = (size_t)slash;
	}
	return put_name(f, ctx, name, out);
}

bool get_fd_filename(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct fd *fd = now_fd(ctx);

	(void)f;
	if (!fd || !fd_is_file(fd))
		return false;

	struct sv name = text_sv(fd->name);
	ptrdiff_t slash = last_slash(name);

	if (slash < 0)
		return put_text(out, SV("/"));
	if ((size_t)slash + 1 < name.n)
		name = (struct sv){ name.p + slash + 1, name.n - (size_t)slash - 1 };
	return put_text(out, name);
}

/* --- numbers and marks of the entry --- */

/* As the kernel packs it for user space: minor bits on both sides of the major ones. */
bool get_fd_dev(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct fd *fd = now_fd(ctx);
	uint32_t dev;

	if (!fd)
		return false;
	dev = fd->dev;
	if (f->def->which == DEV_MAJOR)
		dev = (fd->dev & 0xfff00) >> 8;
	else if (f->def->which == DEV_MINOR)
		dev = (fd->dev & 0xff) | (fd->dev >> 12 & 0xfff00);
	return put_i64(f, out, (int32_t)dev);
}

bool get_fd_ino(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct fd *fd = now_fd(ctx);

	return fd && put_i64(f, out, (int64_t)fd->ino);
}

/* which: offsetof(struct fd, MARK) */
bool get_fd_mark(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct fd *fd = now_fd(ctx);

	return fd && put_bool(out, *((const bool *)fd + f->def->which));
}

bool get_fd_name_changed(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	(void)f;
	return now_fd(ctx) && put_bool(out, ctx->state->now.fd_name_changed);
}
