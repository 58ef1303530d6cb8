/*
 * A long trace out of short ones: bench_grow OUT BYTES TRACE...
 *
 * Writes the traces into a plain stock file, one after the other and again and again, until that
 * has BYTES, each of them behind the one before it in time.  Lists come with the first round only,
 * so that the rest is one long section, whose states nobody gets for nothing.
 */
#include "format/sink.h"
#include "format/source.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

struct growth {
	struct sink *out;
	const char *path;
	uint64_t events, end_ns; /* of what has been written */
};

static int append(struct growth *g, const char *trace, bool lists, struct err *err)
{
	const struct source_options opt = { 0 };
	uint64_t shift = 0, end_ns = g->end_ns;
	bool shifted = g->events == 0;
	struct source *in;
	struct record rec;
	enum next next;

	if (source_open(trace, &opt, &in, err) < 0)
		return -1;
	while ((next = source_next(in, &rec, err)) == NEXT_ITEM) {
		if (rec.kind == RECORD_EVENT) {
			if (!shifted)
				shift = g->end_ns + 1000000 - rec.event.ts_ns;
			shifted = true;
			rec.event.ts_ns += shift;
			end_ns = rec.event.ts_ns > end_ns ? rec.event.ts_ns : end_ns;
			g->events++;
		} else if (!lists) {
			continue;
		}
		if (sink_put(g->out, &rec, err) < 0) {
			next = NEXT_ERROR;
			break;
		}
	}
	source_close(in);
	g->end_ns = end_ns;
	return next == NEXT_END ? 0 : -1;
}

static uint64_t size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

static int grow(struct growth *g, uint64_t bytes, char **traces, int n, struct err *err)
{
	/* The first list of processes serves all: a second section would begin anew. */
	for (uint64_t i = 0; size_of(g->path) < bytes; i++) {
		if (append(g, traces[i % (uint64_t)n], i == 0, err) < 0)
			return -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	uint64_t bytes = argc > 3 ? strtoull(argv[2], NULL, 10) : 0;
	struct err err = { 0 };
	int fd, rc;

	if (bytes == 0) {
		fprintf(stderr, "usage: bench_grow OUT BYTES TRACE...\n");
		return 2;
	}
	struct growth g = { .path = argv[1] };
	fd = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC, 0666);
	if (fd < 0) {
		perror(argv[1]);
		return 1;
	}
	rc = sink_open(sink_kind_by_name(SV("stock")), fd, argv[1], &(struct sink_options){ 0 },
		       &g.out, &err) < 0 ||
	     grow(&g, bytes, argv + 3, argc - 3, &err) < 0;
	rc |= sink_close(g.out, &err) < 0;
	if (rc)
		fprintf(stderr, "bench_grow: %s\n", err.msg);
	else
		printf("%" PRIu64 " events, %" PRIu64 " bytes\n", g.events, size_of(argv[1]));
	return rc;
}
