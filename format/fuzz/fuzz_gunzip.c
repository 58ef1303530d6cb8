/*
 * Any bytes as gzip: every library that inflates agrees on what is good and what comes out of it.
 */
#include "format/base/hash.h"
#include "format/scap/gunzip.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUT = 1000, MAX_OUT = 1 << 20 };

static ptrdiff_t read_part(void *arg, char *buf, size_t n, struct err *err)
{
	struct sv *rest = arg, part;

	(void)err;
	/* Little at a time, more and more: the libraries meet many borders. */
	if (n > 1 + rest->n % 97)
		n = 1 + rest->n % 97;
	sv_take(rest, n < rest->n ? n : rest->n, &part);
	if (part.n)
		memcpy(buf, part.p, part.n);
	return (ptrdiff_t)part.n;
}

struct outcome {
	size_t n;
	uint64_t hash;
	bool good;
};

static struct outcome inflate_all(const struct inflate_ops *ops, struct sv bytes)
{
	struct gunzip *g = gunzip_new(ops, read_part, &bytes);
	char *out = malloc(OUT);
	struct outcome o = { 0 };
	struct err err = { 0 };
	ptrdiff_t n = 0;

	if (!g || !out)
		abort();
	while (err.code == ERR_NONE && o.n < MAX_OUT &&
	       (n = gunzip_inflate(g, out, OUT, &err)) > 0) {
		o.n += (size_t)n;
		for (ptrdiff_t i = 0; i < n; i++)
			o.hash = hash_u64(o.hash + (uint8_t)out[i]);
	}
	if (n < 0 && err.code == ERR_NONE)
		abort();
	o.good = err.code == ERR_NONE;
	free(out);
	gunzip_free(g);
	return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv bytes = { (const char *)data, size };
	struct outcome first = inflate_all(inflate_kinds[0], bytes);

	for (size_t i = 1; inflate_kinds[i]; i++) {
		struct outcome other = inflate_all(inflate_kinds[i], bytes);

		if (first.good != other.good)
			abort();
		if (first.good && (first.n != other.n || first.hash != other.hash))
			abort();
	}
	return 0;
}
