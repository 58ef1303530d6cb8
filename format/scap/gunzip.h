/* Inflating a stream of gzip members. */
#ifndef SAKER_SCAP_GUNZIP_H
#define SAKER_SCAP_GUNZIP_H

#include "format/base/err.h"
#include "format/base/sv.h"
#include "format/scap/inflate.h"

struct gunzip;

/* Gives compressed bytes: up to n into buf; 0 at the end, -1 with err filled. */
typedef ptrdiff_t gunzip_read(void *arg, char *buf, size_t n, struct err *err);

/* NULL: no memory. */
struct gunzip *gunzip_new(const struct inflate_ops *inflate, gunzip_read *read, void *arg);
void gunzip_free(struct gunzip *g);

/*
 * Inflate up to n bytes into out; fewer only at the end or in front of an error, which then is in
 * err already; 0 at the end, -1 when there is nothing but the error: ERR_TRUNCATED when the file
 * stops inside a member, ERR_FORMAT when its bytes are wrong.  Not to be called again after one.
 */
ptrdiff_t gunzip_inflate(struct gunzip *g, char *out, size_t n, struct err *err);

#endif
