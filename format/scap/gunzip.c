#include "format/scap/gunzip.h"

#include <stdlib.h>
#include <zlib.h>

enum { GZ_IN = 128 * 1024, GZ_WINDOW = 15 + 16 /* gzip wrapper only */ };

enum gz_state { GZ_BETWEEN, GZ_INSIDE, GZ_DONE };

struct gunzip {
	gunzip_read *read;
	void *arg;
	z_stream z;
	enum gz_state state;
	bool input_ended;
	Bytef in[GZ_IN];
};

struct gunzip *gunzip_new(gunzip_read *read, void *arg)
{
	struct gunzip *g = malloc(sizeof *g);

	if (!g)
		return NULL;
	g->read = read;
	g->arg = arg;
	g->z = (z_stream){ 0 };
	g->state = GZ_BETWEEN;
	g->input_ended = false;
	if (inflateInit2(&g->z, GZ_WINDOW) != Z_OK) {
		free(g);
		return NULL;
	}
	return g;
}

void gunzip_free(struct gunzip *g)
{
	if (!g)
		return;
	inflateEnd(&g->z);
	free(g);
}

/* Have at least n compressed bytes at hand unless the input ends. */
static int refill(struct gunzip *g, size_t n, struct err *err)
{
	while (g->z.avail_in < n && !g->input_ended) {
		/* Keep the few bytes that are left in front. */
		for (uInt i = 0; i < g->z.avail_in; i++)
			g->in[i] = g->z.next_in[i];
		g->z.next_in = g->in;
		ptrdiff_t got =
			g->read(g->arg, (char *)g->in + g->z.avail_in, GZ_IN - g->z.avail_in, err);
		if (got < 0)
			return -1;
		if (got == 0)
			g->input_ended = true;
		g->z.avail_in += (uInt)got;
	}
	return 0;
}

/* At a member's first byte: does another one follow? */
static int begin_member(struct gunzip *g, struct err *err)
{
	if (refill(g, 2, err) < 0)
		return -1;
	if (g->z.avail_in < 2 || g->z.next_in[0] != 0x1f || g->z.next_in[1] != 0x8b) {
		g->state = GZ_DONE; /* the end, or garbage behind the last member */
		return 0;
	}
	if (inflateReset(&g->z) != Z_OK)
		return err_set(err, ERR_NOMEM, "no memory to inflate");
	g->state = GZ_INSIDE;
	return 0;
}

/* Inflate what there is room for, up to the end of a member. */
static int inflate_some(struct gunzip *g, struct err *err)
{
	if (refill(g, 1, err) < 0)
		return -1;
	if (g->z.avail_in == 0)
		return err_set(err, ERR_TRUNCATED, "the gzip stream ends inside a member");
	switch (inflate(&g->z, Z_NO_FLUSH)) {
	case Z_OK:
	case Z_BUF_ERROR:
		return 0;
	case Z_STREAM_END:
		g->state = GZ_BETWEEN;
		return 0;
	case Z_MEM_ERROR:
		return err_set(err, ERR_NOMEM, "no memory to inflate");
	default:
		return err_set(err, ERR_FORMAT, "the gzip stream is damaged (%s)",
			       g->z.msg ? g->z.msg : "unknown reason");
	}
}

ptrdiff_t gunzip_inflate(struct gunzip *g, char *out, size_t n, struct err *err)
{
	bool failed = false;

	g->z.next_out = (Bytef *)out;
	g->z.avail_out = (uInt)n;
	while (!failed && g->z.avail_out > 0 && g->state != GZ_DONE)
		failed = (g->state == GZ_BETWEEN ? begin_member : inflate_some)(g, err) < 0;

	size_t got = n - g->z.avail_out;
	return got == 0 && failed ? -1 : (ptrdiff_t)got;
}
