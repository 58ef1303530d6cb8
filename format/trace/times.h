/*
 * Timestamps.  Half of what a compressed trace weighs is the time between events, and most of that
 * is noise; the art is to store the noise as it is and model only its size.
 *
 * The step from the event before (ns) is split into a class, which tells its magnitude to an eighth
 * of an octave, and the bits below, which are kept raw.  Classes go into a column per event
 * type, where they are few and compress well.  SPEC 5.3.
 */
#ifndef SAKER_TRACE_TIMES_H
#define SAKER_TRACE_TIMES_H

#include "format/base/buf.h"
#include "format/base/bytes.h"

enum {
	TIME_DIRECT = 16,     /* steps below are their own class */
	TIME_TOP_OCTAVE = 32, /* steps of 2^33 ns and more, and backward ones, escape */
	TIME_ESCAPE = 255,
};

struct bit_writer {
	struct buf bytes;
	uint64_t pending;
	unsigned npending; /* below 8 between calls */
};

static inline void bits_put(struct bit_writer *w, uint64_t value, unsigned n)
{
	/* n is at most TIME_TOP_OCTAVE - 3, so 64 bits hold it behind the pending ones. */
	w->pending |= value << w->npending;
	w->npending += n;
	while (w->npending >= 8) {
		buf_putc(&w->bytes, (char)w->pending);
		w->pending >>= 8;
		w->npending -= 8;
	}
}

static inline void bits_flush(struct bit_writer *w)
{
	if (w->npending)
		buf_putc(&w->bytes, (char)w->pending);
	w->pending = 0;
	w->npending = 0;
}

/* Whoever loads a block checks that the classes ask for exactly the bits that are there. */
struct bit_reader {
	const char *p; /* BITS_SLACK readable bytes behind the last one */
	uint64_t at;   /* in bits */
};
enum { BITS_SLACK = 8 };

/* n <= 32 */
static inline uint64_t bits_take(struct bit_reader *r, unsigned n)
{
	uint64_t word = get_le64(r->p + r->at / 8) >> (r->at % 8);
	r->at += n;
	return word & (((uint64_t)1 << n) - 1);
}

/* Class of a step, and how many raw bits follow it. */
static inline uint8_t time_class(int64_t step, unsigned *nbits)
{
	*nbits = 0;
	if (step < 0 || step >= (int64_t)1 << (TIME_TOP_OCTAVE + 1))
		return TIME_ESCAPE;
	if (step < TIME_DIRECT)
		return (uint8_t)step;
	unsigned octave = 63 - (unsigned)__builtin_clzll((unsigned long long)step);
	*nbits = octave - 3;
	return (uint8_t)(TIME_DIRECT + (octave - 4) * 8 + (((uint64_t)step >> (octave - 3)) & 7));
}

/* The smallest step of a class below TIME_ESCAPE; -1 for classes that do not exist. */
static inline int64_t time_class_base(uint8_t class, unsigned *nbits)
{
	*nbits = 0;
	if (class < TIME_DIRECT)
		return class;
	unsigned octave = 4 + (class - TIME_DIRECT) / 8u;
	if (octave > TIME_TOP_OCTAVE)
		return -1;
	*nbits = octave - 3;
	return (int64_t)(8 + (class - TIME_DIRECT) % 8u) << (octave - 3);
}

#endif
