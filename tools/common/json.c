#include "tools/common/json.h"

#include "format/base/utf8.h"

static void put_string(struct buf *b, struct sv s)
{
	buf_putc(b, '"');
	while (s.n) {
		uint8_t c = (uint8_t)s.p[0];
		bool valid;
		size_t n = utf8_next(s, &valid);

		if (c == '"' || c == '\\') {
			buf_putc(b, '\\');
			buf_putc(b, (char)c);
		} else if (c < 0x20 || c == 0x7f) {
			buf_printf(b, "\\u%04x", c);
		} else if (valid) {
			buf_put(b, s.p, n);
		} else {
			buf_puts(b, "\xef\xbf\xbd");
		}
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

void json_raw(struct json *j, const char *key, struct sv value)
{
	put_key(j, key);
	buf_putsv(j->out, value);
}
