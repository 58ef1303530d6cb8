/* Sinks that print one line per alert, byte for byte as Falco does. */
#include "replay/alert_lines.h"
#include "replay/sink.h"

#include <stdlib.h>

enum { FLUSH_BYTES = 1 << 16 };

struct line_sink {
	struct sink sink;
	FILE *out;
	void (*clean)(struct buf *out, struct sv text); /* text only; may be NULL */
	struct buf lines, scratch;
};

static int write_out(struct line_sink *s, struct err *err)
{
	if (s->lines.failed)
		return err_set(err, ERR_NOMEM, "out of memory");
	bool written = buf_write(&s->lines, s->out);
	buf_clear(&s->lines);
	if (!written)
		return err_errno(err, "cannot write the alerts");
	return 0;
}

static int begin(struct sink *sink, const struct trace_report *trace, struct err *err)
{
	(void)sink;
	(void)trace;
	(void)err;
	return 0;
}

static int end_line(struct line_sink *s, struct err *err)
{
	buf_putc(&s->lines, '\n');
	return s->lines.n >= FLUSH_BYTES || s->lines.failed ? write_out(s, err) : 0;
}

static int end(struct sink *sink, const struct trace_report *trace, struct err *err)
{
	struct line_sink *s = (struct line_sink *)sink;

	(void)trace;
	if (write_out(s, err) < 0)
		return -1;
	return fflush(s->out) == 0 ? 0 : err_errno(err, "cannot write the alerts");
}

static void close_sink(struct sink *sink)
{
	struct line_sink *s = (struct line_sink *)sink;

	buf_deinit(&s->lines);
	buf_deinit(&s->scratch);
	free(s);
}

/* "PREFIX MESSAGE" */
static struct sv output_of(struct line_sink *s, const struct alert *a)
{
	buf_clear(&s->scratch);
	alert_put_text(&s->scratch, a);
	return s->scratch.failed ? SV("") : buf_sv(&s->scratch);
}

static int text_alert(struct sink *sink, const struct alert *a, struct err *err)
{
	struct line_sink *s = (struct line_sink *)sink;

	if (s->clean) {
		s->clean(&s->lines, output_of(s, a));
	} else {
		alert_put_text(&s->lines, a);
	}
	return end_line(s, err);
}

static int json_alert(struct sink *sink, const struct alert *a, struct err *err)
{
	struct line_sink *s = (struct line_sink *)sink;

	alert_put_json(&s->lines, a);
	return end_line(s, err);
}

static const struct sink_ops text_ops = { begin, NULL, text_alert, end, close_sink };
static const struct sink_ops json_ops = { begin, NULL, json_alert, end, close_sink };

static struct line_sink *line_sink_new(const struct sink_ops *ops, bool wants_values, FILE *out)
{
	struct line_sink *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	s->sink = (struct sink){ .ops = ops, .wants_values = wants_values };
	s->out = out;
	return s;
}

struct sink *sink_text_new(FILE *out, void (*clean)(struct buf *out, struct sv text))
{
	struct line_sink *s = line_sink_new(&text_ops, false, out);

	if (!s)
		return NULL;
	s->clean = clean;
	return &s->sink;
}

struct sink *sink_json_new(FILE *out)
{
	struct line_sink *s = line_sink_new(&json_ops, true, out);

	return s ? &s->sink : NULL;
}
