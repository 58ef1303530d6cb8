/*
 * bench_calls RATE SECONDS: getppid so many times a second (0: as often as it goes), for
 * bench_rec.py. Prints how often it was called, and how long one call took when it was not waiting.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { BURST = 1000 };

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

int main(int argc, char **argv)
{
	uint64_t rate = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
	uint64_t seconds = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	uint64_t begin = now_ns(), end = begin + seconds * 1000000000u, calls = 0, busy = 0;

	for (uint64_t now = begin; now < end; now = now_ns()) {
		uint64_t due = rate ? begin + calls * 1000000000u / rate : now;

		if (now < due) {
			const struct timespec nap = { .tv_nsec = (long)(due - now) };

			nanosleep(&nap, NULL);
			continue;
		}
		for (int i = 0; i < BURST; i++)
			getppid();
		busy += now_ns() - now;
		calls += BURST;
	}
	printf("%" PRIu64 " %.1f\n", calls, (double)busy / (double)(calls ? calls : 1));
	return 0;
}
