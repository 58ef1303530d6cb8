/*
 * Whole native traces.  The first byte chooses: the rest is a file as it lies on disk, or a list of
 * frames (u8 kind, varint length, payload), which get right hashes, so that what they hold is read
 * as well; bit 1 adds a trailer.  The file is verified, mapped, read and recovered, and what is
 * recovered must be whole.
 */
#define _GNU_SOURCE /* memfd_create */
#include "format/trace/recover.h"
#include "format/trace/trace_map.h"
#include "format/trace/trace_reader.h"
#include "format/trace/varint.h"
#include "format/trace/verify.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { AS_FILE = 1, WITH_TRAILER = 2 };

static int memory_file(void)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0)
		abort();
	return fd;
}

static void put_trailer(struct frame_writer *w, uint64_t index_offset)
{
	const uint64_t numbers[3] = { index_offset, frame_writer_seq(w), 0 };

	frame_writer_put(w, FRAME_TRAILER, (struct sv){ (const char *)numbers, sizeof numbers },
			 NULL);
}

static void write_frames(int fd, struct sv in, bool with_trailer)
{
	struct frame_writer *w;
	uint64_t n, at = 0;
	struct sv kind, payload;

	if (frame_writer_open(dup(fd), "fuzz", &w, NULL) < 0)
		return;
	while (sv_take(&in, 1, &kind) && sv_take_varint(&in, &n)) {
		if (!sv_take(&in, n < in.n ? (size_t)n : in.n, &payload))
			break;
		at = frame_writer_offset(w);
		frame_writer_put(w, (enum frame_kind)(uint8_t)kind.p[0], payload, NULL);
	}
	if (with_trailer)
		put_trailer(w, at);
	frame_writer_close(w, NULL);
}

static uint64_t read_records(int fd, bool upgrade, struct err *err)
{
	const struct source_options opt = { .upgrade = upgrade };
	struct source *src;
	struct record rec;
	uint64_t n = 0;

	lseek(fd, 0, SEEK_SET);
	if (trace_reader_open(dup(fd), (struct sv){ "", 0 }, "fuzz", &opt, &src, err) < 0)
		return 0;
	while (source_next(src, &rec, err) == NEXT_ITEM) {
		if (rec.kind == RECORD_EVENT && !rec.event.desc)
			abort();
		n++;
	}
	source_close(src);
	return n;
}

static void map(int fd)
{
	struct trace_map *m;

	if (trace_map_open_fd(fd, "fuzz", &m, NULL) < 0)
		return;
	for (size_t i = 0; i < trace_map_segments(m); i++)
		trace_map_may_have_text(m, i, SV("passwd"), false, true);
	trace_map_close(m);
}

static void recover(int fd)
{
	int out = memory_file();
	struct recovery r;
	struct trace_verdict v;

	if (trace_recover(fd, "fuzz", dup(out), "out", NULL, &r, NULL) == 0) {
		lseek(out, 0, SEEK_SET);
		if (trace_verify(out, "out", &v, NULL) < 0)
			abort();
		read_records(out, false, NULL);
	}
	recovery_deinit(&r);
	close(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct trace_verdict v;
	struct err read = { 0 }, verified = { 0 };

	if (size == 0)
		return 0;
	struct sv in = { (const char *)data + 1, size - 1 };
	int fd = memory_file();

	if (data[0] & AS_FILE) {
		if (write(fd, in.p, in.n) != (ssize_t)in.n)
			abort();
	} else {
		write_frames(fd, in, data[0] & WITH_TRAILER);
	}
	lseek(fd, 0, SEEK_SET);
	trace_verify(fd, "fuzz", &v, &verified);
	map(fd);
	read_records(fd, true, NULL);
	read_records(fd, false, &read);
	/* Who reads everything checks everything. */
	if (read.code == ERR_NONE && verified.code != ERR_NONE)
		abort();
	recover(fd);
	close(fd);
	return 0;
}
