#include "replay/crew.h"

#include "replay/flow.h"
#include "replay/parcel.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum {
	PARCEL_BYTES = 256 << 10,
	FRONT_BYTES = 4 << 20, /* of the front part alone */
	PATIENCE_NS = 100000000,
};

struct parcel {
	struct parcel *next;
	struct buf bytes;
};

struct part {
	struct part *next;
	const char *path;
	struct source_options options;

	/* Under the crew's lock. */
	struct parcel *first, **last;
	size_t queued; /* bytes */
	struct trace_report report;
	struct source_progress at;
	bool opened, ended, unwanted;

	/* Set before it has ended. */
	char *hostname;
	struct err err; /* why nothing more came; not damage of the trace */
};

struct worker {
	struct crew *crew;
	pthread_t thread;
	struct ruleset *rules, *own_rules; /* one way or another compiled rules of its own */
	struct alerts *alerts;             /* NULL: not made yet, or no rules */
	struct part *part;
	struct parcel_writer parcels;
	struct err err;
};

struct crew {
	struct crew_options opt;
	pthread_mutex_t lock;
	pthread_cond_t for_workers, for_taker;
	struct part *front, **back;
	struct part *todo; /* the first that nobody has begun */
	unsigned ntodo;    /* behind it, that one included */
	size_t queued;     /* bytes of all parts */
	uint64_t runs;     /* parts begun */
	bool quit;
	bool hungry;       /* the taker waits */
	unsigned nworkers; /* whose threads run */
	struct worker *workers;
};

/* --- a worker --- */

/* With the lock: may it add this much to what is not taken yet? */
static bool has_room(const struct crew *c, const struct part *p)
{
	return p == c->front ? p->queued < FRONT_BYTES : c->queued < CREW_AHEAD;
}

/* Hand over what is packed.  False: nobody wants it any more. */
static bool hand_over(struct worker *w, struct err *err)
{
	struct crew *c = w->crew;
	struct part *p = w->part;
	struct parcel *parcel;
	bool wanted;

	if (w->parcels.out.failed || !(parcel = calloc(1, sizeof *parcel))) {
		err_set(err, ERR_NOMEM, "out of memory");
		return false;
	}
	parcel->bytes = w->parcels.out;
	w->parcels.out = (struct buf){ 0 };
	pthread_mutex_lock(&c->lock);
	while (!has_room(c, p) && !p->unwanted && !c->quit)
		pthread_cond_wait(&c->for_workers, &c->lock);
	wanted = !p->unwanted && !c->quit;
	if (wanted) {
		*p->last = parcel;
		p->last = &parcel->next;
		p->queued += parcel->bytes.n;
		c->queued += parcel->bytes.n;
		if (p == c->front)
			pthread_cond_signal(&c->for_taker);
	}
	pthread_mutex_unlock(&c->lock);
	if (!wanted) {
		buf_deinit(&parcel->bytes);
		free(parcel);
	}
	return wanted;
}

static int packed(struct worker *w, struct err *err)
{
	if (w->parcels.out.n < PARCEL_BYTES && !w->parcels.out.failed)
		return 0;
	hand_over(w, err);
	return err->code == ERR_NONE ? 0 : -1;
}

static int on_news(void *arg, const struct process_news *n, struct err *err)
{
	struct worker *w = arg;

	parcel_put_news(&w->parcels, n);
	return packed(w, err);
}

static int on_alert(void *arg, const struct alert *a, struct err *err)
{
	struct worker *w = arg;

	parcel_put_alert(&w->parcels, a);
	return packed(w, err);
}

static bool go_on(void *arg, const struct trace_report *so_far, struct source_progress at)
{
	struct worker *w = arg;
	struct crew *c = w->crew;
	bool wanted, hungry;

	pthread_mutex_lock(&c->lock);
	w->part->report.events = so_far->events;
	w->part->report.matches = so_far->matches;
	w->part->at = at;
	wanted = !w->part->unwanted && !c->quit;
	hungry = c->hungry && w->part == c->front;
	pthread_mutex_unlock(&c->lock);
	if (wanted && hungry && w->parcels.out.n)
		wanted = hand_over(w, &w->err);
	return wanted && !(c->opt.stop && *c->opt.stop);
}

