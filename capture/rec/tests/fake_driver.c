/*
 * A driver without a kernel: plays a trace as if it happened now.  Takes the place of
 * capture/driver_*.c, of the scan and of the look for containers when rec is linked as rec_fake.
 *
 * FAKE_TRACE: what to play.  FAKE_REPEAT: how often (default 1; 0: for ever), times go on.
 * FAKE_RATE: events per second (default: as fast as they are taken).  FAKE_LOSE: every N-th event
 * is lost, as if a ring were full.  FAKE_LINGER: at the end wait to be stopped.
 */
#include "capture/containers/containers.h"
#include "capture/driver.h"
#include "capture/rec/deadline.h"
#include "capture/scan/scan.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { BURST = 256 };

struct driver {
	struct source source;
	struct source *trace;
	struct record rec; /* the first event, met by the scan */
	bool pending;
	_Atomic bool stopped;
	bool linger;
	uint64_t lose, rate, repeat, round;
	uint64_t shift_ns, last_ns, begun_ns, played;
	struct driver_stats stats;
};

static uint64_t setting(const char *name, uint64_t missing)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 10) : missing;
}

static int open_trace(struct driver *d, struct err *err)
{
	const struct source_options opt = { .upgrade = true };

	source_close(d->trace);
	d->trace = NULL;
	return source_open(getenv("FAKE_TRACE"), &opt, &d->trace, err);
}

/* The next event of the trace, which begins again at its end as often as asked. */
static enum next next_event(struct driver *d, struct record *rec, struct err *err)
{
	for (;;) {
		enum next n = source_next(d->trace, rec, err);

		if (n == NEXT_END && ++d->round != d->repeat) {
			if (open_trace(d, err) < 0)
				return NEXT_ERROR;
			d->shift_ns = 0;
		} else if (n != NEXT_ITEM || rec->kind == RECORD_EVENT) {
			return n;
		}
	}
}

static void wait_for(struct driver *d)
{
	if (!d->rate || d->played % BURST)
		return;
	uint64_t due = d->begun_ns + d->played * 1000000000u / d->rate;
	uint64_t now = clock_ns(CLOCK_MONOTONIC);

	if (now < due) {
		struct timespec nap = { .tv_sec = (time_t)((due - now) / 1000000000u),
					.tv_nsec = (long)((due - now) % 1000000000u) };

		nanosleep(&nap, NULL);
	}
}

static enum next idle(struct driver *d)
{
	const struct timespec nap = { .tv_nsec = 10000000 };

	if (!d->linger)
		return NEXT_END;
	nanosleep(&nap, NULL);
	return NEXT_IDLE;
}

static enum next fake_next(struct source *s, struct record *rec, struct err *err)
{
	struct driver *d = (struct driver *)s;
	enum next n = NEXT_ITEM;

	for (;;) {
		if (atomic_load(&d->stopped))
			return NEXT_END;
		if (d->pending)
			*rec = d->rec;
		else
			n = next_event(d, rec, err);
		d->pending = false;
		if (n != NEXT_ITEM)
			return n == NEXT_END ? idle(d) : n;
		/* Rounds follow each other in time. */
		if (d->round && !d->shift_ns)
			d->shift_ns = d->last_ns + 1000 - rec->event.ts_ns;
		rec->event.ts_ns += d->shift_ns;
		d->last_ns = rec->event.ts_ns;
		wait_for(d);
		d->played++;
		struct driver_tally *tally =
			&d->stats.by_class[rec->event.desc->category & EC_CLASS_MASK];
		if (d->lose && d->played % d->lose == 0) {
			tally->lost++;
			d->stats.all.lost++;
			continue;
		}
		tally->stored++;
		d->stats.all.stored++;
		return NEXT_ITEM;
	}
}

static void fake_close(struct source *s)
{
	driver_close((struct driver *)s);
}

static const struct source_ops fake_ops = { .next = fake_next, .close = fake_close };

int driver_open(const struct driver_options *opt, struct driver **out, struct err *err)
{
	struct driver *d = calloc(1, sizeof *d);

	(void)opt;
	*out = NULL;
	if (!d)
		return err_set(err, ERR_NOMEM, "no memory");
	d->source.ops = &fake_ops;
	d->lose = setting("FAKE_LOSE", 0);
	d->rate = setting("FAKE_RATE", 0);
	d->repeat = setting("FAKE_REPEAT", 1);
	d->linger = setting("FAKE_LINGER", 0);
	if (!getenv("FAKE_TRACE"))
		err_set(err, ERR_UNSUPPORTED, "FAKE_TRACE names no trace to play");
	if (!getenv("FAKE_TRACE") || open_trace(d, err) < 0) {
		driver_close(d);
		return -1;
	}
	*out = d;
	return 0;
}

int driver_start(struct driver *d, struct err *err)
{
	(void)err;
	d->begun_ns = clock_ns(CLOCK_MONOTONIC);
	return 0;
}

struct source *driver_source(struct driver *d)
{
	return &d->source;
}

void driver_change(struct driver *d, const struct driver_set *set)
{
	(void)d;
	(void)set;
}

void driver_stop(struct driver *d)
{
	atomic_store(&d->stopped, true);
}

void driver_close(struct driver *d)
{
	if (!d)
		return;
	source_close(d->trace);
	free(d);
}

const char *driver_name(const struct driver *d)
{
	(void)d;
	return "fake";
}

const char *driver_reason(const struct driver *d)
{
	(void)d;
	return "";
}

enum driver_paths driver_paths(const struct driver *d)
{
	(void)d;
	return DRIVER_PATHS_AT_EXIT;
}

uint64_t driver_now_ns(const struct driver *d)
{
	return d->last_ns;
}

bool driver_cpu_stats(const struct driver *d, uint32_t cpu, struct driver_stats *out)
{
	if (cpu > 0)
		return false;
	*out = d->stats;
	return true;
}

struct driver_stats driver_stats(const struct driver *d)
{
	return d->stats;
}

/* --- the scan: what the trace begins with --- */

int scan_host(const struct scan_options *opt, scan_put *put, void *arg, struct scan_stats *stats,
	      struct err *err)
{
	struct driver *d = opt->now_arg;
	enum next n;

	(void)stats;
	while ((n = source_next(d->trace, &d->rec, err)) == NEXT_ITEM) {
		if (d->rec.kind == RECORD_EVENT) {
			d->pending = true;
			return 0;
		}
		if (put(arg, &d->rec, err) < 0)
			return -1;
	}
	return n == NEXT_ERROR ? -1 : 0;
}

/* --- containers: the trace tells of them --- */

int containers_new(const struct containers_options *opt, struct containers **out, struct err *err)
{
	(void)opt;
	(void)err;
	*out = NULL;
	return 0;
}

void containers_free(struct containers *c)
{
	(void)c;
}

bool containers_note(struct containers *c, struct sv cgroups)
{
	(void)c;
	(void)cgroups;
	return false;
}

bool containers_note_event(struct containers *c, const struct event *ev)
{
	(void)c;
	(void)ev;
	return false;
}

bool containers_wait(struct containers *c, uint32_t timeout_ms)
{
	(void)c;
	(void)timeout_ms;
	return true;
}

bool containers_next(struct containers *c, uint64_t ts_ns, struct event *out)
{
	(void)c;
	(void)ts_ns;
	(void)out;
	return false;
}

struct containers_stats containers_stats(struct containers *c)
{
	(void)c;
	return (struct containers_stats){ 0 };
}
