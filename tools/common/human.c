#include "tools/common/human.h"

#include "format/base/utf8.h"

#include <inttypes.h>
#include <time.h>

#define NS_PER_S UINT64_C(1000000000)

void human_count(struct buf *b, uint64_t n)
{
	if (n >= 1000) {
		human_count(b, n / 1000);
		buf_printf(b, ",%03" PRIu64, n % 1000);
	} else {
		buf_put_u64(b, n);
	}
}

void human_bytes(struct buf *b, uint64_t n)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	size_t unit = 0;
	double v = (double)n;

	while (v >= 1024) {
		v /= 1024;
		unit++;
	}
	buf_printf(b, unit ? "%.1f %s" : "%.0f %s", v, units[unit]);
}

void human_duration(struct buf *b, uint64_t ns)
{
	uint64_t s = ns / NS_PER_S;

	if (ns < 1000)
		buf_printf(b, "%" PRIu64 " ns", ns);
	else if (ns < NS_PER_S / 1000)
		buf_printf(b, "%.1f us", (double)ns / 1e3);
	else if (ns < NS_PER_S)
		buf_printf(b, "%.1f ms", (double)ns / 1e6);
	else if (s < 60)
		buf_printf(b, "%.3f s", (double)ns / 1e9);
	else
		buf_printf(b, "%" PRIu64 ":%02" PRIu64 ":%02" PRIu64, s / 3600, s / 60 % 60,
			   s % 60);
}

void human_time(struct buf *b, uint64_t ts_ns)
{
	time_t s = (time_t)(ts_ns / NS_PER_S);
	struct tm tm;
	char text[32];

	if (!gmtime_r(&s, &tm) || !strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm)) {
		buf_put_u64(b, ts_ns);
		return;
	}
	buf_printf(b, "%s.%09" PRIu64 "Z", text, ts_ns % NS_PER_S);
}

/* Does a terminal act on this character (of n bytes) instead of showing it? */
static bool acts_on_terminals(const char *p, size_t n, uint32_t *code)
{
	const uint8_t *c = (const uint8_t *)p;

	*code = c[0];
	if (n == 1)
		return c[0] < 0x20 || c[0] == 0x7f;
	if (n == 2)
		*code = (c[0] & 0x1fu) << 6 | (c[1] & 0x3fu);
	else if (n == 3)
		*code = (c[0] & 0xfu) << 12 | (c[1] & 0x3fu) << 6 | (c[2] & 0x3fu);
	else
		return false;
	/* C1 controls; line and paragraph separators; marks of writing direction */
	return (*code >= 0x80 && *code < 0xa0) || (*code >= 0x200e && *code <= 0x200f) ||
	       (*code >= 0x2028 && *code <= 0x202e) || (*code >= 0x2066 && *code <= 0x2069);
}

void human_text(struct buf *b, struct sv text)
{
	static const char letters[] = "\n\r\t", names[] = "nrt";

	while (text.n) {
		uint32_t code;
		bool valid;
		size_t n = utf8_next(text, &valid);
		const char *letter;

		if (!valid) {
			for (size_t i = 0; i < n; i++)
				buf_printf(b, "\\x%02x", (uint8_t)text.p[i]);
		} else if (!acts_on_terminals(text.p, n, &code)) {
			buf_put(b, text.p, n);
		} else if (n == 1 && code && (letter = strchr(letters, (int)code))) {
			buf_printf(b, "\\%c", names[letter - letters]);
		} else {
			buf_printf(b, n == 1 ? "\\x%02x" : "\\u%04x", (unsigned)code);
		}
		text.p += n;
		text.n -= n;
	}
}

void human_hex(struct buf *b, const uint8_t *bytes, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		buf_putc(b, digits[bytes[i] >> 4]);
		buf_putc(b, digits[bytes[i] & 15]);
	}
}

void human_cut(struct buf *b, size_t at, size_t width)
{
	size_t characters = 0, keep = b->n;

	/* A continuation byte belongs to the character before it. */
	for (size_t i = at; i < b->n; i++) {
		if (((uint8_t)b->p[i] & 0xc0) == 0x80)
			continue;
		if (characters == width - 3)
			keep = i;
		if (++characters > width) {
			b->n = keep;
			buf_puts(b, "...");
			return;
		}
	}
}
