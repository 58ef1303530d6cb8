/*
 * The libraries that inflate one gzip member.  All give the same bytes; the first one of the list
 * is the fastest that was built in.
 */
#ifndef SAKER_SCAP_INFLATE_H
#define SAKER_SCAP_INFLATE_H

#include <stddef.h>
#include <stdint.h>

enum inflate_result {
	INFLATE_OK, /* go on: used up some input, made some output, or both */
	INFLATE_MEMBER_END,
	INFLATE_DAMAGED,
	INFLATE_NOMEM,
};

/* Moved forward by what a run uses and makes. */
struct inflate_io {
	const uint8_t *in;
	size_t in_n;
	uint8_t *out;
	size_t out_n;
};

struct inflate_ops {
	const char *name;
	void *(*open)(void); /* NULL: no memory */
	/* A member begins: its header is the next input. */
	int (*reset)(void *state);
	/* INFLATE_OK with nothing moved: more input is needed.  *why: text for INFLATE_DAMAGED. */
	enum inflate_result (*run)(void *state, struct inflate_io *io, const char **why);
	void (*close)(void *state);
};

extern const struct inflate_ops inflate_zlib;
extern const struct inflate_ops *const inflate_kinds[]; /* NULL at its end */

#endif
