#include "capture/driver_backend.h"
#include "capture/driver_calls.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/*
 * The reader comes by every so often; nobody wakes it.  A busy host fills a ring of 8 MiB in some
 * 40 ms; when much has come the next look is soon, when little it is later.
 */
enum { POLL_MIN_US = 1000, POLL_MAX_US = 10000 };

struct driver {
	struct source base;
	const struct driver_backend *backend;
	struct driver_loaded loaded;
	struct err reason; /* why an earlier kind would not do */
	struct ring_reader reader;
	uint64_t num;
	uint32_t timeout_us;
	uint32_t poll_us;
	bool attached;
	bool failed;
	atomic_bool stop;
};

/* The calling process as the initial pid namespace counts: the first number of NStgid. */
static uint32_t own_tgid(void)
{
	FILE *f = fopen("/proc/self/status", "re");
	unsigned tgid = 0;
	char line[256];

	while (f && fgets(line, sizeof line, f)) {
		if (sscanf(line, "NStgid: %u", &tgid) == 1)
			break;
	}
	if (f)
		fclose(f);
	return tgid ? tgid : (uint32_t)getpid();
}

static int set_up(struct driver *d, const struct driver_options *opt, struct err *err)
{
	const struct driver_set all = driver_set_all();
	struct wire_settings *s = d->loaded.settings;

	if (opt->nexclude > DRIVER_MAX_EXCLUDED - 1)
		return err_set(err, ERR_USAGE, "at most %d processes can be excluded",
			       DRIVER_MAX_EXCLUDED - 1);
	for (uint32_t i = 0; i < opt->nexclude; i++)
		s->excluded[s->nexcluded++] = (uint32_t)opt->exclude[i];
	if (!opt->include_self)
		s->excluded[s->nexcluded++] = own_tgid();
	s->snaplen = opt->snaplen ? opt->snaplen : DRIVER_SNAPLEN;
	if (s->snaplen > DRIVER_MAX_SNAPLEN)
		s->snaplen = DRIVER_MAX_SNAPLEN;
	driver_calls_fill(s, opt->set ? opt->set : &all);
	return ring_reader_init(&d->reader, &d->loaded.mem, err);
}

static uint32_t power_of_two(uint32_t n)
{
	uint32_t p = 1u << WIRE_MIN_CHUNK_SHIFT;

	while (p < n && p < 1u << 30)
		p *= 2;
	return p;
}

static void nap(uint32_t us)
{
	struct timespec ts = { .tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000 };

	nanosleep(&ts, NULL); /* a signal may well cut it short */
}

/* Read what the CPUs have written; true when some of it can be handed out. */
static bool look(struct driver *d, struct event *ev, enum next *result, struct err *err)
{
	ring_reader_refresh(&d->reader);
	*result = ring_reader_next(&d->reader, ev, err);
	return *result != NEXT_IDLE;
}

void driver_unmap(const struct driver_loaded *l)
{
	if (l->settings)
		munmap(l->settings, l->settings_bytes);
	if (l->mem.cpus)
		munmap(l->mem.cpus, l->cpus_bytes);
	if (l->mem.rings)
		munmap(l->mem.rings, l->rings_bytes);
}

static void end_capture(struct driver *d)
{
	if (d->attached)
		d->backend->detach(&d->loaded);
	d->attached = false;
	d->reader.ended = true;
}

static enum next wait_for_event(struct driver *d, struct event *ev, struct err *err)
{
	uint32_t waited = 0;
	enum next result;

	for (;;) {
		if (atomic_load_explicit(&d->stop, memory_order_relaxed))
			end_capture(d);
		if (look(d, ev, &result, err)) {
			if (waited == 0 && d->poll_us > POLL_MIN_US)
				d->poll_us /= 2;
			return result;
		}
		if (d->reader.ended && ring_reader_drained(&d->reader))
			return NEXT_END;
		if (waited >= d->timeout_us)
			return NEXT_IDLE;
		nap(d->poll_us);
		waited += d->poll_us;
		if (waited > d->poll_us && d->poll_us < POLL_MAX_US)
			d->poll_us *= 2;
	}
}

static enum next driver_next(struct source *s, struct record *rec, struct err *err)
{
	struct driver *d = (struct driver *)s;
	enum next result;

	if (d->failed)
		return NEXT_ERROR;
	result = ring_reader_next(&d->reader, &rec->event, err);
	if (result == NEXT_IDLE)
		result = wait_for_event(d, &rec->event, err);
	if (result == NEXT_ITEM) {
		rec->kind = RECORD_EVENT;
		rec->event.num = ++d->num;
		d->base.stats.events++;
	}
	d->failed = result == NEXT_ERROR;
	return result;
}

static void driver_source_close(struct source *s)
{
	driver_close((struct driver *)s);
}

static const struct source_ops driver_ops = { .next = driver_next, .close = driver_source_close };

/*
 * A kind that was asked for, or the first that this kernel takes; the error names all that failed.
 */
