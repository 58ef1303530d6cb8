/*
 * The intact frames of a native trace that may be cut or damaged anywhere.  SPEC 3.3.
 *
 * A frame is intact if its bytes have the hash it claims, or the one that its place in the chain
 * proves.  Behind damage the search goes on at the next bytes that look like a frame; what merely
 * looks like one (a trace within a trace) does not fit between the frames around it and is left
 * out.
 */
#ifndef SAKER_TRACE_SALVAGE_H
#define SAKER_TRACE_SALVAGE_H

#include "format/trace/frame.h"
#include "format/trace/trace_index.h"

struct salvaged_frame {
	uint64_t offset, size; /* with its header */
	uint64_t seq;
	uint8_t kind;
	bool joins; /* is the frame behind the one before it, and nothing is between them */
	uint8_t chain[FRAME_HASH_SIZE]; /* as it says, or as it must be if only that is damaged */
};

/* Bytes that belong to no intact frame. */
struct salvage_hole {
	uint64_t offset, size;
};

struct salvage {
	struct salvaged_frame *frames; /* in file order, ascending numbers */
	size_t n, cap;
	struct salvage_hole *holes;
	size_t nholes;
	size_t mended; /* frames of which one of the two hashes is damaged, and nothing else */
	bool header_intact;
	bool ended;   /* the trailer is there, and nothing behind it */
	bool gave_up; /* so much looked like frames that the search was ended */
	struct trace_index index;
	bool has_index; /* index tells of all frames that there were */
	uint64_t size;  /* of the file */
};

/* fd: a regular file, stays the caller's.  -1: cannot be read, or no memory; damage is no error. */
int salvage_find(int fd, const char *name, struct salvage *out, struct err *err);
void salvage_deinit(struct salvage *s);

/* The first bytes of the payload of an intact frame: `most` of them, if it has so many. */
int salvage_payload(int fd, const char *name, const struct salvaged_frame *f, size_t most,
		    struct buf *out, struct err *err);

#endif
