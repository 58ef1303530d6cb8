/*
 * Values as text and JSON.
 */
#include "engine/fields/render.h"

#include "engine/fields/getters.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Falco prints a value into 1 KiB; text is exempt. */
enum { VALUE_MAX = 1023 };

/* --- numbers -----------------------------------------------------------------------------------
 */

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

/* --- text --------------------------------------------------------------------------------------
 */

/* False: nothing that could be shown. */
static bool put_scalar(struct buf *out, const struct value *v, enum print_format format)
{
	switch (v->type) {
	case PT_CHARBUF:
	case PT_FSPATH:
	case PT_FSRELPATH:
		buf_putsv(out, sv_upto_nul(v->s));
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

/* --- JSON strings ------------------------------------------------------------------------------
 */

static void put_utf8(struct buf *out, uint32_t c)
{
	if (c >= 0x10000) {
		buf_putc(out, (char)(0xf0 | c >> 18));
		buf_putc(out, (char)(0x80 | (c >> 12 & 0x3f)));
	} else if (c >= 0x800) {
		buf_putc(out, (char)(0xe0 | c >> 12));
	}
	if (c >= 0x800)
		buf_putc(out, (char)(0x80 | (c >> 6 & 0x3f)));
	else if (c >= 0x80)
		buf_putc(out, (char)(0xc0 | c >> 6));
	buf_putc(out, (char)(c >= 0x80 ? 0x80 | (c & 0x3f) : c));
}

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

enum { REPLACEMENT = 0xfffd };

/* Bytes of the sequence that a lead byte announces, 0 if it is none; *low: smallest second byte. */
static size_t sequence_length(unsigned char lead, unsigned char *low, unsigned char *high)
{
	*low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
	*high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
	if (lead >= 0xc2 && lead <= 0xdf)
		return 2;
	if (lead >= 0xe0 && lead <= 0xef)
		return 3;
	return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

/* Every maximal part of a broken sequence becomes one U+FFFD. */
void render_json_string(struct buf *out, struct sv s)
{
	size_t i = 0;

	buf_putc(out, '"');
	while (i < s.n) {
		unsigned char c = (unsigned char)s.p[i], low, high;
		size_t want, have;

		if (c < 0x80) {
			put_json_ascii(out, c);
			i++;
			continue;
		}
		want = sequence_length(c, &low, &high);
		for (have = 1; have < want && i + have < s.n; have++) {
			unsigned char next = (unsigned char)s.p[i + have];

			if (next < low || next > high)
				break;
			low = 0x80;
			high = 0xbf;
		}
		if (want && have == want)
			buf_put(out, s.p + i, want);
		else
			put_utf8(out, REPLACEMENT);
		i += have;
	}
	buf_putc(out, '"');
}

/*
 * One code point of a field's text as Falco's field writer reads it: a lead byte takes the bytes
 * after it whatever they are, and only the result is checked.
 */
static uint32_t next_code_point(struct sv s, size_t *i)
{
	unsigned char lead = (unsigned char)s.p[*i];
	size_t more = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
	uint32_t c = lead & (0x3fu >> more);
	static const uint32_t smallest[] = { 0, 0x80, 0x800, 0x10000 };

	if (lead >= 0xf8 || s.n - *i <= more) {
		++*i;
		return REPLACEMENT;
	}
	for (size_t k = 1; k <= more; k++)
		c = c << 6 | ((unsigned char)s.p[*i + k] & 0x3f);
	*i += more + 1;
	if (c < smallest[more] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return REPLACEMENT;
	return c;
}

static void put_json_field_text(struct buf *out, struct sv s)
{
	buf_putc(out, '"');
	for (size_t i = 0; i < s.n;) {
		if ((unsigned char)s.p[i] < 0x80)
			put_json_ascii(out, (unsigned char)s.p[i++]);
		else
			put_utf8(out, next_code_point(s, &i));
	}
	buf_putc(out, '"');
}

/* --- JSON values -------------------------------------------------------------------------------
 */

/* The shortest digits that read back as the same number. */
static void put_json_double(struct buf *out, double d)
{
	char text[40];

	for (int precision = 1; precision <= 17; precision++) {
		snprintf(text, sizeof text, "%.*g", precision, d);
		if (strtod(text, NULL) == d)
			break;
	}
	buf_puts(out, text);
	if (!strpbrk(text, ".en"))
		buf_puts(out, ".0");
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
	struct buf dots = { 0 };

	switch (v->type) {
	case PT_CHARBUF:
	case PT_FSPATH:
	case PT_FSRELPATH:
		put_json_field_text(out, sv_upto_nul(v->s));
		break;
	case PT_BYTEBUF:
		put_dots(&dots, shown_bytes(v->s));
		put_json_field_text(out, buf_sv(&dots));
		buf_deinit(&dots);
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

/* --- parameters --------------------------------------------------------------------------------
 */

void render_param(struct field_ctx *ctx, uint32_t i, struct buf *raw, struct buf *resolved)
{
	if (i >= known_params(now_event(ctx)))
		return;
	buf_putsv(raw, param_raw(ctx, i));
	buf_putsv(resolved, param_resolved(ctx, i));
}

void render_args(struct field_ctx *ctx, struct buf *out)
{
	buf_putsv(out, params_text(ctx));
}
