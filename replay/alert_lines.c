#include "replay/alert_lines.h"

#include "engine/fields/render.h"

#include <time.h>

void alert_put_text(struct buf *out, const struct alert *a)
{
	buf_putsv(out, a->prefix);
	buf_putc(out, ' ');
	buf_putsv(out, a->message);
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

void alert_put_json(struct buf *b, const struct alert *a)
{
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
}
