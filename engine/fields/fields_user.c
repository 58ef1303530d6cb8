/*
 * user.* and group.*: accounts of the thread, looked up in its container's lists.
 */
#include "engine/fields/getters.h"

static struct sv container_of(const struct thread *t)
{
	return text_sv(t->container_id);
}

/* The account that a field tells of. */
struct account {
	const struct thread *thread;
	const struct user *user; /* NULL: not in the list */
	uint32_t uid;
};

/* which: the one that logged in.  False: there is no thread. */
static bool find_account(const struct field_ref *f, const struct field_ctx *ctx,
			 struct account *out)
{
	const struct thread *t = now_thread(ctx);

	if (!t)
		return false;
	out->thread = t;
	out->uid = f->def->which ? t->loginuid : t->uid;
	out->user = state_user(ctx->state, container_of(t), out->uid);
	return true;
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
	struct account a;

	if (!find_account(f, ctx, &a))
		return false;
	if (!f->def->which && container_user(ctx, a.thread).n)
		return put_text(out, container_user(ctx, a.thread));
	if (a.user)
		return put_text(out, text_sv(a.user->name));
	return put_text(out, a.uid == 0 ? SV("root") : SV("<NA>"));
}

bool get_user_homedir(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	struct account a;

	if (!find_account(f, ctx, &a))
		return false;
	if (a.user)
		return put_text(out, text_sv(a.user->homedir));
	return put_text(out, a.uid == 0 ? SV("/root") : SV("<NA>"));
}

bool get_user_shell(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	struct account a;

	return find_account(f, ctx, &a) &&
	       put_text(out, a.user ? text_sv(a.user->shell) : SV("<NA>"));
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
