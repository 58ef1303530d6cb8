/*
 * Values as text and JSON.
 */
#include "engine/fields/render.h"

#include "engine/fields/getters.h"
#include "format/base/utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Falco prints a value into 1 KiB; text is exempt. */
enum { VALUE_MAX = 1023 };

/* --- numbers --- */

/* 64-bit types fall back to decimal where the print format is not one of theirs, others cannot. */
static bool falls_back(enum param_type type)
{
	return type == PT_INT64 || type == PT_PID || type == PT_FD || type == PT_ERRNO;
}

static uint64_t masked(const struct value *v)
{
	uint32_t bits = schema_type_size(v->type) * 8;

	return bits == 0 || bits >= 64 ? v->u : v->u & ((1ull << bits) - 1);
}

/* False: this type has no such format. */
static bool put_integer(struct buf *out, const struct value *v, enum print_format format)
{
	bool is_signed = value_type_is_signed(v->type);
	bool is_wide = schema_type_size(v->type) == 8;

	switch (format) {
	case PF_OCT:
		buf_printf(out, "%" PRIo64, masked(v));
		return true;
	case PF_HEX:
		buf_printf(out, "%" PRIX64, masked(v));
		return true;
	case PF_PADDED_DEC:
		if (!is_wide)
			return false;
		if (is_signed)
			buf_printf(out, "%09" PRId64, v->i);
		else
			buf_printf(out, "%09" PRIu64, v->u);
		return true;
	case PF_NA:
	case PF_DIR:
		if (!falls_back(v->type))
			return false;
		break;
	case PF_DEC:
	case PF_ID:
		break;
	}
	if (is_signed)
		buf_put_i64(out, v->i);
	else
		buf_put_u64(out, v->u);
	return true;
}

static void put_ip(struct buf *out, const struct ip *ip)
{
	char text[IP_TEXT_MAX];

	buf_put(out, text, ip_print(ip, text));
}

/* What does not fit loses two bytes more than it must: Falco's writer does so. */
static struct sv shown_bytes(struct sv s)
{
	return s.n > VALUE_MAX - 1 ? (struct sv){ s.p, VALUE_MAX - 2 } : s;
}

static void put_dots(struct buf *out, struct sv s)
{
	for (size_t i = 0; i < s.n; i++)
		buf_putc(out, s.p[i] >= ' ' && s.p[i] <= '~' ? s.p[i] : '.');
}

/* --- text --- */

static const struct sv replacement = { "\xef\xbf\xbd", 3 }; /* U+FFFD */

/* A valid character that shows as something: no control, no noncharacter. */
static bool is_printable(struct sv c)
{
	const unsigned char *p = (const unsigned char *)c.p;

	switch (c.n) {
	case 1:
		return p[0] >= 0x20 && p[0] != 0x7f;
	case 2:
		return p[0] != 0xc2 || p[1] > 0x9f;
	case 3:
		return p[0] != 0xef || !((p[1] == 0xb7 && p[2] >= 0x90 && p[2] <= 0xaf) ||
					 (p[1] == 0xbf && p[2] >= 0xbe));
	default:
		return (p[1] & 0x0f) != 0x0f || p[2] != 0xbf || p[3] < 0xbe;
	}
}

static bool is_plain(char c)
{
	return c >= ' ' && c <= '~';
}

/* Whatever a trace holds must not play tricks on a terminal: what is no character that shows
 * becomes U+FFFD, as in Falco's output. */
static void put_printable(struct buf *out, struct sv s)
{
	while (s.n) {
		struct sv head;
		bool valid;
		size_t n = 0;

		while (n < s.n && is_plain(s.p[n]))
			n++;
		sv_take(&s, n, &head);
		buf_putsv(out, head);
		if (s.n == 0)
			return;
		sv_take(&s, utf8_next(s, &valid), &head);
		buf_putsv(out, valid && is_printable(head) ? head : replacement);
	}
}

/* False: nothing that could be shown. */
static bool put_scalar(struct buf *out, const struct value *v, enum print_format format)
{
	switch (v->type) {
	case PT_CHARBUF:
	case PT_FSPATH:
	case PT_FSRELPATH:
		put_printable(out, sv_upto_nul(v->s));
		return true;
	case PT_BYTEBUF:
		put_dots(out, shown_bytes(v->s));
		return true;
	case PT_BOOL:
		buf_puts(out, v->u ? "true" : "false");
		return true;
	case PT_DOUBLE:
		buf_printf(out, "%.1f", v->d);
		return true;
	case PT_IPADDR:
		put_ip(out, &v->ip);
		return true;
	case PT_IPNET:
		buf_puts(out, "<IPNET>");
		return true;
	default:
		return value_type_is_integer(v->type) && put_integer(out, v, format);
	}
}

static enum print_format format_of(const struct value *v, enum print_format format)
{
	return v->format ? v->format : format;
}

void render_value(struct buf *out, const struct value *v, enum print_format format)
{
	size_t start = out->n;

	format = format_of(v, format);
	if (!v->is_list) {
		if (!put_scalar(out, v, format))
			buf_puts(out, "<NA>");
		return;
	}
	buf_putc(out, '(');
	for (size_t i = 0; i < v->list.n; i++) {
		if (i)
			buf_putc(out, ',');
		if (!put_scalar(out, &v->list.items[i], format))
			buf_puts(out, "<NA>");
	}
	buf_putc(out, ')');
	if (!out->failed && out->n - start > VALUE_MAX)
		out->n = start + VALUE_MAX;
}

/* --- JSON strings --- */

