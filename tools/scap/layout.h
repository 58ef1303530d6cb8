/*
 * How a native trace is laid out: segments, what its bytes are spent on, how well columns compress.
 */
#ifndef SAKER_SCAP_LAYOUT_H
#define SAKER_SCAP_LAYOUT_H

#include "format/trace/trace_map.h"

struct column_size {
	enum block_part part;
	uint16_t type;  /* from BLOCK_NPARAMS on */
	uint16_t param; /* BLOCK_LENGTH, BLOCK_BYTES */
	uint64_t packed, raw;
};

enum size_part {
	SIZE_EVENTS,
	SIZE_LISTS,
	SIZE_SNAPSHOTS,
	SIZE_FILTERS,
	SIZE_LOSSES,
	SIZE_REST,
	SIZE_PARTS
};
extern const char *const size_part_names[SIZE_PARTS];

struct layout {
	struct trace_map *map;
	uint64_t bytes[SIZE_PARTS],
		total; /* of the file; SIZE_REST: manifest, index, trailer, headers of frames */
	uint64_t packed, raw;        /* bytes of all columns */
	struct column_size *columns; /* largest first */
	size_t ncolumns;
};

/* ERR_UNSUPPORTED: not a file that can be read anywhere. */
int layout_read(struct layout *l, const char *path, struct err *err);
void layout_deinit(struct layout *l);

/* "newfstatat.path bytes", "newfstatat nparams", "time_bits" */
void layout_column_name(struct buf *b, const struct column_size *c);

#endif
