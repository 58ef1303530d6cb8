/*
 * Where records go: a trace file of any kind that can be written.  The mirror of source.h.
 */
#ifndef SAKER_SINK_H
#define SAKER_SINK_H

#include "format/base/err.h"
#include "format/record.h"

struct sink;

/* A kind of file: "stock", "stock-gz", "native". */
struct sink_kind;

const struct sink_kind *sink_kind_by_name(struct sv name); /* NULL: no such kind */
/* The kind that a file of this name is expected to be; stock when the name says nothing. */
const struct sink_kind *sink_kind_by_path(struct sv path);
const char *sink_kind_name(const struct sink_kind *kind);

struct sink_options {
	int level;          /* of the compression of native traces (zstd); 0: the default */
	struct sv manifest; /* JSON object kept by native traces: how the file came to be */
	/*
	 * Save into *out what the records put so far have come to (engine/tracker.h), without the
	 * one being put: put first, then track.  A native trace asks when it begins a segment that
	 * readers can start from.  1: there is nothing to start from, go on without.  NULL: the
	 * same always.
	 */
	int (*snapshot)(void *arg, struct snapshot *out, struct err *err);
	void *snapshot_arg;
	/* Events after which a native trace ends a block and begins a segment; 0: the usual sizes.
	 * Tests use tiny ones. */
	uint32_t block_events, segment_events;
};

/* Takes fd (closed by sink_close, also when open fails); name is for messages. */
int sink_open(const struct sink_kind *kind, int fd, const char *name,
	      const struct sink_options *opt, struct sink **out, struct err *err);
/* Records in trace order. */
int sink_put(struct sink *s, const struct record *rec, struct err *err);
/* Native traces: what was put can be read from now on, whatever becomes of this process.  Costs
 * room, since what is packed together then is less.  Nothing to do for others. */
int sink_flush(struct sink *s, struct err *err);
/* Bytes written so far, of native traces; 0 of others. */
uint64_t sink_bytes(const struct sink *s);
/* Finish and free; the file is complete only if this returns 0.  s may be NULL. */
int sink_close(struct sink *s, struct err *err);

#endif