static void set_opened(struct worker *w)
{
	pthread_mutex_lock(&w->crew->lock);
	w->part->opened = true;
	pthread_cond_signal(&w->crew->for_taker);
	pthread_mutex_unlock(&w->crew->lock);
}

static void set_ended(struct worker *w, const struct trace_report *r)
{
	struct crew *c = w->crew;

	pthread_mutex_lock(&c->lock);
	w->part->report = *r;
	w->part->report.hostname = sv_of(w->part->hostname ? w->part->hostname : "");
	w->part->err = w->err;
	w->part->ended = true;
	pthread_cond_broadcast(&c->for_taker);
	pthread_mutex_unlock(&c->lock);
}

static int get_ready(struct worker *w)
{
	const struct crew_options *o = &w->crew->opt;

	if (!o->rules || w->alerts)
		return 0;
	if (w == w->crew->workers)
		w->rules = o->rules;
	else
		w->rules = w->own_rules = o->copy_rules(o->arg, &w->err);
	if (!w->rules)
		return -1;
	return alerts_new(w->rules, o->wants_values, &w->alerts, &w->err);
}

static void replay_part(struct worker *w, uint64_t run)
{
	struct crew *c = w->crew;
	struct trace_report r = { .path = w->part->path };
	struct flow f = { .matching = c->opt.matching,
			  .run = run,
			  .news = c->opt.wants_news ? on_news : NULL,
			  .alert = on_alert,
			  .go_on = go_on,
			  .arg = w };

	w->parcels.with_processes = c->opt.wants_news;
	w->err = (struct err){ 0 };
	if (get_ready(w) < 0) {
		set_ended(w, &r);
		return;
	}
	f.rules = w->rules;
	f.alerts = w->alerts;
	if (flow_open(&f, w->part->path, &w->part->options, &r)) {
		set_opened(w);
		if (flow_run(&f, &w->err) == 0 && w->err.code == ERR_NONE) {
			if (w->parcels.out.n)
				hand_over(w, &w->err);
			w->part->hostname = strndup(r.hostname.p ? r.hostname.p : "", r.hostname.n);
			if (!w->part->hostname)
				err_set(&w->err, ERR_NOMEM, "out of memory");
		}
		flow_close(&f);
	}
	set_ended(w, &r);
	parcel_writer_deinit(&w->parcels);
}

/* The next part that nobody has begun; NULL: quit. */
static struct part *wait_for_part(struct crew *c, uint64_t *run)
{
	struct part *p;

	pthread_mutex_lock(&c->lock);
	while (!c->todo && !c->quit)
		pthread_cond_wait(&c->for_workers, &c->lock);
	p = c->quit ? NULL : c->todo;
	if (p) {
		c->todo = p->next;
		c->ntodo--;
		*run = ++c->runs;
	}
	pthread_mutex_unlock(&c->lock);
	return p;
}

static void *work(void *arg)
{
	struct worker *w = arg;
	uint64_t run;

	while ((w->part = wait_for_part(w->crew, &run)))
		replay_part(w, run);
	return NULL;
}

/* --- the crew --- */

static int start_worker(struct crew *c, unsigned i, struct err *err)
{
	struct worker *w = &c->workers[i];

	w->crew = c;
	if (pthread_create(&w->thread, NULL, work, w) != 0)
		return err_set(err, ERR_NOMEM, "cannot start a thread");
	c->nworkers++;
	return 0;
}

int crew_new(const struct crew_options *o, struct crew **out, struct err *err)
{
	struct crew *c = calloc(1, sizeof *c);

	*out = NULL;
	if (!c || !(c->workers = calloc(o->workers, sizeof *c->workers))) {
		free(c);
		return err_set(err, ERR_NOMEM, "out of memory");
	}
	c->opt = *o;
	c->back = &c->front;
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->for_workers, NULL);
	pthread_cond_init(&c->for_taker, NULL);
	for (unsigned i = 0; i < o->workers; i++) {
		if (start_worker(c, i, err) < 0) {
			crew_free(c);
			return -1;
		}
	}
	*out = c;
	return 0;
}

