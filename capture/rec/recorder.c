#include "capture/rec/recorder.h"

#include "capture/rec/deadline.h"
#include "capture/rec/privileges.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

enum stage { STAGE_DRAIN, STAGE_JUDGE, STAGE_WRITE };
enum { TICK_MS = 250 };

struct worker {
	struct recorder *r;
	pthread_t thread;
	bool running;
	struct err err;
};

struct recorder {
	struct recorder_options opt;
	struct worker drain, judge, write, alerts;
	_Atomic bool ended;
	_Atomic bool wants_snapshot; /* the writer asks, the judge answers */
};

static void ended(struct recorder *r)
{
	atomic_store(&r->ended, true);
}

static void *drain_main(void *arg)
{
	struct worker *w = arg;

	drain_run(w->r->opt.drain, &w->err);
	ended(w->r);
	return NULL;
}

/* --- judging --- */

/* Somebody wants to begin here: save what was before this batch. */
static int give_snapshot(struct recorder *r, struct batch *p, struct err *err)
{
	struct snapshot *s;

	if (!atomic_exchange(&r->wants_snapshot, false))
		return 0;
	s = calloc(1, sizeof *s);
	if (!s)
		return err_set(err, ERR_NOMEM, "no memory for a snapshot");
	p->snapshot = s;
	return judge_snapshot(r->opt.judge, s, err);
}

static void *judge_main(void *arg)
{
	struct worker *w = arg;
	struct recorder *r = w->r;
	struct batch *p;

	privileges_keep(PRIVILEGES_NONE, &w->err);
	while ((p = belt_take(r->opt.belt, STAGE_JUDGE, -1)) != NULL) {
		if (w->err.code == ERR_NONE &&
		    (give_snapshot(r, p, &w->err) < 0 || judge_batch(r->opt.judge, p, &w->err) < 0))
			ended(r);
		belt_pass(r->opt.belt, STAGE_JUDGE);
	}
	belt_finish(r->opt.belt, STAGE_JUDGE);
	return NULL;
}

/* --- writing --- */

static void forget_snapshot(struct batch *p)
{
	if (!p->snapshot)
		return;
	snapshot_deinit(p->snapshot);
	free(p->snapshot);
	p->snapshot = NULL;
}

static int write_batch(struct deck *deck, struct batch *p, struct err *err)
{
	struct batch_cursor c = { 0 };
	struct record rec;

	if (p->snapshot) {
		struct snapshot_view view = snapshot_view(p->snapshot);

		if (deck->ops->snapshot(deck, &view, err) < 0)
			return -1;
	}
	while (batch_next(p, &c, &rec)) {
		if (deck->ops->put(deck, &rec, err) < 0)
			return -1;
	}
	return p->match_ns ? deck->ops->match(deck, p->match_ns, err) : 0;
}

/* A deck that failed or is full takes no more, but the batches must go round until the end. */
static void *write_main(void *arg)
{
	struct worker *w = arg;
	struct recorder *r = w->r;
	struct deck *deck = r->opt.deck;
	struct belt *belt = r->opt.belt;
	bool asked = false; /* for a snapshot that is on its way */

	privileges_keep(PRIVILEGES_NONE, &w->err);
	while (!belt_ended(belt, STAGE_WRITE)) {
		struct batch *p = belt_take(belt, STAGE_WRITE, TICK_MS);
		bool works = deck && w->err.code == ERR_NONE && !deck->full;

		if (works && ((p && write_batch(deck, p, &w->err) < 0) ||
			      deck->ops->tick(deck, clock_ns(CLOCK_MONOTONIC), &w->err) < 0))
			works = false;
		if (deck && (!works || deck->full))
			ended(r);
		asked &= !(p && p->snapshot);
		if (works && !asked && deck->ops->wants_snapshot(deck)) {
			asked = true;
			atomic_store(&r->wants_snapshot, true);
		}
		if (p) {
			forget_snapshot(p);
			belt_pass(belt, STAGE_WRITE);
		}
	}
	belt_finish(belt, STAGE_WRITE);
	return NULL;
}

/* --- alerts --- */

static void *alerts_main(void *arg)
{
	struct worker *w = arg;
	struct recorder *r = w->r;

	privileges_keep(PRIVILEGES_NONE, &w->err);
	while (!alert_queue_ended(r->opt.alerts)) {
		struct alert_note *note = alert_queue_take(r->opt.alerts, TICK_MS);

		if (note && outlets_deliver(r->opt.outlets, note))
			meter_add(&r->opt.meter->alerts, 1);
		else if (note)
			meter_add(&r->opt.meter->alerts_lost, 1);
		if (!note)
			outlets_flush(r->opt.outlets);
		alert_note_free(note);
	}
	outlets_flush(r->opt.outlets);
	return NULL;
}

/* --- the whole --- */

static int start(struct recorder *r, struct worker *w, void *(*run)(void *), struct err *err)
{
	w->r = r;
	w->running = pthread_create(&w->thread, NULL, run, w) == 0;
	return w->running ? 0 : err_set(err, ERR_NOMEM, "cannot start a thread");
}

int recorder_start(const struct recorder_options *opt, struct recorder **out, struct err *err)
{
	struct recorder *r = calloc(1, sizeof *r);
	sigset_t all, before;

	*out = NULL;
	if (!r)
		return err_set(err, ERR_NOMEM, "no memory for the recorder");
	r->opt = *opt;
	/* Signals are for the thread that waits for them. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int rc = 0;
	if ((opt->alerts && start(r, &r->alerts, alerts_main, err) < 0) ||
	    start(r, &r->write, write_main, err) < 0 || start(r, &r->judge, judge_main, err) < 0 ||
	    start(r, &r->drain, drain_main, err) < 0)
		rc = -1;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc < 0) {
		/* Whoever runs waits for a stage that never will: end the belt for it. */
		belt_finish(opt->belt, STAGE_DRAIN);
		if (!r->judge.running)
			belt_finish(opt->belt, STAGE_JUDGE);
		recorder_finish(r, NULL);
		return -1;
	}
	*out = r;
	return 0;
}

bool recorder_ended(const struct recorder *r)
{
	return atomic_load(&r->ended);
}

static void join(struct worker *w, struct err *err)
{
	if (!w->running)
		return;
	pthread_join(w->thread, NULL);
	if (w->err.code != ERR_NONE && err && err->code == ERR_NONE)
		*err = w->err;
}

int recorder_finish(struct recorder *r, struct err *err)
{
	struct err first = { 0 };

	drain_stop(r->opt.drain);
	join(&r->drain, &first);
	join(&r->judge, &first);
	join(&r->write, &first);
	if (r->opt.alerts)
		alert_queue_close(r->opt.alerts);
	join(&r->alerts, &first);
	free(r);
	if (first.code == ERR_NONE)
		return 0;
	if (err)
		*err = first;
	return -1;
}
