/*
 * What reading a native trace costs: bench_trace TRACE.skr [ROUNDS]
 *
 * CPU seconds per round for the frames with their hashes alone, for inflating every column besides,
 * for decoding to events, and for decoding with the parameters left out that the state does not
 * read.
 */
#include "format/source.h"
#include "format/trace/event_block.h"
#include "format/trace/frame.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

struct inflation {
	struct packer *packer;
	struct buf raw;
	uint64_t columns, bytes;
};

static int inflate_column(void *arg, const struct block_column *c, struct err *err)
{
	struct inflation *i = arg;

	buf_clear(&i->raw);
	i->columns++;
	if (column_inflate(i->packer, &c->head, &i->raw, err) < 0)
		return -1;
	i->bytes += i->raw.n;
	return 0;
}

static int read_frames(const char *path, struct inflation *inflate, struct err *err)
{
	struct frame_reader *r;
	struct frame f;
	enum next next;

	if (frame_reader_open(open(path, O_RDONLY), SV(""), path, true, &r, err) < 0)
		return -1;
	while ((next = frame_reader_next(r, &f, err)) == NEXT_ITEM) {
		if (inflate && f.kind == FRAME_EVENTS &&
		    block_each_column(f.payload, inflate_column, inflate, err) < 0)
			break;
	}
	frame_reader_close(r);
	return next == NEXT_END ? 0 : -1;
}

static int decode(const char *path, const struct source_options *opt, uint64_t *events,
		  struct err *err)
{
	struct record rec;
	struct source *s;
	enum next next;

	if (source_open(path, opt, &s, err) < 0)
		return -1;
	while ((next = source_next(s, &rec, err)) == NEXT_ITEM)
		*events += rec.kind == RECORD_EVENT;
	source_close(s);
	return next == NEXT_END ? 0 : -1;
}

enum { FRAMES, INFLATE, DECODE, UPGRADE, NOTHING, WAYS };
static const char *const names[WAYS] = { "frames and hashes", "inflated", "decoded",
					 "decoded, upgraded", "decoded, no parameters" };

int main(int argc, char **argv)
{
	static const struct column_need nothing;
	const struct source_options options[WAYS] = {
		[UPGRADE] = { .upgrade = true },
		[NOTHING] = { .need = &nothing },
	};
	long rounds = argc > 2 ? strtol(argv[2], NULL, 10) : 10;
	struct inflation inflate = { .packer = packer_new(0) };
	struct err err = { 0 };
	int rc = 0;

	if (argc < 2 || rounds < 1 || !inflate.packer) {
		fprintf(stderr, "usage: bench_trace TRACE.skr [ROUNDS]\n");
		return 2;
	}
	for (int way = 0; way < WAYS && rc == 0; way++) {
		uint64_t events = 0;
		double begin = cpu_seconds();

		for (long i = 0; i < rounds && rc == 0; i++)
			rc = way < DECODE
				     ? read_frames(argv[1], way == INFLATE ? &inflate : NULL, &err)
				     : decode(argv[1], &options[way], &events, &err);
		double cpu = cpu_seconds() - begin;
		printf("%-24s %8.2f ms", names[way], cpu / (double)rounds * 1e3);
		if (way == INFLATE)
			printf("  %llu columns, %.0f MB/s",
			       (unsigned long long)inflate.columns / (unsigned long long)rounds,
			       (double)inflate.bytes / cpu / 1e6);
		if (events)
			printf("  %.1f M events/s", (double)events / cpu / 1e6);
		putchar('\n');
	}
	packer_free(inflate.packer);
	buf_deinit(&inflate.raw);
	if (rc)
		fprintf(stderr, "bench_trace: %s\n", err.msg);
	return rc != 0;
}
