/*
 * The bytes of a trace as one stream, plain or gzip (told apart by the first two bytes), from a
 * descriptor or from memory.  Big reads, no copy per block: a peek gives a view into the buffer.
 *
 * Gzip as zlib's own file layer reads it: members laid end to end are one stream, garbage behind
 * the last member is ignored, a cut or damaged member is an error once the bytes before it are used
 * up.  Once a gzip file turns out to be longer than one chunk, a thread of its own inflates ahead.
 */
#ifndef SAKER_SCAP_INPUT_H
#define SAKER_SCAP_INPUT_H

#include "format/base/err.h"
#include "format/base/sv.h"

#include <stdint.h>

struct inflate_ops;
struct input_stream; /* the part that reads and inflates */

struct input {
	const char *cur;     /* the next byte */
	const char *end;     /* of what is there without reading */
	uint64_t end_offset; /* of `end` in the (inflated) stream */
	struct input_stream *stream;
	struct err err; /* why the stream ended early; code 0: it did not */
};

struct input_options {
	size_t chunk_bytes; /* 0: the usual size.  Tests use tiny ones. */
	bool no_thread;
	const struct inflate_ops *inflate; /* NULL: the fastest that was built in */
};

enum { INPUT_HEAD_MAX = 16 };
/*
 * Takes fd (closed by input_close, also when this fails).  `head`: bytes that were read from fd
 * already, INPUT_HEAD_MAX at the most; copied.
 */
int input_open(struct input *in, int fd, struct sv head, const struct input_options *opt,
	       struct err *err);
/* The same over memory, which stays the caller's and must outlive the input. */
int input_open_mem(struct input *in, struct sv bytes, const struct input_options *opt,
		   struct err *err);
void input_close(struct input *in);

/*
 * The next n bytes, contiguous; valid until the next peek or skip that has to read.  NULL: there
 * are fewer; what is left lies between cur and end, and in->err says why if it is not the end.
 * (When memory runs out that is the reason.)
 */
const char *input_fill(struct input *in, size_t n);
static inline const char *input_peek(struct input *in, size_t n)
{
	return (size_t)(in->end - in->cur) >= n ? in->cur : input_fill(in, n);
}

/* Step over n bytes; false if the stream ends before. */
bool input_skip(struct input *in, uint64_t n);

/* Offset of the next byte in the (inflated) stream. */
static inline uint64_t input_offset(const struct input *in)
{
	return in->end_offset - (uint64_t)(in->end - in->cur);
}

/* Bytes of the file behind us and in all (0: unknown); compressed ones for gzip. */
void input_progress(const struct input *in, uint64_t *done, uint64_t *total);
bool input_is_gzip(const struct input *in);

#endif
