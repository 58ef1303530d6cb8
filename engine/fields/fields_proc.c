/*
 * proc.* and thread.*: who did it, and who started that.
 */
#include "engine/fields/ancestry.h"
#include "engine/fields/getters.h"

/* --- one thread's members --- */

/* which: offsetof(struct thread, TEXT) */
static struct sv text_at(const struct thread *t, uint32_t offset)
{
	const struct text *text;

	memcpy(&text, (const char *)t + offset, sizeof text);
	return text_sv(text);
}

bool get_thread_text(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct thread *t = now_thread(ctx);

	return t && put_text(out, text_at(t, f->def->which));
}

bool get_thread_i64(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct thread *t = now_thread(ctx);

	*out = (struct value){ .type = f->type };
	if (t)
		memcpy(&out->i, (const char *)t + f->def->which, sizeof out->i);
	return t;
}

/* Ids of the pid namespace: -1 means that they are not known. */
bool get_thread_vid(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	return get_thread_i64(f, ctx, out) && out->i != -1;
}

bool get_thread_u64(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	return get_thread_i64(f, ctx, out); /* the same 8 bytes */
}

/* Inodes, times and durations: 0 means that they are not known. */
bool get_thread_known(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	return get_thread_i64(f, ctx, out) && out->u != 0;
}

bool get_thread_u32(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct thread *t = now_thread(ctx);
	uint32_t v;

	if (!t)
		return false;
	memcpy(&v, (const char *)t + f->def->which, sizeof v);
	return put_u64(f, out, v);
}

bool get_thread_bool(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct thread *t = now_thread(ctx);

	return t && put_bool(out, *((const bool *)t + f->def->which));
}

/* --- ids --- */

/* Sources that cannot name a host id put something larger than any there. */
static bool put_host_id(const struct field_ref *f, struct value *out, int64_t id)
{
	return id >= -1 && id <= UINT32_MAX && put_i64(f, out, id);
}

bool get_thread_tid(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	return put_host_id(f, out, now_event(ctx)->tid);
}

bool get_proc_pid(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct thread *t = now_thread(ctx);

	return t && put_host_id(f, out, t->pid);
}

/* which: generation when the reference has no index */
static const struct thread *ancestor_of(const struct field_ref *f, const struct field_ctx *ctx)
{
	const struct thread *t = now_thread(ctx);

	if (!t)
		return NULL;
	return ancestor_process(ctx->state, t, f->index == NO_INDEX ? 0 : f->index);
}

bool get_proc_apid(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct thread *t = ancestor_of(f, ctx);

	return t && put_host_id(f, out, t->pid);
}

static const struct thread *parent_process(const struct field_ctx *ctx)
{
	const struct thread *t = now_thread(ctx);

	return t ? ancestor_process(ctx->state, t, 1) : NULL;
}

bool get_proc_ppid(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct thread *t = parent_process(ctx);

	return t && put_host_id(f, out, t->pid);
}

/* The parent thread itself, not its process. */
static const struct thread *parent_thread(const struct field_ctx *ctx)
{
	const struct thread *t = now_thread(ctx);

	return t ? state_parent(ctx->state, t) : NULL;
}

bool get_proc_pvpid(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct thread *t = parent_thread(ctx);

	return t && put_i64(f, out, t->vpid);
}

bool get_proc_ppid_ts(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct thread *t = parent_thread(ctx);

	return t && put_u64(f, out, t->clone_ts);
}

bool get_thread_ismain(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct thread *t = now_thread(ctx);

	(void)f;
	return t && put_bool(out, thread_is_main(t));
}

bool get_thread_nametid(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct thread *t = now_thread(ctx);
	struct scratch s = { .arena = &ctx->scratch };

	(void)f;
	if (!t)
		return false;
	scratch_put(&s, text_sv(t->comm));
	scratch_put_i64(&s, now_event(ctx)->tid);
	return put_scratch(out, &s);
}

