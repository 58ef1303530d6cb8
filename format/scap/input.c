#include "format/scap/input.h"

#include "format/scap/gunzip.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * A chunk has room in front of its bytes: what the consumer has not used up of the chunk before is
 * copied there, so that a block across the border is contiguous.  A block too long for that room is
 * put together in `spill`.
 *
 *	| headroom ..... leftover | bytes read or inflated, n of them |
 */
enum { CHUNK_BYTES = 512 * 1024, CHUNK_HEADROOM = 72 * 1024, CHUNKS = 3 };

struct chunk {
	char *mem;
	size_t n;
	bool last;      /* nothing follows */
	struct err err; /* with `last`: why */
};

struct input_stream {
	int fd;         /* -1: memory */
	struct sv head; /* bytes to give before those of fd; of memory: all of them */
	char first[INPUT_HEAD_MAX];
	struct gunzip *gz; /* NULL: plain */
	_Atomic uint64_t raw_done;
	uint64_t raw_total;
	bool regular;

	size_t chunk_bytes, headroom;
	struct chunk chunks[CHUNKS];
	unsigned using; /* the consumer's chunk, modulo CHUNKS */
	bool ended;     /* the consumer has got the last chunk */
	bool use_thread;

	char *spill;
	size_t spill_cap;
	bool in_spill; /* cur and end point there */

	/* The helper fills chunks [filled, using + CHUNKS); guarded by the lock. */
	bool threaded;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned filled;
	unsigned taken; /* copy of `using` for the helper */
	bool stop;
};

/* --- raw bytes --- */

static ptrdiff_t raw_read(void *arg, char *buf, size_t n, struct err *err)
{
	struct input_stream *s = arg;
	ssize_t got;

	if (s->head.n) {
		struct sv part;

		sv_take(&s->head, n < s->head.n ? n : s->head.n, &part);
		memcpy(buf, part.p, part.n);
		got = (ssize_t)part.n;
	} else if (s->fd < 0) {
		return 0;
	} else {
		do
			got = read(s->fd, buf, n);
		while (got < 0 && errno == EINTR);
		if (got < 0)
			return err_errno(err, "cannot read");
	}
	atomic_fetch_add_explicit(&s->raw_done, (uint64_t)got, memory_order_relaxed);
	return got;
}

/* --- chunks --- */

static void chunk_fill(struct input_stream *s, struct chunk *c)
{
	char *bytes = c->mem + s->headroom;
	ptrdiff_t got;

	c->n = 0;
	c->last = false;
	c->err = (struct err){ 0 };
	if (s->gz)
		got = gunzip_inflate(s->gz, bytes, s->chunk_bytes, &c->err);
	else
		got = raw_read(s, bytes, s->chunk_bytes, &c->err);
	if (got > 0)
		c->n = (size_t)got;
	/* A filled err with bytes in front of it: both are in this chunk. */
	c->last = got <= 0 || c->err.code != ERR_NONE;
}

