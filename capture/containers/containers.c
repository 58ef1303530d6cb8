/*
 * Two threads share a queue: the one that reads events puts containers in that it sees first, the
 * other looks on disk and puts descriptions into a second queue.  An engine may write its files
 * after the first process was seen in the group (runc does), so a container that is not found stays
 * wanted: it is looked for again after a while, and when its processes become programs.
 */
#define _GNU_SOURCE
#include "capture/containers/containers.h"

#include "capture/containers/lookup.h"
#include "format/base/arena.h"
#include "format/base/strmap.h"
#include "format/container_match.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

enum {
	CONTAINERS_MAX = 65536, /* seen in all */
	CGROUPS_KNOWN_MAX = 4096,
	QUEUE_MAX = 256,
	PATH_BYTES = 1024,
	JSON_BYTES_MAX = 256 << 10,
	ROUNDS = 9,     /* ... until five seconds are over; from then on only when asked for, */
	TRIES_MAX = 64, /* and not more often than this in all */
};

/* A container that is not found is looked for again after this time, then after twice that ... */
static const uint64_t first_gap_ns = 10000000;

struct wanted {
	char id[FULL_ID], path[PATH_BYTES];
	size_t path_n;
	uint32_t tries;
	uint64_t due_ns;
	bool hurry; /* somebody may be waiting for it */
};

