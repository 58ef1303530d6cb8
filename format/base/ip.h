/* IPv4 and IPv6 addresses and networks: parse, print, compare. */
#ifndef SAKER_BASE_IP_H
#define SAKER_BASE_IP_H

#include "format/base/sv.h"

#include <stdint.h>

enum { IP_TEXT_MAX = 46 };

struct ip {
	uint8_t len; /* 4 or 16; 0 = no address */
	uint8_t b[16];
};

struct ipnet {
	struct ip ip;
	uint8_t bits;
};

/* bytes: 4 or 16 in network order. */
struct ip ip_from(const void *bytes, size_t n);
bool ip_eq(const struct ip *a, const struct ip *b);
bool ip_is_zero(const struct ip *a);
/* inet_ntop's spelling; returns the number of characters written, NUL excluded. */
size_t ip_print(const struct ip *a, char out[static IP_TEXT_MAX]);
/* With a '.': dotted quad, else IPv6; false if it is neither. */
bool ip_parse(struct sv text, struct ip *out);
bool ipnet_has(const struct ipnet *net, const struct ip *a);

#endif