static int load(struct driver *d, const struct driver_options *opt, struct err *err)
{
	static const struct driver_backend *const backends[] = { &driver_bpf, &driver_kmod };

	const uint32_t ring_bytes =
		power_of_two(opt->ring_bytes ? opt->ring_bytes : DRIVER_RING_BYTES);
	const bool entry = !opt->paths_at_exit;
	const struct driver_set most = opt->set ? *opt->set : driver_set_all();

	if (opt->kind != DRIVER_AUTO) {
		d->backend = backends[opt->kind - DRIVER_BPF];
		return d->backend->load(ring_bytes, entry, &most, &d->loaded, err);
	}
	d->backend = &driver_bpf;
	if (d->backend->load(ring_bytes, entry, &most, &d->loaded, &d->reason) == 0)
		return 0;
	d->backend = &driver_kmod;
	if (d->backend->load(ring_bytes, entry, &most, &d->loaded, err) == 0)
		return 0;
	err_prefix(err, "%s; and", d->reason.msg);
	return -1;
}

int driver_open(const struct driver_options *opt, struct driver **out, struct err *err)
{
	struct driver *d = calloc(1, sizeof *d);

	*out = NULL;
	if (!d)
		return err_set(err, ERR_NOMEM, "no memory for a driver");
	d->base.ops = &driver_ops;
	d->timeout_us = (opt->timeout_ms ? opt->timeout_ms : 100) * 1000;
	d->poll_us = POLL_MIN_US;
	if (load(d, opt, err) < 0) {
		free(d);
		return -1;
	}
	if (set_up(d, opt, err) < 0) {
		driver_close(d);
		return -1;
	}
	*out = d;
	return 0;
}

int driver_start(struct driver *d, struct err *err)
{
	if (d->backend->attach(&d->loaded, err) < 0)
		return -1;
	d->attached = true;
	return 0;
}

struct source *driver_source(struct driver *d)
{
	return &d->base;
}

void driver_change(struct driver *d, const struct driver_set *set)
{
	driver_calls_fill(d->loaded.settings, set);
}

void driver_stop(struct driver *d)
{
	atomic_store_explicit(&d->stop, true, memory_order_relaxed);
}

void driver_close(struct driver *d)
{
	if (!d)
		return;
	end_capture(d);
	ring_reader_deinit(&d->reader);
	d->backend->unload(&d->loaded);
	free(d);
}

const char *driver_name(const struct driver *d)
{
	return d->backend->name;
}

const char *driver_reason(const struct driver *d)
{
	return d->reason.msg;
}

enum driver_paths driver_paths(const struct driver *d)
{
	_Static_assert((int)DRIVER_PATHS_AT_ENTRY == (int)WIRE_AT_ENTRY &&
			       (int)DRIVER_PATHS_AT_USE == (int)WIRE_AT_USE,
		       "the driver's numbers");
	return d->loaded.settings->entries ? (enum driver_paths)d->loaded.mem.layout.paths
					   : DRIVER_PATHS_AT_EXIT;
}

uint64_t driver_now_ns(const struct driver *d)
{
	return ring_clock_ns() + d->reader.epoch_offset;
}

bool driver_cpu_stats(const struct driver *d, uint32_t cpu, struct driver_stats *out)
{
	const struct driver_memory *mem = &d->loaded.mem;
	const struct wire_cpu *c;

	_Static_assert((int)DRIVER_CLASSES <= (int)WIRE_CLASSES, "counted by event class");
	*out = (struct driver_stats){ 0 };
	if (cpu >= mem->ncpus)
		return false;
	c = &mem->cpus[cpu];
	for (uint32_t i = 0; i < DRIVER_CLASSES; i++) {
		out->by_class[i].stored = __atomic_load_n(&c->stored[i], __ATOMIC_RELAXED);
		out->by_class[i].lost = __atomic_load_n(&c->lost[i], __ATOMIC_RELAXED);
		out->all.stored += out->by_class[i].stored;
		out->all.lost += out->by_class[i].lost;
	}
	out->ring_bytes = mem->layout.ring_bytes;
	out->backlog_bytes = __atomic_load_n(&c->head, __ATOMIC_RELAXED) -
			     __atomic_load_n(&c->tail, __ATOMIC_RELAXED);
	return true;
}

struct driver_stats driver_stats(const struct driver *d)
{
	struct driver_stats sum = { .late = d->reader.late }, one;

	for (uint32_t cpu = 0; driver_cpu_stats(d, cpu, &one); cpu++) {
		for (uint32_t i = 0; i < DRIVER_CLASSES; i++) {
			sum.by_class[i].stored += one.by_class[i].stored;
			sum.by_class[i].lost += one.by_class[i].lost;
		}
		sum.all.stored += one.all.stored;
		sum.all.lost += one.all.lost;
		sum.ring_bytes += one.ring_bytes;
		sum.backlog_bytes += one.backlog_bytes;
	}
	return sum;
}
