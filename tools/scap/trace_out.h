/*
 * A trace that a subcommand writes: the file, its manifest, and for native traces the state that
 * their snapshots are taken from.
 */
#ifndef SAKER_SCAP_TRACE_OUT_H
#define SAKER_SCAP_TRACE_OUT_H

#include "engine/tracker.h"
#include "format/sink.h"
#include "tools/scap/provenance.h"

struct trace_out {
	const struct sink_kind *kind; /* NULL: by the name of the file */
	struct sink_options options;  /* sizes, if the caller wants other ones */
	bool tracks;                  /* also where the trace has no room for snapshots */
	struct manifest *manifest;
	struct sink *sink;
	struct tracker *tracker;  /* NULL: nobody wants it */
	struct tracker *borrowed; /* the caller's, if it follows the records anyway */
	uint64_t events;
	uint64_t stock_bytes; /* of the events, before compression */
	bool begun;           /* something has been put */
};

/* Of an option --to. */
int trace_out_kind(struct trace_out *o, const char *name, struct err *err);

/* Begin the manifest of a trace that `command` makes of the inputs; the caller adds its options. */
int trace_out_begin(struct trace_out *o, const char *command, char *const *inputs, int n,
		    const char *path, struct err *err);
/*
 * Create the file ("-": standard output), but none of the inputs.  With `tracker` the caller tracks
 * each record behind trace_out_put; NULL: trace_out_put does.
 */
int trace_out_open(struct trace_out *o, char *const *inputs, int n, const char *path,
		   struct tracker *tracker, struct err *err);
/* A RECORD_STATE becomes lists where the trace has no room for it: in stock traces, and anywhere
 * but at the beginning. */
int trace_out_put(struct trace_out *o, const struct record *rec, struct err *err);
/* What tracker has come to; ts_ns: of the event to come. */
int trace_out_put_state(struct trace_out *o, const struct tracker *tracker, uint64_t ts_ns,
			struct err *err);
/* Bytes in the file so far; of a stock trace about those of its events, before compression. */
uint64_t trace_out_bytes(const struct trace_out *o);
/* Finish the file, also an incomplete one; o is empty then. */
int trace_out_close(struct trace_out *o, struct err *err);

#endif
