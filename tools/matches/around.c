#include "tools/matches/around.h"

#include "engine/engine.h"
#include "format/source.h"
#include "replay/digest.h"
#include "tools/common/human.h"

#include <stdlib.h>

enum { MAX_LINE = 4096 };

static const char line_template[] =
	"*%evt.num %evt.time %proc.name[%thread.tid] %evt.type %evt.args";

/* The last events before the match: lines that turn out to be wanted or not. */
struct ring {
	struct buf *lines;
	uint64_t n, next;
};

struct window {
	const struct around *a;
	struct engine *engine;
	struct arena arena;
	struct format *format;
	struct ring before;
	uint64_t after; /* events behind the match so far */
	size_t width;
	struct buf line;
	struct buf *out;
};

static int check_trace(const struct around *a, struct err *err)
{
	struct digest digest;

	if (digest_file(a->trace, &digest, NULL, err) < 0)
		return err_prefix(err, "the trace is not there");
	if (strcmp(digest.hex, a->sha256) != 0)
		return err_set(err, ERR_CHECK,
			       "%s is not the file that was replayed: its sha256 differs",
			       a->trace);
	return 0;
}

static void render(struct window *w, bool marked, struct buf *out)
{
	buf_clear(&w->line);
	format_print(w->format, engine_ctx(w->engine), &w->line);
	if (w->line.n > MAX_LINE)
		w->line.n = MAX_LINE;
	while (w->line.n && w->line.p[w->line.n - 1] == ' ') /* no arguments */
		w->line.n--;
	buf_clear(out);
	buf_puts(out, marked ? ">> " : "   ");
	human_text(out, buf_sv(&w->line));
	if (w->width)
		human_cut(out, 0, w->width);
	buf_putc(out, '\n');
}

/* The lines kept so far, oldest first. */
static void flush_ring(struct window *w)
{
	struct ring *r = &w->before;
	uint64_t kept = r->next < r->n ? r->next : r->n;

	for (uint64_t i = r->next - kept; i < r->next; i++)
		buf_putsv(w->out, buf_sv(&r->lines[i % r->n]));
	r->next = 0;
}

/* False: nothing more is needed. */
static bool take(struct window *w, const struct event *ev)
{
	const struct around *a = w->a;
	struct buf text = { 0 };

	if (ev->num != a->evt_num && a->only_tid != -1 && ev->tid != a->only_tid)
		return true;
	if (ev->num < a->evt_num) {
		if (w->before.n) {
			render(w, false, &w->before.lines[w->before.next % w->before.n]);
			w->before.next++;
		}
		return true;
	}
	if (ev->num == a->evt_num)
		flush_ring(w);
	else
		w->after++;
	if (w->after <= a->after) {
		render(w, ev->num == a->evt_num, &text);
		buf_putsv(w->out, buf_sv(&text));
		buf_deinit(&text);
	}
	return w->after < a->after;
}

static int replay(struct window *w, struct source *source, struct err *err)
{
	struct record rec;
	enum next next;

	while ((next = source_next(source, &rec, err)) == NEXT_ITEM) {
		arena_reset(&engine_ctx(w->engine)->scratch);
		if (engine_record(w->engine, &rec, NULL, NULL, err) < 0)
			return -1;
		if (rec.kind == RECORD_EVENT && engine_state(w->engine)->now.shown &&
		    !take(w, &rec.event))
			return 0;
	}
	return next == NEXT_ERROR ? -1 : 0;
}

int around_print(const struct around *a, size_t width, struct buf *out, struct err *err)
{
	const struct source_options options = { .upgrade = true };
	struct window w = { .a = a, .width = width, .out = out };
	struct source *source = NULL;
	int rc = -1;

	if (check_trace(a, err) < 0)
		return -1;
	w.engine = engine_new(NULL, MATCH_ALL);
	w.before.n = a->before;
	w.before.lines = calloc(a->before + 1, sizeof *w.before.lines);
	if (!w.engine || !w.before.lines)
		err_set(err, ERR_NOMEM, "out of memory");
	else if (format_compile(sv_of(line_template), &w.arena, &w.format, err) == 0 &&
		 source_open(a->trace, &options, &source, err) == 0)
		rc = replay(&w, source, err);
	for (uint64_t i = 0; w.before.lines && i < w.before.n; i++)
		buf_deinit(&w.before.lines[i]);
	free(w.before.lines);
	buf_deinit(&w.line);
	source_close(source);
	engine_free(w.engine);
	arena_deinit(&w.arena);
	return rc;
}
