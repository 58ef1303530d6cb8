#include "capture/rec/saver.h"

#include "capture/rec/deck.h"
#include "capture/rec/reels.h"
#include "format/sink.h"
#include "format/source.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

/* In the queue: a piece, or the end of a file. */
struct job {
	struct job *next;
	struct piece *piece; /* NULL: end */
	uint64_t lost;       /* events of pieces left out in front of it */
	uint64_t lost_from_ns, lost_to_ns;
};

struct saver {
	struct saver_options opt;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	struct job *first, **last; /* under mutex, as all up to here */
	uint64_t waiting_bytes;
	struct job gap; /* what the next job will tell as lost */
	bool closing;
	struct err err;

	struct reels reels; /* of the thread, as all from here */
	struct sink *sink;
	bool broken; /* this file: leave out the rest of it */
};

/* --- one file --- */

static int begin_file(struct saver *s, struct err *err)
{
	const struct sink_options options = { .manifest = s->opt.manifest,
					      .level = s->opt.level,
					      .block_events = DECK_BLOCK_EVENTS };
	struct buf name = { 0 };
	int rc = -1;

	if (reels_add(&s->reels, err) < 0)
		return -1;
	const char *path = reels_name(&s->reels, reels_newest(&s->reels)->number, &name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		err_errno(err, "cannot write %s", path);
	else
		rc = sink_open(sink_kind_by_name(SV("native")), fd, path, &options, &s->sink, err);
	buf_deinit(&name);
	meter_add(&s->opt.meter->saved, rc == 0);
	return rc;
}

static int end_file(struct saver *s, struct err *err)
{
	int rc = sink_close(s->sink, err);

	s->sink = NULL;
	s->broken = false;
	reels_trim(&s->reels, s->opt.keep, 0);
	return rc;
}

static int put_gap(struct saver *s, const struct job *j, struct err *err)
{
	const struct record rec = { .kind = RECORD_LOSS,
				    .loss = { .cpu = LOSS_ALL_CPUS,
					      .what = SV("not saved"),
					      .count = j->lost,
					      .from_ns = j->lost_from_ns,
					      .to_ns = j->lost_to_ns } };

	return j->lost ? sink_put(s->sink, &rec, err) : 0;
}

static int copy(struct saver *s, struct source *from, const struct job *j, struct err *err)
{
	struct record rec;
	enum next n;
	bool told = false;

	while ((n = source_next(from, &rec, err)) == NEXT_ITEM) {
		/* Behind the state that a segment begins with. */
		if (!told && rec.kind == RECORD_EVENT) {
			told = true;
			if (put_gap(s, j, err) < 0)
				return -1;
		}
		if (sink_put(s->sink, &rec, err) < 0)
			return -1;
	}
	if (n == NEXT_ERROR)
		return -1;
	return sink_flush(s->sink, err);
}

static int save_piece(struct saver *s, const struct job *j, struct err *err)
{
	const struct source_options options = { 0 };
	struct source *from;
	int fd = dup(j->piece->fd);

	if (!s->sink && begin_file(s, err) < 0) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	if (fd < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return err_errno(err, "cannot read the recent past");
	if (source_open_fd(fd, "the recent past", &options, &from, err) < 0)
		return -1;
	int rc = copy(s, from, j, err);
	source_close(from);
	return rc;
}

static int do_job(struct saver *s, const struct job *j, struct err *err)
{
	int rc = 0;

	if (!j->piece)
		return s->sink ? end_file(s, err) : 0;
	if (!s->broken)
		rc = save_piece(s, j, err);
	s->broken |= rc < 0;
	return rc;
}

/* --- the queue --- */

static struct job *take(struct saver *s)
{
	struct job *j;

	pthread_mutex_lock(&s->mutex);
	while (!s->first && !s->closing)
		pthread_cond_wait(&s->changed, &s->mutex);
	j = s->first;
	if (j) {
		s->first = j->next;
		if (!s->first)
			s->last = &s->first;
	}
	pthread_mutex_unlock(&s->mutex);
	return j;
}

static void note_failure(struct saver *s, const struct err *why)
{
	pthread_mutex_lock(&s->mutex);
	if (s->err.code == ERR_NONE)
		s->err = *why;
	pthread_mutex_unlock(&s->mutex);
	meter_add(&s->opt.meter->save_failures, 1);
}

static void *saver_main(void *arg)
{
	struct saver *s = arg;
	struct job *j;

	while ((j = take(s)) != NULL) {
		struct err err = { 0 };

		if (do_job(s, j, &err) < 0)
			note_failure(s, &err);
		pthread_mutex_lock(&s->mutex);
		s->waiting_bytes -= j->piece ? j->piece->bytes : 0;
		pthread_mutex_unlock(&s->mutex);
		piece_unref(j->piece);
		free(j);
	}
	return NULL;
}

static void add_gap(struct saver *s, const struct piece *p)
{
	if (s->gap.lost == 0)
		s->gap.lost_from_ns = p->first_ns;
	s->gap.lost += p->events;
	s->gap.lost_to_ns = p->last_ns;
	meter_add(&s->opt.meter->lost, p->events);
}

static void add_job(struct saver *s, struct piece *p)
{
	struct job *j = calloc(1, sizeof *j);

	pthread_mutex_lock(&s->mutex);
	if (!j || (p && s->waiting_bytes + p->bytes > s->opt.room_bytes)) {
		free(j);
		if (p)
			add_gap(s, p);
	} else {
		*j = s->gap;
		s->gap = (struct job){ 0 };
		j->piece = p ? piece_ref(p) : NULL;
		s->waiting_bytes += p ? p->bytes : 0;
		*s->last = j;
		s->last = &j->next;
		pthread_cond_signal(&s->changed);
	}
	pthread_mutex_unlock(&s->mutex);
}

void saver_add(struct saver *s, struct piece *p)
{
	add_job(s, p);
}

void saver_end_file(struct saver *s)
{
	add_job(s, NULL);
}

/* --- life --- */

static void deinit(struct saver *s)
{
	reels_deinit(&s->reels);
	pthread_cond_destroy(&s->changed);
	pthread_mutex_destroy(&s->mutex);
	free(s);
}

int saver_new(const struct saver_options *opt, struct saver **out, struct err *err)
{
	struct saver *s = calloc(1, sizeof *s);

	*out = NULL;
	if (!s)
		return err_set(err, ERR_NOMEM, "no memory to save matches");
	s->opt = *opt;
	s->last = &s->first;
	pthread_mutex_init(&s->mutex, NULL);
	pthread_cond_init(&s->changed, NULL);
	if (reels_open(opt->path, &s->reels, err) < 0 ||
	    (pthread_create(&s->thread, NULL, saver_main, s) != 0 &&
	     err_set(err, ERR_NOMEM, "cannot start a thread") < 0)) {
		deinit(s);
		return -1;
	}
	*out = s;
	return 0;
}

int saver_close(struct saver *s, struct err *err)
{
	int rc = 0;

	if (!s)
		return 0;
	pthread_mutex_lock(&s->mutex);
	s->closing = true;
	pthread_cond_signal(&s->changed);
	pthread_mutex_unlock(&s->mutex);
	pthread_join(s->thread, NULL);
	if (s->err.code != ERR_NONE) {
		if (err && err->code == ERR_NONE)
			*err = s->err;
		rc = -1;
	}
	if (sink_close(s->sink, err) < 0)
		rc = -1;
	deinit(s);
	return rc;
}
