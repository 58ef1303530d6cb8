#include "tools/ruletest/panel.h"

#include "engine/filter/need.h"

#include <stdlib.h>

struct panel {
	struct program *program;
	struct arena arena;
	struct format **formats; /* NULL: no message */
	size_t n;
	uint64_t runs;
	struct column_need need;
	bool borrowed; /* the program is not ours */
};

static int no_memory(struct err *err)
{
	return err_set(err, ERR_NOMEM, "out of memory");
}

/* As the loader compiles an output: a missing value is "<NA>". */
static int compile_output(struct panel *p, size_t i, struct sv output, struct err *err)
{
	struct buf text = { 0 };
	int rc;

	if (output.n == 0)
		return 0;
	if (output.p[0] != '*')
		buf_putc(&text, '*');
	buf_putsv(&text, output);
	rc = text.failed ? no_memory(err)
			 : format_compile(buf_sv(&text), &p->arena, &p->formats[i], err);
	buf_deinit(&text);
	return rc;
}

/* What the probes that are live at events of one type print of them. */
struct printed {
	const struct panel *panel;
	uint32_t type;
	uint64_t params;
};

static void add_printed(void *arg, uint32_t id)
{
	struct printed *p = arg;

	if (p->panel->formats[id])
		p->params |= format_params(p->panel->formats[id], p->type);
}

static void note_need(struct panel *p)
{
	state_need(&p->need);
	for (uint32_t type = 0; type < EV_COUNT; type++) {
		struct printed printed = { .panel = p, .type = type };

		program_live(p->program, type, add_printed, &printed);
		p->need.params[type] |= printed.params | program_params(p->program, type);
	}
}

int panel_new(const struct probe *probes, size_t n, struct panel **out, struct err *err)
{
	struct panel *p = calloc(1, sizeof *p);
	uint32_t id;
	int rc = 0;

	*out = NULL;
	if (!p)
		return no_memory(err);
	p->n = n;
	p->program = program_new();
	p->formats = arena_array(&p->arena, struct format *, n + 1);
	if (!p->program || !p->formats)
		rc = no_memory(err);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = program_add(p->program, probes[i].cond, &id, err);
		if (rc == 0)
			rc = compile_output(p, i, probes[i].output, err);
	}
	if (rc == 0)
		rc = program_seal(p->program, err);
	if (rc < 0) {
		panel_free(p);
		return -1;
	}
	note_need(p);
	*out = p;
	return 0;
}

int panel_around(struct program *program, size_t n, struct panel **out, struct err *err)
{
	struct panel *p = *out = calloc(1, sizeof *p);

	if (!p)
		return no_memory(err);
	p->program = program;
	p->borrowed = true;
	p->n = n;
	p->formats = arena_array(&p->arena, struct format *, n + 1);
	if (!p->formats) {
		panel_free(p);
		*out = NULL;
		return no_memory(err);
	}
	note_need(p);
	return 0;
}

const struct column_need *panel_need(const struct panel *p)
{
	return &p->need;
}

void panel_free(struct panel *p)
{
	if (!p)
		return;
	if (!p->borrowed)
		program_free(p->program);
	arena_deinit(&p->arena);
	free(p);
}

struct program *panel_program(struct panel *p)
{
	return p->program;
}

void panel_message(struct panel *p, uint32_t i, struct field_ctx *ctx, struct buf *out)
{
	if (p->formats[i])
		format_print(p->formats[i], ctx, out);
}

/* One trace on its way. */
struct flow {
	struct panel *panel;
	const struct panel_watch *watch;
	struct field_ctx ctx;
	struct state *state;
	struct trace_span *span;
	struct err *err;
	int rc;
};

static bool on_hit(void *arg, uint32_t id)
{
	struct flow *f = arg;

	f->rc = f->watch->hit(f->watch->arg, id, &f->ctx, f->err);
	return f->rc == 0;
}

static int play(struct flow *f, const struct record *rec)
{
	struct trace_span *span = f->span;

	if (rec->kind != RECORD_EVENT)
		return state_meta(f->state, rec, f->err);
	if (state_event(f->state, &rec->event, f->err) < 0)
		return -1;
	if (!f->state->now.shown)
		return 0;
	if (span->events == 0)
		span->first_ns = rec->event.ts_ns;
	if (rec->event.ts_ns > span->last_ns)
		span->last_ns = rec->event.ts_ns;
	span->events++;
	arena_reset(&f->ctx.scratch);
	if (f->watch->event && f->watch->event(f->watch->arg, &f->ctx, f->err) < 0)
		return -1;
	if (f->watch->hit)
		program_run(f->panel->program, &f->ctx, on_hit, f);
	return f->rc;
}

int panel_run(struct panel *p, struct source *s, const struct panel_watch *watch,
	      struct trace_span *out, struct err *err)
{
	struct flow f = { .panel = p, .watch = watch, .span = out, .err = err };
	struct record rec;
	enum next next;

	*out = (struct trace_span){ 0 };
	f.state = state_new();
	if (!f.state)
		return no_memory(err);
	/* What fields remember from event to event serves one trace. */
	f.ctx = (struct field_ctx){ .state = f.state, .time_mode = 'h', .run = ++p->runs };
	while (f.rc == 0 && (next = source_next(s, &rec, &out->damage)) > NEXT_END)
		if (next == NEXT_ITEM)
			f.rc = play(&f, &rec);
	state_free(f.state);
	arena_deinit(&f.ctx.scratch);
	return f.rc;
}
