/*
 * Event parameters as text: what the recorded value means at that moment.
 */
#include "engine/fields/getters.h"
#include "engine/fields/param.h"

#include <stdio.h>

static const char *errno_name(int64_t negative)
{
	return schema_errno_name(0u - (uint32_t)negative);
}

static struct sv resolved_fd(struct field_ctx *ctx, int64_t num)
{
	static const char l4_chars[] = {
		[L4_TCP] = 't', [L4_UDP] = 'u', [L4_ICMP] = 'i', [L4_RAW] = 'r'
	};
	const struct thread *t = now_thread(ctx);
	struct scratch s = { .arena = &ctx->scratch };
	const struct fd *fd;

	if (!t)
		return SV("");
	if (num == AT_CWD)
		return SV("AT_FDCWD");
	if (num < 0)
		return sv_of(errno_name(num));
	fd = fd_table_get(thread_fds(t), num);
	if (!fd)
		return SV("");
	scratch_putc(&s, '<');
	scratch_putc(&s, fd_typechar(fd->type));
	if (fd_is_ip(fd)) {
		uint32_t l4 = fd_l4(fd);

		if (l4 <= L4_RAW && l4_chars[l4])
			scratch_putc(&s, l4_chars[l4]);
	}
	scratch_putc(&s, '>');
	scratch_put(&s, text_sv(fd->name));
	return scratch_sv(&s);
}

/* Where a relative path of this parameter starts. */
static struct sv path_base(struct field_ctx *ctx, const struct param_desc *desc)
{
	const struct event *ev = now_event(ctx);
	const struct thread *t = now_thread(ctx);
	const struct fd *fd;
	int64_t dirfd;

	if (desc->type != PT_FSRELPATH || desc->dirfd < 0 ||
	    ev->desc->params[desc->dirfd].type != PT_FD ||
	    !event_i64(ev, (uint32_t)desc->dirfd, &dirfd) || dirfd == AT_CWD)
		return thread_cwd(t);
	fd = fd_table_get(thread_fds(t), dirfd);
	return fd ? directory_path(ctx, text_sv(fd->name)) : SV("");
}

static struct sv resolved_path(struct field_ctx *ctx, uint32_t i)
{
	struct sv path = param_text(now_event(ctx), i);

	if (!now_thread(ctx) || path.n == 0 || path.p[0] == '/' || sv_eq(path, SV("<NA>")))
		return SV("");
	return join_scratch(ctx, path_base(ctx, &now_event(ctx)->desc->params[i]), path);
}

static void put_flag(struct scratch *s, const char *name)
{
	if (s->n)
		scratch_putc(s, '|');
	scratch_put(s, sv_of(name));
}

/* Does this row name bits of `left`?  Zero is only named when there was nothing else. */
static bool flag_matches(uint32_t row, uint32_t left, uint32_t all)
{
	return row == 0 ? all == 0 : left != 0 && (left & row) == row;
}

/* The name of a whole mode ends the list, whatever was named before. */
static struct sv resolved_flags(struct field_ctx *ctx, const struct param *p)
{
	const struct flag_table *t = p->desc->flags;
	const uint32_t all = param_flags(p);
	struct scratch s = { .arena = &ctx->scratch };
	uint32_t left = all;

	for (uint32_t i = 0; t && i < t->n; i++) {
		const struct flag_desc *row = &t->flags[i];
		bool is_all = row->value == all;

		if (!flag_matches(row->value, left, all) && !(is_all && p->type == PT_MODE))
			continue;
		left &= ~row->value;
		put_flag(&s, row->name);
		if (is_all)
			break;
	}
	return scratch_sv(&s);
}

/* Several names may mean the same number (AF_LOCAL|AF_UNIX). */
static struct sv resolved_enum(struct field_ctx *ctx, const struct param *p)
{
	const struct flag_table *t = p->desc->flags;
	const uint32_t all = param_flags(p);
	struct scratch s = { .arena = &ctx->scratch };

	for (uint32_t i = 0; t && i < t->n; i++) {
		if (t->flags[i].value == all)
			put_flag(&s, t->flags[i].name);
	}
	return scratch_sv(&s);
}

static struct sv resolved_seconds(struct field_ctx *ctx, uint64_t ns)
{
	struct scratch s = { .arena = &ctx->scratch };
	char text[40];
	int n = snprintf(text, sizeof text, "%lgs", (double)ns / NS_PER_S);

	if (ns == UINT64_MAX || n < 0)
		return SV("");
	scratch_put(&s, (struct sv){ text, (size_t)n });
	return scratch_sv(&s);
}

static struct sv or_na(struct sv name)
{
	return name.n ? name : SV("<NA>");
}

static struct sv resolved_account(const struct field_ctx *ctx, enum param_type type, uint32_t id)
{
	const struct thread *t = now_thread(ctx);

	if (id == UINT32_MAX)
		return SV("<NONE>");
	if (!t)
		return SV("<NA>");
	if (type == PT_UID) {
		const struct user *u = state_user(ctx->state, text_sv(t->container_id), id);

		return or_na(text_sv(u ? u->name : NULL));
	}
	const struct group *g = state_group(ctx->state, text_sv(t->container_id), id);

	return or_na(text_sv(g ? g->name : NULL));
}

struct sv param_resolved(struct field_ctx *ctx, uint32_t i)
{
	const struct event *ev = now_event(ctx);
	struct param p = param_at(ev, i);
	const struct thread *t;
	const struct syscall_desc *sc;
	int64_t v = 0;

	if (p.type == PT_FSPATH || p.type == PT_FSRELPATH)
		return resolved_path(ctx, i);
	if (!param_number(&p, &v))
		return SV("");
	switch (p.type) {
	case PT_FD:
		return resolved_fd(ctx, v);
	case PT_PID:
		t = state_thread(ctx->state, v);
		return text_sv(t ? t->comm : NULL);
	case PT_ERRNO:
		return v < 0 ? sv_of(errno_name(v)) : SV("");
	case PT_FLAGS8:
	case PT_FLAGS16:
	case PT_FLAGS32:
	case PT_MODE:
		return resolved_flags(ctx, &p);
	case PT_ENUMFLAGS8:
	case PT_ENUMFLAGS16:
	case PT_ENUMFLAGS32:
		return resolved_enum(ctx, &p);
	case PT_SYSCALLID:
		sc = schema_syscall(param_flags(&p));
		return sv_of(sc ? sc->name : NULL);
	case PT_SIGTYPE:
		return sv_of(schema_signal_name(param_flags(&p)));
	case PT_RELTIME:
		return resolved_seconds(ctx, (uint64_t)v);
	case PT_UID:
	case PT_GID:
		return resolved_account(ctx, p.type, (uint32_t)v);
	default:
		return SV("");
	}
}

/* --- all of them, both ways --- */

struct sv params_text(struct field_ctx *ctx)
{
	const struct event *ev = now_event(ctx);
	struct scratch s = { .arena = &ctx->scratch };

	/* The parameters of a generic event only say which call it was. */
	if (ev->type == EV_GENERIC_X)
		return SV("");
	for (uint32_t i = 0; i < known_params(ev); i++) {
		struct sv resolved = param_resolved(ctx, i);

		if (i)
			scratch_putc(&s, ' ');
		scratch_put(&s, sv_of(ev->desc->params[i].name));
		scratch_putc(&s, '=');
		scratch_put(&s, param_raw(ctx, i));
		if (resolved.n) {
			scratch_putc(&s, '(');
			scratch_put(&s, resolved);
			scratch_putc(&s, ')');
		}
	}
	return scratch_sv(&s);
}
