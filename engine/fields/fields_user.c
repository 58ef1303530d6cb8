/*
 * user.* and group.*: accounts of the thread, looked up in its container's lists.
 */
#include "engine/fields/getters.h"

static struct sv container_of(const struct thread *t)
{
	return text_sv(t->container_id);
}

/* which: use the login uid */
static const struct user *user_of(const struct field_ref *f, const struct field_ctx *ctx,
				  const struct thread *t, uint32_t *uid)
{
	*uid = f->def->which ? t->loginuid : t->uid;
	return state_user(ctx->state, container_of(t), *uid);
}

/* A container event shows the user that the container runs as, if it says so. */
static struct sv container_user(const struct field_ctx *ctx, const struct thread *t)
{
	const struct event *ev = now_event(ctx);
	const struct container *c;

	if (ev->type != EV_CONTAINER_JSON_2_E &&
	    !(ev->type == EV_ASYNCEVENT_E && sv_eq(param_text(ev, 1), SV("container"))))
		return SV("");
	c = t->container_id ? state_container(ctx->state, container_of(t)) : NULL;
	return c ? text_sv(c->user) : SV("");
}

bool get_user_name(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct thread *t = now_thread(ctx);
	const struct user *user;
	uint32_t uid;

	if (!t)
		return false;
	if (!f->def->which && container_user(ctx, t).n)
		return put_text(out, container_user(ctx, t));
	user = user_of(f, ctx, t, &uid);
	return put_text(out, user ? text_sv(user->name) : uid == 0 ? SV("root") : SV("<NA>"));
}

bool get_user_homedir(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct thread *t = now_thread(ctx);
	const struct user *user;
	uint32_t uid;

	if (!t)
		return false;
	user = user_of(f, ctx, t, &uid);
	return put_text(out, user ? text_sv(user->homedir) : uid == 0 ? SV("/root") : SV("<NA>"));
}

bool get_user_shell(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct thread *t = now_thread(ctx);
	const struct user *user;
	uint32_t uid;

	if (!t)
		return false;
	user = user_of(f, ctx, t, &uid);
	return put_text(out, user ? text_sv(user->shell) : SV("<NA>"));
}

bool get_user_loginuid(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct thread *t = now_thread(ctx);

	return t && put_i64(f, out, t->loginuid == UINT32_MAX ? -1 : (int64_t)t->loginuid);
}

bool get_group_name(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct thread *t = now_thread(ctx);
	const struct group *group;

	(void)f;
	if (!t)
		return false;
	group = state_group(ctx->state, container_of(t), t->gid);
	return put_text(out, group ? text_sv(group->name) : t->gid == 0 ? SV("root") : SV("<NA>"));
}
