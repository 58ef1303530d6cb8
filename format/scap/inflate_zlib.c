#include "format/scap/inflate.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

enum { WINDOW = 15 + 16 /* gzip wrapper only */ };

static void *zlib_open(void)
{
	z_stream *z = calloc(1, sizeof *z);

	if (z && inflateInit2(z, WINDOW) != Z_OK) {
		free(z);
		return NULL;
	}
	return z;
}

static int zlib_reset(void *state)
{
	return inflateReset(state) == Z_OK ? 0 : -1;
}

static enum inflate_result zlib_run(void *state, struct inflate_io *io, const char **why)
{
	z_stream *z = state;
	uInt in_n = io->in_n < UINT_MAX ? (uInt)io->in_n : UINT_MAX;
	uInt out_n = io->out_n < UINT_MAX ? (uInt)io->out_n : UINT_MAX;

	z->next_in = (Bytef *)(uintptr_t)io->in;
	z->avail_in = in_n;
	z->next_out = io->out;
	z->avail_out = out_n;
	int rc = inflate(z, Z_NO_FLUSH);
	io->in += in_n - z->avail_in;
	io->in_n -= in_n - z->avail_in;
	io->out += out_n - z->avail_out;
	io->out_n -= out_n - z->avail_out;
	switch (rc) {
	case Z_OK:
	case Z_BUF_ERROR:
		return INFLATE_OK;
	case Z_STREAM_END:
		return INFLATE_MEMBER_END;
	case Z_MEM_ERROR:
		return INFLATE_NOMEM;
	default:
		*why = z->msg ? z->msg : "unknown reason";
		return INFLATE_DAMAGED;
	}
}

static void zlib_close(void *state)
{
	inflateEnd(state);
	free(state);
}

const struct inflate_ops inflate_zlib = { "zlib", zlib_open, zlib_reset, zlib_run, zlib_close };