struct containers {
	const char *root;
	/* the reader's own */
	struct arena arena;
	struct strmap known;   /* full id -> 1 */
	struct strmap cgroups; /* those without news */
	struct arena cgroups_arena;
	struct buf last;   /* cgroups of the call before */
	struct buf handed; /* the event handed out last */
	/* shared */
	pthread_mutex_t lock;
	pthread_cond_t wake, idle;
	struct wanted *wanted; /* in no order, nwanted of them */
	size_t nwanted;
	_Atomic bool open; /* nwanted > 0, to be read without the lock */
	bool busy, stop;
	struct buf ready[QUEUE_MAX]; /* a ring of descriptions */
	size_t first_ready, nready;
	struct containers_stats stats;
	bool background;
	pthread_t thread;
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static struct timespec when(uint64_t ns)
{
	return (struct timespec){ .tv_sec = (time_t)(ns / 1000000000),
				  .tv_nsec = (long)(ns % 1000000000) };
}

/* --- looking up; the lock is held but while the disk is read --- */

static void put_ready(struct containers *c, struct buf *json)
{
	if (c->nready == QUEUE_MAX || json->n > JSON_BYTES_MAX) {
		c->stats.forgotten++;
		return;
	}
	struct buf *slot = &c->ready[(c->first_ready + c->nready++) % QUEUE_MAX];
	buf_deinit(slot);
	*slot = *json;
	*json = (struct buf){ 0 };
	c->stats.found++;
}

static void add_wanted(struct containers *c, struct wanted w)
{
	c->wanted[c->nwanted++] = w;
	c->open = true;
}

static void put_off(struct containers *c, struct wanted w)
{
	uint32_t round = w.tries++;

	c->stats.unknown += round == (c->background ? ROUNDS : 0);
	if (!c->background || c->nwanted == QUEUE_MAX || w.tries >= TRIES_MAX)
		return;
	w.hurry = false;
	w.due_ns = round < ROUNDS ? now_ns() + (first_gap_ns << round) : UINT64_MAX;
	add_wanted(c, w);
}

static void look_up(struct containers *c, struct wanted w)
{
	struct buf json = { 0 };

	c->busy = true;
	pthread_mutex_unlock(&c->lock);
	bool found = container_lookup(c->root, (struct sv){ w.id, FULL_ID },
				      (struct sv){ w.path, w.path_n }, &json);
	pthread_mutex_lock(&c->lock);
	c->busy = false;
	if (found)
		put_ready(c, &json);
	else
		put_off(c, w);
	buf_deinit(&json);
}

/* The one that is due first; QUEUE_MAX: none is wanted. */
static size_t next_wanted(const struct containers *c)
{
	size_t best = QUEUE_MAX;

	for (size_t i = 0; i < c->nwanted; i++) {
		if (best == QUEUE_MAX || c->wanted[i].due_ns < c->wanted[best].due_ns)
			best = i;
	}
	return best;
}

static void *run(void *arg)
{
	struct containers *c = arg;

	pthread_mutex_lock(&c->lock);
	while (!c->stop) {
		size_t i = next_wanted(c);

		if (i == QUEUE_MAX) {
			pthread_cond_wait(&c->wake, &c->lock);
			continue;
		}
		struct wanted w = c->wanted[i];
		if (w.due_ns == UINT64_MAX) {
			pthread_cond_wait(&c->wake, &c->lock);
			continue;
		}
		if (w.due_ns > now_ns()) {
			struct timespec due = when(w.due_ns);

			pthread_cond_timedwait(&c->wake, &c->lock, &due);
			continue;
		}
		c->wanted[i] = c->wanted[--c->nwanted];
		look_up(c, w);
		c->open = c->nwanted > 0;
		pthread_cond_signal(&c->idle);
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

/* --- open and close --- */

static int start_thread(struct containers *c, struct err *err)
{
	sigset_t all, before;

	/* Signals are for the program's own threads. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int rc = pthread_create(&c->thread, NULL, run, c);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc != 0)
		return err_set(err, ERR_IO, "no thread for container metadata");
	c->background = true;
	return 0;
}

static void init_locks(struct containers *c)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&c->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&c->wake, &attr);
	pthread_cond_init(&c->idle, &attr);
	pthread_condattr_destroy(&attr);
}

int containers_new(const struct containers_options *opt, struct containers **out, struct err *err)
{
	struct containers *c = calloc(1, sizeof *c);

	*out = NULL;
	if (!c || !(c->wanted = calloc(QUEUE_MAX, sizeof *c->wanted))) {
		free(c);
		return err_set(err, ERR_NOMEM, "no memory for containers");
	}
	c->root = opt->root ? opt->root : "";
	init_locks(c);
	if (opt->background && start_thread(c, err) < 0) {
		containers_free(c);
		return -1;
	}
	*out = c;
	return 0;
}

void containers_free(struct containers *c)
{
	if (!c)
		return;
	if (c->background) {
		pthread_mutex_lock(&c->lock);
		c->stop = true;
		pthread_cond_signal(&c->wake);
		pthread_mutex_unlock(&c->lock);
		pthread_join(c->thread, NULL);
	}
	for (size_t i = 0; i < QUEUE_MAX; i++)
		buf_deinit(&c->ready[i]);
	pthread_cond_destroy(&c->wake);
	pthread_cond_destroy(&c->idle);
	pthread_mutex_destroy(&c->lock);
	strmap_deinit(&c->known);
	strmap_deinit(&c->cgroups);
	arena_deinit(&c->arena);
	arena_deinit(&c->cgroups_arena);
	buf_deinit(&c->last);
	buf_deinit(&c->handed);
	free(c->wanted);
	free(c);
}

/* --- the reader's side --- */

/* In a full queue those go that nobody looks for on his own account any more. */
static void make_room(struct containers *c)
{
	for (size_t i = 0; i < c->nwanted && c->nwanted == QUEUE_MAX; i++) {
		if (c->wanted[i].due_ns == UINT64_MAX)
			c->wanted[i] = c->wanted[--c->nwanted];
	}
}

static bool want(struct containers *c, const struct container_match *m)
{
	struct wanted w = { .path_n = m->path.n < PATH_BYTES ? m->path.n : PATH_BYTES,
			    .hurry = true };
	bool room;

	memcpy(w.id, m->full_id.p, FULL_ID);
	memcpy(w.path, m->path.p, w.path_n);
	pthread_mutex_lock(&c->lock);
	make_room(c);
	room = c->nwanted < QUEUE_MAX;
	if (!room)
		c->stats.forgotten++;
	else if (c->background)
		add_wanted(c, w);
	else
		look_up(c, w);
	pthread_cond_signal(&c->wake);
	pthread_mutex_unlock(&c->lock);
	return room;
}

/* One that was not found yet: it runs something else now, so its engine may have written more. */
static bool hurry(struct containers *c, struct sv full_id)
{
	bool found = false;

	pthread_mutex_lock(&c->lock);
	for (size_t i = 0; i < c->nwanted && !found; i++) {
		found = memcmp(c->wanted[i].id, full_id.p, FULL_ID) == 0;
		if (found) {
			c->wanted[i].due_ns = 0;
			c->wanted[i].hurry = true;
		}
	}
	if (found)
		pthread_cond_signal(&c->wake);
	pthread_mutex_unlock(&c->lock);
	return found;
}

static bool is_news(struct containers *c, struct sv full_id)
{
	if (strmap_has(&c->known, full_id))
		return false;
	if (c->known.n >= CONTAINERS_MAX) {
		pthread_mutex_lock(&c->lock);
		c->stats.forgotten++;
		pthread_mutex_unlock(&c->lock);
		return false;
	}
	struct sv id = arena_sv(&c->arena, full_id);
	return id.p && strmap_put(&c->known, id, 1);
}

static void remember_cgroups(struct containers *c, struct sv cgroups)
{
	if (c->cgroups.n >= CGROUPS_KNOWN_MAX) {
		strmap_deinit(&c->cgroups);
		arena_deinit(&c->cgroups_arena);
	}
	struct sv copy = arena_sv(&c->cgroups_arena, cgroups);
	if (copy.p)
		strmap_put(&c->cgroups, copy, 1);
}

bool containers_note(struct containers *c, struct sv cgroups)
{
	struct container_match m = { 0 };
	bool open = c->open;

	if (cgroups.n == 0 || (!open && sv_eq(cgroups, buf_sv(&c->last))))
		return false;
	buf_clear(&c->last);
	buf_putsv(&c->last, cgroups);
	bool known = strmap_has(&c->cgroups, cgroups);
	if (known && !open)
		return false;
	if (!known)
		remember_cgroups(c, cgroups);
	if (!container_match(cgroups, &m) || m.full_id.n != FULL_ID)
		return false;
	if (is_news(c, m.full_id))
		return want(c, &m);
	return open && hurry(c, m.full_id);
}

enum { P_CGROUPS = 14 }; /* of the clone and exec families alike */

bool containers_note_event(struct containers *c, const struct event *ev)
{
	switch (ev->type) {
	case EV_SYSCALL_CLONE_20_X:
	case EV_SYSCALL_CLONE3_X:
	case EV_SYSCALL_FORK_20_X:
	case EV_SYSCALL_VFORK_20_X:
	case EV_SYSCALL_EXECVE_19_X:
	case EV_SYSCALL_EXECVEAT_X:
		return containers_note(c, event_param(ev, P_CGROUPS));
	default:
		return false;
	}
}

/* Is something wanted that has not been looked for since it was noted? */
static bool has_fresh(const struct containers *c)
{
	for (size_t i = 0; i < c->nwanted; i++) {
		if (c->wanted[i].hurry)
			return true;
	}
	return c->busy;
}

bool containers_wait(struct containers *c, uint32_t timeout_ms)
{
	uint64_t end_ns = now_ns() + (uint64_t)timeout_ms * 1000000;
	struct timespec end = when(end_ns);
	bool done;

	pthread_mutex_lock(&c->lock);
	while (has_fresh(c) && now_ns() < end_ns)
		pthread_cond_timedwait(&c->idle, &c->lock, &end);
	done = !has_fresh(c);
	pthread_mutex_unlock(&c->lock);
	return done;
}

bool containers_next(struct containers *c, uint64_t ts_ns, struct event *out)
{
	buf_deinit(&c->handed);
	pthread_mutex_lock(&c->lock);
	if (c->nready) {
		struct buf *slot = &c->ready[c->first_ready];

		c->handed = *slot;
		*slot = (struct buf){ 0 };
		c->first_ready = (c->first_ready + 1) % QUEUE_MAX;
		c->nready--;
	}
	pthread_mutex_unlock(&c->lock);
	if (c->handed.n == 0)
		return false;
	*out = (struct event){ .ts_ns = ts_ns,
			       .tid = -1,
			       .type = EV_CONTAINER_JSON_2_E,
			       .nparams = 1,
			       .desc = schema_event(EV_CONTAINER_JSON_2_E),
			       .params = { buf_sv(&c->handed) } };
	return true;
}

struct containers_stats containers_stats(struct containers *c)
{
	pthread_mutex_lock(&c->lock);
	struct containers_stats stats = c->stats;
	pthread_mutex_unlock(&c->lock);
	return stats;
}
