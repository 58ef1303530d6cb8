/* What a suite says of a parameter, as the bytes of it. */
#include "format/base/bytes.h"
#include "format/base/ip.h"
#include "tools/ruletest/inline.h"

enum { AF_UNIX_NR = 1, AF_INET_NR = 2, AF_INET6_NR = 10, ERRNO_MAX = 140 };

static bool is_errno_type(uint8_t type)
{
	return type == PT_ERRNO || type == PT_FD || type == PT_PID;
}

static bool errno_of(struct sv name, int64_t *out)
{
	for (uint32_t i = 1; i < ERRNO_MAX; i++) {
		const char *known = schema_errno_name(i);

		if (known && sv_eq(name, sv_of(known))) {
			*out = i;
			return true;
		}
	}
	return false;
}

static bool symbol_of(const struct param_desc *param, struct sv word, int64_t *out)
{
	if (param->type == PT_SIGTYPE) {
		for (uint32_t i = 1; i < 65; i++) {
			const char *known = schema_signal_name(i);

			if (known && sv_eq(word, sv_of(known))) {
				*out = i;
				return true;
			}
		}
	}
	for (uint32_t i = 0; param->flags && i < param->flags->n; i++) {
		if (sv_eq(word, sv_of(param->flags->flags[i].name))) {
			*out = param->flags->flags[i].value;
			return true;
		}
	}
	if (sv_eq(word, SV("AT_FDCWD"))) {
		*out = -100;
		return true;
	}
	if (is_errno_type(param->type) && word.n > 1 && word.p[0] == '-' &&
	    errno_of((struct sv){ word.p + 1, word.n - 1 }, out)) {
		*out = -*out;
		return true;
	}
	return false;
}

/* The same of a number that stands by itself: "O_RDONLY|O_CLOEXEC", "-ENOENT", "0644", "7". */
static bool number_of(const struct param_desc *param, struct sv text, int64_t *out)
{
	*out = 0;
	for (bool more = true; more;) {
		const char *bar = text.n ? memchr(text.p, '|', text.n) : NULL;
		struct sv word = { text.p, bar ? (size_t)(bar - text.p) : text.n };
		int64_t value;

		if (!text_to_i64(word, &value) && !symbol_of(param, word, &value))
			return false;
		*out |= value;
		more = bar;
		sv_take(&text, word.n + more, &(struct sv){ 0 });
	}
	return true;
}

bool inline_join(struct arena *a, const struct sv *items, size_t n, struct sv *out)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < n; i++) {
		buf_putsv(&b, items[i]);
		buf_putc(&b, '\0');
	}
	*out = arena_sv(a, buf_sv(&b));
	buf_deinit(&b);
	return out->p;
}

/* "192.0.2.1:80", "[2001:db8::1]:80" */
static bool take_end(struct sv text, struct ip *ip, uint16_t *port)
{
	const char *colon = text.n ? text_last(text, ':') : NULL;
	int64_t number;

	if (!colon)
		return false;
	struct sv host = { text.p, (size_t)(colon - text.p) };
	struct sv rest = { colon + 1, text.n - host.n - 1 };
	if (host.n > 1 && host.p[0] == '[' && host.p[host.n - 1] == ']')
		host = (struct sv){ host.p + 1, host.n - 2 };
	if (!ip_parse(host, ip) || !text_to_i64(rest, &number) || number < 0 || number > UINT16_MAX)
		return false;
	*port = (uint16_t)number;
	return true;
}

static void put_end(struct buf *out, const struct ip *ip, uint16_t port)
{
	buf_put(out, ip->b, ip->len);
	buf_put(out, &port, sizeof port);
}

static uint8_t family_of(const struct ip *ip)
{
	return ip->len == 4 ? AF_INET_NR : AF_INET6_NR;
}

static bool put_sockaddr(struct buf *out, struct sv text)
{
	struct ip ip;
	uint16_t port;

	if (text.n && (text.p[0] == '/' || text.p[0] == '@')) {
		buf_putc(out, AF_UNIX_NR);
		buf_putsv(out, text);
		buf_putc(out, '\0');
		return true;
	}
	if (!take_end(text, &ip, &port))
		return false;
	buf_putc(out, (char)family_of(&ip));
	put_end(out, &ip, port);
	return true;
}

