#include "replay/digest.h"

#include <openssl/evp.h>

#include <stdio.h>

enum { CHUNK = 1 << 16 };

static int finish(EVP_MD_CTX *ctx, struct digest *out, struct err *err)
{
	unsigned char raw[EVP_MAX_MD_SIZE];
	unsigned int n;

	if (EVP_DigestFinal_ex(ctx, raw, &n) != 1 || n != DIGEST_HEX / 2)
		return err_set(err, ERR_UNSUPPORTED, "SHA-256 is not available");
	for (unsigned int i = 0; i < n; i++)
		snprintf(out->hex + (size_t)i * 2, 3, "%02x", raw[i]);
	return 0;
}

static EVP_MD_CTX *begin(struct err *err)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1)
		return ctx;
	EVP_MD_CTX_free(ctx);
	err_set(err, ERR_UNSUPPORTED, "SHA-256 is not available");
	return NULL;
}

int digest_text(struct sv text, struct digest *out, struct err *err)
{
	EVP_MD_CTX *ctx = begin(err);

	if (!ctx)
		return -1;
	EVP_DigestUpdate(ctx, text.p, text.n);
	int rc = finish(ctx, out, err);
	EVP_MD_CTX_free(ctx);
	return rc;
}

int digest_file(const char *path, struct digest *out, uint64_t *size, struct err *err)
{
	FILE *file = fopen(path, "rbe");
	char chunk[CHUNK];
	uint64_t total = 0;
	size_t n;
	int rc = -1;

	if (!file)
		return err_errno(err, "%s", path);
	EVP_MD_CTX *ctx = begin(err);

	if (!ctx)
		goto out;
	while ((n = fread(chunk, 1, sizeof chunk, file)) > 0) {
		EVP_DigestUpdate(ctx, chunk, n);
		total += n;
	}
	rc = ferror(file) ? err_errno(err, "%s", path) : finish(ctx, out, err);
	if (size)
		*size = total;
out:
	EVP_MD_CTX_free(ctx);
	fclose(file);
	return rc;
}
