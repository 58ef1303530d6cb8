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