static bool put_tuple(struct buf *out, struct sv text)
{
	const uint64_t kernel[] = { 0x1000, 0x2000 };
	ptrdiff_t arrow = sv_find(text, SV("->"));
	struct ip from, to;
	uint16_t from_port, to_port;

	if (text.n && (text.p[0] == '/' || text.p[0] == '@')) {
		buf_putc(out, AF_UNIX_NR);
		buf_put(out, kernel, sizeof kernel);
		buf_putsv(out, text);
		buf_putc(out, '\0');
		return true;
	}
	if (arrow < 0)
		return false;
	size_t n = (size_t)arrow;
	if (!take_end((struct sv){ text.p, n }, &from, &from_port) ||
	    !take_end((struct sv){ text.p + n + 2, text.n - n - 2 }, &to, &to_port) ||
	    from.len != to.len)
		return false;
	buf_putc(out, (char)family_of(&from));
	put_end(out, &from, from_port);
	put_end(out, &to, to_port);
	return true;
}

/* Of what can be one of several types it is the first one that is no plain number. */
static bool put_dynamic(struct buf *out, const struct param_desc *param, struct sv text)
{
	int64_t value;

	for (uint8_t i = 0; i < param->ndyn; i++) {
		uint32_t size = schema_type_size(param->dyn[i].type);

		if (size && number_of(&param->dyn[i], text, &value)) {
			buf_putc(out, (char)i);
			buf_put(out, &value, size);
			return true;
		}
	}
	return false;
}

/* Items laid end to end, or one text as it is. */
static int put_bytes(const struct reading *r, const struct yaml_node *value, struct buf *out)
{
	if (value->kind == YAML_SCALAR) {
		buf_putsv(out, value->text);
		return 0;
	}
	for (size_t i = 0; value->kind == YAML_SEQ && i < value->n; i++) {
		if (value->items[i]->kind != YAML_SCALAR)
			return node_fail(r, value->items[i], "expected a text");
		buf_putsv(out, value->items[i]->text);
		buf_putc(out, '\0');
	}
	return 0;
}

static int put_param(const struct reading *r, const struct param_desc *param,
		     const struct yaml_node *value, struct buf *out)
{
	uint32_t size = schema_type_size(param->type);
	int64_t number;

	if (param->type == PT_BYTEBUF)
		return put_bytes(r, value, out);
	if (value->kind != YAML_SCALAR)
		return node_fail(r, value, "\"%s\" wants a single value", param->name);
	switch ((enum param_type)param->type) {
	case PT_CHARBUF:
	case PT_FSPATH:
	case PT_FSRELPATH:
		buf_putsv(out, value->text);
		buf_putc(out, '\0');
		return 0;
	case PT_SOCKADDR:
		return put_sockaddr(out, value->text)
			       ? 0
			       : node_fail(r, value, "expected ADDRESS:PORT or a path");
	case PT_SOCKTUPLE:
		return put_tuple(out, value->text)
			       ? 0
			       : node_fail(r, value,
					   "expected ADDRESS:PORT->ADDRESS:PORT or a path");
	case PT_DYN:
		return put_dynamic(out, param, value->text)
			       ? 0
			       : node_fail(r, value, "\"%s\" wants a number", param->name);
	default:
		break;
	}
	if (size == 0)
		return node_fail(r, value, "\"%s\" cannot be written out", param->name);
	if (!number_of(param, value->text, &number))
		return node_fail(r, value, "\"%s\" does not know \"" SV_FMT "\"", param->name,
				 SV_ARG(value->text));
	buf_put(out, &number, size);
	return 0;
}

int inline_param(const struct reading *r, const struct param_desc *param,
		 const struct yaml_node *value, struct sv *out)
{
	static const char zeros[8];
	struct buf b = { 0 };
	int rc = 0;

	if (!value) {
		int64_t here = -100;
		bool is_dir = strstr(param->name, "dir") && param->type == PT_FD;

		*out = (struct sv){ zeros, schema_type_size(param->type) };
		if (is_dir)
			*out = arena_sv(r->arena, (struct sv){ (char *)&here, sizeof here });
		return out->p ? 0 : node_no_memory(r);
	}
	rc = put_param(r, param, value, &b);
	*out = arena_sv(r->arena, buf_sv(&b));
	if (rc == 0 && (b.failed || !out->p))
		rc = node_no_memory(r);
	buf_deinit(&b);
	return rc;
}
