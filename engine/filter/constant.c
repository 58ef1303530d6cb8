#include "engine/filter/constant.h"

#include "engine/fields/value.h"

#include <stdlib.h>

/* The messages are Falco's: "unrecognized protocol foo". */
static int refuse(struct err *err, const char *what, struct sv text)
{
	return err_set(err, ERR_CHECK, "%s " SV_FMT, what, SV_ARG(text));
}

static int refuse_hex(struct err *err)
{
	return err_set(err, ERR_CHECK,
		       "filter error: bcontains and bstartswith operator support hex strings only");
}

uint64_t constant_cut(uint64_t v, enum param_type type)
{
	uint32_t bits = 64 - 8 * schema_type_size(type);

	if (bits == 0 || bits == 64)
		return v;
	return value_type_is_signed(type) ? (uint64_t)((int64_t)(v << bits) >> bits)
					  : v << bits >> bits;
}

/*
 * As scanf reads %u or %d: blanks and a sign may come first, nothing may come behind, and what
 * does not fit into 64 bits becomes the nearest that does.
 */
static int parse_integer(struct sv text, enum param_type type, union constant *out, struct err *err)
{
	char copy[CONSTANT_MAX_BYTES + 1], *end;

	memcpy(copy, text.p, text.n);
	copy[text.n] = '\0';
	if (value_type_is_signed(type))
		out->i = strtoll(copy, &end, 10);
	else
		out->u = strtoull(copy, &end, 10);
	if (end == copy || *end)
		return err_set(err, ERR_CHECK, SV_FMT " is not a valid number", SV_ARG(text));
	out->u = constant_cut(out->u, type);
	return 0;
}

static const struct {
	const char *name;
	uint16_t port;
} services[] = {
#define SERVICE(name, port) { name, port },
#include "engine/filter/services.def"
};

static int parse_port(struct sv text, union constant *out, struct err *err)
{
	uint64_t port = 0;
	size_t i = 0;

	for (; i < text.n && text.p[i] >= '0' && text.p[i] <= '9' && port <= INT32_MAX; i++)
		port = port * 10 + (uint64_t)(text.p[i] - '0');
	out->u = port & 0xFFFF; /* larger ones wrap; "" is 0 */
	if (i == text.n)
		return port <= INT32_MAX ? 0 : refuse(err, "unrecognized protocol", text);
	for (size_t k = 0; k < sizeof services / sizeof services[0]; k++) {
		if (sv_eq(text, sv_of(services[k].name))) {
			out->u = services[k].port;
			return 0;
		}
	}
	return refuse(err, "unrecognized protocol", text);
}

static int parse_bool(struct sv text, union constant *out, struct err *err)
{
	out->u = sv_eq(text, SV("true"));
	if (out->u || sv_eq(text, SV("false")))
		return 0;
	return refuse(err, "filter error: unrecognized boolean value", text);
}

/* With a '.' it is IPv4, so "::ffff:1.2.3.4" is neither. */
static int parse_address(struct sv text, struct ip *out, struct err *err)
{
	bool dotted = text.n && memchr(text.p, '.', text.n);

	if (ip_parse(text, out) && (out->len == 4) == dotted)
		return 0;
	return refuse(err, dotted ? "unrecognized IPv4 address" : "unrecognized IPv6 address",
		      text);
}

static int parse_net(struct sv text, union constant *out, struct err *err)
{
	const char *slash = text.n ? memchr(text.p, '/', text.n) : NULL;
	size_t n = slash ? (size_t)(slash - text.p) : 0;
	union constant bits;
	struct sv mask;

	if (!slash)
		return refuse(err,
			      text.n && memchr(text.p, '.', text.n) ? "unrecognized IP network"
								    : "unrecognized IPv6 network",
			      text);
	if (parse_address((struct sv){ text.p, n }, &out->net.ip, NULL) < 0)
		return refuse(err,
			      memchr(text.p, '.', text.n) ? "unrecognized IP address"
							  : "unrecognized IPv6 address",
			      text);
	mask = (struct sv){ slash + 1, text.n - n - 1 };
	if (parse_integer(mask, PT_UINT8, &bits, err) < 0)
		return -1;
	if (bits.u > out->net.ip.len * 8u || (out->net.ip.len == 16 && bits.u == 0))
		return refuse(err, "invalid netmask", mask);
	out->net.bits = (uint8_t)bits.u;
	return 0;
}

int constant_parse(struct sv text, enum param_type type, union constant *out, struct err *err)
{
	union constant number;

	*out = (union constant){ 0 };
	if (text.n > CONSTANT_MAX_BYTES)
		return err_set(err, ERR_CHECK,
			       "filter parameter too long (used=%zu, available=%d):" SV_FMT,
			       text.n + 1, CONSTANT_MAX_BYTES + 1, SV_ARG(text));
	if (type == PT_BYTEBUF) {
		out->s = text;
		return 0;
	}
	if (text.n && memchr(text.p, 0, text.n))
		return err_set(err, ERR_CHECK, "a value cannot contain a NUL byte");
	if (value_type_is_text(type) || type == PT_SOCKADDR || type == PT_SOCKTUPLE) {
		out->s = text;
		return 0;
	}
	switch (type) {
	case PT_PORT:
		return parse_port(text, out, err);
	case PT_BOOL:
		return parse_bool(text, out, err);
	case PT_IPADDR:
		return parse_address(text, &out->ip, err);
	case PT_IPNET:
		return parse_net(text, out, err);
	case PT_DOUBLE:
		if (parse_integer(text, PT_INT32, &number, err) < 0)
			return -1;
		out->d = (double)number.i;
		return 0;
	case PT_SIGTYPE:
	case PT_SYSCALLID:
	case PT_SIGSET:
		break;
	default:
		if (value_type_is_integer(type))
			return parse_integer(text, type, out, err);
		break;
	}
	return err_set(err, ERR_CHECK, "wrong parameter type %d", (int)type);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int constant_parse_hex(struct sv text, struct arena *arena, union constant *out, struct err *err)
{
	char *bytes = arena_bytes(arena, text.n / 2);

	if (!bytes)
		return err_set(err, ERR_NOMEM, "out of memory reading a value");
	if (text.n % 2 || text.n / 2 > CONSTANT_MAX_BYTES)
		return refuse_hex(err);
	for (size_t i = 0; i < text.n; i += 2) {
		int high = hex_digit(text.p[i]), low = hex_digit(text.p[i + 1]);

		if (high < 0 || low < 0)
			return refuse_hex(err);
		bytes[i / 2] = (char)(high << 4 | low);
	}
	out->s = (struct sv){ bytes, text.n / 2 };
	return 0;
}
