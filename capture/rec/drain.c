#include "capture/rec/drain.h"

#include "capture/containers/containers.h"
#include "capture/rec/callset.h"
#include "capture/rec/deadline.h"
#include "capture/rec/privileges.h"
#include "capture/scan/scan.h"

#include <stdlib.h>

enum {
	BATCH_NS = 50000000,        /* a batch does not wait longer for more events */
	LEDGER_NS = 1000000000,     /* between two looks at the driver's counters */
	CONTAINERS_WAIT_MS = 100,   /* for the descriptions of those that are there at the start */
	NEW_CONTAINER_WAIT_MS = 20, /* so that a description stands in front of the first program */
	IDLE_MS = 50,
	MANY = 1024, /* events between two looks at the clock */
};

struct drain {
	struct drain_options opt;
	struct driver_set set;
	struct driver *driver;
	struct reconcile *reconcile;
	struct containers *containers;
	struct batch *batch;          /* being filled, or NULL */
	uint64_t batch_ts_ns;         /* of its first event */
	struct driver_tally *counted; /* per CPU and class: what the ledger has already */
	uint64_t counted_ns;          /* event time of the last look */
	uint64_t look_at_ns;          /* monotonic time of the next one */
	uint32_t ncpus;
	uint64_t oversized;    /* records that no batch holds, since the last look */
	_Atomic unsigned shed; /* steps given up */
	unsigned shed_told;
	uint64_t shed_from_ns;
	bool cut; /* nobody takes batches any more */
};

void drain_close(struct drain *d)
{
	if (!d)
		return;
	driver_close(d->driver);
	reconcile_free(d->reconcile);
	containers_free(d->containers);
	free(d->counted);
	free(d);
}

static uint32_t count_cpus(const struct driver *driver)
{
	struct driver_stats stats;
	uint32_t n = 0;

	while (driver_cpu_stats(driver, n, &stats))
		n++;
	return n;
}

static int start(struct drain *d, struct err *err)
{
	d->reconcile = reconcile_new();
	if (!d->reconcile)
		return err_set(err, ERR_NOMEM, "no memory to take stock of the host");
	if (driver_open(&d->opt.driver, &d->driver, err) < 0)
		return -1;
	d->ncpus = count_cpus(d->driver);
	d->counted = calloc((size_t)d->ncpus * DRIVER_CLASSES + 1, sizeof *d->counted);
	if (!d->counted)
		return err_set(err, ERR_NOMEM, "no memory for counters");
	d->counted_ns = driver_now_ns(d->driver);
	return driver_start(d->driver, err);
}

int drain_open(const struct drain_options *opt, struct drain **out, struct err *err)
{
	struct drain *d = calloc(1, sizeof *d);

	*out = NULL;
	if (!d)
		return err_set(err, ERR_NOMEM, "no memory for the driver");
	d->opt = *opt;
	d->set = opt->driver.set ? *opt->driver.set : driver_set_all();
	d->opt.driver.set = &d->set;
	d->opt.driver.timeout_ms = IDLE_MS;
	if (start(d, err) < 0) {
		drain_close(d);
		return -1;
	}
	*out = d;
	return 0;
}

void drain_stop(struct drain *d)
{
	driver_stop(d->driver);
}

void drain_shed(struct drain *d, unsigned step)
{
	struct driver_set less = callset_shed(&d->set, step);

	driver_change(d->driver, &less);
	atomic_store_explicit(&d->shed, step, memory_order_relaxed);
}

const struct driver *drain_driver(const struct drain *d)
{
	return d->driver;
}

/* --- batches --- */

static void pass(struct drain *d)
{
	if (!d->batch)
		return;
	belt_pass(d->opt.belt, 0);
	d->batch = NULL;
}

/* A free batch, sooner or later; false when there is nobody left to empty them. */
static bool take(struct drain *d)
{
	while (!d->batch) {
		d->batch = belt_take(d->opt.belt, 0, IDLE_MS);
		if (d->batch) {
			batch_clear(d->batch);
		} else if (belt_ended(d->opt.belt, 0)) {
			d->cut = true;
			return false;
		} else {
			meter_add(&d->opt.meter->waits, 1);
		}
	}
	return true;
}

static void put(struct drain *d, const struct record *rec)
{
	if (!take(d) || batch_put(d->batch, rec))
		return;
	pass(d);
	if (!take(d) || batch_put(d->batch, rec))
		return;
	d->oversized++;
}

/* --- what is lost --- */

static void put_loss(struct drain *d, uint32_t cpu, const char *what, uint64_t count,
		     uint64_t from_ns, uint64_t to_ns)
{
	const struct record rec = { .kind = RECORD_LOSS,
				    .loss = { .cpu = cpu,
					      .what = sv_of(what),
					      .count = count,
					      .from_ns = from_ns,
					      .to_ns = to_ns } };

	put(d, &rec);
	meter_add(&d->opt.meter->lost, count);
}

static void look_at_cpu(struct drain *d, uint32_t cpu, uint64_t now_ns)
{
	struct driver_tally *counted = d->counted + (size_t)cpu * DRIVER_CLASSES;
	struct driver_stats stats;

	if (!driver_cpu_stats(d->driver, cpu, &stats))
		return;
	for (uint32_t i = 0; i < DRIVER_CLASSES; i++) {
		uint64_t lost = stats.by_class[i].lost - counted[i].lost;

		if (lost)
			put_loss(d, cpu, schema_category_name(i), lost, d->counted_ns, now_ns);
		counted[i] = stats.by_class[i];
	}
}

