/*
 * What recording costs those who are recorded: bench_driver [EVENTS PER SECOND [SECONDS]]
 *
 * CPU time of getppid and of open+close without a driver, with everything recorded and a reader at
 * work, and with the driver wanting nothing of them; the best of many rounds, so that other load on
 * the machine shows little.  Then a flood at a given rate (500,000 events/s for 10 s): what was
 * lost, and what the reader used per event.
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

static void flood(struct driver *d, const struct reader *reader, double rate, double length)
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
	(void)reader;
}

static int run(double rate, double length, struct err *err)
{
	struct driver_set set = driver_set_all(), other = { 0 };
	const struct driver_options opt = { .set = &set, .include_self = true };
	double getppid_bare = cost(call_getppid), open_bare = cost(call_open_close);
	double getppid_off, open_off, getppid_on, open_on;
	struct reader reader = { 0 };
	struct driver *d;
	pthread_t thread;

	if (driver_open(&opt, &d, err) < 0)
		return -1;
	if (driver_start(d, err) < 0) {
		driver_close(d);
		return -1;
	}
	reader.source = driver_source(d);
	pthread_create(&thread, NULL, read_all, &reader);
	driver_change(d, &other);
	getppid_off = cost(call_getppid);
	open_off = cost(call_open_close);
	driver_change(d, &set);
	getppid_on = cost(call_getppid);
	open_on = cost(call_open_close);
	printf("%-12s %8s %14s %14s\n", "ns", "bare", "not wanted", "recorded");
	printf("%-12s %8.0f %+14.0f %+14.0f\n", "getppid", getppid_bare, getppid_off - getppid_bare,
	       getppid_on - getppid_bare);
	printf("%-12s %8.0f %+14.0f %+14.0f\n", "open+close", open_bare, open_off - open_bare,
	       open_on - open_bare);
	flood(d, &reader, rate, length);
	driver_stop(d);
	pthread_join(thread, NULL);
	printf("reader: %llu events, %.0f ns CPU per event, %llu late\n",
	       (unsigned long long)reader.events, reader.cpu * 1e9 / (double)reader.events,
	       (unsigned long long)driver_stats(d).late);
	driver_close(d);
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