static void free_part(struct part *p)
{
	while (p->first) {
		struct parcel *parcel = p->first;

		p->first = parcel->next;
		buf_deinit(&parcel->bytes);
		free(parcel);
	}
	trace_report_deinit(&p->report);
	free(p->hostname);
	free(p);
}

void crew_free(struct crew *c)
{
	if (!c)
		return;
	pthread_mutex_lock(&c->lock);
	c->quit = true;
	pthread_cond_broadcast(&c->for_workers);
	pthread_mutex_unlock(&c->lock);
	for (unsigned i = 0; i < c->nworkers; i++) {
		pthread_join(c->workers[i].thread, NULL);
		alerts_free(c->workers[i].alerts);
		ruleset_free(c->workers[i].own_rules);
	}
	while (c->front) {
		struct part *p = c->front;

		c->front = p->next;
		free_part(p);
	}
	pthread_cond_destroy(&c->for_taker);
	pthread_cond_destroy(&c->for_workers);
	pthread_mutex_destroy(&c->lock);
	free(c->workers);
	free(c);
}

bool crew_wants(struct crew *c)
{
	bool wants;

	pthread_mutex_lock(&c->lock);
	wants = c->ntodo < c->opt.workers;
	pthread_mutex_unlock(&c->lock);
	return wants;
}

int crew_add(struct crew *c, const char *path, const struct source_options *options,
	     struct err *err)
{
	struct part *p = calloc(1, sizeof *p);

	if (!p)
		return err_set(err, ERR_NOMEM, "out of memory");
	p->path = path;
	p->options = *options;
	p->last = &p->first;
	p->report.path = path;
	pthread_mutex_lock(&c->lock);
	*c->back = p;
	c->back = &p->next;
	if (!c->todo)
		c->todo = p;
	c->ntodo++;
	pthread_cond_broadcast(&c->for_workers);
	pthread_mutex_unlock(&c->lock);
	return 0;
}

/* --- the taker --- */

bool crew_opened(struct crew *c)
{
	bool opened;

	pthread_mutex_lock(&c->lock);
	while (!c->front->opened && !c->front->ended)
		pthread_cond_wait(&c->for_taker, &c->lock);
	opened = c->front->opened;
	pthread_mutex_unlock(&c->lock);
	return opened;
}

/* With the lock: wait for something of the front part. */
static void wait_a_while(struct crew *c)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += PATIENCE_NS;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	c->hungry = true;
	pthread_cond_timedwait(&c->for_taker, &c->lock, &until);
	c->hungry = false;
}

enum next crew_take(struct crew *c, struct buf *parcel, struct err *err)
{
	struct part *p = c->front;
	enum next next = NEXT_IDLE;

	pthread_mutex_lock(&c->lock);
	if (!p->first && !p->ended)
		wait_a_while(c);
	if (p->first) {
		struct parcel *first = p->first;

		*parcel = first->bytes;
		p->first = first->next;
		if (!p->first)
			p->last = &p->first;
		p->queued -= parcel->n;
		c->queued -= parcel->n;
		free(first);
		pthread_cond_broadcast(&c->for_workers);
		next = NEXT_ITEM;
	} else if (p->ended) {
		next = p->err.code == ERR_NONE ? NEXT_END : NEXT_ERROR;
		if (next == NEXT_ERROR)
			*err = p->err;
	}
	pthread_mutex_unlock(&c->lock);
	return next;
}

void crew_report(struct crew *c, struct trace_report *out, struct source_progress *at)
{
	pthread_mutex_lock(&c->lock);
	*out = c->front->report;
	*at = c->front->at;
	pthread_mutex_unlock(&c->lock);
}

void crew_pop(struct crew *c)
{
	struct part *p = c->front;

	pthread_mutex_lock(&c->lock);
	p->unwanted = true;
	if (c->todo == p) { /* nobody will begin it */
		c->todo = p->next;
		c->ntodo--;
		p->ended = true;
	}
	pthread_cond_broadcast(&c->for_workers);
	while (!p->ended)
		pthread_cond_wait(&c->for_taker, &c->lock);
	c->queued -= p->queued;
	c->front = p->next;
	if (!c->front)
		c->back = &c->front;
	/* the next one has the front's share now */
	pthread_cond_broadcast(&c->for_workers);
	pthread_mutex_unlock(&c->lock);
	free_part(p);
}
