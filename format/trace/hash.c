#include "format/trace/hash.h"

#include <openssl/evp.h>
#include <stdlib.h>

struct hasher {
	EVP_MD_CTX *ctx;
	EVP_MD *sha256;
};

struct hasher *hasher_new(void)
{
	struct hasher *h = calloc(1, sizeof *h);

	if (!h)
		return NULL;
	h->ctx = EVP_MD_CTX_new();
	h->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (!h->ctx || !h->sha256) {
		hasher_free(h);
		return NULL;
	}
	return h;
}

void hasher_free(struct hasher *h)
{
	if (!h)
		return;
	EVP_MD_CTX_free(h->ctx);
	EVP_MD_free(h->sha256);
	free(h);
}

bool hasher_begin(struct hasher *h)
{
	return EVP_DigestInit_ex2(h->ctx, h->sha256, NULL) == 1;
}

bool hasher_update(struct hasher *h, struct sv part)
{
	return EVP_DigestUpdate(h->ctx, part.p, part.n) == 1;
}

bool hasher_finish(struct hasher *h, uint8_t out[static 32])
{
	return EVP_DigestFinal_ex(h->ctx, out, NULL) == 1;
}

bool hasher_digest(struct hasher *h, const struct sv *parts, size_t n, uint8_t out[static 32])
{
	if (!hasher_begin(h))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!hasher_update(h, parts[i]))
			return false;
	}
	return hasher_finish(h, out);
}
