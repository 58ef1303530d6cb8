/*
 * Frames: the outermost layer of a native trace.  A frame is a header, two hashes and a payload;
 * the second hash chains it to every frame before it.  SPEC 3.
 */
#ifndef SAKER_TRACE_FRAME_H
#define SAKER_TRACE_FRAME_H

#include "format/base/buf.h"
#include "format/base/err.h"

enum {
	FRAME_HASH_SIZE = 32,   /* SHA-256 */
	FRAME_HEADER_SIZE = 88, /* 24 + two hashes */
	FILE_HEADER_SIZE = 16,
	FRAME_MAX_PAYLOAD = 1 << 30,
};

enum frame_kind {
	FRAME_MANIFEST = 1, /* how the trace was made: JSON */
	FRAME_META = 2,     /* starts a section: what was there before its first event */
	FRAME_EVENTS = 3,   /* a block of events in columns */
	FRAME_INDEX = 4,    /* where the blocks are and what they hold */
	FRAME_TRAILER = 5,  /* the end, on purpose */
	FRAME_LOSS = 6,     /* what the recorder could not keep: rows as in META */
	FRAME_SNAPSHOT = 7, /* begins a segment: all that came before */
	FRAME_FILTER = 8,   /* ends a segment: which texts and addresses are in it */
	FRAME_BREAK = 9,    /* what comes next does not continue what came before */
};

struct frame {
	enum frame_kind kind;           /* unknown kinds are skipped by readers */
	uint64_t seq;                   /* from 0 */
	uint64_t offset;                /* of the frame in the file */
	struct sv payload;              /* borrowed from the reader until its next step */
	uint8_t hash[FRAME_HASH_SIZE];  /* of header and payload */
	uint8_t chain[FRAME_HASH_SIZE]; /* of the previous chain value and hash */
};

extern const char frame_file_magic[8];

struct frame_writer;

/* Takes fd; writes the file header.  Nothing is ever rewritten, so a pipe will do. */
int frame_writer_open(int fd, const char *name, struct frame_writer **out, struct err *err);
/* A frame that cannot be written whole leaves nothing behind in a file; the next one may try. */
int frame_writer_put(struct frame_writer *w, enum frame_kind kind, struct sv payload,
		     struct err *err);
/* Offset at which the next frame will start; chain value of the last one. */
uint64_t frame_writer_offset(const struct frame_writer *w);
uint64_t frame_writer_seq(const struct frame_writer *w);
const uint8_t *frame_writer_chain(const struct frame_writer *w);
int frame_writer_close(struct frame_writer *w, struct err *err);

struct frame_reader;

/*
 * Takes fd, from which `head` (at most FRAME_HEAD_MAX bytes, the file's first) has been read
 * already; checks the file header.  With `verify` every hash and the chain are checked.
 */
enum { FRAME_HEAD_MAX = 64 };
int frame_reader_open(int fd, struct sv head, const char *name, bool verify,
		      struct frame_reader **out, struct err *err);
/*
 * A look at frame `seq`, which begins at `offset`: its header and as much of its payload as fits
 * into buf behind the header, without checking its hash.  *size: of the whole frame in the file.
 */
int frame_peek(int fd, const char *name, uint64_t offset, uint64_t seq, char *buf, size_t room,
	       struct frame *out, uint64_t *size, struct err *err);
/*
 * The next frame, in file order.  NEXT_END only exactly at the end of a frame.  ERR_TRUNCATED when
 * the file ends inside one, ERR_FORMAT for anything that contradicts SPEC 3; the message names the
 * offset.
 */
enum next frame_reader_next(struct frame_reader *r, struct frame *out, struct err *err);
/* The same for a regular file, wherever its position is: that is neither used nor changed. */
int frame_reader_open_file(int fd, const char *name, struct frame_reader **out, struct err *err);
/* Can it read anywhere?  Only files that were at their beginning when it was opened. */
bool frame_reader_can_seek(const struct frame_reader *r);
/*
 * Go on with frame `seq`, which begins at `offset`.  Its hash is checked like that of any other;
 * the chain is taken as it claims and checked from there on.
 */
void frame_reader_seek(struct frame_reader *r, uint64_t offset, uint64_t seq);
uint64_t frame_reader_offset(const struct frame_reader *r);
uint64_t frame_reader_size(const struct frame_reader *r); /* of the file, 0 for a pipe */
void frame_reader_close(struct frame_reader *r);

#endif
