/*
 * What recording costs those who are recorded: bench_driver [EVENTS PER SECOND [SECONDS]]
 *
 * CPU time of getppid and of open+close without a driver, with everything recorded and a reader at
 * work, and with the driver wanting nothing of them, by default and with paths read at exit; the
 * best of many rounds, so that other load on the machine shows little.  Then a flood at a given
 * rate (500,000 events/s for 10 s): what was lost, and what the reader used per event.
 */
#include "capture/driver.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 1000, CALLS = 1000, MAX_WRITERS = 2 };

static double seconds(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void call_getppid(void)
{
	syscall(SYS_getppid);
}

static void call_open_close(void)
{
	close(open("/dev/null", O_RDONLY));
}

/* CPU nanoseconds of one call. */
static double cost(void (*call)(void))
{
	double best = 1e9;

	for (int round = 0; round < ROUNDS; round++) {
		double start = seconds(CLOCK_THREAD_CPUTIME_ID), took;

		for (int i = 0; i < CALLS; i++)
			call();
		took = (seconds(CLOCK_THREAD_CPUTIME_ID) - start) * 1e9 / CALLS;
		best = took < best ? took : best;
	}
	return best;
}

struct reader {
	struct source *source;
	uint64_t events;
	double cpu;
};

static void *read_all(void *arg)
{
	struct reader *r = arg;
	struct err err = { 0 };
	struct record rec;
	enum next next;

	while ((next = source_next(r->source, &rec, &err)) != NEXT_END) {
		if (next == NEXT_ERROR) {
			fprintf(stderr, "bench_driver: %s\n", err.msg);
			break;
		}
		r->events += next == NEXT_ITEM;
	}
	r->cpu = seconds(CLOCK_THREAD_CPUTIME_ID);
	return NULL;
}

struct writer {
	double rate, end;
	uint64_t events;
};

/* Bursts of a millisecond, then a rest: as floods are. */
static void *write_events(void *arg)
{
	struct writer *w = arg;
	double start = seconds(CLOCK_MONOTONIC), now = start;

	while (now < w->end) {
		while ((double)w->events < (now - start) * w->rate) {
			for (int i = 0; i < 50; i++)
				call_getppid();
			call_open_close();
			w->events += 52;
		}
		nanosleep(&(struct timespec){ .tv_nsec = 500000 }, NULL);
		now = seconds(CLOCK_MONOTONIC);
	}
	return NULL;
}

static void flood(struct driver *d, double rate, double length)
{
	struct writer writers[MAX_WRITERS];
	pthread_t threads[MAX_WRITERS];
	struct driver_stats before = driver_stats(d), after;
	double start = seconds(CLOCK_MONOTONIC), took;

	for (int i = 0; i < MAX_WRITERS; i++) {
		writers[i] = (struct writer){ .rate = rate / MAX_WRITERS, .end = start + length };
		pthread_create(&threads[i], NULL, write_events, &writers[i]);
	}
	for (int i = 0; i < MAX_WRITERS; i++)
		pthread_join(threads[i], NULL);
	took = seconds(CLOCK_MONOTONIC) - start;
	after = driver_stats(d);
	printf("flood: %.0f events/s for %.0f s, %llu lost\n",
	       (double)(after.all.stored + after.all.lost - before.all.stored - before.all.lost) /
		       took,
	       took, (unsigned long long)(after.all.lost - before.all.lost));
}

/* A driver with a reader at work. */
struct session {
	struct driver *driver;
	struct reader reader;
	pthread_t thread;
};

static int start(struct session *s, const struct driver_options *opt, struct err *err)
{
	*s = (struct session){ 0 };
	if (driver_open(opt, &s->driver, err) < 0)
		return -1;
	if (driver_start(s->driver, err) < 0) {
		driver_close(s->driver);
		return -1;
	}
	s->reader.source = driver_source(s->driver);
	pthread_create(&s->thread, NULL, read_all, &s->reader);
	return 0;
}

static void stop(struct session *s)
{
	driver_stop(s->driver);
	pthread_join(s->thread, NULL);
}

static void print_costs(const char *what, double getppid, double open)
{
	printf("%-32s getppid %+5.0f ns   open+close %+6.0f ns\n", what, getppid, open);
}

/* What the calls cost more than without a driver. */
static int costs(const struct driver_options *opt, const char *what, struct err *err)
{
	const struct driver_set none = { 0 };
	double getppid_bare = cost(call_getppid), open_bare = cost(call_open_close);
	struct session s;

	if (start(&s, opt, err) < 0)
		return -1;
	print_costs(what, cost(call_getppid) - getppid_bare, cost(call_open_close) - open_bare);
	driver_change(s.driver, &none);
	print_costs("  not wanted", cost(call_getppid) - getppid_bare,
		    cost(call_open_close) - open_bare);
	stop(&s);
	driver_close(s.driver);
	return 0;
}

static int run(double rate, double length, struct err *err)
{
	struct driver_set set = driver_set_all();
	const struct driver_options opt = { .set = &set, .include_self = true };
	const struct driver_options at_exit = { .set = &set,
						.include_self = true,
						.paths_at_exit = true };
	struct session s;

	printf("%-32s getppid %5.0f ns   open+close %6.0f ns\n", "bare", cost(call_getppid),
	       cost(call_open_close));
	if (costs(&opt, "recorded", err) < 0 ||
	    costs(&at_exit, "recorded, paths at exit", err) < 0 || start(&s, &opt, err) < 0)
		return -1;
	flood(s.driver, rate, length);
	stop(&s);
	printf("reader: %llu events, %.0f ns CPU per event, %llu late\n",
	       (unsigned long long)s.reader.events, s.reader.cpu * 1e9 / (double)s.reader.events,
	       (unsigned long long)driver_stats(s.driver).late);
	driver_close(s.driver);
	return 0;
}

int main(int argc, char **argv)
{
	double rate = argc > 1 ? strtod(argv[1], NULL) : 500000;
	double length = argc > 2 ? strtod(argv[2], NULL) : 10;
	struct err err = { 0 };

	if (run(rate, length, &err) < 0) {
		printf("skipped: %s\n", err.msg);
		return 77;
	}
	return 0;
}
