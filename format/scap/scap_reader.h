/*
 * Stock .scap files as a source: plain or gzip, every block version, concatenated sections.
 * Hostile input: every length is checked before it is used.  Facts: format/scap/README.md.
 */
#ifndef SAKER_SCAP_READER_H
#define SAKER_SCAP_READER_H

#include "format/source.h"

/* Takes the open descriptor fd (closed by source_close, also on failure); name is for messages. */
int scap_reader_open(int fd, const char *name, const struct source_options *opt,
		     struct source **out, struct err *err);

#endif