/* While something is given up on purpose, nobody knows how much it would have been. */
static void look_at_shedding(struct drain *d, uint64_t now_ns, bool last)
{
	unsigned step = atomic_load_explicit(&d->shed, memory_order_relaxed);

	if (step == d->shed_told && !last)
		return;
	for (unsigned i = 1; i <= d->shed_told; i++)
		put_loss(d, LOSS_ALL_CPUS, callset_step_name(i), 0, d->shed_from_ns, now_ns);
	d->shed_told = step;
	d->shed_from_ns = now_ns;
}

static void look_at_losses(struct drain *d, bool last)
{
	uint64_t now_ns = driver_now_ns(d->driver);

	for (uint32_t cpu = 0; cpu < d->ncpus; cpu++)
		look_at_cpu(d, cpu, now_ns);
	look_at_shedding(d, now_ns, last);
	if (d->oversized)
		put_loss(d, LOSS_ALL_CPUS, "oversized", d->oversized, d->counted_ns, now_ns);
	d->oversized = 0;
	d->counted_ns = now_ns;
	d->look_at_ns = clock_ns(CLOCK_MONOTONIC) + LEDGER_NS;
}

/* --- what is there --- */

static int put_found(void *arg, const struct record *rec, struct err *err)
{
	struct drain *d = arg;

	put(d, rec);
	if (rec->kind == RECORD_PROC)
		containers_note(d->containers, rec->proc.cgroups);
	return d->cut ? err_set(err, ERR_IO, "recording ended while the host was scanned") : 0;
}

static uint64_t now_of(void *arg)
{
	return driver_now_ns(arg);
}

static void put_containers(struct drain *d, uint64_t ts_ns)
{
	struct record rec = { .kind = RECORD_EVENT };

	while (containers_next(d->containers, ts_ns, &rec.event))
		put(d, &rec);
}

static int take_stock(struct drain *d, struct err *err)
{
	const struct scan_options how = { .seen = d->reconcile,
					  .now_ns = now_of,
					  .now_arg = d->driver };
	const struct containers_options where = { .background = true };
	struct scan_stats found = { 0 };

	/* Its thread is to have what a scan needs, and no more. */
	if (containers_new(&where, &d->containers, err) < 0 ||
	    scan_host(&how, put_found, d, &found, err) < 0)
		return -1;
	meter_set(&d->opt.meter->incomplete, found.unreadable);
	meter_set(&d->opt.meter->unknown, found.sockets_unknown);
	reconcile_scanned(d->reconcile, driver_now_ns(d->driver));
	containers_wait(d->containers, CONTAINERS_WAIT_MS);
	put_containers(d, driver_now_ns(d->driver));
	pass(d);
	meter_set(&d->opt.meter->ready, 1);
	return privileges_keep(PRIVILEGES_NONE, err);
}

/* --- what happens --- */

static void on_event(struct drain *d, const struct record *rec)
{
	const struct event *ev = &rec->event;

	if (!reconcile_keeps(d->reconcile, ev))
		return;
	if (containers_note_event(d->containers, ev)) {
		containers_wait(d->containers, NEW_CONTAINER_WAIT_MS);
		put_containers(d, ev->ts_ns);
	}
	bool first = !d->batch || d->batch->events == 0;
	put(d, rec);
	if (first)
		d->batch_ts_ns = ev->ts_ns;
	else if (ev->ts_ns - d->batch_ts_ns >= BATCH_NS && ev->ts_ns > d->batch_ts_ns)
		pass(d);
}

/* Every so many events: the counters, the clock. */
static void on_many(struct drain *d, uint64_t *events)
{
	meter_add(&d->opt.meter->events, *events);
	*events = 0;
	put_containers(d, driver_now_ns(d->driver));
	if (clock_ns(CLOCK_MONOTONIC) >= d->look_at_ns)
		look_at_losses(d, false);
}

static int follow(struct drain *d, struct err *err)
{
	struct source *source = driver_source(d->driver);
	struct record rec;
	uint64_t events = 0;

	while (!d->cut) {
		switch (source_next(source, &rec, err)) {
		case NEXT_ITEM:
			on_event(d, &rec);
			if (++events == MANY)
				on_many(d, &events);
			break;
		case NEXT_IDLE:
			on_many(d, &events);
			pass(d);
			break;
		case NEXT_END:
			on_many(d, &events);
			return 0;
		case NEXT_ERROR:
			return -1;
		}
	}
	return 0;
}

/* What is not in the trace although nothing was lost, and what is not in its place. */
static void tell_of_order(struct drain *d)
{
	const struct reconcile_stats settled = reconcile_stats(d->reconcile);

	meter_set(&d->opt.meter->known, settled.before_scan + settled.known_child);
	meter_set(&d->opt.meter->gone, settled.gone);
	meter_set(&d->opt.meter->late, driver_stats(d->driver).late);
}

int drain_run(struct drain *d, struct err *err)
{
	int rc = take_stock(d, err) < 0 ? -1 : follow(d, err);

	if (!d->cut)
		look_at_losses(d, true);
	pass(d);
	tell_of_order(d);
	belt_finish(d->opt.belt, 0);
	return rc;
}
