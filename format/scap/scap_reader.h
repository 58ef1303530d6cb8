/*
 * Stock .scap files as a source: plain or gzip, every block version, concatenated sections.
 * Hostile input: every length is checked before it is used.  What is accepted, refused and skipped:
 * format/SPEC.md, "Stock .scap as we read and write it".
 */
#ifndef SAKER_SCAP_READER_H
#define SAKER_SCAP_READER_H

#include "format/scap/block.h"
#include "format/source.h"

/*
 * Takes the open descriptor fd (closed by source_close, also on failure); name is for messages.
 * `head`: bytes that were read from fd already (at most 16), to tell the kind of file.
 */
int scap_reader_open(int fd, struct sv head, const char *name, const struct source_options *opt,
		     struct source **out, struct err *err);
/* The same over bytes in memory, which must outlive the source. */
int scap_reader_open_mem(struct sv bytes, const char *name, const struct source_options *opt,
			 struct source **out, struct err *err);

/* What a stock trace was found to be made of, so far. */
struct scap_layout {
	bool gzip;
	uint16_t major, minor;        /* of the last section header */
	uint64_t blocks[BLOCK_TYPES]; /* per row of block_types */
	struct {
		uint32_t id;
		uint64_t count;
	} unknown[8];            /* skipped; the last row counts all others too */
	uint64_t newer_events;   /* ids above the vocabulary, skipped */
	uint64_t damaged_events; /* skipped at the start of a section */
};

/* NULL when s is not a stock trace. */
const struct scap_layout *scap_reader_layout(const struct source *s);

#endif