static void *helper(void *arg)
{
	struct input_stream *s = arg;
	bool last = false;

	pthread_mutex_lock(&s->lock);
	while (!last) {
		while (!s->stop && s->filled - s->taken >= CHUNKS)
			pthread_cond_wait(&s->changed, &s->lock);
		if (s->stop)
			break;
		struct chunk *c = &s->chunks[s->filled % CHUNKS];
		pthread_mutex_unlock(&s->lock);
		chunk_fill(s, c);
		last = c->last;
		pthread_mutex_lock(&s->lock);
		s->filled++;
		pthread_cond_signal(&s->changed);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

static bool chunk_alloc(struct input_stream *s, struct chunk *c)
{
	if (!c->mem)
		c->mem = malloc(s->headroom + s->chunk_bytes);
	return c->mem != NULL;
}

/* From the second chunk on; without memory or threads the work is done in line. */
static void start_helper(struct input_stream *s)
{
	s->use_thread = false;
	for (unsigned i = 0; i < CHUNKS; i++) {
		if (!chunk_alloc(s, &s->chunks[i]))
			return;
	}
	s->taken = s->using;
	s->filled = s->using + 1;
	if (pthread_mutex_init(&s->lock, NULL) != 0)
		return;
	if (pthread_cond_init(&s->changed, NULL) != 0) {
		pthread_mutex_destroy(&s->lock);
		return;
	}
	if (pthread_create(&s->thread, NULL, helper, s) != 0) {
		pthread_cond_destroy(&s->changed);
		pthread_mutex_destroy(&s->lock);
		return;
	}
	s->threaded = true;
}

static void stop_helper(struct input_stream *s)
{
	if (!s->threaded)
		return;
	pthread_mutex_lock(&s->lock);
	s->stop = true;
	pthread_cond_signal(&s->changed);
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->thread, NULL);
	pthread_cond_destroy(&s->changed);
	pthread_mutex_destroy(&s->lock);
	s->threaded = false;
}

/* The chunk behind the consumer's; the old one stays untouched until chunk_release. */
static struct chunk *chunk_next(struct input_stream *s)
{
	struct chunk *c = &s->chunks[(s->using + 1) % CHUNKS];

	if (s->use_thread && s->chunks[s->using % CHUNKS].n > 0)
		start_helper(s);
	if (!s->threaded) {
		if (!chunk_alloc(s, c))
			return NULL;
		chunk_fill(s, c);
		return c;
	}
	pthread_mutex_lock(&s->lock);
	while (s->filled == s->using + 1)
		pthread_cond_wait(&s->changed, &s->lock);
	pthread_mutex_unlock(&s->lock);
	return c;
}

static void chunk_release(struct input_stream *s)
{
	s->using ++;
	if (!s->threaded)
		return;
	pthread_mutex_lock(&s->lock);
	s->taken = s->using;
	pthread_cond_signal(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

/* --- the consumer's view --- */

/* Append the chunk to the unused bytes, all of it in the spill buffer. */
static bool spill(struct input *in, const struct chunk *c)
{
	struct input_stream *s = in->stream;
	size_t left = (size_t)(in->end - in->cur);

	if (s->in_spill)
		memmove(s->spill, in->cur, left);
	if (left + c->n > s->spill_cap) {
		size_t cap = s->spill_cap ? s->spill_cap : s->chunk_bytes;

		while (cap < left + c->n)
			cap *= 2;
		char *p = realloc(s->spill, cap);
		if (!p)
			return false;
		s->spill = p;
		s->spill_cap = cap;
	}
	if (!s->in_spill)
		memcpy(s->spill, in->cur, left);
	if (c->n)
		memcpy(s->spill + left, c->mem + s->headroom, c->n);
	s->in_spill = true;
	in->cur = s->spill;
	in->end = s->spill + left + c->n;
	return true;
}

/* Get another chunk behind the bytes between cur and end. */
static bool advance(struct input *in)
{
	struct input_stream *s = in->stream;
	size_t left = (size_t)(in->end - in->cur);

	if (s->ended)
		return false;
	struct chunk *c = chunk_next(s);
	if (!c) {
		err_set(&in->err, ERR_NOMEM, "no memory for a chunk of the trace");
		return false;
	}
	if (left <= s->headroom) {
		char *to = c->mem + s->headroom - left;

		if (left)
			memcpy(to, in->cur, left);
		in->cur = to;
		in->end = to + left + c->n;
		s->in_spill = false;
	} else if (!spill(in, c)) {
		err_set(&in->err, ERR_NOMEM, "no memory for a block of more than %zu bytes", left);
		return false;
	}
	in->end_offset += c->n;
	if (c->last) {
		s->ended = true;
		in->err = c->err;
	}
	chunk_release(s);
	return true;
}

const char *input_fill(struct input *in, size_t n)
{
	while ((size_t)(in->end - in->cur) < n) {
		if (!advance(in))
			return NULL;
	}
	return in->cur;
}

bool input_skip(struct input *in, uint64_t n)
{
	while ((uint64_t)(in->end - in->cur) < n) {
		n -= (uint64_t)(in->end - in->cur);
		in->cur = in->end;
		if (!advance(in))
			return false;
	}
	in->cur += n;
	return true;
}

/* --- open and close --- */

static bool is_gzip(struct sv head)
{
	return head.n >= 2 && (uint8_t)head.p[0] == 0x1f && (uint8_t)head.p[1] == 0x8b;
}

static int setup(struct input *in, const struct input_options *opt, struct err *err)
{
	struct input_stream *s = in->stream;

	s->chunk_bytes = opt && opt->chunk_bytes ? opt->chunk_bytes : CHUNK_BYTES;
	s->headroom = opt && opt->chunk_bytes ? opt->chunk_bytes / 4 : CHUNK_HEADROOM;
	in->cur = in->end = s->first;
	if (!is_gzip(s->head))
		return 0;
	s->gz = gunzip_new(opt && opt->inflate ? opt->inflate : inflate_kinds[0], raw_read, s);
	if (!s->gz)
		return err_set(err, ERR_NOMEM, "no memory to inflate");
	/* Only of a regular file a read ends soon, so that closing can wait for it. */
	s->use_thread = (s->regular || s->fd < 0) && !(opt && opt->no_thread);
	return 0;
}

static struct input_stream *stream_new(struct err *err)
{
	struct input_stream *s = calloc(1, sizeof *s);

	if (!s)
		err_set(err, ERR_NOMEM, "no memory to open a trace");
	else
		s->fd = -1;
	return s;
}

int input_open(struct input *in, int fd, struct sv head, const struct input_options *opt,
	       struct err *err)
{
	struct stat st;
	struct input_stream *s;

	assert(head.n <= INPUT_HEAD_MAX);
	*in = (struct input){ 0 };
	in->stream = s = stream_new(err);
	if (!s) {
		close(fd);
		return -1;
	}
	s->fd = fd;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		s->regular = true;
		s->raw_total = (uint64_t)st.st_size;
	}
	if (head.n)
		memcpy(s->first, head.p, head.n);
	while (head.n < 2) {
		ptrdiff_t got = raw_read(s, s->first + head.n, 2 - head.n, err);

		if (got < 0) {
			input_close(in);
			return -1;
		}
		if (got == 0)
			break;
		head.n += (size_t)got;
	}
	atomic_store(&s->raw_done, 0);
	s->head = (struct sv){ s->first, head.n };
	if (setup(in, opt, err) < 0) {
		input_close(in);
		return -1;
	}
	return 0;
}

int input_open_mem(struct input *in, struct sv bytes, const struct input_options *opt,
		   struct err *err)
{
	struct input_stream *s;

	*in = (struct input){ 0 };
	in->stream = s = stream_new(err);
	if (!s)
		return -1;
	s->head = bytes;
	s->raw_total = bytes.n;
	if (setup(in, opt, err) < 0) {
		input_close(in);
		return -1;
	}
	if (!s->gz && !(opt && opt->chunk_bytes) && bytes.n) {
		in->cur = bytes.p; /* no need to copy it in chunks */
		in->end = bytes.p + bytes.n;
		in->end_offset = bytes.n;
		atomic_store(&s->raw_done, bytes.n);
		s->ended = true;
	}
	return 0;
}

void input_close(struct input *in)
{
	struct input_stream *s = in->stream;

	if (!s)
		return;
	stop_helper(s);
	gunzip_free(s->gz);
	for (unsigned i = 0; i < CHUNKS; i++)
		free(s->chunks[i].mem);
	free(s->spill);
	if (s->fd >= 0)
		close(s->fd);
	free(s);
	*in = (struct input){ 0 };
}

void input_progress(const struct input *in, uint64_t *done, uint64_t *total)
{
	*done = atomic_load_explicit(&in->stream->raw_done, memory_order_relaxed);
	*total = in->stream->raw_total;
}

bool input_is_gzip(const struct input *in)
{
	return in->stream->gz != NULL;
}