bool get_proc_loginshellid(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct thread *t = now_thread(ctx), *shell = NULL;
	struct ancestry a;

	t = t ? thread_leader(t) : NULL;
	if (!t)
		return false;
	if (sv_ends(text_sv(t->comm), SV("sh")))
		shell = t;
	for (t = ancestry_first(&a, ctx->state, t); t; t = ancestry_next(&a)) {
		if (sv_ends(text_sv(t->comm), SV("sh")))
			shell = t;
	}
	return shell && put_i64(f, out, shell->pid);
}

bool get_proc_is_leader(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct thread *t = now_thread(ctx);

	if (!t)
		return false;
	switch (f->def->which) {
	case GROUP_SID:
		return put_bool(out, t->sid == t->vpid);
	case GROUP_VPGID:
		return put_bool(out, t->vpgid == t->vpid);
	default:
		return put_bool(out, t->pgid == t->pid);
	}
}

/* which: group_id in the low bits, offset of the text above (LEADER_TEXT) */
bool get_leader_text(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct thread *t = now_thread(ctx), *leader;

	if (!t)
		return false;
	leader = group_leader(ctx->state, t, f->def->which & 3);
	return put_text(out, leader ? text_at(leader, f->def->which >> 2) : SV(""));
}

/* --- command lines --- */

static void put_items(struct scratch *s, struct sv items, char before_first)
{
	struct sv item;
	bool first = true;

	while (sv_next_item(&items, &item)) {
		if (!first || before_first)
			scratch_putc(s, ' ');
		scratch_put(s, item);
		first = false;
	}
}

static struct sv thread_args(struct field_ctx *ctx, const struct thread *t)
{
	struct scratch s = { .arena = &ctx->scratch };

	put_items(&s, items_of(text_sv(t->args)), 0);
	return scratch_sv(&s);
}

/* Command and arguments; of argv[0] Falco keeps the blank even when nothing follows. */
static struct sv command_line(struct field_ctx *ctx, struct sv command, const struct thread *t,
			      bool is_exe)
{
	struct scratch s = { .arena = &ctx->scratch };
	struct sv args = items_of(text_sv(t->args));

	if (!is_exe && args.n == 0)
		return command;
	scratch_put(&s, command);
	if (is_exe)
		scratch_putc(&s, ' ');
	put_items(&s, args, !is_exe);
	return scratch_sv(&s);
}

static struct sv thread_cmdline(struct field_ctx *ctx, const struct thread *t)
{
	return command_line(ctx, text_sv(t->comm), t, false);
}

bool get_proc_cmdline(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct thread *t = now_thread(ctx);

	(void)f;
	return t && put_text(out, thread_cmdline(ctx, t));
}

bool get_proc_exeline(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct thread *t = now_thread(ctx);

	(void)f;
	return t && put_text(out, command_line(ctx, text_sv(t->exe), t, true));
}

bool get_proc_args(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct thread *t = now_thread(ctx);

	if (!t)
		return false;
	if (f->index < 0)
		return put_text(out, thread_args(ctx, t));

	struct sv items = items_of(text_sv(t->args)), item;

	for (int64_t i = 0; sv_next_item(&items, &item); i++) {
		if (i == f->index)
			return put_text(out, item);
	}
	return put_text(out, SV(""));
}

/* which: sum of the lengths instead of the number */
bool get_proc_cmd_args(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct thread *t = now_thread(ctx);
	uint64_t count = 0, length = 0;

	if (!t)
		return false;

	struct sv items = items_of(text_sv(t->args)), item;

	for (; sv_next_item(&items, &item); count++)
		length += item.n;
	return put_u64(f, out, f->def->which ? length : count);
}

/* --- parents and ancestors --- */

/* which of the ancestor functions: what of the thread is shown (WHAT_*, or offset of a text). */
static struct sv shown_of(struct field_ctx *ctx, const struct thread *t, uint32_t what)
{
	switch (what) {
	case WHAT_CMDLINE:
		return thread_cmdline(ctx, t);
	case WHAT_ARGS:
		return thread_args(ctx, t);
	default:
		return text_at(t, what);
	}
}

bool get_parent_text(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct thread *t = parent_process(ctx);

	return t && put_text(out, shown_of(ctx, t, f->def->which));
}

