/*
 * Any bytes as events: every field of every event can be looked at, and says what it promised.
 *
 * An event is type (u16), tid (u8), number of parameters (u8), then per parameter its length (u8)
 * and its bytes.  Each parameter lies in a block of exactly its size.
 */
#include "engine/fields/render.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_EVENTS = 64 };

static struct field_ref *refs;
static size_t nrefs;
static struct arena refs_arena;

static void parse_all(void)
{
	static const char *const more[] = { "evt.arg.fd",      "evt.arg[0]",       "evt.rawarg.res",
					    "evt.rawarg.name", "proc.aname[1]",    "proc.env[A]",
					    "fd.types[3]",     "thread.cgroup.cpu" };
	size_t n = sizeof more / sizeof more[0];

	refs = arena_array(&refs_arena, struct field_ref, field_defs_n + n);
	for (size_t i = 0; i < field_defs_n + n; i++) {
		const char *name = i < n ? more[i] : field_defs[i - n].name;

		if (i >= n && (field_defs[i - n].flags & FF_ARG_REQUIRED))
			continue;
		if (field_parse(sv_of(name), &refs_arena, &refs[nrefs++], NULL) < 0)
			abort();
	}
}

static bool take(struct sv *in, size_t n, struct sv *out)
{
	return sv_take(in, n, out);
}

/* The next event; false at the end. Its parameters are freed by drop_event. */
static bool next_event(struct sv *in, struct event *ev)
{
	struct sv head, len, bytes;
	uint64_t num = ev->num + 1;

	if (!take(in, 4, &head))
		return false;
	*ev = (struct event){ .num = num,
			      .ts_ns = num * 1000,
			      .type = (uint16_t)(get_le16(head.p) % EV_COUNT),
			      .tid = head.p[2] % 8 };
	ev->desc = schema_event(ev->type);
	for (uint8_t n = (uint8_t)head.p[3] % EVENT_MAX_PARAMS; n > 0; n--) {
		if (!take(in, 1, &len) || !take(in, (uint8_t)len.p[0], &bytes))
			break;
		char *copy = malloc(bytes.n ? bytes.n : 1);

		if (!copy)
			abort();
		memcpy(copy, bytes.p, bytes.n);
		ev->params[ev->nparams++] = (struct sv){ copy, bytes.n };
	}
	return true;
}

static void drop_event(struct event *ev)
{
	for (uint32_t i = 0; i < ev->nparams; i++)
		free((void *)(uintptr_t)ev->params[i].p);
	ev->nparams = 0;
}

static void look(struct field_ctx *ctx, struct buf *out)
{
	const struct event *ev = ctx->state->now.ev;
	struct value v, decided;
	const struct value *items;
	size_t n;
	bool missing;

	for (size_t i = 0; i < nrefs; i++) {
		bool got = field_get_json(&refs[i], ctx, &v);

		buf_clear(out);
		if (got)
			render_value_json(out, &v, refs[i].def->format);
		if (got)
			render_value(out, &v, refs[i].def->format);
		field_candidates(&refs[i], ctx, &items, &n);
		if (field_decided_by_type(&refs[i], ev->type, &missing, &decided) && got == missing)
			abort();
	}
	render_args(ctx, out);
}

static void people(struct state *state)
{
	struct err err = { 0 };

	for (int64_t tid = 0; tid < 4; tid++) {
		struct record proc = { .kind = RECORD_PROC,
				       .proc = { .tid = tid,
						 .pid = tid == 3 ? 2 : tid,
						 .ptid = tid ? tid - 1 : 0,
						 .vtid = tid,
						 .vpid = tid,
						 .comm = SV("sh"),
						 .args = SV("a\0\0b\0"),
						 .env = SV("A=b\0"),
						 .cgroups = SV("cpu=/\0"),
						 .cwd = SV("/tmp") } };
		struct record fd = { .kind = RECORD_FD,
				     .fd = { .tid = tid,
					     .fd = 3,
					     .type = (uint8_t)(FD_FILE + tid),
					     .name = SV("/dev/log"),
					     .l4 = L4_TCP } };

		state_meta(state, &proc, &err);
		state_meta(state, &fd, &err);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv in = { (const char *)data, size };
	struct state *state = state_new();
	struct field_ctx ctx = { .state = state, .time_mode = 'r' };
	struct event ev = { 0 };
	struct err err = { 0 };
	struct buf out = { 0 };

	if (!refs)
		parse_all();
	if (!state)
		abort();
	people(state);
	while (ev.num < MAX_EVENTS && next_event(&in, &ev)) {
		arena_reset(&ctx.scratch);
		if (state_event(state, &ev, &err) == 0)
			look(&ctx, &out);
		drop_event(&ev);
	}
	buf_deinit(&out);
	state_free(state);
	arena_deinit(&ctx.scratch);
	return 0;
}
