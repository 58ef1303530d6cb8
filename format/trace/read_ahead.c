#include "format/trace/read_ahead.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Large enough that a switch of threads is nothing, small enough to stay in the caches. */
enum { CHUNK_BYTES = 512 * 1024, CHUNKS = 3 };

struct chunk {
	char *p;
	size_t n; /* 0: the end, or a failure */
};

struct read_ahead {
	int fd;
	char *name;
	size_t room; /* of a chunk: no more than the file is long */
	pthread_t thread;
	bool has_thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct chunk chunks[CHUNKS];
	/* Chunks read and chunks given back so far; the caller holds number `taken`. */
	uint64_t filled, taken;
	bool holds;
	bool stop;
	struct err err; /* of the thread; filled in before its last chunk */
};

static size_t read_chunk(struct read_ahead *r, char *p)
{
	size_t have = 0;

	while (have < r->room) {
		ssize_t n = read(r->fd, p + have, r->room - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			err_errno(&r->err, "%s: cannot read", r->name);
		if (n <= 0)
			break;
		have += (size_t)n;
	}
	return have;
}

static void *read_file(void *arg)
{
	struct read_ahead *r = arg;
	bool ended = false;

	pthread_mutex_lock(&r->lock);
	while (!ended && !r->stop) {
		if (r->filled - r->taken == CHUNKS) {
			pthread_cond_wait(&r->changed, &r->lock);
			continue;
		}
		struct chunk *c = &r->chunks[r->filled % CHUNKS];

		pthread_mutex_unlock(&r->lock);
		c->n = read_chunk(r, c->p);
		ended = c->n == 0;
		pthread_mutex_lock(&r->lock);
		r->filled++;
		pthread_cond_signal(&r->changed);
	}
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

int read_ahead_open(int fd, const char *name, struct read_ahead **out, struct err *err)
{
	struct read_ahead *r = calloc(1, sizeof *r);
	struct stat st;

	*out = NULL;
	if (!r)
		return err_set(err, ERR_NOMEM, "no memory to read %s", name);
	r->fd = fd;
	r->name = strdup(name);
	r->room = CHUNK_BYTES;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size < CHUNK_BYTES)
		r->room = (size_t)st.st_size + 1;
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->changed, NULL);
	for (int i = 0; i < CHUNKS; i++)
		r->chunks[i].p = malloc(r->room);
	if (!r->name || !r->chunks[0].p || !r->chunks[1].p || !r->chunks[2].p) {
		read_ahead_close(r);
		return err_set(err, ERR_NOMEM, "no memory to read %s", name);
	}
#ifdef POSIX_FADV_SEQUENTIAL
	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL); /* a pipe does not care */
#endif
	errno = pthread_create(&r->thread, NULL, read_file, r);
	if (errno) {
		err_errno(err, "%s: cannot start a thread to read", name);
		read_ahead_close(r);
		return -1;
	}
	r->has_thread = true;
	*out = r;
	return 0;
}

enum next read_ahead_next(struct read_ahead *r, struct sv *chunk, struct err *err)
{
	pthread_mutex_lock(&r->lock);
	if (r->holds) {
		r->taken++;
		r->holds = false;
		pthread_cond_signal(&r->changed);
	}
	while (r->filled == r->taken)
		pthread_cond_wait(&r->changed, &r->lock);
	struct chunk *c = &r->chunks[r->taken % CHUNKS];

	*chunk = (struct sv){ c->p, c->n };
	r->holds = c->n > 0;
	pthread_mutex_unlock(&r->lock);
	if (c->n)
		return NEXT_ITEM;
	if (r->err.code == ERR_NONE)
		return NEXT_END;
	if (err && err->code == ERR_NONE)
		*err = r->err;
	return NEXT_ERROR;
}

void read_ahead_close(struct read_ahead *r)
{
	if (!r)
		return;
	if (r->has_thread) {
		pthread_mutex_lock(&r->lock);
		r->stop = true;
		pthread_cond_signal(&r->changed);
		pthread_mutex_unlock(&r->lock);
		pthread_join(r->thread, NULL);
	}
	for (int i = 0; i < CHUNKS; i++)
		free(r->chunks[i].p);
	pthread_cond_destroy(&r->changed);
	pthread_mutex_destroy(&r->lock);
	free(r->name);
	free(r);
}
