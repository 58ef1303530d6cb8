/*
 * Where everything is in a native trace, without reading its events: from the index at its end or,
 * if there is none, by walking along its frames.  SPEC 6 and 7.
 *
 * A segment is a run of frames that can be read without anything before it.  What an index says is
 * checked against the frames when these are read; whether the events of a segment that nobody reads
 * are what the index says of them is as certain as the file's hashes are.
 */
#ifndef SAKER_TRACE_MAP_H
#define SAKER_TRACE_MAP_H

#include "format/base/ip.h"
#include "format/span.h"
#include "format/trace/trace_index.h"

struct trace_map;

/* ERR_UNSUPPORTED: not a native trace, or not a file that can be read anywhere (a pipe). */
int trace_map_open(const char *path, struct trace_map **out, struct err *err);
/* The same from an open file, which stays the caller's and is only read by pread. */
int trace_map_open_fd(int fd, const char *name, struct trace_map **out, struct err *err);
void trace_map_close(struct trace_map *m);

/* Valid until trace_map_close. */
const struct trace_index *trace_map_index(const struct trace_map *m);
/* The file had no usable index, so its frames were walked; what stands behind the first damage is
 * not on the map. */
bool trace_map_walked(const struct trace_map *m);

static inline size_t trace_map_segments(const struct trace_map *m)
{
	return trace_map_index(m)->nsegments;
}

static inline const struct trace_segment *trace_map_segment(const struct trace_map *m, size_t i)
{
	return &trace_map_index(m)->segments[i];
}

/*
 * Segments that a reader of this (resolved) span needs, *from up to before *to.  Never none, if the
 * trace has any: the state just before the span is to be had, even behind the last event.
 * Without upgrade (source_options.upgrade) bounds that are event numbers leave nothing out.
 */
void trace_map_span(const struct trace_map *m, const struct span *span, bool upgrade, size_t *from,
		    size_t *to);

/*
 * --- what can be in a segment; false is certain, true is a guess.  Not for two threads at once ---
 */

/*
 * A text of this segment (parameter, list entry, snapshot; not: data buffers, environments,
 * numbers, printed addresses) that holds `part`.  open_front, open_back: something may stand
 * directly before or behind it; closed means that the text, or a part of it that ends at a byte
 * outside [A-Za-z0-9_] and 0x80..0xff, begins or ends there.  ASCII letters are compared without
 * case.
 *
 * Texts made by joining texts at such bytes (paths, command lines) count as texts; one made by
 * cutting a text inside a word (container ids of 12 characters) must be asked for with open ends.
 */
bool trace_map_may_have_text(struct trace_map *m, size_t segment, struct sv part, bool open_front,
			     bool open_back);
/* This IP address, in a socket's tuple or address, an fd or an interface. */
bool trace_map_may_have_ip(struct trace_map *m, size_t segment, const struct ip *ip);

#endif
