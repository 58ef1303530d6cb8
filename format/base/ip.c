#include "format/base/ip.h"

#include <arpa/inet.h>

struct ip ip_from(const void *bytes, size_t n)
{
	struct ip ip = { 0 };

	if (n == 4 || n == 16) {
		ip.len = (uint8_t)n;
		memcpy(ip.b, bytes, n);
	}
	return ip;
}

bool ip_eq(const struct ip *a, const struct ip *b)
{
	return a->len == b->len && memcmp(a->b, b->b, a->len) == 0;
}

bool ip_is_zero(const struct ip *a)
{
	static const uint8_t zero[16];

	return memcmp(a->b, zero, a->len) == 0;
}

bool ip_v4_mapped(const struct ip *a, struct ip *v4)
{
	static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };

	if (a->len != 16 || memcmp(a->b, prefix, sizeof prefix) != 0)
		return false;
	*v4 = ip_from(a->b + 12, 4);
	return true;
}

size_t ip_print(const struct ip *a, char out[static IP_TEXT_MAX])
{
	if (!inet_ntop(a->len == 4 ? AF_INET : AF_INET6, a->b, out, IP_TEXT_MAX))
		out[0] = '\0';
	return strlen(out);
}

bool ip_parse(struct sv text, struct ip *out)
{
	char s[IP_TEXT_MAX];
	struct ip ip = { 0 };

	if (text.n == 0 || text.n >= sizeof s || memchr(text.p, 0, text.n))
		return false;
	memcpy(s, text.p, text.n);
	s[text.n] = '\0';
	bool v6 = memchr(s, ':', text.n) != NULL;
	if (inet_pton(v6 ? AF_INET6 : AF_INET, s, ip.b) != 1)
		return false;
	ip.len = v6 ? 16 : 4;
	*out = ip;
	return true;
}

bool ipnet_parse(struct sv text, struct ipnet *out)
{
	const char *slash = text.n ? memchr(text.p, '/', text.n) : NULL;
	struct ipnet net = { 0 };
	unsigned bits = 0;

	if (!slash || !ip_parse((struct sv){ text.p, (size_t)(slash - text.p) }, &net.ip))
		return false;
	const char *end = text.p + text.n, *p = slash + 1;
	if (p == end || end - p > 3)
		return false;
	for (; p < end; p++) {
		if (*p < '0' || *p > '9')
			return false;
		bits = bits * 10 + (unsigned)(*p - '0');
	}
	if (bits > net.ip.len * 8u)
		return false;
	net.bits = (uint8_t)bits;
	*out = net;
	return true;
}

bool ipnet_has(const struct ipnet *net, const struct ip *a)
{
	unsigned whole = net->bits / 8, rest = net->bits % 8;

	if (a->len != net->ip.len || memcmp(a->b, net->ip.b, whole) != 0)
		return false;
	if (rest == 0)
		return true;
	uint8_t mask = (uint8_t)(0xff00u >> rest);
	return ((a->b[whole] ^ net->ip.b[whole]) & mask) == 0;
}
