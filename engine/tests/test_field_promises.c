/*
 * What fields promise without looking at an event must hold at every event of real traces.
 */
#include "engine/fields/render.h"
#include "engine/tests/each_event.h"
#include "format/base/hash.h"
#include "format/base/strmap.h"

/* Beside every field that needs no argument. */
static const char *const with_arguments[] = {
	"evt.arg.fd",         "evt.arg.res",        "evt.arg.name",       "evt.arg.flags",
	"evt.arg[0]",         "evt.arg[1]",         "evt.arg[5]",         "evt.arg[63]",
	"evt.arg[-1]",        "evt.rawarg.res",     "evt.rawarg.fd",      "evt.rawarg.flags",
	"evt.rawarg.data",    "evt.type.is.openat", "evt.type.is.307",    "evt.type.is.read",
	"evt.abspath.src",    "evt.abspath.dst",    "proc.aname[1]",      "proc.aname[3]",
	"proc.acmdline[1]",   "proc.apid[2]",       "proc.args[0]",       "proc.env[PATH]",
	"proc.aenv[HOME]",    "proc.aenv[1]",       "thread.cgroup.cpu",  "fd.types[0]",
	"container.mount[0]", "container.label[x]", "k8s.pod.label[app]", "k8s.rs.label[x]",
};

struct refs {
	struct field_ref *items;
	size_t n;
	struct arena arena;
};

static void add_ref(struct refs *r, const char *text)
{
	struct err err = { 0 };

	if (field_parse(sv_of(text), &r->arena, &r->items[r->n], &err) != 0)
		fail_msg("%s: %s", text, err.msg);
	r->n++;
}

static struct refs all_refs(void)
{
	size_t extra = sizeof with_arguments / sizeof with_arguments[0];
	struct refs r = { 0 };

	r.items = arena_array(&r.arena, struct field_ref, field_defs_n + extra);
	for (size_t i = 0; i < field_defs_n; i++) {
		if (!(field_defs[i].flags & FF_ARG_REQUIRED))
			add_ref(&r, field_defs[i].name);
	}
	for (size_t i = 0; i < extra; i++)
		add_ref(&r, with_arguments[i]);
	return r;
}

typedef void check(struct refs *refs, struct field_ctx *ctx, void *arg);

struct promise {
	struct refs refs;
	check *check;
	void *arg;
};

static void check_event(struct field_ctx *ctx, void *arg)
{
	struct promise *p = arg;

	p->check(&p->refs, ctx, p->arg);
}

static void at_every_event(const char *path, check *promised, void *arg)
{
	struct promise p = { .refs = all_refs(), .check = promised, .arg = arg };

	each_event(path, &(struct source_options){ .upgrade = true }, check_event, &p);
	arena_deinit(&p.refs.arena);
}

/* --- by event type --- */

static void check_type(struct refs *refs, struct field_ctx *ctx, void *arg)
{
	const struct event *ev = ctx->state->now.ev;
	struct buf *texts = arg;

	for (size_t i = 0; i < refs->n; i++) {
		struct field_ref *f = &refs->items[i];
		struct value decided, v;
		bool missing, got;

		if (!field_decided_by_type(f, ev->type, &missing, &decided))
			continue;
		got = field_get(f, ctx, &v);
		if (got == missing)
			fail_msg(SV_FMT " at %s: decided %s, found %s", SV_ARG(f->text),
				 ev->desc->symbol, missing ? "missing" : "a value",
				 got ? "a value" : "missing");
		if (missing)
			continue;
		buf_clear(&texts[0]);
		buf_clear(&texts[1]);
		render_value(&texts[0], &decided, f->def->format);
		render_value(&texts[1], &v, f->def->format);
		if (decided.type != v.type || !sv_eq(buf_sv(&texts[0]), buf_sv(&texts[1])))
			fail_msg(SV_FMT " at %s: decided %s, found %s", SV_ARG(f->text),
				 ev->desc->symbol, buf_cstr(&texts[0]), buf_cstr(&texts[1]));
	}
}

static void what_the_event_type_decides_is_what_the_event_shows(void **state)
{
	struct buf texts[2] = { 0 };

	(void)state;
	for (size_t i = 0; i < SMALL_TRACES; i++)
		at_every_event(small_traces[i], check_type, texts);
	buf_deinit(&texts[0]);
	buf_deinit(&texts[1]);
}

static void types_decide_much(void **state)
{
	struct refs refs = all_refs();
	size_t decided = 0, asked = 0;
	struct value v;
	bool missing;

	(void)state;
	for (size_t i = 0; i < refs.n; i++) {
		for (uint32_t type = 0; type < EV_COUNT; type++, asked++)
			decided += field_decided_by_type(&refs.items[i], type, &missing, &v);
		assert_false(field_decided_by_type(&refs.items[i], EV_COUNT, &missing, &v));
	}
	assert_true(decided > asked / 5);
	arena_deinit(&refs.arena);
}

/* --- by thread --- */

/* What a field showed of a thread, and in which state of it. */
struct seen {
	int64_t tid;
	uint64_t version, tree_version, text;
};

enum { SEEN_SLOTS = 4096 };

struct seen_table {
	struct seen *slots; /* refs x SEEN_SLOTS */
	struct buf text;
};

