#include "format/scap/gunzip.h"

#include <stdlib.h>
#include <string.h>

enum { GZ_IN = 128 * 1024 };

enum gz_state { GZ_BETWEEN, GZ_INSIDE, GZ_DONE };

struct gunzip {
	gunzip_read *read;
	void *arg;
	const struct inflate_ops *inflate;
	void *inflate_state;
	struct inflate_io io;
	enum gz_state state;
	bool input_ended;
	uint8_t in[GZ_IN];
};

struct gunzip *gunzip_new(const struct inflate_ops *inflate, gunzip_read *read, void *arg)
{
	struct gunzip *g = malloc(sizeof *g);

	if (!g)
		return NULL;
	g->read = read;
	g->arg = arg;
	g->inflate = inflate;
	g->inflate_state = inflate->open();
	g->io = (struct inflate_io){ .in = g->in };
	g->state = GZ_BETWEEN;
	g->input_ended = false;
	if (!g->inflate_state) {
		free(g);
		return NULL;
	}
	return g;
}

void gunzip_free(struct gunzip *g)
{
	if (!g)
		return;
	g->inflate->close(g->inflate_state);
	free(g);
}

/* Have at least n compressed bytes at hand unless the input ends. */
static int refill(struct gunzip *g, size_t n, struct err *err)
{
	while (g->io.in_n < n && !g->input_ended) {
		memmove(g->in, g->io.in, g->io.in_n);
		g->io.in = g->in;
		ptrdiff_t got =
			g->read(g->arg, (char *)g->in + g->io.in_n, GZ_IN - g->io.in_n, err);
		if (got < 0)
			return -1;
		if (got == 0)
			g->input_ended = true;
		g->io.in_n += (size_t)got;
	}
	return 0;
}

static int no_memory(struct err *err)
{
	return err_set(err, ERR_NOMEM, "no memory to inflate");
}

/* At a member's first byte: does another one follow? */
static int begin_member(struct gunzip *g, struct err *err)
{
	if (refill(g, 2, err) < 0)
		return -1;
	if (g->io.in_n < 2 || g->io.in[0] != 0x1f || g->io.in[1] != 0x8b) {
		g->state = GZ_DONE; /* the end, or garbage behind the last member */
		return 0;
	}
	if (g->inflate->reset(g->inflate_state) < 0)
		return no_memory(err);
	g->state = GZ_INSIDE;
	return 0;
}

/* Inflate what there is room for, up to the end of a member. */
static int inflate_some(struct gunzip *g, struct err *err)
{
	struct inflate_io before;
	const char *why;

	if (refill(g, 1, err) < 0)
		return -1;
	before = g->io;
	switch (g->inflate->run(g->inflate_state, &g->io, &why)) {
	case INFLATE_OK:
		if (g->io.in_n != before.in_n || g->io.out_n != before.out_n)
			return 0;
		if (g->io.in_n == 0)
			return err_set(err, ERR_TRUNCATED, "the gzip stream ends inside a member");
		why = "it makes no progress";
		break;
	case INFLATE_MEMBER_END:
		g->state = GZ_BETWEEN;
		return 0;
	case INFLATE_NOMEM:
		return no_memory(err);
	case INFLATE_DAMAGED:
		break;
	}
	return err_set(err, ERR_FORMAT, "the gzip stream is damaged (%s)", why);
}

ptrdiff_t gunzip_inflate(struct gunzip *g, char *out, size_t n, struct err *err)
{
	bool failed = false;

	g->io.out = (uint8_t *)out;
	g->io.out_n = n;
	while (!failed && g->io.out_n > 0 && g->state != GZ_DONE)
		failed = (g->state == GZ_BETWEEN ? begin_member : inflate_some)(g, err) < 0;

	size_t got = n - g->io.out_n;
	return got == 0 && failed ? -1 : (ptrdiff_t)got;
}
