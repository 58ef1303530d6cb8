#include "tools/common/json.h"

/* Length of the valid UTF-8 sequence at the front of s, 0 if there is none. */
static size_t utf8_length(struct sv s)
{
	static const struct {
		uint8_t mask, lead, n;
		uint32_t min;
	} forms[] = { { 0xe0, 0xc0, 2, 0x80 },
		      { 0xf0, 0xe0, 3, 0x800 },
		      { 0xf8, 0xf0, 4, 0x10000 } };
	uint8_t c = (uint8_t)s.p[0];

	if (c < 0x80)
		return 1;
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		uint32_t code = (uint32_t)(c & ~forms[i].mask & 0xff);

		if ((c & forms[i].mask) != forms[i].lead || s.n < forms[i].n)
			continue;
		for (size_t k = 1; k < forms[i].n; k++) {
			if (((uint8_t)s.p[k] & 0xc0) != 0x80)
				return 0;
			code = code << 6 | ((uint8_t)s.p[k] & 0x3f);
		}
		bool surrogate = code >= 0xd800 && code < 0xe000;
		return code >= forms[i].min && code <= 0x10ffff && !surrogate ? forms[i].n : 0;
	}
	return 0;
}

static void put_string(struct buf *b, struct sv s)
{
	buf_putc(b, '"');
	while (s.n) {
		uint8_t c = (uint8_t)s.p[0];
		size_t n = utf8_length(s);

		if (c == '"' || c == '\\') {
			buf_putc(b, '\\');
			buf_putc(b, (char)c);
		} else if (c < 0x20 || c == 0x7f) {
			buf_printf(b, "\\u%04x", c);
		} else if (n) {
			buf_put(b, s.p, n);
		} else {
			buf_puts(b, "\xef\xbf\xbd");
		}
		n += n == 0;
		s.p += n;
		s.n -= n;
	}
	buf_putc(b, '"');
}

static void put_key(struct json *j, const char *key)
{
	if (j->comma)
		buf_putc(j->out, ',');
	j->comma = true;
	if (key) {
		put_string(j->out, sv_of(key));
		buf_putc(j->out, ':');
	}
}

static void open_bracket(struct json *j, const char *key, char bracket)
{
	put_key(j, key);
	buf_putc(j->out, bracket);
	j->comma = false;
}

void json_object(struct json *j, const char *key)
{
	open_bracket(j, key, '{');
}

void json_array(struct json *j, const char *key)
{
	open_bracket(j, key, '[');
}

void json_end_object(struct json *j)
{
	buf_putc(j->out, '}');
	j->comma = true;
}

void json_end_array(struct json *j)
{
	buf_putc(j->out, ']');
	j->comma = true;
}

void json_text(struct json *j, const char *key, struct sv value)
{
	put_key(j, key);
	put_string(j->out, value);
}

void json_u64(struct json *j, const char *key, uint64_t value)
{
	put_key(j, key);
	buf_put_u64(j->out, value);
}

void json_i64(struct json *j, const char *key, int64_t value)
{
	put_key(j, key);
	buf_put_i64(j->out, value);
}

void json_bool(struct json *j, const char *key, bool value)
{
	put_key(j, key);
	buf_puts(j->out, value ? "true" : "false");
}