static void check_thread(struct refs *refs, struct field_ctx *ctx, void *arg)
{
	const struct moment *now = &ctx->state->now;
	struct seen_table *table = arg;

	if (!now->thread || now->container)
		return;
	for (size_t i = 0; i < refs->n; i++) {
		struct field_ref *f = &refs->items[i];
		struct seen *seen, fresh = { now->thread->tid, now->thread->version,
					     ctx->state->tree_version, 0 };
		struct value v;

		if (!(f->def->flags & FF_THREAD_ONLY))
			continue;
		buf_clear(&table->text);
		if (field_get(f, ctx, &v))
			render_value(&table->text, &v, f->def->format);
		else
			buf_puts(&table->text, "(missing)");
		fresh.text = hash_sv(buf_sv(&table->text));
		seen = &table->slots[i * SEEN_SLOTS + (size_t)now->thread->tid % SEEN_SLOTS];
		if (seen->tid == fresh.tid && seen->version == fresh.version &&
		    seen->tree_version == fresh.tree_version && seen->text != fresh.text)
			fail_msg(SV_FMT " changed to %s at event %llu (%s) of thread %lld",
				 SV_ARG(f->text), buf_cstr(&table->text),
				 (unsigned long long)now->ev->num, now->ev->desc->name,
				 (long long)now->thread->tid);
		*seen = fresh;
	}
}

static void fields_of_the_thread_change_only_with_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < SMALL_TRACES; i++) {
		struct seen_table table = { 0 };

		table.slots = calloc(400 * SEEN_SLOTS, sizeof *table.slots);
		assert_non_null(table.slots);
		at_every_event(small_traces[i], check_thread, &table);
		free(table.slots);
		buf_deinit(&table.text);
	}
}

/* --- by fd --- */

static void check_fd(struct refs *refs, struct field_ctx *ctx, void *arg)
{
	uint32_t uses = EF_CREATES_FD | EF_USES_FD | EF_DESTROYS_FD;
	struct value v;

	(void)arg;
	if (ctx->state->now.ev->desc->flags & uses)
		return;
	for (size_t i = 0; i < refs->n; i++) {
		if (refs->items[i].def->flags & FF_NEEDS_FD)
			assert_false(field_get(&refs->items[i], ctx, &v));
	}
}

static void fields_of_the_fd_need_an_event_with_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < SMALL_TRACES; i++)
		at_every_event(small_traces[i], check_fd, NULL);
}

/* --- by parameter --- */

static void put_value(struct buf *out, struct field_ref *f, struct field_ctx *ctx)
{
	struct value v;

	buf_clear(out);
	if (field_get(f, ctx, &v))
		render_value(out, &v, f->def->format);
	else
		buf_puts(out, "(missing)");
}

/* The event with these parameters only. */
static struct event masked(const struct event *ev, uint64_t params)
{
	struct event out = *ev;

	for (uint32_t i = 0; i < out.nparams && i < 64; i++)
		if (!(params >> i & 1))
			out.params[i] = (struct sv){ 0 };
	return out;
}

static void check_params(struct refs *refs, struct field_ctx *ctx, void *arg)
{
	struct state *state = (struct state *)ctx->state;
	const struct event *ev = state->now.ev;
	struct buf *texts = arg;

	for (size_t i = 0; i < refs->n; i++) {
		struct field_ref *f = &refs->items[i];
		struct event few = masked(ev, field_params(f, ev->type));

		if (f->def->flags & FF_PER_USE)
			continue;
		put_value(&texts[0], f, ctx);
		state->now.ev = &few;
		put_value(&texts[1], f, ctx);
		state->now.ev = ev;
		if (!sv_eq(buf_sv(&texts[0]), buf_sv(&texts[1])))
			fail_msg(SV_FMT " at %s: %s, and with its parameters only %s",
				 SV_ARG(f->text), ev->desc->symbol, buf_cstr(&texts[0]),
				 buf_cstr(&texts[1]));
	}
}

static void fields_look_at_no_other_parameters_than_they_say(void **state)
{
	struct buf texts[2] = { 0 };

	(void)state;
	for (size_t i = 0; i < SMALL_TRACES; i++)
		at_every_event(small_traces[i], check_params, texts);
	buf_deinit(&texts[0]);
	buf_deinit(&texts[1]);
}

/* --- output --- */

static void check_json(struct refs *refs, struct field_ctx *ctx, void *arg)
{
	struct buf *out = arg;
	struct value v;

	for (size_t i = 0; i < refs->n; i++) {
		buf_clear(out);
		if (field_get_json(&refs->items[i], ctx, &v))
			render_value_json(out, &v, refs->items[i].def->format);
		assert_false(out->failed);
	}
}

static void every_field_prints_at_every_event(void **state)
{
	struct buf out = { 0 };

	(void)state;
	for (size_t i = 0; i < SMALL_TRACES; i++)
		at_every_event(small_traces[i], check_json, &out);
	buf_deinit(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_event_type_decides_is_what_the_event_shows),
		cmocka_unit_test(types_decide_much),
		cmocka_unit_test(fields_of_the_thread_change_only_with_it),
		cmocka_unit_test(fields_of_the_fd_need_an_event_with_one),
		cmocka_unit_test(fields_look_at_no_other_parameters_than_they_say),
		cmocka_unit_test(every_field_prints_at_every_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