/* Without index: all ancestors, nearest first. */
bool get_ancestor_text(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	struct scratch s = { .arena = &ctx->scratch };
	const struct thread *t = ancestor_of(f, ctx);
	struct ancestry a;

	if (!t)
		return false;
	if (f->index != NO_INDEX)
		return put_text(out, shown_of(ctx, t, f->def->which));
	for (t = ancestry_first(&a, ctx->state, t); t; t = ancestry_next(&a)) {
		if (s.n)
			scratch_putc(&s, ' ');
		scratch_put(&s, shown_of(ctx, t, f->def->which));
	}
	return s.n && put_scratch(out, &s);
}

/* --- environment and directory --- */

static struct sv env_items(const struct thread *t)
{
	return items_of(thread_env(t));
}

static struct sv env_text(struct field_ctx *ctx, const struct thread *t)
{
	struct scratch s = { .arena = &ctx->scratch };

	put_items(&s, env_items(t), 0);
	return scratch_sv(&s);
}

/* The value without the blanks around it; "" when it is not set or has none. */
static struct sv env_value(const struct thread *t, struct sv name)
{
	struct sv items = env_items(t), item;

	while (sv_next_item(&items, &item)) {
		if (item.n <= name.n + 1 || item.p[name.n] != '=' || !sv_starts(item, name))
			continue;
		item.p += name.n + 1;
		item.n -= name.n + 1;
		while (item.n && item.p[0] == ' ')
			item = (struct sv){ item.p + 1, item.n - 1 };
		while (item.n && item.p[item.n - 1] == ' ')
			item.n--;
		return item;
	}
	return SV("");
}

/* A name made of digits is no name: the whole environment, as without argument. */
static bool names_variable(const struct field_ref *f)
{
	return f->has_arg && !f->arg_is_index && f->arg.n > 0;
}

bool get_proc_env(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct thread *t = now_thread(ctx);

	if (!t)
		return false;
	return put_text(out, names_variable(f) ? env_value(t, f->arg) : env_text(ctx, t));
}

enum { AENV_LEVELS = 20 };

/* [NAME]: the nearest ancestor that has it; [N]: all of the N-th ancestor; else the own one. */
bool get_proc_aenv(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct thread *t = now_thread(ctx);

	if (!t)
		return false;
	if (!names_variable(f) && f->index < 1)
		return put_text(out, env_text(ctx, t));
	t = thread_leader(t);
	if (!t)
		return put_text(out, SV(""));
	if (names_variable(f)) {
		struct sv value = { "", 0 };

		for (int i = 0; i < AENV_LEVELS && value.n == 0; i++) {
			t = state_parent(ctx->state, t);
			if (!t)
				break;
			value = env_value(t, f->arg);
		}
		return put_text(out, value);
	}
	if (f->index > STATE_MAX_THREADS)
		return false;
	for (int64_t i = 0; t && i < f->index; i++)
		t = state_parent(ctx->state, t);
	return t && put_text(out, env_text(ctx, t));
}

bool get_proc_cwd(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct thread *t = now_thread(ctx);

	(void)f;
	return t && put_text(out, thread_cwd(t));
}

/* --- candidates of comparisons --- */

static void candidate_of(const struct field_ref *f, struct field_ctx *ctx, const struct thread *t,
			 struct value *out)
{
	if (f->def->get == get_proc_apid)
		put_i64(f, out, t->pid);
	else if (f->def->get == get_proc_aenv)
		put_text(out, env_text(ctx, t));
	else
		put_text(out, shown_of(ctx, t, f->def->which));
}

size_t ancestor_candidates(const struct field_ref *f, struct field_ctx *ctx,
			   const struct value **items)
{
	const struct thread *t = now_thread(ctx);
	struct ancestry a;
	size_t n = 0, i = 0;

	t = t ? thread_leader(t) : NULL;
	if (!t)
		return 0;
	for (const struct thread *p = ancestry_first(&a, ctx->state, t); p; p = ancestry_next(&a))
		n++;

	struct value *values = arena_array(&ctx->scratch, struct value, n);

	if (!values)
		return 0;
	for (const struct thread *p = ancestry_first(&a, ctx->state, t); p; p = ancestry_next(&a))
		candidate_of(f, ctx, p, &values[i++]);
	*items = values;
	return n;
}
