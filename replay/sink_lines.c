/* Sinks that print one line per alert, byte for byte as Falco does. */
#include "engine/fields/render.h"
#include "replay/sink.h"

#include <stdlib.h>
#include <time.h>

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
	buf_putsv(&s->scratch, a->prefix);
	buf_putc(&s->scratch, ' ');
	buf_putsv(&s->scratch, a->message);
	return s->scratch.failed ? SV("") : buf_sv(&s->scratch);
}

static int text_alert(struct sink *sink, const struct alert *a, struct err *err)
{
	struct line_sink *s = (struct line_sink *)sink;

	if (s->clean) {
		s->clean(&s->lines, output_of(s, a));
	} else {
		buf_putsv(&s->lines, a->prefix);
		buf_putc(&s->lines, ' ');
		buf_putsv(&s->lines, a->message);
	}
	return end_line(s, err);
}

static void put_text(struct buf *b, const char *before, struct sv text)
{
	buf_puts(b, before);
	render_json_string(b, text);
}

static void put_time(struct buf *b, uint64_t ts_ns)
{
	time_t s = (time_t)(ts_ns / 1000000000);
	char text[40];
	struct tm tm;

	buf_puts(b, ",\"time\":\"");
	if (gmtime_r(&s, &tm) && strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm))
		buf_puts(b, text);
	buf_printf(b, ".%09uZ\"", (unsigned)(ts_ns % 1000000000));
}

/* The output is prefix, blank and message: what was escaped for the message is used again. */
static void put_message_and_output(struct buf *b, const struct alert *a)
{
	size_t at, n;

	buf_puts(b, ",\"message\":");
	at = b->n;
	render_json_string(b, a->message);
	n = b->n - at;
	put_text(b, ",\"output\":", a->prefix);
	if (!buf_reserve(b, n))
		return;
	b->p[b->n - 1] = ' '; /* instead of the quote */
	buf_put(b, b->p + at + 1, n - 1);
}

static int json_alert(struct sink *sink, const struct alert *a, struct err *err)
{
	struct line_sink *s = (struct line_sink *)sink;
	struct buf *b = &s->lines;

	put_text(b, "{\"hostname\":", a->hostname);
	put_message_and_output(b, a);
	buf_puts(b, ",\"output_fields\":{");
	for (size_t i = 0; i < a->nvalues; i++) {
		put_text(b, i ? "," : "", a->keys[i].name);
		buf_putc(b, ':');
		buf_putsv(b, a->values[i]);
	}
	buf_puts(b, "},\"priority\":\"");
	buf_puts(b, priority_name(a->rule->priority));
	put_text(b, "\",\"rule\":", a->rule->name);
	put_text(b, ",\"source\":", a->rule->source);
	buf_puts(b, ",\"tags\":[");
	for (size_t i = 0; i < a->rule->ntags; i++)
		put_text(b, i ? "," : "", a->rule->tags[i]);
	buf_putc(b, ']');
	put_time(b, a->ts_ns);
	buf_putc(b, '}');
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