static void put_json_ascii(struct buf *out, unsigned char c)
{
	static const char escapes[] = {
		['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n',  ['\r'] = 'r',
		['\t'] = 't', ['"'] = '"',  ['\\'] = '\\',
	};

	if (c < sizeof escapes && escapes[c]) {
		buf_putc(out, '\\');
		buf_putc(out, escapes[c]);
	} else if (c < 0x20) {
		buf_printf(out, "\\u%04x", c);
	} else {
		buf_putc(out, (char)c);
	}
}

/* Bytes at the front of s that stand for themselves: nearly all of nearly every text. */
static size_t json_plain_prefix(struct sv s)
{
	size_t n = 0;

	while (n < s.n && (unsigned char)s.p[n] >= 0x20 && (unsigned char)s.p[n] < 0x80 &&
	       s.p[n] != '"' && s.p[n] != '\\')
		n++;
	return n;
}

void render_json_string(struct buf *out, struct sv s)
{
	buf_putc(out, '"');
	for (;;) {
		struct sv head;
		bool valid;

		sv_take(&s, json_plain_prefix(s), &head);
		buf_putsv(out, head);
		if (s.n == 0)
			break;
		sv_take(&s, utf8_next(s, &valid), &head);
		if (!valid)
			buf_putsv(out, replacement);
		else if (head.n == 1)
			put_json_ascii(out, (unsigned char)head.p[0]);
		else
			buf_putsv(out, head);
	}
	buf_putc(out, '"');
}

/* --- JSON values --- */

enum { DOUBLE_MAX_EXP = 15, DOUBLE_MIN_EXP = -4 };

/* The shortest digits that read back as the same number; 1.0 and 0.001, but 1e+16 and 1e-05. */
static void put_json_double(struct buf *out, double d)
{
	char e_form[40], digits[20];
	int n = 0, point;

	for (int precision = 0; precision < 17; precision++) {
		snprintf(e_form, sizeof e_form, "%.*e", precision, d);
		if (strtod(e_form, NULL) == d)
			break;
	}
	if (e_form[0] == '-')
		buf_putc(out, '-');
	for (const char *p = e_form; *p && *p != 'e' && n < (int)sizeof digits; p++) {
		if (*p >= '0' && *p <= '9')
			digits[n++] = *p;
	}
	/* Digits before the decimal point. */
	point = (int)strtol(strchr(e_form, 'e') ? strchr(e_form, 'e') + 1 : "0", NULL, 10) + 1;

	if (point > DOUBLE_MAX_EXP || point <= DOUBLE_MIN_EXP) {
		buf_puts(out, e_form[0] == '-' ? e_form + 1 : e_form);
	} else if (point <= 0) {
		buf_printf(out, "0.%.*s%.*s", -point, "000", n, digits);
	} else if (point >= n) {
		buf_printf(out, "%.*s%.*s.0", n, digits, point - n, "000000000000000");
	} else {
		buf_printf(out, "%.*s.%.*s", point, digits, n - point, digits + point);
	}
}

static void put_json_quoted(struct buf *out, const struct value *v, enum print_format format)
{
	size_t start;

	buf_putc(out, '"');
	start = out->n;
	if (!put_scalar(out, v, format) && !out->failed) {
		out->n = start - 1;
		buf_puts(out, "null");
		return;
	}
	buf_putc(out, '"');
}

/* Printable text: of what JSON must escape only '"' and '\\' are left in it. */
static void put_json_text(struct buf *out, const struct value *v)
{
	size_t start, added = 0;

	buf_putc(out, '"');
	start = out->n;
	put_scalar(out, v, PF_NA);
	for (size_t i = start; i < out->n; i++)
		added += out->p[i] == '"' || out->p[i] == '\\';
	if (added && buf_reserve(out, added)) {
		size_t from = out->n, to = out->n + added;

		out->n = to;
		while (from > start) {
			char c = out->p[--from];

			out->p[--to] = c;
			if (c == '"' || c == '\\')
				out->p[--to] = '\\';
		}
	}
	buf_putc(out, '"');
}

static void put_json_integer(struct buf *out, const struct value *v, enum print_format format)
{
	bool plain = format == PF_DEC || format == PF_ID;

	if (plain)
		put_integer(out, v, format);
	else
		put_json_quoted(out, v, format);
}

static void put_json_scalar(struct buf *out, const struct value *v, enum print_format format)
{
	switch (v->type) {
	case PT_CHARBUF:
	case PT_FSPATH:
	case PT_FSRELPATH:
	case PT_BYTEBUF:
		put_json_text(out, v);
		break;
	case PT_BOOL:
		buf_puts(out, v->u ? "true" : "false");
		break;
	case PT_DOUBLE:
		if (format == PF_DEC)
			buf_put_i64(out, (int64_t)v->d);
		else
			put_json_double(out, v->d);
		break;
	case PT_IPADDR:
	case PT_IPNET:
		put_json_quoted(out, v, format);
		break;
	default:
		if (value_type_is_integer(v->type))
			put_json_integer(out, v, format);
		else
			buf_puts(out, "null");
	}
}

/* An empty list is null, too. */
void render_value_json(struct buf *out, const struct value *v, enum print_format format)
{
	if (!v || (v->is_list && v->list.n == 0)) {
		buf_puts(out, "null");
		return;
	}
	format = format_of(v, format);
	if (!v->is_list) {
		put_json_scalar(out, v, format);
		return;
	}
	buf_putc(out, '[');
	for (size_t i = 0; i < v->list.n; i++) {
		if (i)
			buf_putc(out, ',');
		put_json_scalar(out, &v->list.items[i], format);
	}
	buf_putc(out, ']');
}

/* --- parameters --- */

void render_args(struct field_ctx *ctx, struct buf *out)
{
	buf_putsv(out, params_text(ctx));
}
